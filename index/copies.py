"""Stretches of a text that stand word for word in a library, however they are set off or not."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.fold import query_tokens
from index.key import Keyed
from index.retrieval import Indexed, Texts
from index.types import Span

_PROBE = 10  # characters of the key; a copy of twice as many holds a whole probe
_TERMS = 4  # the rarest of a probe decide where to look
_PASSAGES = 12


@dataclass(frozen=True, slots=True)
class Copy:
    """`text[start:end]` stands in the document `doc_id`, but for typography."""

    start: int
    end: int
    doc_id: str


def find_copies(generation: Indexed | None, catalog: Texts, text: str, *, least: int = 20) -> list[Copy]:
    """The longest copied stretches of `text` of at least `least` ≥ 20 counted characters, disjoint, in order."""
    keyed = Keyed(text)
    if generation is None or len(keyed.key) < least:
        return []
    probes = _Probes(generation, text)
    passages: dict[int, tuple[str, str]] = {}
    found: list[Copy] = []
    at = 0
    while at + _PROBE <= len(keyed.key):
        first, last = at, at + _PROBE
        at = last
        if found and keyed.at[first] < found[-1].end:
            continue
        rows = probes.rows(*keyed.span(first, last))
        _read(catalog, rows, passages)
        span, doc_id = _longest(keyed.key, first, last, [passages[row] for row in rows if row in passages])
        if span[1] - span[0] >= least and (not found or keyed.at[span[0]] >= found[-1].end):
            start, end = keyed.span(*span)
            found.append(Copy(start, end, doc_id))
            at = max(at, span[1])
    return found


class _Probes:
    """Looks for passages with the words of a stretch of one text."""

    def __init__(self, generation: Indexed, text: str) -> None:
        self._lexical = generation.lexical
        self._rarity = generation.lexical.rarity(text)
        self._tokens = query_tokens(text)
        self._starts = [token.start for token in self._tokens]

    def rows(self, start: int, end: int) -> list[int]:
        """A few passages that hold the rarest whole words between two offsets."""
        near = self._tokens[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        terms = {token.term for token in near if token.end <= end}
        rarest = sorted(terms, key=lambda term: (-self._rarity.get(term, 0.0), term))[:_TERMS]
        return self._lexical.holding(rarest, _PASSAGES)


def _read(catalog: Texts, rows: Sequence[int], passages: dict[int, tuple[str, str]]) -> None:
    """Add the document and the key of each passage that was not met yet."""
    unread = [row for row in rows if row not in passages]
    if unread:
        for row, record in catalog.records(unread).items():
            passages[row] = record.passage.doc_id, Keyed(record.passage.text).key


def _longest(text: str, first: int, last: int, sources: Sequence[tuple[str, str]]) -> tuple[Span, str]:
    """The longest stretch around `text[first:last]` that one source has, and that source; an empty one for none."""
    best, owner = (first, first), ""
    for doc_id, source in sources:
        for at in _places(source, text[first:last]):
            start, end = first, last
            before = at
            while start and before and text[start - 1] == source[before - 1]:
                start, before = start - 1, before - 1
            after = at + last - first
            while end < len(text) and after < len(source) and text[end] == source[after]:
                end, after = end + 1, after + 1
            if end - start > best[1] - best[0]:
                best, owner = (start, end), doc_id
    return best, owner


def _places(source: str, words: str) -> Iterator[int]:
    at = source.find(words)
    while at >= 0:
        yield at
        at = source.find(words, at + 1)
