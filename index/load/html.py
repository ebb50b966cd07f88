"""Web pages saved as files: the document without the page's frame, and what the page says about it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.load.html_lines import Line, Walk
from index.load.html_meta import address, day, names, title_of
from index.load.html_part import CHROME, Part, document_part
from index.load.html_tree import decode_page, parse
from index.load.text import read_bytes, tidy
from index.types import Block, Loaded

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_LONGEST_HEADING = 80


def load_html(path: Path) -> Loaded:
    """The document of a saved page. `meta` holds what the page says of it: title, issuer, number, date, published, url.

    `published` is the day it was put up, `url` where; `left_out` says what of the page is not the document.

    Raises:
        LoadError: no text, only frames or only scripts, or nested beyond bounds.
    """
    return page(read_bytes(path))


def page(raw: bytes, *, url: str = "") -> Loaded:
    """The document of a page given as bytes; `url` is where it came from, if the page itself does not say."""
    source = decode_page(raw)
    root = parse(source)
    walk = Walk(chrome=CHROME)
    walk.through(root)
    part = document_part(walk)
    lines = [replace(line, text=tidy(line.text).replace("\n", " ")) for line in part.lines]
    if not any(line.text.strip() for line in lines):
        raise LoadError(_why_empty(root))
    meta = _meta(root, source, part, [line.text.strip() for line in lines if line.text.strip()], url)
    return Loaded(tuple(_blocks(lines, meta.get("title", ""))), meta, wrapped=_is_broken(lines))


def _why_empty(root: "HtmlElement") -> str:
    if next(root.iter("frame", "iframe"), None) is not None:
        return "网页只有框架，正文在别的文件里；请打开正文所在的框架后单独保存"
    if next(root.iter("script"), None) is not None:
        return "网页的文字由脚本生成，文件里没有；请用浏览器打开后另存为“网页，全部”或 PDF"
    return "网页中没有文字"


def _meta(root: "HtmlElement", source: str, part: Part, lines: list[str], url: str) -> dict[str, str]:
    metas = names(root)
    shown = next((" ".join(element.itertext()) for element in root.iter("title")), "")
    headings = [" ".join("".join(element.itertext())[:400].split()) for element in root.iter("h1")]
    declared = part.fields.get("title") or metas.get("articletitle", "")
    title = title_of(_plain(declared), shown[:1000], [text for text in headings if text], lines)
    found = {
        "title": title,
        "issuer": _plain(part.fields.get("issuer", "")).replace(" ", "、"),
        "number": _plain(part.fields.get("number", "")),
        "date": day(part.fields.get("date", "")),
        "published": day(part.fields.get("published", "")) or day(metas.get("pubdate", "")),
        "url": address(root, source, metas) or url,
        "left_out": _note([text for text in part.left_out if _plain(text) != title]),
    }
    return {key: value for key, value in found.items() if value}


def _plain(text: str) -> str:
    return " ".join(tidy(text).split())


def _note(left: Sequence[str]) -> str:
    if not left:
        return ""
    shown = "、".join(_plain(text)[:20] for text in left[:3])
    return f"网页框架 {len(left)} 行：{shown}{'…' if len(left) > 3 else ''}"


def _is_broken(lines: list[Line]) -> bool:
    """Whether most lines end in <br>, which may be layout, and none is a heading."""
    filled = [line for line in lines if line.text.strip()]
    return 2 * sum(line.broken for line in filled) > len(filled) and not any(line.heading for line in filled)


def _blocks(lines: list[Line], title: str) -> list[Block]:
    broken = _is_broken(lines)
    blocks = []
    for line in lines:
        text = line.text.rstrip() if broken else line.text.strip()
        short = len(text) <= _LONGEST_HEADING and not text.endswith(("。", "；", "，"))
        if text or broken:
            blocks.append(Block(text, heading=line.heading if short and not line.linked else 0))
    squeezed = ["".join(block.text.split()) for block in blocks[:8]]
    if title and "".join(title.split()) not in "".join(squeezed):
        blocks[:0] = [Block(title), Block("")] if broken else [Block(title, heading=1)]
    return blocks
