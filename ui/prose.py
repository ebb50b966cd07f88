"""Chinese prose on a terminal: broken where a Chinese reader expects it, and unable to steer the terminal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_letters, digits

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

# 避头尾: what may not open a line, and what may not close one. [ is no opening mark here: [1] stays with its sentence.
_NOT_FIRST = frozenset("，。、；：？！）〕】》〉」』”’…—·,.;:?!)]}%％[")
_NOT_LAST = frozenset("（〔【《〈「『“‘([{")
_WORD = frozenset(ascii_letters + digits + ".%+-/_")  # 2026, 19.4%, 4+4+X
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with every control character but the line feed made a space; its length, so its offsets, stay."""
    return _CONTROLS.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Prose:
    """A styled text that rich prints wrapped by Chinese rules and indented by `indent` cells.

    `lead` stands in the first line's indent, which grows to hold it: 1. or [1] before a title.
    """

    text: Text
    indent: int = 0
    lead: Text | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """One line at a time, as wide as the terminal; a line feed in the text ends a line."""
        margin = self.lead.copy() if self.lead else Text()
        indent = max(self.indent, margin.cell_len)
        width = max(options.max_width - indent, 8)
        for paragraph in self.text.split("\n"):
            for line in paragraph.divide(line_breaks(paragraph.plain, width)):
                margin.append(" " * (indent - margin.cell_len))
                yield margin.append_text(line)
                margin = Text(no_wrap=True)


def line_breaks(text: str, width: int) -> list[int]:
    """Where a paragraph breaks so that no line is wider than `width` cells (a Chinese character takes two).

    No closing mark opens a line, no opening mark ends one, and 2026 or GDP stays whole where that is possible.
    """
    breaks: list[int] = []
    start = used = 0
    for position, character in enumerate(text):
        used += cell_len(character)
        if used > width and position > start:
            start = _allowed_break(text, start, position)
            breaks.append(start)
            used = cell_len(text[start : position + 1])
    return breaks


def _allowed_break(text: str, start: int, limit: int) -> int:
    """The last good break after `start`, at or before `limit`; `limit` itself when there is none."""
    for position in range(limit, start, -1):
        before, after = text[position - 1], text[position]
        inside_word = before in _WORD and after in _WORD
        if after not in _NOT_FIRST and before not in _NOT_LAST and not inside_word:
            return position
    return limit
