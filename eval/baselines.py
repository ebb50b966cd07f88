"""What an answer is compared with: the plainest answers one can give from the same hits."""

from collections.abc import Mapping, Sequence

from index.library import Library
from index.split import sentences
from index.types import Hit
from rag.types import Answer, Citation, Statement

_LOOKED_AT = 3  # hits whose sentences are compared


def baselines(question: str, hits: Sequence[Hit], library: Library) -> Mapping[str, Answer]:
    """Name → answer: the whole first hit, and of the first three hits' sentences the one nearest to the question by
    the library's model. {} without hits."""
    if not hits:
        return {}
    spans = [(hit, span) for hit in hits[:_LOOKED_AT] for span in sentences(hit.passage.text)]
    cosines = library.likeness(question, [hit.passage.text[slice(*span)] for hit, span in spans])
    best, at = spans[max(range(len(spans)), key=cosines.__getitem__)]
    first = hits[0]
    return {
        "first hit": _quoted(question, first, 0, len(first.passage.text)),
        "best sentence": _quoted(question, best, *at),
    }


def _quoted(question: str, hit: Hit, start: int, end: int) -> Answer:
    passage = hit.passage
    statement = Statement(passage.text[start:end], (1,), "verbatim")
    citation = Citation(1, passage, hit.title, passage.start + start, passage.start + end)
    return Answer(question, (statement,), (citation,), (hit,), abstained=False)
