"""A query's way: candidates by meaning and by words → every candidate judged by every signal → fused → hits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from index.catalog import Record
from index.dense import Vectors
from index.fold import joined, places
from index.fuse import Signals, Weights, fuse
from index.generation import Generation
from index.lexical import Mask
from index.order import Around
from index.retrieval import Texts
from index.sentences import sentences
from index.types import Hit, Mode, Span

WEIGHTS = Weights()

_CANDIDATES = 100
_READ = 16  # hits read from the catalog at once
_MORE = 0.25  # of the query's rarity that a second sentence must add to be evidence too

_Near = Mapping[int, tuple[float, int]]  # passage row → cosine of its best window, that window's number


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates by row, best first, ties by age in the library, with what speaks for each."""

    rows: Sequence[int]
    scores: Mapping[int, float]
    signals: Mapping[int, Signals]
    near: _Near


def rank(
    generation: Generation,
    variants: Sequence[str],
    vector: Vectors | None,
    *,
    k: int,
    mode: Mode,
    only: Mask | None = None,
) -> Ranking:
    """The best `k` passages and more that were considered; none when nothing matches.

    `variants` are ways to put the query, a passage counts by the one that fits it best. `vector` is the query's, None
    in lexical mode, where BM25 alone decides; in dense mode the cosine does. `only` tells by row which may be found.
    """
    depth = max(_CANDIDATES, k)
    near: dict[int, tuple[float, int]] = {}
    background = (0.0, 1.0)
    if vector is not None:
        near = {row: (cosine, window) for row, cosine, window in generation.dense.search(vector, depth, only=only)}
        background = generation.dense.background(vector)
    words: dict[int, float] = {}
    if mode != "dense":
        words = _highest([dict(generation.lexical.search(query, depth, only=only)) for query in variants])
    rows = sorted(near.keys() | words.keys())
    if vector is not None:
        near |= generation.dense.scores(vector, [row for row in rows if row not in near])
    # Found by one wording, a passage may fit another one better.
    unscored = rows if len(variants) > 1 else [row for row in rows if row not in words]
    words |= _highest([generation.lexical.scores(query, unscored) for query in variants])
    around = generation.order.around(rows)
    beside = dict(near)
    if vector is not None and mode == "hybrid":
        others = {other for _, *both in around.values() for other in both if other is not None and other not in near}
        beside |= generation.dense.scores(vector, sorted(others))
    mean, deviation = background
    contrast = {row: (cosine - mean) / deviation for row, (cosine, _) in beside.items()}
    signals = _signals(generation, variants, around, near, words, contrast)
    if mode == "hybrid":
        scores = fuse(signals, WEIGHTS)
    else:
        scores = {row: s.dense if mode == "dense" else s.lexical for row, s in signals.items()}
    return Ranking(sorted(signals, key=lambda row: (-scores[row], row)), scores, signals, near)


def _highest(scores: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Row → the highest of its scores."""
    found = dict(scores[0])
    for others in scores[1:]:
        for row, score in others.items():
            found[row] = max(found.get(row, 0.0), score)
    return found


def _signals(
    generation: Generation,
    variants: Sequence[str],
    around: Mapping[int, Around],
    near: _Near,
    words: Mapping[int, float],
    contrast: Mapping[int, float],
) -> dict[int, Signals]:
    """The signals of the rows of `around`."""
    rows = list(around)
    covered = _highest([generation.lexical.coverage(query, rows) for query in variants])
    documents = sorted({owner for owner, *_ in around.values()})
    about = _highest([generation.documents.scores(query, documents) for query in variants])
    result = {}
    for row, (owner, *both) in around.items():
        beside = [contrast[other] for other in both if other is not None and other in contrast]
        result[row] = Signals(
            dense=near[row][0] if row in near else 0.0,
            contrast=contrast.get(row, 0.0),
            lexical=words.get(row, 0.0),
            coverage=covered.get(row, 0.0),
            document=about.get(owner, 0.0),
            neighbours=sum(beside) / len(beside) if beside else 0.0,
        )
    return result


def hits(catalog: Texts, ranking: Ranking, rows: Sequence[int]) -> Iterator[Hit]:
    """Yield the hits of these rows in order, read as they are asked for; `explained` tells why they match.

    What was removed since the generation was written is left out.
    """
    records: dict[int, Record] = {}
    for place, row in enumerate(rows):
        if place % _READ == 0:
            records = catalog.records(rows[place : place + _READ])
        record = records.get(row)
        if record is None:
            continue
        found: dict[str, float] = {}
        window = None
        if row in ranking.signals:
            signals = ranking.signals[row]
            found = {"lexical": signals.lexical, "coverage": signals.coverage, "document": signals.document}
        if row in ranking.near:
            found |= {"dense": signals.dense, "contrast": signals.contrast, "neighbours": signals.neighbours}
            start = record.passage.start
            first, last = record.windows[ranking.near[row][1]]
            window = (start + first, start + last)
        score = ranking.scores.get(row, 0.0)
        yield Hit(record.passage, score, record.title, found, window, date=record.date)


def explained(hit: Hit, rarity: Mapping[str, float]) -> Hit:
    """The hit with the query's terms that stand in it, where they stand, and the sentences that hold most of them."""
    text, start = hit.passage.text, hit.passage.start
    found = places(text, rarity)
    spans = sentences(text) if found else []
    held = [frozenset(term for term, first, last in found if a <= first and last <= b) for a, b in spans]
    every = frozenset().union(*held)
    return replace(
        hit,
        matched=tuple((start + a, start + b) for a, b in joined(found)),
        terms=tuple(sorted(every, key=lambda term: (-rarity[term], term))),
        evidence=tuple((start + a, start + b) for a, b in _evidence(spans, held, rarity)),
    )


def _evidence(spans: Sequence[Span], held: Sequence[frozenset[str]], rarity: Mapping[str, float]) -> list[Span]:
    """The sentence that holds most by rarity, and a second one that adds enough; in the text's order."""
    total = fsum(rarity.values())
    chosen: list[int] = []
    seen: frozenset[str] = frozenset()
    while len(chosen) < min(2, len(spans)):
        gains = [fsum(rarity[term] for term in terms - seen) for terms in held]  # the same in any order
        best = max(range(len(spans)), key=gains.__getitem__)
        if not gains[best] or (chosen and gains[best] < _MORE * total):
            break
        chosen.append(best)
        seen |= held[best]
    return [spans[n] for n in sorted(chosen)]
