"""The two fitted models that ship as data: does a sentence answer, and is there enough evidence to answer at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index.types import Hit
from rag.candidates import Candidate

FILE = Path(__file__).with_name("evidence.json")


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression over named values: `terms` name → mean, scale and weight of the standardised value."""

    intercept: float
    terms: Mapping[str, tuple[float, float, float]]

    def logit(self, values: Mapping[str, float]) -> float:
        """The log odds; a value that is not given counts as its mean."""
        return self.intercept + sum(
            weight * (values[name] - mean) / scale
            for name, (mean, scale, weight) in self.terms.items()
            if name in values
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """What `yinde-eval calibrate` wrote: both models, and the chance below which a question is not answered."""

    sentence: Logistic
    evidence: Logistic
    enough: float


def fitted(hits: Sequence[Hit]) -> Fitted:
    """The models that ship with the program: those for hits that a reranker has read, or those for others."""
    return _shipped()["read" if any("read" in hit.signals for hit in hits) else "unread"]


@cache
def _shipped() -> dict[str, Fitted]:
    held = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Fitted(_logistic(one["sentence"]), _logistic(one["evidence"]), float(one["enough"]))
        for name, one in ((name, held[name]) for name in ("read", "unread"))
    }


def by_chance(found: Sequence[Candidate], model: Logistic) -> list[Candidate]:
    """The candidates with their logits, the likeliest first; equal ones in their order."""
    judged = [one.judged(model.logit(one.signs)) for one in found]
    return sorted(judged, key=lambda one: (-one.logit, one.source, one.start))


def _logistic(read: Mapping[str, object]) -> Logistic:
    terms = read["terms"]
    intercept = read["intercept"]
    if not isinstance(terms, dict) or not isinstance(intercept, (int, float)):
        raise TypeError("evidence.json holds no logistic model")
    return Logistic(float(intercept), {name: (mean, scale, weight) for name, (mean, scale, weight) in terms.items()})
