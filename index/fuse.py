"""Two rankings into one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def convex(dense: Sequence[float], lexical: Sequence[float], *, weight: float) -> Scores:
    """Add two signals, each scaled to [0, 1] within the query: weight·dense + (1-weight)·lexical.

    Convex combination with min-max scaling (Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval,
    TOIS 2023). Both inputs have one score a candidate, shape (n,); so has the result. Empty in, empty out.
    """
    return weight * _scaled(dense) + (1 - weight) * _scaled(lexical)


def _scaled(scores: Sequence[float]) -> Scores:
    """Scale to [0, 1]; a signal that does not tell the candidates apart gives 0 for all."""
    values = np.asarray(scores, dtype=np.float64)
    spread = np.ptp(values) if values.size else 0.0
    return (values - values.min()) / spread if spread > 0 else np.zeros_like(values)
