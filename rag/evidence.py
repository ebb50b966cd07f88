"""Is there enough evidence to answer from? If not, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from index.fold import terms
from index.library import Library
from index.types import Hit
from rag.candidates import Candidate, asked_terms, candidates, surroundings
from rag.logistic import by_chance, fitted
from rag.signals import missing_elements, signals

__all__ = ["Judgement", "asked_terms", "judge"]

_LOOKED_AT = 3  # hits of which one must hold a word of the question


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether to answer; `confidence` in [0, 1]; `missing` names what was asked for and stands nowhere near.

    `ranked` are the sentences of the evidence, the likeliest to answer first.
    """

    enough: bool
    confidence: float
    missing: tuple[str, ...]
    ranked: tuple[Candidate, ...] = ()


def judge(question: str, hits: Sequence[Hit], library: Library) -> Judgement:
    """Judge by the fitted models of `rag/evidence.json`. No hits, or none with a word of the question: not enough."""
    if not hits:
        return Judgement(enough=False, confidence=0.0, missing=())
    models = fitted(hits)
    ranked = tuple(by_chance(candidates(question, hits, library), models.sentence))
    values = signals(question, hits, ranked, library)
    confidence = 1 / (1 + exp(-models.evidence.logit(values))) if values else 0.0
    asked = asked_terms(question, library).keys()
    touched = any(asked & terms(surroundings(hit)) for hit in hits[:_LOOKED_AT])
    missing = tuple(missing_elements(question, ranked, hits))
    return Judgement(touched and confidence >= models.enough, confidence if touched else 0.0, missing, ranked)
