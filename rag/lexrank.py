"""Sentences beside each other: how alike two are, which are central, and a few that say different things."""

from collections.abc import Mapping, Sequence

import numpy as np

from index.fold import tokens

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]

_DAMPING = 0.85
_ALONE = 1e-9  # likeness to all others together that is none, but for rounding
_KIN = 0.35  # how alike two sentences of one group count at least
_ROUNDS, _SETTLED = 60, 1e-9


class Sentences:
    """Sentences as rows of unit length over their pairs of characters, weighted by rarity; likeness is the cosine."""

    def __init__(self, texts: Sequence[str], rarity: Mapping[str, float]) -> None:
        """`rarity`: term → inverse document frequency; terms without one say nothing."""
        columns: dict[str, int] = {}
        rows, cols, weights = [], [], []
        for row, text in enumerate(texts):
            for term in {token.term for token in tokens(text)}:
                # single signs of Han say little: 的, 要
                if (len(term) > 1 or term.isascii()) and rarity.get(term, 0.0) > 0:
                    rows.append(row)
                    cols.append(columns.setdefault(term, len(columns)))
                    weights.append(rarity[term])
        self._rows, self._cols = np.array(rows, dtype=np.int64), np.array(cols, dtype=np.int64)
        self._count, self._terms = len(texts), len(columns)
        raw = np.array(weights, dtype=np.float64)
        norms = np.sqrt(np.bincount(self._rows, raw**2, minlength=self._count)) if len(raw) else np.zeros(self._count)
        self._weights = raw / norms[self._rows] if len(raw) else raw

    def likeness(self, row: int) -> Vector:
        """The cosine of each sentence with one of them, shape (n,); 1 with itself, 0 for one without terms."""
        one = np.zeros(self._count)
        one[row] = 1.0
        return self._times(one)

    def central(self, prior: Vector) -> Vector:
        """How central each sentence is, shape (n,), summing to 1: continuous LexRank (Erkan & Radev, JAIR 2004) that
        jumps to sentence i with a chance proportional to prior[i] > 0 (Otterbacher et al., HLT 2005).

            p = (1 - d)·prior + d·Sᵀp,  S the cosines with others, rows scaled to sum to 1,  d = 0.85
        """
        jump: Vector = prior / prior.sum()
        own = np.bincount(self._rows, self._weights**2, minlength=self._count)  # 1, or 0 without terms
        degree = self._times(np.ones(self._count)) - own
        degree[degree < _ALONE] = 0.0
        standing = jump
        for _ in range(_ROUNDS):
            share = np.divide(standing, degree, out=np.zeros(self._count), where=degree > 0)
            lost = float(standing[degree <= 0].sum())
            after = (1 - _DAMPING) * jump + _DAMPING * (self._times(share) - own * share + lost * jump)
            settled = np.abs(after - standing).sum() < _SETTLED
            standing = after
            if settled:
                break
        return standing

    def chosen(self, scores: Vector, k: int, *, groups: Sequence[str], diversity: float = 0.4) -> list[int]:
        """The rows of `k` sentences, best first, by maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998):
        (1 - diversity)·score / best score - diversity·likeness to the nearest one chosen before.

        Sentences of one group, given for each row, count as at least somewhat alike; "" is no group.
        """
        if not self._count or not scores.max() > 0:
            return []
        value, nearest = scores / scores.max(), np.zeros(self._count)
        taken: list[int] = []
        while len(taken) < min(k, self._count):
            merit = (1 - diversity) * value - diversity * nearest
            merit[taken] = -np.inf
            taken.append(int(merit.argmax()))
            group = groups[taken[-1]]
            kin = np.array([_KIN if group and one == group else 0.0 for one in groups])
            nearest = np.maximum(nearest, np.maximum(self.likeness(taken[-1]), kin))
        return taken

    def _times(self, vector: Vector) -> Vector:
        """S·vector for the cosines S, without forming S."""
        by_term = np.bincount(self._cols, self._weights * vector[self._rows], minlength=self._terms)
        return np.bincount(self._rows, self._weights * by_term[self._cols], minlength=self._count).astype(np.float64)
