"""The places nearest to a quotation that stands nowhere as it is: aligned, judged, and put in order."""

from collections.abc import Iterator
from dataclasses import dataclass

from index.align import Alignment, Edit, align
from index.key import Keyed
from index.moved import rearranged
from index.places import Places, Stretch
from index.verdict import Judgement, judge

_AGAIN = 4  # stretches in which further places are looked for


@dataclass(frozen=True, slots=True)
class Found:
    """A place before it is shown."""

    stretch: Stretch
    alignment: Alignment
    judgement: Judgement
    moved: int = 0  # words that stand there in another order

    @property
    def explained(self) -> int:
        """How many of the quotation's characters stand there."""
        return self.alignment.matched + self.moved

    @property
    def whole(self) -> bool:
        """Whether every word stands there in order, and nothing between."""
        return all(edit.op == "equal" for edit in self.alignment.edits)

    @property
    def left_out(self) -> int:
        """How many of the source's characters amid the place the quotation does not have."""
        return sum(edit.s2 - edit.s1 for edit in self.alignment.edits if edit.op == "delete")

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands in its document, without marks around it."""
        edits = [edit for edit in self.alignment.edits if edit.s2 > edit.s1]
        start, end = self.stretch.keyed.span(edits[0].s1, edits[-1].s2)
        return self.stretch.keyed.base + start, self.stretch.keyed.base + end


def near(places: Places, quote: Keyed) -> list[Found]:
    """The places nearest in words, the one with the most of them first; [] when no words are shared."""
    found: list[Found] = []
    most = 0
    for stretch in places.near(quote):
        one = _aligned(quote, stretch, least=0.8 * most)
        if one is not None:
            found.append(one)
            most = max(most, one.explained)
    most = max((one.explained for one in found if one.judgement.verdict != "not_found"), default=0)
    best = [one for one in found if one.judgement.verdict != "not_found" and one.explained == most]
    for one in best[:_AGAIN]:
        found += _again(quote, one)

    def order(one: Found) -> tuple[int, bool, float, int, tuple[str, str, int]]:
        apart = one.judgement.verdict == "spliced"
        return -one.explained, apart, -one.judgement.similarity, one.left_out, places.age(one.stretch)

    return sorted(found, key=order)


def occurrences(text: str, words: str) -> Iterator[int]:
    """Every place of `words`, none overlapping the one before; none of no words."""
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))


def _aligned(quote: Keyed, stretch: Stretch, *, least: float) -> Found | None:
    alignment = align(quote, stretch.keyed, least=least)
    if alignment is None:
        return None
    if not all(edit.op == "equal" for edit in alignment.edits):
        other = rearranged(quote, stretch.keyed)
        if other is not None:
            similarity = other.matched / len(quote.key)
            moved = len(quote.key) - other.matched
            return Found(stretch, other, Judgement("altered", similarity), moved)
    alignment, moved = _with_moved(quote, stretch.keyed, alignment)
    return Found(stretch, alignment, judge(quote, stretch.keyed, alignment, moved=moved), moved)


def _again(quote: Keyed, found: Found) -> Iterator[Found]:
    """Further places in the same stretch that are as near: the best before and the best after, each once."""
    doc_id, keyed = found.stretch.doc_id, found.stretch.keyed
    start, end = (at - keyed.base for at in found.span)
    for text, base in ((keyed.text[:start], keyed.base), (keyed.text[end:], keyed.base + end)):
        other = _aligned(quote, Stretch(doc_id, Keyed(text, base)), least=found.explained)
        if other is not None and other.explained >= found.explained and other.judgement.verdict != "not_found":
            yield other


def _with_moved(quote: Keyed, source: Keyed, alignment: Alignment) -> tuple[Alignment, int]:
    """Words added that stand left out or right beyond the other end were moved: the place takes them in.

    Also how many they are.
    """
    first, last = alignment.source
    reach, edits, moved = len(quote.key), list(alignment.edits), 0
    for edit in alignment.edits:
        if edit.op not in ("insert", "replace") or edit.q2 - edit.q1 < 3:
            continue
        words = quote.key[edit.q1 : edit.q2]
        at = source.key.find(words, max(first - reach, 0), last + reach)
        if at < 0 or moved:
            continue
        moved = len(words)
        if at >= last:
            edits.append(Edit("delete", reach, reach, last, at + len(words)))
        elif at + len(words) <= first:
            edits.insert(0, Edit("delete", 0, 0, at, first))
    return Alignment(tuple(edits)), moved
