"""A quotation put together from several places: exact places one after another, else what a best place lacks."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

from index.align import Alignment, Edit
from index.found import Found, near, occurrences
from index.key import Keyed
from index.places import Places
from index.splice import claimed, embedded
from index.verdict import FAR, FAR_MARKED, PART, WORDS, Judgement, loose

_MOST = 4  # exact places that make a quotation
# Characters at a part's ends that chance may have given it.
_TRIMS = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (2, 1), (1, 2), (2, 2))


class Parts:
    """Finds the places that together account for a quotation."""

    def __init__(self, places: Places) -> None:
        """Look in these places."""
        self._places = places

    def of(self, quote: Keyed, best: Found) -> list[Found]:
        """The places that together account for the quotation, in its order; one for a single place, [] for none."""
        whole = self._exact(quote, best) if _patched(quote, best) else []
        if whole:
            return whole
        if best.judgement.verdict == "spliced":
            parts = claimed(quote, [(part.stretch, part.alignment) for part in _apart(quote, best)])
            return [Found(stretch, part, _share(quote, part.matched)) for stretch, part in parts]
        foreign = list(loose(best.alignment.edits))
        if not foreign:
            return [best]
        elsewhere: list[Found] = []
        for first, last in foreign:
            placed = self._elsewhere(quote, first, last, best)
            if not placed:
                return [best]
            elsewhere += placed
        start, end = best.span
        reach = max(FAR, len(quote.text))
        if all(
            part.stretch.doc_id == best.stretch.doc_id and start - reach <= a and b <= end + reach
            for part in elsewhere
            for a, b in [part.span]
        ):
            return [replace(best, judgement=Judgement("altered", best.judgement.similarity))]
        parts = claimed(quote, [(part.stretch, part.alignment) for part in [best, *elsewhere]])
        if len(parts) < 2 or sum(part.matched for _, part in parts) < 0.85 * len(quote.key):
            return [best]
        return [Found(stretch, part, _share(quote, part.matched)) for stretch, part in parts]

    def _elsewhere(self, quote: Keyed, first: int, last: int, best: Found, depth: int = 2) -> list[Found]:
        """The place, or two, of a stretch of the quotation, as alignments of the whole; [] when it is nowhere."""
        part = Keyed(quote.text[quote.at[first] : quote.at[last]])
        if len(part.key) != last - first or len(part.key) < PART:
            return []
        for head, tail in _TRIMS:
            exact = self._somewhere(quote, first + head, last - tail, best)
            if exact is not None:
                return [exact]
        for found in near(self._places, part)[:1]:
            edits = [Edit(e.op, e.q1 + first, e.q2 + first, e.s1, e.s2) for e in found.alignment.edits]
            placed = Found(found.stretch, embedded(quote, edits), _share(quote, found.alignment.matched))
            rest = list(loose(edits)) if depth > 1 else []
            others = [self._elsewhere(quote, a, b, found, depth - 1) for a, b in rest]
            held = found.alignment.matched + sum(other.alignment.matched for group in others for other in group)
            if found.alignment.matched >= PART and held >= 0.7 * (last - first):
                return [placed, *(other for group in others for other in group)]
        return []

    def _somewhere(self, quote: Keyed, first: int, last: int, best: Found) -> Found | None:
        """The exact place of a part, the nearest to `best` in its stretch before any other."""
        part = Keyed(quote.text[quote.at[first] : quote.at[last - 1] + 1])
        if len(part.key) != last - first or len(part.key) < PART:
            return None
        middle = sum(best.alignment.source) // 2
        for stretch in chain([best.stretch], self._places.with_rarest_clause(part)):
            places = list(occurrences(stretch.keyed.key, part.key))
            if places:
                at = min(places, key=lambda at: abs(at - middle)) if stretch is best.stretch else places[0]
                edit = Edit("equal", first, last, at, at + last - first)
                return Found(stretch, embedded(quote, [edit]), _share(quote, last - first))
        return None

    def _exact(self, quote: Keyed, best: Found) -> list[Found]:
        """Exact places that make the quotation clause after clause, each as long as can be; [] when there are none."""
        cuts = [i for i in range(len(quote.key) + 1) if quote.broken(i)]
        parts: list[Found] = []
        first = 0
        while first < len(quote.key):
            ends = [cut for cut in cuts if cut - first >= PART]
            found, low, high = None, 0, len(ends)
            while low < high:
                middle = (low + high) // 2
                one = self._somewhere(quote, first, ends[middle], best)
                found, low, high = (one, middle + 1, high) if one else (found, low, middle)
            if found is None or len(parts) == _MOST:
                return []
            parts.append(found)
            first = ends[low - 1]
        return [] if _together(quote, parts) else parts


def _patched(quote: Keyed, best: Found) -> bool:
    """Whether so much is changed in a place that the quotation may rather be of several."""
    if len(quote.key) < 2 * PART or best.judgement.verdict == "elided" or best.moved:
        return False
    edits = best.alignment.edits
    wide = any(edit.op == "delete" and edit.s2 - edit.s1 >= WORDS for edit in edits)
    return best.judgement.verdict in ("spliced", "not_found") or wide or any(True for _ in loose(edits))


def _together(quote: Keyed, parts: Sequence[Found]) -> bool:
    """Whether parts stand so close that they are one place; with … at every joint they may be further apart."""
    if len(parts) < 2:
        return True
    spans = [part.span for part in parts]
    extent = max(end for _, end in spans) - min(start for start, _ in spans)
    marked = all(part.alignment.edits[0].q2 in quote.ellipses for part in parts[1:])
    ascending = all(a[1] <= b[0] for a, b in pairwise(spans))
    reach = FAR_MARKED if marked and ascending else max(FAR, len(quote.text))
    return len({part.stretch.doc_id for part in parts}) == 1 and extent - len(quote.text) <= reach


def _share(quote: Keyed, matched: int) -> Judgement:
    return Judgement("spliced", matched / len(quote.key))


def _apart(quote: Keyed, best: Found) -> list[Found]:
    """One alignment with far gaps as several places of one document."""
    groups: list[list[Edit]] = [[]]
    for edit in best.alignment.edits:
        if edit.op == "delete" and edit.s2 - edit.s1 > FAR:
            groups.append([])
        else:
            groups[-1].append(edit)
    return [
        Found(best.stretch, embedded(quote, group), _share(quote, Alignment(tuple(group)).matched))
        for group in groups
        if group
    ]
