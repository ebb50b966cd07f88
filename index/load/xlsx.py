"""Workbooks: sheets as headings, rows that carry their header, values as displayed."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.errors import LoadError
from index.load.figures import shown
from index.load.package import Package, opened
from index.load.table import Again, begins_table, rows
from index.load.text import tidy
from index.types import Block, Loaded

_MOST_ROWS = 20_000
_MOST_CELLS = 500_000
_WIDEST = 300  # columns
_TALLEST = 20_000  # rows that a merged cell covers
_LAST_ROW = 100_000
_UNNAMED = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.IGNORECASE)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)"')
# A formula whose result was never stored: programs write workbooks that no spreadsheet has opened yet.
_UNKNOWN = re.compile(rb"</(?:\w+:)?f>(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>")


def load_xlsx(path: Path) -> Loaded:
    """Blocks of a workbook, sheet by sheet; a sheet with a name of its own begins with it as a heading of level 2.

    Formulas give their stored results. Hidden sheets, and rows beyond 20,000 in all, are left out and reported.

    Raises:
        LoadError: encrypted, damaged, no workbook, unreasonably large, or without text.
    """
    with opened(path) as package:
        package.check()
        main = next((target for kind, target in package.related("").values() if kind == "officeDocument"), "")
        if not main or package.xml(main) is None:
            raise LoadError("不是工作簿，或文件已损坏；请用 Excel 或 WPS 打开后另存为 .xlsx")
        if b"purl.oclc.org/ooxml" in (package.raw(main) or b""):
            raise LoadError("是“严格 Open XML”工作簿；请用 Excel 打开后另存为普通的“Excel 工作簿（.xlsx）”")
        return _read(path, package)


def _read(path: Path, package: Package) -> Loaded:
    import warnings

    from openpyxl import load_workbook

    # openpyxl leaves a file open that it fails to read, were it to open it itself.
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about charts and validations that are not read anyway
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, AssertionError) as error:
            raise LoadError("工作簿已损坏，读不了；请用 Excel 或 WPS 打开后另存一份") from error
        try:
            blocks: list[Block] = []
            notes: list[str] = []
            left = _MOST_ROWS
            hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
            if hidden:
                notes.append(f"隐藏的工作表：{'、'.join(hidden[:5])}{'…' if len(hidden) > 5 else ''}")
            unknown = 0
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible" or left <= 0:
                    continue
                raw = package.raw(sheet._worksheet_path) or b""
                unknown += len(_UNKNOWN.findall(raw))
                grid, more = _grid(sheet, _merged(raw), left)
                left -= len(grid)
                if more or left <= 0:
                    notes.append(f"工作表“{sheet.title}”第 {len(grid) + 1} 行以后（上限 {_MOST_ROWS:,} 行）；请拆分")
                blocks += _blocks(sheet.title, grid)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OverflowError) as error:
            raise LoadError("工作簿已损坏，读不了；请用 Excel 或 WPS 打开后另存一份") from error
        finally:
            book.close()
    if unknown:
        notes.append(f"没有保存结果的公式 {unknown} 个；请用 Excel 打开保存后重新收入")
    if not blocks:
        raise LoadError("工作簿里没有文字" + (f"（{'；'.join(notes)}）" if notes else ""))
    return Loaded(tuple(blocks), {"left_out": "；".join(notes)} if notes else {})


def _grid(sheet: Any, merged: dict[tuple[int, int], tuple[int, int]], most: int) -> tuple[list[list[str]], bool]:
    """The displayed cells of a sheet, merged ones spread, one empty row for several; and whether more rows follow."""
    sheet.reset_dimensions()  # what a file says of them is often wrong, and millions of empty cells long
    grid: list[list[str]] = []
    sources: dict[tuple[int, int], str] = {}
    cells = 0
    for number, row in enumerate(sheet.iter_rows()):
        if len(grid) >= most or cells > _MOST_CELLS or number >= _LAST_ROW:
            return grid, True
        line = [_cell(cell) for cell in row[:_WIDEST]]
        if not any(line):
            if grid and grid[-1]:
                grid.append([])
            continue
        while (number, len(line)) in merged and len(line) < _WIDEST:
            line.append("")
        for column, text in enumerate(line):
            source = merged.get((number, column))
            if source == (number, column):
                sources[source] = text
            elif source is not None:
                covered = sources.get(source, "")
                line[column] = Again(covered) if column > source[1] else covered
        while line and not line[-1]:
            line.pop()
        cells += len(line)
        grid.append(line)
    return grid, False


def _cell(cell: Any) -> str:
    value = cell.value
    return "" if value is None else tidy(shown(value, cell.number_format)).strip()


def _merged(raw: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    """Row and column, from 0, of each place that a merged cell covers → those of its first."""
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for left, top, right, bottom in _MERGED.findall(raw):
        first = int(top) - 1, _column(left)
        down, across = min(int(bottom) - first[0], _TALLEST), min(_column(right) - first[1] + 1, _WIDEST)
        if len(places) + down * across > _MOST_CELLS:
            break
        places.update({(first[0] + y, first[1] + x): first for y in range(down) for x in range(across)})
    return places


def _column(letters: bytes) -> int:
    """0 of A, 26 of AA."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return number - 1


def _blocks(title: str, grid: Sequence[list[str]]) -> Iterator[Block]:
    """A sheet's rows; after an empty row another table begins only where it has a header of its own."""
    tables: list[list[list[str]]] = []
    fresh = True
    for row in [*grid, []]:
        if not row:
            fresh = True
        elif fresh or not tables:
            tables.append([row])
            fresh = False
        else:
            tables[-1].append(row)
    joined: list[list[list[str]]] = []
    for table in tables:
        if joined and not begins_table(table):
            joined[-1] += table
        else:
            joined.append(table)
    lines = [line for table in joined for line in rows(table)]
    if lines and not _UNNAMED.fullmatch(title.strip()):
        yield Block(title.strip(), heading=2)
    yield from map(Block, lines)
