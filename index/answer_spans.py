"""Where a passage holds the answer, by the chances that a token begins it and that a token ends it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.types import LikelySpan, Span

_LONGEST = 40  # tokens of an answer
_KEPT = 8  # spans of a piece

Scores = NDArray[np.float32]


def likely_spans(ends: Scores, tokens: Mapping[int, Span]) -> list[LikelySpan]:
    """The likeliest spans of one piece, likeliest first, at most eight.

    `ends`, shape (tokens, 2), are unnormalised log chances that a token is the answer's first and last; the first
    token of all stands for no answer. `tokens` says of each token of the passage where it stands. [] without any. A
    span's chance is the product of both, as in Devlin et al., NAACL 2019.
    """
    places = sorted(tokens)
    if not places:
        return []
    allowed = ends[[0, *places]].astype(np.float64)  # (1 + passage, 2)
    allowed -= allowed.max(0)
    chances = np.exp(allowed) / np.exp(allowed).sum(0)
    begins, finishes = chances[1:, 0], chances[1:, 1]
    joint = np.triu(np.outer(begins, finishes))
    joint -= np.triu(joint, _LONGEST)
    best = np.argsort(-joint, axis=None, kind="stable")[:_KEPT]
    found = []
    for first, last in zip(*np.unravel_index(best, joint.shape), strict=True):
        if joint[first, last] > 0:
            span = tokens[places[first]][0], tokens[places[last]][1]
            found.append((*span, float(joint[first, last])))
    return found


def merged(pieces: Sequence[Sequence[LikelySpan]]) -> tuple[LikelySpan, ...]:
    """The spans of pieces that may overlap, each once with its best chance, likeliest first."""
    best: dict[Span, float] = {}
    for start, end, chance in (span for piece in pieces for span in piece):
        best[start, end] = max(chance, best.get((start, end), 0.0))
    return tuple(sorted(((*span, chance) for span, chance in best.items()), key=lambda one: (-one[2], one[:2])))
