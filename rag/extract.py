"""Extractive answers: the sentences of the evidence that answer, word for word, in reading order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.fold import tokens
from index.library import Library
from index.split import sentences
from index.types import Hit
from rag.evidence import asked_terms
from rag.generate import Draft
from rag.question import wants_list

_SOURCES = 3
_FEW, _MANY = 3, 8
_CLOSE = 0.6  # of the best sentence's score, to be said beside it
_CONTEXT = 0.3  # what a term in the title or the headings counts, against 1 in the sentence itself
_WINDOW = 0.15  # for standing in the stretch nearest in meaning
_ENDS = tuple("。！？!?；;：:…”』」）)")


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
        """Yield whole sentences of the best hits, verbatim; none when the hits hold no sentence.

        A question for several things is answered by the whole of the best passage, any other by the sentences that
        hold most of what it asks for.
        """
        weights = asked_terms(question, self._library)
        scored = [s for i, hit in enumerate(evidence[:_SOURCES]) for s in _scored(i, hit, weights, evidence[0].score)]
        best = max((s.score for s in scored), default=0.0)
        close = sorted((s for s in scored if s.score >= _CLOSE * best), key=lambda s: (-s.score, s.source, s.order))
        if wants_list(question) and scored:
            first = min(s.source for s in scored)
            chosen = _various([s for s in scored if s.source == first] + close, _MANY)
        else:
            chosen = _various(close, _FEW)
        for sentence in sorted(chosen, key=lambda s: (s.source, s.order)):
            yield Draft(sentence.text, (sentence.source,))


def _scored(source: int, hit: Hit, weights: Mapping[str, float], top: float) -> list[_Sentence]:
    """The sentences of a hit that say something: headings and signatures do not, unless the hit holds nothing else."""
    total = sum(weights.values()) or 1.0
    text, start = hit.passage.text, hit.passage.start
    context = _terms("\n".join([hit.title, *hit.passage.path]))
    rank = hit.score / top if top > 0 else 1.0
    result = []
    for order, (first, last) in enumerate(sentences(text)):
        words = text[first:last]
        terms = _terms(words)
        score = sum(w for t, w in weights.items() if t in terms) / total
        score += _CONTEXT * sum(w for t, w in weights.items() if t in context and t not in terms) / total
        if hit.window and hit.window[0] <= start + first and start + last <= hit.window[1]:
            score += _WINDOW
        if words.endswith(_ENDS) and words.rstrip("。：:") not in hit.passage.path:
            result.append(_Sentence(source, order, words, terms, score * rank))
    return result or [_Sentence(source, 0, text, _terms(text), 0.5 * rank)]


def _terms(text: str) -> frozenset[str]:
    return frozenset(token.term for token in tokens(text))


def _various(ranked: Sequence[_Sentence], count: int) -> list[_Sentence]:
    """The first `count` that do not say again what an earlier one says (four fifths of their terms)."""
    chosen: list[_Sentence] = []
    for sentence in ranked:
        if len(chosen) == count:
            break
        if all(len(sentence.terms & other.terms) < 0.8 * len(sentence.terms) for other in chosen):
            chosen.append(sentence)
    return chosen
