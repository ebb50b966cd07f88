"""Whether one run is better than another, or merely luckier."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError


@dataclass(frozen=True, slots=True)
class Difference:
    """What run B does better (positive) or worse than A on one measure, over the same questions: wins, losses and ties.

    `low`..`high` is the bootstrap interval of the mean difference, `p` the randomisation test's, `adjusted` the same
    after Holm's correction for the measures tested together.
    """

    measure: str
    a: float
    b: float
    low: float
    high: float
    p: float
    adjusted: float
    wins: int
    losses: int
    ties: int

    @property
    def delta(self) -> float:
        """B's mean less A's."""
        return self.b - self.a


def compare(
    a: Mapping[str, Mapping[str, float]],
    b: Mapping[str, Mapping[str, float]],
    *,
    partial: Collection[str] = (),
    seed: int = 0,
) -> list[Difference]:
    """The differences on every measure both runs have, in A's order; values are measure → question → value.

    A measure in `partial` is compared over the questions on which both runs define it (citation precision needs a
    citation). Raises EvalError when the two differ in their questions on any other.
    """
    rows = []
    for measure in (name for name in a if name in b):
        if measure not in partial and a[measure].keys() != b[measure].keys():
            raise EvalError(
                f"两次评测的问题不同（{measure}：{len(a[measure])} 与 {len(b[measure])} 个），不能比较；"
                "请用同一个问题集、同样的 --split 和 --limit 重新评测"
            )
        questions = sorted(a[measure].keys() & b[measure].keys())
        if not questions:
            continue
        left = np.array([a[measure][question] for question in questions])
        right = np.array([b[measure][question] for question in questions])
        rows.append((measure, left, right))
    ps = [randomisation_test(right - left, seed=seed) for _, left, right in rows]
    return [
        _difference(measure, left, right, p, adjusted, seed)
        for (measure, left, right), p, adjusted in zip(rows, ps, holm(ps), strict=True)
    ]


def randomisation_test(differences: NDArray[np.float64], *, draws: int = 10_000, seed: int = 0) -> float:
    """Two-sided p of a mean difference at least this large if the two systems were the same.

    Paired: each question's difference keeps its size and takes a random sign, `draws` times; p counts the observed
    arrangement too, (1 + hits) / (1 + draws) (Fisher; Smucker et al., CIKM 2007). 1 when no question differs.
    """
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    generator = np.random.default_rng(seed)
    observed, hits, left = abs(moved.sum()), 0, draws
    batch = max(1, 4_000_000 // len(moved))  # at most 32 MB of signs at a time
    while left:
        rows = min(batch, left)
        signs = generator.integers(0, 2, size=(rows, len(moved)), dtype=np.int8) * 2.0 - 1.0  # (rows, moved)
        hits += int(np.count_nonzero(np.abs(signs @ moved) >= observed - 1e-12 * len(moved)))
        left -= rows
    return (1 + hits) / (1 + draws)


def bootstrap_interval(
    differences: NDArray[np.float64], *, level: float = 0.95, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean over questions drawn again with replacement (Efron & Tibshirani, 1993).

    `differences` has shape (n,); the interval of a mean itself when given plain values. (0, 0) for none.
    """
    n = len(differences)
    if not n:
        return 0.0, 0.0
    generator = np.random.default_rng(seed)
    batch = max(1, 4_000_000 // n)
    means = []
    for first in range(0, draws, batch):
        rows = generator.integers(0, n, size=(min(batch, draws - first), n))
        means.append(differences[rows].mean(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def holm(ps: Sequence[float]) -> list[float]:
    """p values corrected for being tested together (Holm, 1979), in the order given, at most 1."""
    adjusted = [1.0] * len(ps)
    floor = 0.0
    for step, row in enumerate(sorted(range(len(ps)), key=lambda row: ps[row])):
        floor = max(floor, min(1.0, (len(ps) - step) * ps[row]))
        adjusted[row] = floor
    return adjusted


def most_moved(a: Mapping[str, float], b: Mapping[str, float], *, k: int = 20) -> list[str]:
    """The questions whose value differs most, largest first, equal ones by id; unmoved ones are left out."""
    moved = [question for question in a if question in b and a[question] != b[question]]
    return sorted(moved, key=lambda question: (-abs(b[question] - a[question]), question))[:k]


def _difference(
    measure: str, a: NDArray[np.float64], b: NDArray[np.float64], p: float, adjusted: float, seed: int
) -> Difference:
    low, high = bootstrap_interval(b - a, seed=seed)
    wins, losses = int((b > a).sum()), int((b < a).sum())
    return Difference(
        measure, float(a.mean()), float(b.mean()), low, high, p, adjusted, wins, losses, len(a) - wins - losses
    )
