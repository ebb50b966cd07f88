"""The lines a reader sees on a web page, in their order: paragraphs, headings, list items, rows of tables."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.load.html_table import grid
from index.load.html_tree import is_seen
from index.load.table import rows
from index.numbering import chinese, label_at

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
    *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html"),
    *("legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "ul"),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_WIDE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65\u2018-\u201d\u2026\u2014]"
_SOURCE_BREAK = re.compile(rf"(?<={_WIDE})[ \t]*[\r\n]\s*(?={_WIDE})")  # a line end of the source within Chinese text
_SPACES = re.compile("[ \t\r\n\f]+")
# 。　　第二段 within one element: the indent of a lost paragraph.
_LOST_BREAK = re.compile("(?<=[。！？；：”）])[ \u00a0]*(?:\u3000{2,}|\u00a0{4,})")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FILE = re.compile(r"\.(?:docx?|xlsx?|pptx?|pdf|ofd|wps|et|zip|rar|7z)(?:$|[?#])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is read. `at` is the place of its element in the page's order, `region` that of the outermost
    element around it that is named like page chrome, 0 for none. `linked` tells that it is a link, `attached` to a
    file; `broken` that <br> ended it.
    """

    text: str
    at: int
    region: int = 0
    heading: int = 0
    linked: bool = False
    attached: bool = False
    broken: bool = False


class Walk:
    """One way through a page: its `lines`, and in `spans` its elements as (first place, last place, element)."""

    def __init__(self, *, chrome: re.Pattern[str] | None = None) -> None:
        self.lines: list[Line] = []
        self.spans: list[tuple[int, int, HtmlElement]] = []
        self._chrome = chrome
        self._open: list[tuple[HtmlElement, int]] = []
        self._place = self._region = 0
        self._text: list[str] = []
        self._links = self._pre = 0  # how many <a> and <pre> are open
        self._heading = self._linked = self._length = 0
        self._attached = False
        self._lists: list[tuple[int, int, str] | None] = []
        self._marker = ""
        self._raised: list[int] = []  # where in `_text` each open <sup> began

    def through(self, root: "HtmlElement") -> list[Line]:
        """The lines of an element and all below it."""
        from lxml.etree import iterwalk

        walk = iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if not isinstance(element.tag, str) or not is_seen(element) or self._table(element):
                    walk.skip_subtree()
                else:
                    self._start(element)
                continue
            if event == "end" and self._open and self._open[-1][0] is element:
                self._end(element)
            if element is not root:
                self._add(element.tail)
        self._flush()
        return self.lines

    def _start(self, element: "HtmlElement") -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._flush()
        self._place += 1
        self._open.append((element, self._place))
        if not self._region and self._chrome and (tag in ("nav", "footer", "aside") or self._named(element)):
            self._region = self._place
        if tag == "br":
            self._flush(broken=True)
        elif tag == "a":
            self._links += 1
            self._attached |= _FILE.search(element.get("href", "")[-200:]) is not None
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ol", "ul"):
            self._lists.append(_numbering(element) if tag == "ol" else None)
        elif tag == "li" and self._lists:
            self._marker = self._count(element)
        elif tag in ("sup", "sub"):
            self._raised.append(len(self._text))
        self._heading = _HEADINGS.get(tag, self._heading)
        self._add(element.text)

    def _end(self, element: "HtmlElement") -> None:
        tag = element.tag
        _, place = self._open.pop()
        if tag in _BLOCKS:
            self._flush()
        if tag == "a":
            self._links -= 1
        elif tag == "pre":
            self._pre -= 1
        elif tag in ("ol", "ul"):
            self._lists.pop()
        elif tag == "li":
            self._marker = ""
        elif tag in ("sup", "sub"):
            self._lower(self._raised.pop(), tag)
        if tag in _HEADINGS:
            self._heading = 0
        if self._region == place:
            self._region = 0
        self.spans.append((place, self._place, element))
        self._place += 1

    def _named(self, element: "HtmlElement") -> bool:
        names = f"{element.get('class', '')[:200]} {element.get('id', '')[:200]}"
        return self._chrome is not None and self._chrome.search(names) is not None

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if self._pre:
            first, *others = text.split("\n")
            self._put(first)
            for line in others:
                self._flush(broken=True)
                self._put(line)
        else:
            self._put(text)

    def _put(self, text: str) -> None:
        if text:
            self._text.append(text)
            length = len(text.strip())
            self._length += length
            self._linked += length if self._links else 0

    def _lower(self, start: int, tag: str) -> None:
        """Write a raised figure so that it does not run into the words: m², 增长10%[3]."""
        start = min(start, len(self._text))
        before = "".join(self._text[max(0, start - 3) : start]).rstrip()[-1:]
        figure = "".join(self._text[start:]).strip()
        if tag == "sup" and figure.isascii() and figure.isdecimal() and len(figure) <= 3:
            unit = before.isascii() and before.isalnum()
            self._text[start:] = [figure.translate(_SUPERSCRIPTS) if unit else f"[{figure}]"]

    def _count(self, item: "HtmlElement") -> str:
        """The number of a list item as a browser sets it; "" in a list without numbers."""
        counter = self._lists[-1]
        if counter is None:
            return ""
        number, step, style = counter
        value = item.get("value", "")
        number = int(value) if re.fullmatch(r"-?\d{1,6}", value) else number
        self._lists[-1] = (number + step, step, style)
        return _written(number, style)

    def _table(self, element: "HtmlElement") -> bool:
        """Take a real table in as its rows; False for anything else, tables of layout included."""
        if element.tag != "table":
            return False
        cells = grid(element)
        if cells is None:
            return False
        self._flush()
        self._place += 1
        captions = [line.text for caption in element.findall("caption") for line in Walk().through(caption)]
        for text in captions + rows(cells):
            self.lines.append(Line(text, self._place, self._region))
        self.spans.append((self._place, self._place, element))
        self._place += 1
        return True

    def _flush(self, *, broken: bool = False) -> None:
        text = "".join(self._text)
        if not self._pre:
            text = _SPACES.sub(" ", _SOURCE_BREAK.sub("", text))
        linked = self._linked >= 0.8 * self._length > 0
        for part in _LOST_BREAK.split(text):
            stripped = part.strip(" \u00a0\t\u3000")
            if self._marker and stripped:
                part = stripped if label_at(stripped) else self._marker + stripped
                self._marker = ""
            if stripped or broken:
                line = Line(
                    part.rstrip(), self._place, self._region, self._heading, linked, self._attached and linked, broken
                )
                self.lines.append(line)
        self._text.clear()
        self._raised = [0] * len(self._raised)
        self._linked = self._length = 0
        self._attached = False


def _numbering(element: "HtmlElement") -> tuple[int, int, str]:
    """First number, step and style of an ordered list."""
    start = element.get("start", "")
    items = sum(1 for child in element if child.tag == "li")
    step = -1 if element.get("reversed") is not None else 1
    first = int(start) if re.fullmatch(r"-?\d{1,6}", start) else items if step < 0 else 1
    named = re.search(r"list-style(?:-type)?\s*:\s*([a-z-]+)", element.get("style", "")[:2000], re.IGNORECASE)
    return first, step, named[1].lower() if named else element.get("type", "")


def _written(number: int, style: str) -> str:
    if style == "none":
        return ""
    if style in ("cjk-ideographic", "simp-chinese-informal", "trad-chinese-informal") and 0 < number < 1000:
        return f"{chinese(number)}、"
    if style in ("a", "A", "lower-alpha", "upper-alpha", "lower-latin", "upper-latin") and 0 < number <= 26:
        letter = chr(ord("a") + number - 1)
        return f"{letter.upper() if style[0] in 'Au' else letter}."
    return f"{number}."
