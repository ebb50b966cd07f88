"""A quotation whose clauses stand in its source side by side, but in another order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.align import Alignment, levenshtein
from index.key import Keyed

_CLAUSES = 12
_LEAST = 4  # characters of the longest clause, by which the place is found
_PLACES = 20  # of that clause


def rearranged(quote: Keyed, source: Keyed) -> Alignment | None:
    """The place that is made of the quotation's clauses and nothing else, in another order; None when there is none."""
    cuts = [i for i in range(len(quote.key) + 1) if quote.broken(i)]
    clauses = [quote.key[a:b] for a, b in pairwise(cuts)]
    if not 2 <= len(clauses) <= _CLAUSES or quote.ellipses:
        return None
    longest = max(clauses, key=len)
    if len(longest) < _LEAST or any(clause not in source.key for clause in clauses):
        return None
    for start in _starts(source.key, clauses, longest):
        if _tiled(source.key, start, clauses):
            end = start + len(quote.key)
            return Alignment(tuple(levenshtein(quote.key, source.key, 0, len(quote.key), start, end)))
    return None


def _starts(source: str, clauses: Sequence[str], longest: str) -> Iterator[int]:
    """Where a place with the longest clause may begin, ascending."""
    whole, at = sum(map(len, clauses)), source.find(longest)
    for _ in range(_PLACES):
        if at < 0:
            return
        first = max(at + len(longest) - whole, 0)
        yield from (start for start in range(first, at + 1) if any(source.startswith(c, start) for c in clauses))
        at = source.find(longest, at + 1)


def _tiled(source: str, start: int, clauses: Sequence[str]) -> bool:
    """Whether the clauses, each once, follow one another in the source from `start` on."""
    if not clauses:
        return True
    for clause in dict.fromkeys(clauses):
        number = clauses.index(clause)
        rest = [*clauses[:number], *clauses[number + 1 :]]
        if source.startswith(clause, start) and _tiled(source, start + len(clause), rest):
            return True
    return False
