"""The words of an OFD page and where they stand, in millimetres."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.load.lines import Run

if TYPE_CHECKING:
    from lxml.etree import _Element

_SIZE = 3.175  # 9 points, where a text object gives no size
_ASCENT = 0.88  # of a line's height stands above the baseline
_MOST_DELTAS = 100_000
_DEEPEST = 64
_SLANT = 5.0  # degrees from the horizontal or vertical: a watermark

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Words:
    """A run with its text object's `id`, the direction it is read in (degrees, clockwise), and its layer's kind."""

    run: Run
    id: str
    angle: float
    background: bool = False


def words_of(page: "_Element", number: int) -> list[Words]:
    """The words of a page or template, in the order of the file; invisible objects are passed over."""
    found: list[Words] = []
    stack: list[tuple[_Element, bool, int]] = [(page, False, 0)]
    while stack:
        element, background, depth = stack.pop()
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name == "TextObject":
            found += _object(element, number, background=background)
        elif name in ("Page", "Content", "Layer", "PageBlock") and depth < _DEEPEST:
            below = background or (name == "Layer" and element.get("Type") == "Background")
            stack.extend((child, below, depth + 1) for child in reversed(element))
    return found


def upright(found: Sequence[Words]) -> tuple[list[Run], list[str]]:
    """The runs of one page turned so that most of it reads from left to right; and the words of slanted watermarks.

    What is read in another direction than most follows below everything else.
    """
    level = [words for words in found if _is_level(words)]
    slanted = [words.run.text for words in found if not _is_level(words)]
    signs: Counter[int] = Counter()
    for words in level:
        signs[_quarter(words)] += len(words.run.text)
    runs: list[Run] = []
    foot = 0.0
    for quarter, _ in signs.most_common():
        turned = [_turned(words.run, quarter) for words in level if _quarter(words) == quarter]
        top = min(run.y0 for run in turned)
        shift = foot + 100.0 - top if runs else 0.0
        turned = [replace(run, y0=run.y0 + shift, y1=run.y1 + shift) for run in turned]
        foot = max([foot, *(run.y1 for run in turned)])
        runs += turned
    return runs, slanted


def _is_level(words: Words) -> bool:
    return min(words.angle % 90, 90 - words.angle % 90) <= _SLANT


def _quarter(words: Words) -> int:
    return round(words.angle / 90) % 4


def _turned(run: Run, quarter: int) -> Run:
    corners = [(run.x0, run.y0), (run.x1, run.y1)]
    for _ in range(quarter):
        corners = [(y, -x) for x, y in corners]
    (ax, ay), (bx, by) = corners
    return replace(run, x0=min(ax, bx), y0=min(ay, by), x1=max(ax, bx), y1=max(ay, by))


def _object(element: "_Element", number: int, *, background: bool) -> Iterator[Words]:
    if element.get("Visible", "true").lower() == "false":
        return
    box = _numbers(element.get("Boundary", ""), 4) or [0.0, 0.0, 0.0, 0.0]
    given = _numbers(element.get("CTM", ""), 6)
    matrix: Matrix = tuple(given) if given else _IDENTITY  # type: ignore[assignment]
    size = abs(_number(element.get("Size"), _SIZE)) or _SIZE
    stretch = abs(_number(element.get("HScale"), 1.0)) or 1.0
    angle = math.degrees(math.atan2(matrix[1], matrix[0])) % 360
    x = y = 0.0
    for code in element:
        if not isinstance(code.tag, str) or code.tag.rpartition("}")[2] != "TextCode":
            continue
        x, y = _number(code.get("X"), x), _number(code.get("Y"), y)
        for text, points in _stretches(code, x, y, size * stretch):
            run = _placed(text, points, box, matrix, size, stretch, number)
            yield Words(run, element.get("ID", ""), angle, background)


def _stretches(code: "_Element", x: float, y: float, em: float) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """The text of a TextCode where it goes on evenly, with each sign's place on the baseline."""
    text = "".join(code.itertext()).strip("\r\n")
    across, down = _deltas(code.get("DeltaX", "")), _deltas(code.get("DeltaY", ""))
    start = 0
    points: list[tuple[float, float]] = []
    for position in range(len(text)):
        if position:
            before = _width(text[position - 1]) * em
            # Without DeltaX signs stand side by side, unless DeltaY sets them one below the other.
            dx = (
                across[position - 1] if position <= len(across) else (across[-1] if across else 0.0 if down else before)
            )
            dy = down[position - 1] if position <= len(down) else 0.0
            x, y = x + dx, y + dy
            if abs(dy) > 0.3 * em or dx < -0.3 * em or dx > before + em:
                yield text[start:position], points
                start, points = position, []
        points.append((x, y))
    if points:
        yield text[start:], points


def _placed(
    text: str,
    points: Sequence[tuple[float, float]],
    box: Sequence[float],
    matrix: Matrix,
    size: float,
    stretch: float,
    number: int,
) -> Run:
    first, last = points[0], points[-1]
    corners = [
        (first[0], first[1] - _ASCENT * size),
        (last[0] + _width(text[-1]) * size * stretch, last[1] + (1 - _ASCENT) * size),
    ]
    a, b, c, d, e, f = matrix
    placed = [(a * x + c * y + e + box[0], b * x + d * y + f + box[1]) for x, y in corners]
    (ax, ay), (bx, by) = placed
    return Run(number, min(ax, bx), min(ay, by), max(ax, bx), max(ay, by), size * (math.hypot(c, d) or 1.0), text)


def _width(sign: str) -> float:
    return 0.5 if sign.isascii() else 1.0


def _deltas(written: str) -> list[float]:
    """The steps of DeltaX or DeltaY; `g 3 2.5` stands for 2.5 2.5 2.5."""
    steps: list[float] = []
    parts = iter(written[: 16 * _MOST_DELTAS].split())
    for part in parts:
        if part == "g":
            count, step = _number(next(parts, None), 0.0), _number(next(parts, None), 0.0)
            steps += [step] * max(0, min(int(count), _MOST_DELTAS - len(steps)))
        else:
            steps.append(_number(part, 0.0))
    return steps[:_MOST_DELTAS]


def _numbers(written: str, count: int) -> list[float]:
    """So many numbers, or none."""
    parts = written.split()
    return [_number(part, 0.0) for part in parts] if len(parts) == count else []


def _number(written: str | None, default: float) -> float:
    try:
        value = float(written) if written else default
    except ValueError:
        return default
    return value if abs(value) < 1e7 else default
