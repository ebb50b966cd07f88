"""A quotation put together from several places: which of its words each place accounts for."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.align import Alignment, Edit, between
from index.key import Keyed
from index.places import Stretch

_LEAST = 4  # characters of a quotation that a place must have in one run to account for them


@dataclass(slots=True)
class _Run:
    """Equal words: quote q1:q2 in the place's key from `s` on."""

    place: int
    q1: int
    q2: int
    s: int


def embedded(quote: Keyed, edits: Sequence[Edit]) -> Alignment:
    """Edits for a part of the quotation, with all around it as words that the place has not."""
    first, last = edits[0], edits[-1]
    before = [Edit("insert", 0, first.q1, first.s1, first.s1)] if first.q1 else []
    after = [Edit("insert", last.q2, len(quote.key), last.s2, last.s2)] if last.q2 < len(quote.key) else []
    return Alignment((*before, *edits, *after))


def claimed(quote: Keyed, places: Sequence[tuple[Stretch, Alignment]]) -> list[tuple[Stretch, Alignment]]:
    """The places with the words that each accounts for, in the quotation's order; longer runs claim theirs first.

    Where one source ends and the next begins is thus where the longest true wording ends, not where a guess began.
    """
    runs = [run for number, (stretch, part) in enumerate(places) for run in _runs(quote, number, stretch, part)]
    kept: list[_Run] = []
    for run in sorted(runs, key=lambda run: (run.q1 - run.q2, run.place)):
        for other in kept:
            if other.q1 <= run.q1 < other.q2:
                cut = min(other.q2, run.q2)
                run.s += cut - run.q1
                run.q1 = cut
            elif run.q1 < other.q1 < run.q2:
                run.q2 = other.q1
        if run.q2 - run.q1 >= _LEAST:
            kept.append(run)
    found = []
    for number, (stretch, _) in enumerate(places):
        mine = sorted((run for run in kept if run.place == number), key=lambda run: run.q1)
        if mine:
            found.append((mine[0].q1, stretch, embedded(quote, _edits(quote, stretch.keyed, mine))))
    return [(stretch, part) for _, stretch, part in sorted(found, key=lambda item: item[0])]


def _runs(quote: Keyed, place: int, stretch: Stretch, part: Alignment) -> list[_Run]:
    """A place's equal runs, each as long as the words go on being equal."""
    source, found = stretch.keyed.key, []
    for edit in part.edits:
        if edit.op != "equal":
            continue
        q1, q2, s1, s2 = edit.q1, edit.q2, edit.s1, edit.s2
        while q1 and s1 and quote.key[q1 - 1] == source[s1 - 1]:
            q1, s1 = q1 - 1, s1 - 1
        while q2 < len(quote.key) and s2 < len(source) and quote.key[q2] == source[s2]:
            q2, s2 = q2 + 1, s2 + 1
        found.append(_Run(place, q1, q2, s1))
    return found


def _edits(quote: Keyed, source: Keyed, runs: Sequence[_Run]) -> list[Edit]:
    edits: list[Edit] = []
    for run in runs:
        if edits:
            last = edits[-1]
            if run.s < last.s2:  # the same source words twice: the first time counts
                continue
            edits += between(quote.key, source.key, last.q2, run.q1, last.s2, run.s)
        edits.append(Edit("equal", run.q1, run.q2, run.s, run.s + run.q2 - run.q1))
    return edits
