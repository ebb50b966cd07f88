"""What an aligned quotation amounts to: exact, altered, elided, or parts of two places; and how much of it is there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from index.align import Alignment, Edit
from index.key import Keyed

Verdict = Literal["verbatim", "typographic", "altered", "elided", "spliced", "misattributed", "not_found"]

# In characters of the key. Words left out inside a clause are an alteration until there are this many of them …
WORDS = 6
# … a whole clause (marks on both sides) is an elision from this length on …
CLAUSE = 3
# … and beyond these lengths the quotation no longer stands in one place: with … where words were left out, and without.
FAR_MARKED = 3000
FAR = 150
# A stretch that a second place may account for.
PART = 8

_LAYOUT = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`similarity` in [0, 1] leaves out what was elided: 1 when every word of the quotation stands in the place."""

    verdict: Verdict
    similarity: float


def same_text(quote: str, text: str) -> bool:
    """Whether a quotation is its source character by character; where its lines break is layout, with spaces there."""
    if quote == text or _LAYOUT.sub("", quote) == _LAYOUT.sub("", text):
        return True
    lines = [re.escape(line) for line in _LAYOUT.split(quote)]
    return len(lines) > 1 and re.fullmatch(r"\s*".join(lines), text) is not None


def judge(quote: Keyed, source: Keyed, alignment: Alignment, *, moved: int = 0) -> Judgement:
    """Judge an alignment whose quotation is not wholly equal; `not_found` when too little of it is there.

    `moved` words stand in the place but not in their order.
    """
    elided, altered, far = 0, False, False
    for edit in alignment.edits:
        length = edit.s2 - edit.s1
        if edit.op == "equal":
            continue
        marked = _marked(quote, edit)
        if edit.op == "delete" and (marked or _unmarked_elision(source, edit)):
            elided += length
            far = far or length > (FAR_MARKED if marked else FAR)
        else:
            altered = True
    first, last = alignment.source
    length = len(quote.key) + last - first - elided
    similarity = min(2 * alignment.matched / length, 1.0)
    if similarity + 2 * moved / length < threshold(len(quote.key)):
        return Judgement("not_found", similarity)
    return Judgement("spliced" if far else "altered" if altered else "elided", similarity)


def threshold(length: int) -> float:
    """The least similarity at which a quotation of `length` characters counts as altered rather than absent."""
    if length < 4:
        return 1.0
    return 0.74


def loose(edits: Sequence[Edit]) -> Iterator[tuple[int, int]]:
    """Stretches of the quotation (in its key), long enough to be from elsewhere, that the place does not account for.

    A few equal characters amid foreign words are chance.
    """
    start = end = 0
    foreign = 0
    for edit in edits:
        length = edit.q2 - edit.q1
        if edit.op in ("insert", "replace"):
            if foreign == 0:
                start = edit.q1
            foreign += length
            end = edit.q2
        elif edit.op == "equal" and length >= 4:
            if foreign >= PART - 2 and end - start >= PART:
                yield start, end
            foreign = 0
    if foreign >= PART - 2 and end - start >= PART:
        yield start, end


def _marked(quote: Keyed, edit: Edit) -> bool:
    return any(i in quote.ellipses for i in (edit.q1, edit.q2))


def _unmarked_elision(source: Keyed, edit: Edit) -> bool:
    length = edit.s2 - edit.s1
    return length >= WORDS or (length >= CLAUSE and source.broken(edit.s1) and source.broken(edit.s2))
