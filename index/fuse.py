"""Several signals about the same candidates into one ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts. Chosen on development sets; docs/quality.md has the figures."""

    contrast: float = 0.16
    lexical: float = 0.2
    coverage: float = 0.6
    document: float = 0.2
    neighbours: float = 0.04


class Signals(NamedTuple):
    """One candidate's raw signals; 0 where a search has nothing to say of it.

    `dense` cosine of its best window; `contrast` the same in standard deviations above the library's mean for this
    query; `lexical` BM25 of the passage with its headings and title; `coverage` share in [0, 1] of the query's terms
    by rarity; `document` BM25 of its whole document; `neighbours` the mean contrast of the passages right before and
    after it, mostly on the same subject.
    """

    dense: float
    contrast: float
    lexical: float
    coverage: float
    document: float
    neighbours: float = 0.0


def fuse(candidates: Mapping[int, Signals], weights: Weights) -> dict[int, float]:
    """A score for each candidate, higher is better: the weighted sum of its signals. Empty in, empty out.

    BM25 has no fixed range, so the two BM25 signals are divided by the best candidate's within the query; the
    others mean the same in every query and stand as they are.
    """
    lexical = _top([signals.lexical for signals in candidates.values()])
    document = _top([signals.document for signals in candidates.values()])
    return {
        row: weights.contrast * s.contrast
        + weights.lexical * s.lexical / lexical
        + weights.coverage * s.coverage
        + weights.document * s.document / document
        + weights.neighbours * s.neighbours
        for row, s in candidates.items()
    }


def _top(values: Sequence[float]) -> float:
    return max(values, default=0.0) or 1.0
