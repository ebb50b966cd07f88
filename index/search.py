"""A query's way: candidates by meaning and by words → every candidate judged by every signal → fused → hits."""

from collections.abc import Mapping, Sequence

from index.catalog import Catalog
from index.dense import Vectors
from index.fold import matches
from index.fuse import Signals, Weights, fuse
from index.generation import Generation
from index.types import Hit, Mode

WEIGHTS = Weights()

_CANDIDATES = 100

_Near = Mapping[int, tuple[float, int]]  # passage row → cosine of its best window, that window's number


def search(
    generation: Generation, catalog: Catalog, query: str, vector: Vectors | None, *, k: int, mode: Mode
) -> list[Hit]:
    """The best `k` passages, best first, ties by age in the library; [] when nothing matches.

    `vector` is the query's, None in lexical mode, where BM25 alone decides; in dense mode the cosine does.
    """
    depth = max(_CANDIDATES, k)
    near: dict[int, tuple[float, int]] = {}
    words: dict[int, float] = {}
    background = (0.0, 1.0)
    if vector is not None:
        near = {row: (cosine, window) for row, cosine, window in generation.dense.search(vector, depth)}
        background = generation.dense.background(vector)
    if mode != "dense":
        words = dict(generation.lexical.search(query, depth))
    rows = sorted(near.keys() | words.keys())
    if vector is not None:
        near |= generation.dense.scores(vector, [row for row in rows if row not in near])
    words |= generation.lexical.scores(query, [row for row in rows if row not in words])
    signals = _signals(generation, catalog, query, rows, near, words, background)
    if mode == "hybrid":
        scores = fuse(signals, WEIGHTS)
    else:
        scores = {row: s.dense if mode == "dense" else s.lexical for row, s in signals.items()}
    best = sorted(signals, key=lambda row: (-scores[row], row))[:k]
    return _hits(generation, catalog, query, best, scores, signals, near)


def _signals(
    generation: Generation,
    catalog: Catalog,
    query: str,
    rows: Sequence[int],
    near: _Near,
    words: Mapping[int, float],
    background: tuple[float, float],
) -> dict[int, Signals]:
    covered = generation.lexical.coverage(query, rows)
    document_of = catalog.document_rows(rows)
    about = generation.documents.scores(query, sorted(set(document_of.values())))
    mean, deviation = background
    result = {}
    for row in rows:
        if row not in document_of:  # removed since this generation was written
            continue
        cosine = near[row][0] if row in near else 0.0
        result[row] = Signals(
            dense=cosine,
            contrast=(cosine - mean) / deviation if row in near else 0.0,
            lexical=words.get(row, 0.0),
            coverage=covered.get(row, 0.0),
            document=about.get(document_of[row], 0.0),
        )
    return result


def _hits(
    generation: Generation,
    catalog: Catalog,
    query: str,
    rows: Sequence[int],
    scores: Mapping[int, float],
    signals: Mapping[int, Signals],
    near: _Near,
) -> list[Hit]:
    terms = frozenset(generation.lexical.rarity(query))
    records = catalog.records(rows)
    hits = []
    for row in rows:
        record = records.get(row)
        if record is None:
            continue
        start = record.passage.start
        found = {"lexical": signals[row].lexical, "coverage": signals[row].coverage, "document": signals[row].document}
        window = None
        if row in near:
            found |= {"dense": signals[row].dense, "contrast": signals[row].contrast}
            first, last = record.windows[near[row][1]]
            window = (start + first, start + last)
        marks = tuple((start + a, start + b) for a, b in matches(record.passage.text, terms))
        hits.append(Hit(record.passage, scores[row], record.title, found, window, marks))
    return hits
