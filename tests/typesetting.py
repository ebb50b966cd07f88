"""An A4 page as offices set it, by arithmetic: 28 characters a line, 22 lines, indents of two characters.

What it sets serves the tests of layout and of OFD. Millimetres, y downwards.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from index.gongwen import compose
from index.letterhead import signatures, title_lines
from index.split import split
from index.types import Loaded

LEFT, TOP, RIGHT, EM, PITCH, ROWS = 28.0, 37.0, 184.0, 156.0 / 28, 10.2, 22
_UNIT = re.compile(r"[（《“‘〔]*(?:[A-Za-z0-9.%+-]+|.)[，。、；：？！”’）》〕…—％%]*")


@dataclass(frozen=True)
class Line:
    """One line of one page; `x` and `y` are the left end and the baseline."""

    page: int
    x: float
    y: float
    size: float
    text: str
    advance: float  # from one full-width character to the next

    @property
    def width(self) -> float:
        return sum(width(c) for c in self.text) * self.advance


def width(character: str) -> float:
    return 0.5 if character.isascii() else 1.0


def wrapped(text: str, room: float, *, indent: float) -> list[str]:
    """Lines of at most `room` ems, the first shorter by `indent`; no comma begins one, no number is cut."""
    lines, used = [""], indent
    for unit in _UNIT.findall(text):
        need = sum(width(c) for c in unit)
        if lines[-1] and used + need > room:
            lines.append("")
            used = 0.0
        lines[-1] += unit
        used += need
    return [line.strip() for line in lines]


def typeset(
    paragraphs: Sequence[str], *, head: str = "", indent: float = 2.0, justified: bool = True, numbers: str = "— {} —"
) -> list[Line]:
    """The paragraphs of a document on pages: centred title, indented body, signature to the right."""
    lines: list[Line] = []
    titled, signed = title_lines(paragraphs), signatures(paragraphs)
    row = 0

    def put(text: str, x: float, size: float, advance: float) -> None:
        nonlocal row
        lines.append(Line(row // ROWS + 1, x, TOP + (row % ROWS + 1) * PITCH, size, text, advance))
        row += 1

    for position, text in enumerate(paragraphs):
        if position in titled:
            size = EM * 22 / 16
            for part in wrapped(text, (RIGHT - LEFT) / size, indent=0):
                put(part, (LEFT + RIGHT - sum(map(width, part)) * size) / 2, size, size)
            row += position == titled.stop - 1
            continue
        if position in signed:
            put(text, RIGHT - (sum(map(width, text)) + 4) * EM, EM, EM)
            continue
        shift = 0.0 if text.endswith("：") and position <= titled.stop + 1 else indent
        parts = wrapped(text, 28, indent=shift)
        for number, part in enumerate(parts):
            x = LEFT + (shift * EM if number == 0 else 0)
            ems = sum(map(width, part))
            full = justified and number < len(parts) - 1 and ems > 20
            put(part, x, EM, (RIGHT - x) / ems if full else EM)
    for page in range(1, row // ROWS + 2):
        if head:
            lines.append(Line(page, LEFT, 25.0, EM * 0.7, head, EM * 0.7))
        if numbers:
            lines.append(Line(page, 95.0, 277.0, EM * 14 / 16, numbers.format(page), EM * 14 / 16))
    return sorted(lines, key=lambda line: (line.page, line.y))


def equal_passages(there: Loaded, here: Loaded, *, name: str) -> tuple[int, int]:
    """How many passages of `there` come out equal, in order, from `here`; and of how many."""
    first, second = ([p.text for p in split(compose(loaded, name=name))] for loaded in (there, here))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()), max(len(first), len(second))
