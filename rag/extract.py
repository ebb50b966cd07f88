"""Extractive answers: the sentences of the evidence that answer, word for word, in reading order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.fold import query_tokens
from index.library import Library
from index.split import sentences
from index.types import Hit
from rag.evidence import asked_terms
from rag.generate import Draft
from rag.question import wants_list

_SOURCES = 3
_FEW, _MANY = 3, 8
_CLOSE = 0.6  # of the best sentence's score, to be said beside it
_HEADING = 0.3  # what a term in the passage's headings counts, against 1 in the sentence itself
_WINDOW = 0.15  # for standing in the stretch nearest in meaning
_RANK = 0.1  # less for each place further down the hits


@dataclass(frozen=True, slots=True)
class _Sentence:
    source: int
    order: int
    text: str
    terms: frozenset[str]
    score: float


class Extractive:
    """A generator that only quotes."""

    def __init__(self, library: Library) -> None:
        """`library` tells how rare a term is."""
        self._library = library

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        """Yield whole sentences of the best hits, verbatim; none when no sentence shares a term with the question."""
        weights = asked_terms(question, self._library)
        scored = [s for i, hit in enumerate(evidence[:_SOURCES]) for s in _scored(i, hit, weights)]
        best = max((s.score for s in scored), default=0.0)
        if best <= 0:
            return
        good = sorted((s for s in scored if s.score >= _CLOSE * best), key=lambda s: (-s.score, s.source, s.order))
        chosen = _various(good, _MANY if wants_list(question) else _FEW)
        for sentence in sorted(chosen, key=lambda s: (s.source, s.order)):
            yield Draft(sentence.text, (sentence.source,))


def _scored(source: int, hit: Hit, weights: Mapping[str, float]) -> list[_Sentence]:
    total = sum(weights.values()) or 1.0
    text, start = hit.passage.text, hit.passage.start
    headings = {token.term for token in query_tokens("\n".join(hit.passage.path))}
    result = []
    for order, (first, last) in enumerate(sentences(text)):
        terms = frozenset(token.term for token in query_tokens(text[first:last]))
        score = sum(w for t, w in weights.items() if t in terms) / total
        score += _HEADING * sum(w for t, w in weights.items() if t in headings and t not in terms) / total
        if score and hit.window and hit.window[0] <= start + first and start + last <= hit.window[1]:
            score += _WINDOW
        result.append(_Sentence(source, order, text[first:last], terms, score * (1 - _RANK * source)))
    return result


def _various(ranked: Sequence[_Sentence], count: int) -> list[_Sentence]:
    """The first `count` that do not say again what an earlier one says (four fifths of their terms)."""
    chosen: list[_Sentence] = []
    for sentence in ranked:
        if len(chosen) == count:
            break
        if all(len(sentence.terms & other.terms) < 0.8 * len(sentence.terms) for other in chosen):
            chosen.append(sentence)
    return chosen
