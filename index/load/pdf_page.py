"""The words of one PDF page with their places, as PDFium reports its glyphs."""

import ctypes
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from index.load.glyphs import typed
from index.load.lines import Run

HYPHEN = "\u00ad"  # stands for the hyphen of a word divided at a line's end

_SLANT = 0.08  # radians by which a line of text may be tilted, as in a scan's text layer
_WIDE = 1.0  # a gap of so many ems ends a run, and so does
_FREE = 0.2  # one of so many ems that is not filled by typed spaces
_NARROW = 0.15  # a typed space no wider than this is none
_ASCENT, _DESCENT = 0.88, 0.12  # ems above and below the baseline that count as a line's height
_STACKED = 4  # signs below one another that make a stamp in the margin
_LONG = 8  # signs of a run that shows where the page's text stands


@dataclass(frozen=True, slots=True)
class _Sign:
    """A glyph in the page's own coordinates, y upwards; `turn` counts quarters of a circle, -1 for a slant."""

    text: str
    x: float
    y: float
    left: float
    right: float
    bottom: float
    top: float
    size: float
    turn: int
    typed: bool  # stands in the file, and was not guessed from a gap


@dataclass(frozen=True, slots=True)
class PageWords:
    """A page's words as runs, and the words beside its text that were left out: stamps in the margin, water marks."""

    runs: tuple[Run, ...]
    aside: tuple[str, ...]


def page_words(words: Any, number: int, box: tuple[float, float, float, float]) -> PageWords:
    """The words of a PDFium text page; `box` is what is seen of the page, (left, bottom, right, top), in its units.

    The page is turned as most of its text reads. Glyphs drawn twice at one place count once.
    """
    signs = [sign for sign in _glyphs(_signs(words)) if _inside(sign, box)]
    turns = Counter(sign.turn for sign in signs if sign.turn >= 0 and sign.text != " ")
    turn = turns.most_common(1)[0][0] if turns else 0
    upright = _once([_turned(sign, turn, box) for sign in signs if sign.turn == turn or sign.text == " "])
    slanted = "".join(sign.text for sign in signs if sign.turn != turn and sign.text != " ")
    runs, stamps = _without_stamps(list(_runs(upright, number)))
    return PageWords(tuple(runs), tuple([slanted] * bool(slanted) + stamps))


def _signs(words: Any) -> Iterator[_Sign]:
    import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

    x, y = ctypes.c_double(), ctypes.c_double()
    matrix, box = pdfium.FS_MATRIX(), pdfium.FS_RECTF()
    page, high = words.raw, ""
    for index in range(words.count_chars()):
        code = pdfium.FPDFText_GetUnicode(page, index)
        if 0xD800 <= code < 0xDC00:  # Windows reports the two halves of 𫖯 one by one
            high = chr(code)
            continue
        text, high = (high + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), ""
        if code == 0 or pdfium.FPDFText_HasUnicodeMapError(page, index) == 1:
            text = "\ufffd" if _has_ink(page, index) else " "
        elif pdfium.FPDFText_IsHyphen(page, index) == 1:
            text = HYPHEN
        elif text.isspace():
            text = " "
        else:
            text = typed(text)
        if not text or not (text.isprintable() or text == HYPHEN):
            continue
        generated = pdfium.FPDFText_IsGenerated(page, index) == 1
        if text == " " and generated:
            yield _Sign(text, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, False)
            continue
        pdfium.FPDFText_GetCharOrigin(page, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(page, index, box)
        pdfium.FPDFText_GetMatrix(page, index, matrix)
        size = pdfium.FPDFText_GetFontSize(page, index) * math.hypot(matrix.c, matrix.d)
        yield _Sign(
            text, x.value, y.value, box.left, box.right, box.bottom, box.top,
            size or box.top - box.bottom, _quarter(matrix.a, matrix.b), True,
        )  # fmt: skip


def _glyphs(signs: Iterator[_Sign]) -> Iterator[_Sign]:
    """One sign a glyph: a font may have drawn —— or ff as one, whose letters then share a place."""
    last: _Sign | None = None
    for sign in signs:
        if last and sign.typed and last.typed and (sign.x, sign.y, sign.right) == (last.x, last.y, last.right):
            # 市市 drawn twice at one place is a makeshift bold.
            twice = sign.text == last.text and sign.text.isalpha() and not sign.text.isascii()
            last = last if twice else replace(last, text=last.text + sign.text)
            continue
        if last:
            yield last
        last = sign
    if last:
        yield last


def _has_ink(page: Any, index: int) -> bool:
    """Whether a glyph without a known character shows anything; else it is a space."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(page, index, left, right, bottom, top)
    return top.value - bottom.value > 0.1


def _quarter(a: float, b: float) -> int:
    """0 reads to the right, 1 upwards, 2 upside down, 3 downwards; -1 aslant."""
    quarters = math.atan2(b, a) / (math.pi / 2)
    nearest = round(quarters)
    return nearest % 4 if abs(quarters - nearest) * math.pi / 2 <= _SLANT else -1


def _inside(sign: _Sign, box: tuple[float, float, float, float]) -> bool:
    return not sign.typed or (
        box[0] - 1 <= (sign.left + sign.right) / 2 <= box[2] + 1 and box[1] - 1 <= sign.y <= box[3] + 1
    )


def _turned(sign: _Sign, turn: int, box: tuple[float, float, float, float]) -> _Sign:
    """The sign on the page turned so that it reads to the right, y downwards from the top."""
    left, bottom, right, top = box
    if turn == 0:
        x, y, x0, x1 = sign.x - left, top - sign.y, sign.left - left, sign.right - left
    elif turn == 1:
        x, y, x0, x1 = sign.y - bottom, sign.x - left, sign.bottom - bottom, sign.top - bottom
    elif turn == 2:
        x, y, x0, x1 = right - sign.x, sign.y - bottom, right - sign.right, right - sign.left
    else:
        x, y, x0, x1 = top - sign.y, right - sign.x, top - sign.top, top - sign.bottom
    return _Sign(sign.text, x, y, x0, x1, 0.0, 0.0, sign.size, 0, sign.typed)


def _once(signs: Sequence[_Sign]) -> Iterator[_Sign]:
    """The signs without those drawn again over themselves, as a makeshift bold."""
    seen: dict[tuple[str, int, int], list[_Sign]] = defaultdict(list)
    for sign in signs:
        if not sign.typed or sign.text == " ":
            yield sign
            continue
        column, row = int(sign.x / 4), int(sign.y / 4)
        near = (
            other
            for key in ((sign.text, column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
            if key in seen
            for other in seen[key]
        )
        if not any(max(abs(sign.x - other.x), abs(sign.y - other.y)) < 0.12 * sign.size for other in near):
            seen[sign.text, column, row].append(sign)
            yield sign


def _runs(signs: Iterator[_Sign], number: int) -> Iterator[Run]:
    parts: list[str] = []
    first: _Sign | None = None
    last: _Sign | None = None
    spaces: list[_Sign] = []
    for sign in signs:
        if sign.text == " ":
            spaces.append(sign)
            continue
        typed_to = max((space.right for space in spaces if space.typed), default=0.0)
        # Not between figures: a sign of another font may come to stand there, 3∶7.
        latin = bool(spaces) and last is not None and _is_word(last.text, sign.text)
        if last and first and not _follows(last, sign, sign.left if latin else typed_to):
            yield _run(first, last, "".join(parts), number)
            first, parts = None, []
        elif last and spaces:
            wide = sign.left - last.right >= _NARROW * sign.size
            parts.append(" " if latin or (typed_to and wide) else "")
        parts.append(sign.text)
        first, last, spaces = first or sign, sign, []
    if first and last:
        yield _run(first, last, "".join(parts), number)


def _is_word(before: str, after: str) -> bool:
    return before.isascii() and after.isascii() and (before.isalpha() or after.isalpha())


def _follows(last: _Sign, sign: _Sign, typed_to: float) -> bool:
    """Whether a sign goes on with the run; spaces, as far as `typed_to`, belong to it.

    A gap that is no typed space may be where a sign in another font is set later: 深化 指尖 治理, then “ and ”.
    """
    same = abs(sign.y - last.y) <= 0.2 * sign.size and abs(sign.size - last.size) <= 0.1 * sign.size
    gap = sign.left - last.right
    free = sign.left - max(last.right, typed_to)
    return same and -0.6 * sign.size < free < _FREE * sign.size and gap < _WIDE * sign.size


def _run(first: _Sign, last: _Sign, text: str, number: int) -> Run:
    top, bottom = first.y - _ASCENT * first.size, first.y + _DESCENT * first.size
    return Run(number, first.left, top, last.right, bottom, first.size, text)


def _without_stamps(runs: list[Run]) -> tuple[list[Run], list[str]]:
    """The runs without words set downwards, sign below sign, beside the page's text; and those words."""
    body = [run for run in runs if len(run.text) >= _LONG]
    if not body:
        return runs, []
    left, right = min(run.x0 for run in body), max(run.x1 for run in body)
    columns: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        if len(run.text) == 1 and (run.x1 < left or run.x0 > right):
            columns[round((run.x0 + run.x1) / 2 / max(run.size, 1e-6))].append(run)
    stamps = []
    for column in columns.values():
        steps = [b.y0 - a.y0 for a, b in pairwise(column)]
        if len(column) >= _STACKED and all(abs(step - median(steps)) < 0.3 * column[0].size for step in steps):
            stamps.append(column)
    gone = {id(run) for column in stamps for run in column}
    return [run for run in runs if id(run) not in gone], ["".join(run.text for run in column) for column in stamps]
