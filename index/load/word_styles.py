"""What Word's styles say about a paragraph: heading level, list, hidden text, each inherited along basedOn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from index.load.word_numbers import W

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])(?:\s*(?:字符|char))?", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录|目錄)\s*(?:[1-9]|heading|标题)|table of figures|图表目录", re.IGNORECASE)
_TITLES = frozenset({"title", "标题", "標題", "公文标题", "文件标题", "大标题"})
_DEEPEST = 50  # a chain of styles longer than this is a loop


@dataclass(frozen=True, slots=True)
class Style:
    """A style with all it inherits. `heading` from 1, 0 for none, -1 for a document's title; None says nothing.

    `number` and `level` name its list, "" when it has none; `hidden` is None where nothing is said.
    """

    heading: int | None = None
    number: str = ""
    level: int | None = None
    hidden: bool | None = None
    contents: bool = False
    line: tuple[str, ...] = ()  # its id and those of the styles it is based on


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of a document by id, and that of paragraphs that name none."""

    known: Mapping[str, Style] = field(default_factory=dict)
    paragraph: str = ""
    lists: Mapping[str, str] = field(default_factory=dict)  # numbering style → w:num

    def get(self, name: str | None) -> Style:
        """The style of an id; of the default paragraph for None or an unknown one."""
        return self.known.get(name or self.paragraph) or self.known.get(self.paragraph) or Style()


def styles(root: "_Element | None") -> Styles:
    """The styles of a styles part."""
    if root is None:
        return Styles()
    elements = {element.get(W + "styleId", ""): element for element in root.iterfind(W + "style")}
    known: dict[str, Style] = {}
    default, lists = "", {}
    for name, element in elements.items():
        known[name] = _resolved(name, elements)
        if element.get(W + "type") == "paragraph" and on(element.get(W + "default", "0")):
            default = name
        if element.get(W + "type") == "numbering" and known[name].number:
            lists[name] = known[name].number
    return Styles(known, default, lists)


def _resolved(name: str, elements: Mapping[str, "_Element"]) -> Style:
    style = Style()
    for _ in range(_DEEPEST):
        element = elements.get(name)
        if element is None:
            break
        own = _own(element)
        style = Style(
            heading=own.heading if style.heading is None else style.heading,
            number=style.number or own.number,
            level=own.level if style.level is None else style.level,
            hidden=own.hidden if style.hidden is None else style.hidden,
            contents=style.contents or own.contents,
            line=(*style.line, name),
        )
        based = element.find(W + "basedOn")
        if based is None:
            break
        name = based.get(W + "val", "")
    return style


def _own(element: "_Element") -> Style:
    named = element.find(W + "name")
    name = named.get(W + "val", "").strip() if named is not None else ""
    properties = element.find(W + "pPr")
    outline = properties.find(W + "outlineLvl") if properties is not None else None
    heading = level_of(outline)
    found = _HEADING.fullmatch(name)
    if heading is None and found:
        heading = int(found[1])
    if name.lower() in _TITLES and element.get(W + "type") == "paragraph":
        heading = -1
    number, level = list_of(properties)
    return Style(heading, number, level, hidden(element.find(W + "rPr")), _CONTENTS.fullmatch(name) is not None)


def level_of(outline: "_Element | None") -> int | None:
    """The heading level of a w:outlineLvl: 0 for body text, None when it is absent."""
    value = outline.get(W + "val", "") if outline is not None else ""
    return (int(value) + 1 if int(value) < 9 else 0) if value.isdigit() else None


def list_of(properties: "_Element | None") -> tuple[str, int | None]:
    """The w:num and level that paragraph properties name, each "" or None when they do not."""
    named = properties.find(W + "numPr") if properties is not None else None
    if named is None:
        return "", None
    number, level = named.find(W + "numId"), named.find(W + "ilvl")
    value = level.get(W + "val", "") if level is not None else ""
    return number.get(W + "val", "") if number is not None else "", int(value) if value.isdigit() else None


def hidden(properties: "_Element | None") -> bool | None:
    """Whether run properties hide the text; None when they do not say."""
    mark = properties.find(W + "vanish") if properties is not None else None
    return on(mark.get(W + "val", "1")) if mark is not None else None


def on(value: str) -> bool:
    """Whether a switch of Word's is on."""
    return value not in ("0", "false", "off")
