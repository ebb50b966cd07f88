"""What two documents say of a topic, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from index.errors import QueryError
from index.fold import tokens
from index.library import Library
from index.types import Document, Passage
from rag.lexrank import Sentences
from rag.question import topic as asked_about
from rag.summary import Told, rarity, said
from rag.types import Citation

MOST = 12  # sentences of each document
_COMPARED = 48  # sentences of each that the model reads
_TOUCHED = 0.34  # share of the topic's terms, by rarity, below which a sentence is about something else
_PAIRED = 0.16  # likeness of two sentences that speak of the same thing
_HEADED, _LED = 0.5, 0.9  # what a term in the heading counts, or above the points of a list, beside one in the sentence
_SHORT = 6  # characters of a point: 博士15万元；


@dataclass(frozen=True, slots=True)
class Row:
    """What both say of one thing, either citation None where that document says nothing of it.

    `heading` is the innermost heading above the first of them, "" without. Citations are numbered through all rows.
    """

    heading: str
    first: Citation | None
    second: Citation | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """The statements of two documents on a topic: those that speak of the same thing in one row.

    Rows are in the first document's reading order, then what only the second says in its own. No row where neither
    speaks of the topic.
    """

    topic: str
    first: Document
    second: Document
    rows: tuple[Row, ...]


def contrast(library: Library, first_id: str, second_id: str, topic: str, *, sentences: int = 8) -> Contrast:
    """The sentences of two documents on a topic, verbatim, at most `sentences` ≤ 12 of each, the likest paired.

    A sentence belongs to the topic when it, or for less what it stands under, holds enough of the topic's terms; among
    those the model decides. NotFoundError for an unknown document, QueryError for a topic without words.
    """
    terms = {t: w for t, w in library.rarity(asked_about(topic) or topic).items() if w > 0} if topic.strip() else {}
    if not terms:
        raise QueryError("请写出要比较的主题，如 补助标准")
    documents = [library.document(one) for one in (first_id, second_id)]
    count = max(1, min(sentences, MOST))
    found = [_about(library, topic, terms, library.passages(one.id), count) for one in documents]
    pairs = _paired(library, *found)
    numbered: dict[Told, Citation] = {}
    rows = []
    for pair in pairs:
        cited: list[Citation | None] = []
        for one, document in zip(pair, documents, strict=True):
            if one is not None and one not in numbered:
                numbered[one] = one.citation(len(numbered) + 1, document.title)
            cited.append(numbered[one] if one is not None else None)
        shown = pair[0] or pair[1]
        heading = shown.passage.path[-1] if shown and shown.passage.path else ""
        rows.append(Row(heading, *cited))
    return Contrast(topic, documents[0], documents[1], tuple(rows))


def _about(
    library: Library, topic: str, terms: dict[str, float], passages: Sequence[Passage], count: int
) -> list[Told]:
    """The sentences on a topic, in reading order."""
    total = sum(terms.values())
    shares = []
    for one in said(passages, least=_SHORT):
        held, led, above = _terms(one.text), _terms(one.lead), _terms("\n".join(one.passage.path))
        worth = {t: 1.0 if t in held else _LED if t in led else _HEADED if t in above else 0.0 for t in terms}
        share = sum(weight * worth[term] for term, weight in terms.items()) / total
        shares.append((share, one))
    near = sorted((pair for pair in shares if pair[0] >= _TOUCHED), key=lambda pair: -pair[0])[:_COMPARED]
    if not near:
        return []
    cosines = library.likeness(topic, [one.text for _, one in near])
    mean, spread = fmean(cosines), pstdev(cosines) or 1.0
    scored = [
        (share + 0.15 * (cosine - mean) / spread, one) for (share, one), cosine in zip(near, cosines, strict=True)
    ]
    best = [one for _, one in sorted(scored, key=lambda pair: -pair[0])[:count]]
    return sorted(best, key=lambda one: (one.passage.start, one.start))


def _paired(library: Library, first: Sequence[Told], second: Sequence[Told]) -> list[tuple[Told | None, Told | None]]:
    """Each sentence once, the likest pairs together."""
    texts = [one.text for one in (*first, *second)]
    beside = Sentences(texts, rarity(library, texts))
    likeness = [
        (float(row[len(first) + b]), a, b)
        for a in range(len(first))
        for row in [beside.likeness(a)]
        for b in range(len(second))
    ]
    partner: dict[int, int] = {}
    for share, a, b in sorted(likeness, key=lambda one: -one[0]):
        if share >= _PAIRED and a not in partner and b not in partner.values():
            partner[a] = b
    pairs: list[tuple[Told | None, Told | None]] = [
        (one, second[partner[a]] if a in partner else None) for a, one in enumerate(first)
    ]
    return pairs + [(None, one) for b, one in enumerate(second) if b not in partner.values()]


def _terms(text: str) -> frozenset[str]:
    return frozenset(token.term for token in tokens(text))
