"""Lines of a page out of positioned words, in reading order, without running heads and page numbers."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.load.columns import columns

_SAME_LINE = 0.5  # share of the smaller height by which two stretches of one line overlap
_SPACE = 0.22  # a gap of so many ems between two Latin words, or
_WIDE_SPACE = 1.0  # between anything, is a space
_GUTTER = 1.2  # the least gap in ems between two cells
_APART = 1.4  # running heads and page numbers stand so many line pitches from the text
_NARROWEST = 18  # ems that a page's lines are wide at least, though all it shows be shorter

CELLS = "｜"  # between the cells of a table's row

_HANGING = "，。、；：？！”’）》,.;:"

_DASHES = r"[-—–－−─·•~～\s|｜]*"
_PAGE_NUMBER = re.compile(
    rf"{_DASHES}(?:第\s*)?(?P<number>[0-9０-９]{{1,4}}|[ivxIVX]{{1,6}})\s*页?"
    rf"(?:\s*[,，/／]?\s*(?:共|of|/)?\s*[0-9０-９]{{1,4}}\s*页?)?{_DASHES}",
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?:[\u4e00-\u9fff][ 　]+)+[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stand in one line of a page, from (x0, y0) at the top left to (x1, y1).

    Pages count from 1, y grows downwards, `size` is the font's height in the unit of the coordinates.
    `column` is filled in here (`index.load.columns`).
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    text: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines that follow each other within common margins: a page, or a column of it."""

    lines: tuple[Run, ...]
    left: float
    right: float


def lines_of(runs: Iterable[Run]) -> list[list[Run]]:
    """The lines of each page in reading order, column by column; a gap wide enough for a cell's edge divides a line.

    Each line is a list of its parts from left to right in the result's pages: [[part, part, ...] of one page, ...];
    parts of one line share y0 and y1. Words printed twice at one place (a makeshift bold) count once.
    """
    pages: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        if run.text.strip():
            pages[run.page].append(_bare(run))
    return [_in_columns(pages[number]) for number in sorted(pages)]


def _in_columns(runs: list[Run]) -> list[Run]:
    em = body_size([runs])
    places = columns([(run.x0, run.y0, run.x1, run.y1) for run in runs], em)
    groups: dict[int, list[Run]] = defaultdict(list)
    for run, column in zip(runs, places, strict=True):
        groups[column].append(replace(run, column=column))
    return [part for column in sorted(groups) for part in _parts(groups[column])]


def _bare(run: Run) -> Run:
    """A run without spaces at its ends: an indent may be written as 　　."""
    text = run.text.strip()
    if len(text) == len(run.text):
        return run
    lead = _ems(run.text[: len(run.text) - len(run.text.lstrip())])
    step = (run.x1 - run.x0) / _ems(run.text)
    return replace(run, x0=run.x0 + lead * step, x1=run.x0 + (lead + _ems(text)) * step, text=text)


def _ems(text: str) -> float:
    return sum(0.5 if sign.isascii() else 1.0 for sign in text)


def _parts(runs: list[Run]) -> list[Run]:
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda r: (r.y0 + r.y1, r.x0)):
        row = next((row for row in reversed(rows[-3:]) if _overlap(row[0], run) >= _SAME_LINE), None)
        if row is None:
            rows.append([run])
        elif not any(_twice(run, other) for other in row[-64:]):
            row.append(run)
    parts: list[Run] = []
    for row in sorted(rows, key=lambda row: min(r.y0 for r in row)):
        top, bottom = min(r.y0 for r in row), max(r.y1 for r in row)
        joined: list[Run] = []
        for run in sorted(row, key=lambda r: r.x0):
            if joined and run.x0 - joined[-1].x1 <= _GUTTER * max(run.size, joined[-1].size):
                joined[-1] = _join(joined[-1], run)
            else:
                joined.append(run)
        parts += [replace(part, y0=top, y1=bottom, text=part.text.strip()) for part in joined]
    return parts


def _overlap(a: Run, b: Run) -> float:
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    return shared / max(min(a.y1 - a.y0, b.y1 - b.y0), 1e-6)


def _twice(a: Run, b: Run) -> bool:
    return a.text == b.text and abs(a.x0 - b.x0) < 0.2 * a.size and abs(a.y0 - b.y0) < 0.2 * a.size


def _join(a: Run, b: Run) -> Run:
    gap = (b.x0 - a.x1) / max(a.size, b.size, 1e-6)
    latin = a.text[-1].isascii() and b.text[0].isascii()
    space = " " if gap >= _WIDE_SPACE or (latin and gap >= _SPACE) else ""
    size = a.size if len(a.text) >= len(b.text) else b.size
    return Run(
        a.page,
        a.x0,
        min(a.y0, b.y0),
        max(a.x1, b.x1),
        max(a.y1, b.y1),
        size,
        a.text.rstrip() + space + b.text.lstrip(),
        a.column,
    )


def without_furniture(pages: Sequence[list[Run]]) -> tuple[list[list[Run]], list[str]]:
    """The pages without running heads and page numbers, and the lines left out, each once.

    A running head is a first or last line that stands apart from the text (or is set smaller) and recurs, figures
    aside, at the same height of at least two pages. A page number is what looks like one and counts on with the pages.
    """
    kept = [list(page) for page in pages]
    left: dict[str, None] = {}
    body, pitch = body_size(pages), line_pitch(pages)
    for _ in range(3):  # a page number below a running foot below a rule's caption
        edges = [(index, edge) for index, page in enumerate(kept) if page for edge in _edges(page, body, pitch)]
        recurring = Counter((_masked(edge), round(edge[0].y0 / max(body, 1e-6))) for _, edge in edges)
        offsets = Counter(number - index for index, edge in edges if (number := _number(edge)) is not None)
        gone = 0
        for index, edge in edges:
            height = round(edge[0].y0 / max(body, 1e-6))
            times = sum(recurring[_masked(edge), h] for h in (height - 1, height, height + 1))
            number = _number(edge)
            counted = number is not None and (offsets[number - index] >= 2 or _decorated(edge) or number == index + 1)
            if counted or (number is None and times >= max(2, len(kept) // 5)):
                kept[index] = [part for part in kept[index] if part not in edge]
                left[" ".join(part.text for part in edge)] = None
                gone += 1
        if not gone:
            break
    return kept, list(left)


def _edges(page: list[Run], body: float, pitch: float) -> list[list[Run]]:
    """The first and the last line of a page, all parts of each, where they stand apart from the text."""
    rows: list[list[Run]] = []
    for part in sorted(page, key=lambda part: (part.y0 + part.y1, part.x0)):
        if rows and (rows[-1][0].y0 == part.y0 or (part.column and _overlap(rows[-1][0], part) > _SAME_LINE)):
            rows[-1].append(part)
        else:
            rows.append([part])
    edges: list[list[Run]] = []
    for edge, neighbour in ((rows[0], rows[1:2]), (rows[-1], rows[-2:-1])):
        distance = abs(edge[0].y1 - neighbour[0][0].y1) if neighbour else 0.0
        alone = len(rows) == 1 and _number(edge) is not None and _decorated(edge)
        if alone or (len(rows) > 1 and (distance > _APART * pitch or edge[0].size < 0.92 * body)):
            edges.append(edge)
    return edges


def _masked(edge: list[Run]) -> str:
    return re.sub(r"[0-9０-９]+|\s+", "#", "|".join(part.text for part in edge))


def _number(edge: list[Run]) -> int | None:
    match = _PAGE_NUMBER.fullmatch(edge[0].text) if len(edge) == 1 else None
    if match is None:
        return None
    return int(match["number"]) if match["number"].isdecimal() else 0


def _decorated(edge: list[Run]) -> bool:
    return re.fullmatch(r"[0-9０-９]+", edge[0].text) is None


def body_size(pages: Sequence[Sequence[Run]]) -> float:
    """The size in which most characters are set; 0 without any."""
    counts: Counter[float] = Counter()
    for page in pages:
        for part in page:
            counts[round(part.size, 1)] += len(part.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def line_pitch(pages: Sequence[Sequence[Run]]) -> float:
    """The usual distance from one line to the next; 0 when no page has two."""
    steps = [b.y1 - a.y1 for page in pages for a, b in pairwise(page) if b.y1 - a.y1 > 0.3 * b.size]
    return median(steps) if steps else 0.0


def frames(pages: Sequence[list[Run]]) -> list[Frame]:
    """The pages as frames in reading order: a page of one column, or left column, right column and what spans both."""
    body = body_size(pages)
    split = [_columns(page) for page in pages if page]
    single = [groups[0][1] for groups in split if len(groups) == 1 and len(groups[0][1]) >= 5]
    usual = (median(_left(x, body) for x in single), median(_right(x, body) for x in single)) if single else None
    found: list[Frame] = []
    for groups in split:
        for side, group in groups:
            members = [part for name, others in groups if name == side for part in others]
            left, right = _left(members, body), _right(members, body)
            if usual and len(groups) == 1:
                # A page of nothing but indented lines, or of short ones, still has the document's margins.
                left = usual[0] if 0 < left - usual[0] <= 3 * body else left
                right = max(right, usual[1])
            if len(groups) == 1 and sum(part.x1 >= right - body for part in members) < 3:
                right = max(right, left + _NARROWEST * body)
            found.append(Frame(tuple(_rows(group)), left, right))
    return found


def _columns(page: list[Run]) -> list[tuple[int, list[Run]]]:
    """The page's lines by column in reading order; the side of each, ACROSS for a page of one column."""
    groups: dict[int, list[Run]] = defaultdict(list)
    for part in page:
        groups[part.column].append(part)
    return [(column % 3, group) for column, group in sorted(groups.items())]


def _left(parts: Sequence[Run], body: float) -> float:
    """Where lines begin that are not indented: the outermost place where several do."""
    starts = sorted(p.x0 for p in parts if abs(p.size - body) <= 0.1 * body) or sorted(p.x0 for p in parts)
    least = max(1, len(starts) // 12)
    return next((x for i, x in enumerate(starts) if sum(y <= x + body / 4 for y in starts[i:]) >= least), starts[0])


def _right(parts: Sequence[Run], body: float) -> float:
    """Where full lines end: the outermost place where several do, within the em by which line ends differ."""
    usual = [p for p in parts if abs(p.size - body) <= 0.1 * body] or list(parts)
    # A comma may hang beyond the margin.
    plain = [p for p in usual if p.text[-1] not in _HANGING]
    ends = sorted((p.x1 for p in (plain if len(plain) > len(usual) / 4 else usual)), reverse=True)
    least = max(1, len(ends) // 12)
    found = next((x for i, x in enumerate(ends) if sum(y >= x - body for y in ends[i:]) >= least), ends[0])
    return max(found, max(p.x1 for p in usual) - body) if len(usual) < 12 else found


def _rows(parts: Sequence[Run]) -> list[Run]:
    """Lines with their parts joined: the cells of a table by ｜, else by a space, 江　澜　市 closed up."""
    lines: list[list[Run]] = []
    for part in parts:
        if lines and lines[-1][0].y0 == part.y0:
            lines[-1].append(part)
        else:
            lines.append([part])
    rows: list[Run] = []
    for above, line, below in zip([[], *lines], lines, [*lines[1:], []], strict=False):
        spread = all(len(part.text) == 1 for part in line)
        table = len(line) > 2 or (len(line) == 2 and max(len(above), len(below)) > 1)
        text = ("" if spread else CELLS if table else " ").join(part.text for part in line)
        text = re.sub("[ 　]+", "", text) if _SPACED.fullmatch(text) else text
        rows.append(replace(line[0], x1=line[-1].x1, text=text))
    return rows
