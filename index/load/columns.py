"""Two columns of running text on a page, found by the gutter that their words leave free."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

Box = tuple[float, float, float, float]  # x0, y0, x1, y1; y grows downwards

ACROSS, LEFT, RIGHT = 0, 1, 2

_OVER = 1.2  # ems by which a line may hang into the gutter and beyond
_GUTTER = 0.5  # ems that a gutter measures at least
_FEW = 6  # lines that each column has at least
_BAND = 2  # lines that each column has between two lines across
_FULL = 0.7  # share of a column that its lines fill in the median; the cells of a table are shorter
_CELLS = 1.2  # ems between the cells of a table
_SMALLEST = 0.1  # points; what is set smaller is nothing to be read


def columns(boxes: Sequence[Box], em: float) -> list[int]:
    """Where each box of words belongs: 3k + ACROSS, LEFT or RIGHT, in the order of reading.

    All 0 on a page of one column. Words across both columns end a band: what stands above them is read first.
    """
    if len(boxes) < 2 * _FEW or em < _SMALLEST:
        return [0] * len(boxes)
    middle = (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2
    # Where tables take most of the page, their own gaps are freer of words than the gutter is.
    for gutter in (_gutter(boxes, em), middle):
        if gutter is not None:
            sides = _sides(boxes, gutter, em)
            bands = _bands(boxes, sides, gutter, em)
            if all(_count(boxes, sides, bands, side) >= _FEW for side in (LEFT, RIGHT)):
                return _in_order(boxes, sides, bands)
    return [0] * len(boxes)


def _count(boxes: Sequence[Box], sides: Sequence[int], bands: Sequence[Sequence[int]], side: int) -> int:
    return sum(len(_lines([boxes[i] for i in band if sides[i] == side])) for band in bands)


def _in_order(boxes: Sequence[Box], sides: Sequence[int], bands: Sequence[Sequence[int]]) -> list[int]:
    """The numbers that `columns` gives: what stands above a band is read before it, what stands below after it."""
    order = 0
    done: set[int] = set()
    result = [-1] * len(boxes)
    tops = sorted(range(len(boxes)), key=lambda i: boxes[i][1])
    band_of = {i: band for band in bands for i in band}
    for i in tops:
        if i in done:
            continue
        band = band_of.get(i, [i])
        done.update(band)
        if i in band_of:
            order += 1
        for member in band:
            result[member] = 3 * order + (sides[member] if i in band_of else ACROSS)
        # What follows a band stands below it.
        order += i in band_of
    return result


def _gutter(boxes: Sequence[Box], em: float) -> float | None:
    """The middle of the place between the margins that the fewest words cover; None where it is too narrow."""
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    low, high = left + 0.25 * (right - left), right - 0.25 * (right - left)
    if high - low < _GUTTER * em:
        return None
    steps = max(1, min(200, int((high - low) / (em / 4))))
    grid = [low + (high - low) * step / steps for step in range(steps + 1)]
    covered = [0.0] * (steps + 1)
    for x0, y0, x1, y1 in boxes:
        first = max(0, int((x0 - low) / (high - low) * steps) + 1)
        last = min(steps, int((x1 - low) / (high - low) * steps))
        for step in range(first, last + 1):
            covered[step] += y1 - y0
    least = min(covered) + 2 * em
    best: tuple[int, int] = (0, -1)
    start = None
    for step in range(steps + 2):
        free = step <= steps and covered[step] <= least
        if free and start is None:
            start = step
        elif not free and start is not None:
            best = max(best, (start, step - 1), key=lambda span: span[1] - span[0])
            start = None
    if best[1] < best[0] or grid[best[1]] - grid[best[0]] + (high - low) / steps < _GUTTER * em:
        return None
    return (grid[best[0]] + grid[best[1]]) / 2


def _sides(boxes: Sequence[Box], gutter: float, em: float) -> list[int]:
    """On which side of the gutter each box stands; ACROSS when the words it is one with go over it."""
    sides = [ACROSS] * len(boxes)
    for words in _words(boxes, em):
        left, right = min(boxes[i][0] for i in words), max(boxes[i][2] for i in words)
        side = LEFT if (left + right) / 2 < gutter else RIGHT
        if left < gutter - _OVER * em and right > gutter + _OVER * em:
            side = ACROSS
        for i in words:
            sides[i] = side
    return sides


def _words(boxes: Sequence[Box], em: float) -> list[list[int]]:
    """Boxes on one line that follow each other closer than a gutter is wide."""
    rows: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda i: boxes[i][1] + boxes[i][3]):
        last = boxes[rows[-1][0]] if rows else None
        if last and sum(boxes[i][1::2]) - sum(last[1::2]) < last[3] - last[1]:
            rows[-1].append(i)
        else:
            rows.append([i])
    found: list[list[int]] = []
    for row in rows:
        row.sort(key=lambda i: boxes[i][0])
        for place, i in enumerate(row):
            if place and boxes[i][0] - max(boxes[j][2] for j in found[-1]) < _GUTTER * em:
                found[-1].append(i)
            else:
                found.append([i])
    return found


def _bands(boxes: Sequence[Box], sides: Sequence[int], gutter: float, em: float) -> list[list[int]]:
    """The boxes between words across, from top to bottom, where both columns have mostly full lines there."""
    widths = {LEFT: gutter - min(box[0] for box in boxes), RIGHT: max(box[2] for box in boxes) - gutter}
    walls = sorted((boxes[i][1] + boxes[i][3]) / 2 for i, side in enumerate(sides) if side == ACROSS)
    groups: dict[int, list[int]] = {}
    for i, side in enumerate(sides):
        if side != ACROSS:
            middle = (boxes[i][1] + boxes[i][3]) / 2
            groups.setdefault(sum(wall < middle for wall in walls), []).append(i)
    found = []
    for _, group in sorted(groups.items()):
        for side, width in widths.items():
            lines = _lines([boxes[i] for i in group if sides[i] == side])
            celled = sum(gap > _CELLS * em for _, _, gap in lines)
            full = median(right - left for left, right, _ in lines) if lines else 0.0
            if len(lines) < _BAND or full < _FULL * width or celled > len(lines) / 3:
                break
        else:
            found.append(group)
    return found


def _lines(boxes: Sequence[Box]) -> list[tuple[float, float, float]]:
    """The lines that boxes make up, from top to bottom: (left, right, the widest gap inside)."""
    lines: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box[1] + box[3]):
        last = lines[-1][0] if lines else None
        if last and box[1] + box[3] - last[1] - last[3] < last[3] - last[1]:
            lines[-1].append(box)
        else:
            lines.append([box])
    found = []
    for line in lines:
        line.sort()
        gaps = [b[0] - a[2] for a, b in pairwise(line)]
        found.append((line[0][0], max(box[2] for box in line), max(gaps, default=0.0)))
    return found
