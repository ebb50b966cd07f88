"""Extractive answers: the sentences of the evidence that answer, word for word, in reading order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from index.fold import tokens
from index.library import Library
from index.split import sentences
from index.types import Hit
from rag.evidence import asked_terms
from rag.generate import Draft
from rag.question import wants_list

_SOURCES = 4
_FEW, _MANY = 3, 8
# Chosen on the dev half of the sample collection's questions, by the mean of citation precision and recall.
_CLOSE = 0.3  # below the best sentence's score, to be said beside it
_LIKENESS = 0.3  # for a standard deviation of likeness to the question, over all sentences looked at
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
        """`library` tells how rare a term is and how like the question a sentence."""
        self._library = library

    def generate(self, question: str, evidence: Sequence[Hit]) -> Iterator[Draft]:
        """Yield whole sentences of the best hits, verbatim: those nearest to the question in words and in meaning.

        More of them for a question that asks for several things; none without evidence.
        """
        scored = self._scored(question, evidence[:_SOURCES])
        best = max((s.score for s in scored), default=0.0)
        close = sorted((s for s in scored if s.score >= best - _CLOSE), key=lambda s: (-s.score, s.source, s.order))
        chosen = _various(close, _MANY if wants_list(question) else _FEW)
        for sentence in sorted(chosen, key=lambda s: (s.source, s.order)):
            yield Draft(sentence.text, (sentence.source,))

    def _scored(self, question: str, evidence: Sequence[Hit]) -> list[_Sentence]:
        weights = asked_terms(question, self._library)
        found = [s for i, hit in enumerate(evidence) for s in _sentences(i, hit, weights, evidence[0].score)]
        placed = [f"{_heading(evidence[s.source])}\n{s.text}" for s in found]
        likeness = self._library.likeness(question, placed)
        mean, spread = (fmean(likeness), pstdev(likeness) or 1.0) if likeness else (0.0, 1.0)
        return [
            _Sentence(s.source, s.order, s.text, s.terms, s.score + _LIKENESS * (cosine - mean) / spread)
            for s, cosine in zip(found, likeness, strict=True)
        ]


def _sentences(source: int, hit: Hit, weights: Mapping[str, float], top: float) -> list[_Sentence]:
    """The sentences of a hit that say something, scored by their words and their hit's place.

    Headings and signatures say nothing, unless the hit holds nothing else.
    """
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
            result.append(_Sentence(source, order, words, terms, (score + 1) * rank))
    return result or [_Sentence(source, 0, text, _terms(text), rank)]


def _heading(hit: Hit) -> str:
    return hit.passage.path[-1] if hit.passage.path else hit.title


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
