"""Electronic books: chapters in the order of the spine, without the pages that only list them."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.errors import LoadError
from index.load.html_lines import Walk
from index.load.html_tree import decode_page, parse
from index.load.package import Package, opened
from index.load.text import tidy
from index.types import Block, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

_DC = "{http://purl.org/dc/elements/1.1/}"
_LONGEST_HEADING = 100
_MOST_CHAPTERS = 5000
_LARGEST = 256 << 20  # bytes of all chapters
_LISTS = re.compile("toc|landmarks|page-list|cover|loi|lot")
_NOTES = re.compile("footnote|endnote|rearnote")


def load_epub(path: Path) -> Loaded:
    """Blocks of a book in reading order; a note stands where its chapter has it, as 注：….

    The book's title is `meta["title"]`, its chapters are headings from level 2.

    Raises:
        LoadError: copy-protected, damaged, no book, unreasonably large, or without text.
    """
    with opened(path) as package:
        if package.raw("META-INF/encryption.xml") is not None and package.raw("META-INF/rights.xml") is not None:
            raise LoadError("电子书有版权保护（DRM），读不了；请用没有加密的版本")
        name = _book(package)
        root = package.xml(name) if name else None
        if root is None:
            raise LoadError("不是 EPUB 电子书，或文件已损坏；请重新下载")
        title = next((tidy("".join(e.itertext())).strip() for e in root.iter(_DC + "title")), "")
        blocks: list[Block] = []
        size = 0
        for chapter in _chapters(root, posixpath.dirname(name)):
            raw = package.raw(chapter) or b""
            size += len(raw)
            if size > _LARGEST:
                raise LoadError(f"电子书过大（正文超过 {_LARGEST >> 20} MB）；请拆分")
            blocks += _blocks(raw)
    if not blocks:
        raise LoadError("电子书里没有文字（可能是扫描的图片）；请先做文字识别（OCR）")
    return Loaded(tuple(blocks), {"title": title} if 0 < len(title) <= 200 else {})


def _book(package: Package) -> str:
    """The name of the package document, "" when the container names none."""
    container = package.xml("META-INF/container.xml")
    for element in container.iter() if container is not None else ():
        if isinstance(element.tag, str) and element.tag.endswith("}rootfile"):
            return unquote(element.get("full-path", ""))
    return ""


def _chapters(root: "_Element", folder: str) -> Iterator[str]:
    """The parts of the spine that are text, in order; the navigation page and what is beside the order left out."""
    items: dict[str, tuple[str, str, str]] = {}
    spine: list[str] = []
    for element in root.iter("{*}item", "{*}itemref"):
        if element.tag.endswith("}item"):
            kinds = element.get("media-type", ""), element.get("properties", "")
            items[element.get("id", "")] = (element.get("href", ""), *kinds)
        else:
            spine.append(element.get("idref", ""))
    for reference in dict.fromkeys(spine[:_MOST_CHAPTERS]):
        href, kind, properties = items.get(reference, ("", "", ""))
        if href and "html" in kind and "nav" not in properties.split():
            yield posixpath.normpath(posixpath.join(folder, unquote(href)))


def _blocks(raw: bytes) -> Iterator[Block]:
    if not raw.strip():
        return
    root = parse(decode_page(raw))
    body = root.find("body")
    kinds = (body.get("epub:type") or "") if body is not None else ""
    if _LISTS.search(kinds):
        return
    _mark_notes(root)
    for line in Walk().through(root):
        text = tidy(line.text).replace("\n", " ").strip()
        if text:
            yield Block(text, line.heading + 1 if line.heading and len(text) <= _LONGEST_HEADING else 0)


def _mark_notes(root: "HtmlElement") -> None:
    """Take the marks that refer to notes out of the text, lists of pages too, and name the notes."""
    for element in list(root.iter("a", "nav", "aside", "li", "div", "p", "head")):
        kind = element.get("epub:type") or ""
        if element.tag in ("nav", "head") or (element.tag == "a" and "noteref" in kind):
            element.drop_tree()
        elif _NOTES.fullmatch(kind):
            first = next((child for child in element.iter("p")), element)
            first.text = "注：" + (first.text or "").lstrip()
