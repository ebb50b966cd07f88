"""The same questions put to two libraries of the same documents: how much of what is found is the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from index.contract import Library
from index.types import Hit

_LOOKED_AT = 10  # hits of each
_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """One question: the share of the first ten hits that both have, how many places these moved on average, both first
    hits, and the milliseconds each took."""

    query: str
    overlap: float
    moved: float
    before: Hit | None
    after: Hit | None
    took: tuple[float, float]

    @property
    def same_first(self) -> bool:
        """Whether both have the same first hit, or none."""
        ids = [hit and hit.passage.id for hit in (self.before, self.after)]
        return ids[0] == ids[1]


def compare(
    before: Library, after: Library, queries: Sequence[str], *, progress: Callable[[str, int, int], None]
) -> list[Difference]:
    """Every query's difference, the largest first, equal ones in their order; the two are asked in turn."""
    found = []
    for done, query in enumerate(queries):
        progress("比较", done, len(queries))
        (one, first), (other, second) = _asked(before, query), _asked(after, query)
        firsts = one[0] if one else None, other[0] if other else None
        found.append(Difference(query, *_agreement(one, other), *firsts, (first, second)))
    progress("比较", len(queries), len(queries))
    return sorted(found, key=lambda difference: (difference.overlap, difference.same_first))


def questions(library: Library) -> list[str]:
    """Queries for a library nobody has asked yet: of up to 50 documents, spread evenly, a heading below its title."""
    documents = library.documents()
    step = max(1, len(documents) // _SAMPLE)
    queries = []
    for document in documents[::step][:_SAMPLE]:
        passages = library.passages(document.id)
        middle = passages[len(passages) // 2] if passages else None
        queries.append(f"{document.title} {middle.path[-1]}" if middle and middle.path else document.title)
    return list(dict.fromkeys(queries))


def _agreement(one: Sequence[Hit], other: Sequence[Hit]) -> tuple[float, float]:
    """The share of hits that both have, 1.0 for none at all, and by how many places these differ on average."""
    here, there = ({hit.passage.id: rank for rank, hit in enumerate(hits)} for hits in (one, other))
    shared = here.keys() & there.keys()
    overlap = len(shared) / max(len(here), len(there)) if here or there else 1.0
    return overlap, sum(abs(here[i] - there[i]) for i in shared) / max(1, len(shared))


def _asked(library: Library, query: str) -> tuple[list[Hit], float]:
    started = perf_counter()
    hits = library.search(query, k=_LOOKED_AT)
    return hits, 1000 * (perf_counter() - started)
