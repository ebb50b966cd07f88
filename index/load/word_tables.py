"""Word's tables as full grids: merged cells repeat downwards, deleted rows are gone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.load.table import Again
from index.load.word_numbers import W
from index.load.word_styles import on
from index.types import Block

if TYPE_CHECKING:
    from lxml.etree import _Element

_WIDEST = 200  # columns that a cell may cover


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: `cells` for `rows`, the number of rows marked as header (None when none is), the blocks of its cells."""

    cells: list[list[str]]
    header: int | None
    blocks: list[Block]
    layout: bool  # every row is a single cell


def grid(table: "_Element", read: Callable[["_Element"], list[Block]]) -> Grid:
    """The grid of a w:tbl; `read` gives the blocks of a cell."""
    cells: list[list[str]] = []
    blocks: list[Block] = []
    header, single = 0, True
    above: list[str] = []
    for row in _inside(table, "tr"):
        properties = row.find(W + "trPr")
        if properties is not None and properties.find(W + "del") is not None:
            continue
        line = [""] * _number(properties, "gridBefore", 0)
        here = list(_inside(row, "tc"))
        single = single and len(here) <= 1
        for cell in here:
            inside = read(cell)
            blocks += inside
            _place(cell, "\n".join(block.text for block in inside), line, above)
        marked = properties.find(W + "tblHeader") if properties is not None else None
        if marked is not None and on(marked.get(W + "val", "1")) and header == len(cells):
            header += 1
        cells.append(line)
        above = line
    captioned = header and len([cell for cell in cells[0] if cell and not isinstance(cell, Again)]) < 2
    return Grid(cells, header if header and not captioned and header < len(cells) else None, blocks, single)


def _place(cell: "_Element", text: str, line: list[str], above: list[str]) -> None:
    """Put a cell's text at the columns it covers; one merged with the cell above repeats that one's."""
    properties = cell.find(W + "tcPr")
    down = properties.find(W + "vMerge") if properties is not None else None
    across = properties.find(W + "hMerge") if properties is not None else None
    column = len(line)
    if down is not None and down.get(W + "val", "continue") == "continue" and column < len(above):
        text = text or str(above[column])
    first: str = text
    if across is not None and across.get(W + "val", "continue") == "continue" and line:
        first = Again(line[-1])
    span = max(1, min(_number(properties, "gridSpan", 1), _WIDEST))
    line += [first, *[Again(first)] * (span - 1)]


def _inside(parent: "_Element", name: str) -> Iterator["_Element"]:
    """The rows of a table or cells of a row, those in content controls and insertions too."""
    for element in parent:
        if element.tag == W + name:
            yield element
        elif element.tag in (W + "sdt", W + "sdtContent", W + "ins", W + "customXml"):
            yield from _inside(element, name)


def _number(properties: "_Element | None", name: str, otherwise: int) -> int:
    child = properties.find(W + name) if properties is not None else None
    value = child.get(W + "val", "") if child is not None else ""
    return min(int(value), _WIDEST) if value.isdigit() else otherwise
