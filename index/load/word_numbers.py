"""Word's automatic numbering as the reader sees it: 第一章, （一）, 1.1, ③."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.load.numerals import numeral

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how its number is written, `text` with %1 to %9 for the numbers of the levels."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    gap: str = "tab"
    restart: int | None = None  # the level, from 1, after which it starts again; 0 never; None after any above it
    legal: bool = False  # all numbers in it are written 1, 2, 3
    style: str = ""


@dataclass(frozen=True, slots=True)
class _List:
    """A w:num: its levels, the definition whose counters it shares, and where its own counting starts again."""

    family: str
    levels: Mapping[int, Level]
    starts: Mapping[int, int]


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted."""

    lists: Mapping[str, _List] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    def level_of(self, number: str, styles: Sequence[str]) -> int:
        """The level of a list that the first of these paragraph styles it names stands at; 0 when it names none."""
        found = self.lists.get(number)
        levels = {level.style: index for index, level in found.levels.items() if level.style} if found else {}
        return next((levels[style] for style in styles if style in levels), 0)

    def label(self, number: str, index: int) -> str:
        """Count one more paragraph of a list at a level; its label with the gap after it, "" for a bullet."""
        found = self.lists.get(number)
        if found is None or index not in found.levels:
            return ""
        counts = self.counts.setdefault(found.family, {})
        level = found.levels[index]
        if index in found.starts and (number, index) not in self.begun:
            counts[index] = found.starts[index]
        else:
            counts[index] = counts[index] + 1 if index in counts else level.start
        self.begun.add((number, index))
        for deeper in range(index + 1, _LEVELS):
            below = found.levels.get(deeper)
            # restart n: only a paragraph at level n or above starts it again.
            if below is None or below.restart is None or (below.restart and index + 1 <= below.restart):
                counts.pop(deeper, None)
        return _written(found, index, counts)


def _written(found: _List, index: int, counts: Mapping[int, int]) -> str:
    level = found.levels[index]
    if level.form in ("bullet", "none") and "%" not in level.text:
        return "" if level.form == "bullet" else level.text
    text = level.text
    for other in range(_LEVELS):
        mark = f"%{other + 1}"
        if mark in text:
            its = found.levels.get(other, Level())
            form = "decimal" if level.legal and its.form != "none" else its.form
            text = text.replace(mark, numeral(counts.get(other, its.start), form))
    if not text or level.gap == "nothing":
        return text
    # 一、总体要求 and 1.总体要求 need no space, 第一章 总则 and 1.1 总则 do.
    return text if text[-1] in "、．.）)：:，。〕】]⒈⒉⒊⒋⒌⒍⒎⒏⒐" or text[-1] in _CIRCLED else text + " "


_CIRCLED = "".join(map(chr, [*range(0x2460, 0x2488), *range(0x24EA, 0x2500), *range(0x3280, 0x328A)]))


def numbering(root: "_Element | None", style_lists: Mapping[str, str]) -> Numbering:
    """The lists of a numbering part; `style_lists` tells the w:num of each numbering style, for lists that name one."""
    if root is None:
        return Numbering()
    families = {element.get(W + "abstractNumId", ""): element for element in root.iterfind(W + "abstractNum")}
    numbers = {element.get(W + "numId", ""): element for element in root.iterfind(W + "num")}
    lists: dict[str, _List] = {}
    for number, element in numbers.items():
        family = _value(element, "abstractNumId")
        linked = _value(families.get(family), "numStyleLink")
        if linked in style_lists:
            family = _value(numbers.get(style_lists[linked]), "abstractNumId") or family
        levels = _levels(families.get(family))
        starts: dict[int, int] = {}
        for override in element.iterfind(W + "lvlOverride"):
            index = _integer(override.get(W + "ilvl"), 0)
            levels |= _levels(override)
            start = override.find(W + "startOverride")
            if start is not None:
                starts[index] = _integer(start.get(W + "val"), 1)
        lists[number] = _List(family, levels, starts)
    return Numbering(lists)


def _levels(element: "_Element | None") -> dict[int, Level]:
    levels: dict[int, Level] = {}
    for level in element.iterfind(W + "lvl") if element is not None else ():
        form = level.find(f".//{W}numFmt")  # a newer form stands in mc:AlternateContent, before its stand-in
        restart = level.find(W + "lvlRestart")
        legal = level.find(W + "isLgl")
        kind = form.get(W + "val", "decimal") if form is not None else "decimal"
        if kind == "custom" and form is not None:
            kind = "custom:" + form.get(W + "format", "")
        text = level.find(W + "lvlText")
        levels[_integer(level.get(W + "ilvl"), 0)] = Level(
            start=_integer(_value(level, "start"), 1),
            form=kind,
            text="" if text is None or text.get(W + "null") in ("1", "true") else text.get(W + "val", ""),
            gap=_value(level, "suff") or "tab",
            restart=_integer(restart.get(W + "val"), 0) if restart is not None else None,
            legal=legal is not None and legal.get(W + "val", "1") not in ("0", "false", "off"),
            style=_value(level, "pStyle"),
        )
    return levels


def _value(element: "_Element | None", name: str) -> str:
    child = element.find(W + name) if element is not None else None
    return child.get(W + "val", "") if child is not None else ""


def _integer(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
