"""Markdown files: front matter, headings, paragraphs, lists and tables, without their marks."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.load.table import rows
from index.load.text import read
from index.types import Block, Loaded

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_KEYS = {
    "title": "title",
    "标题": "title",
    "issuer": "issuer",
    "发文机关": "issuer",
    "number": "number",
    "发文字号": "number",
    "date": "date",
    "成文日期": "date",
    "kind": "kind",
    "文种": "kind",
    "source": "source",
    "来源": "source",
    "url": "url",
    "网址": "url",
    "原文链接": "url",
}
_WEB = re.compile("https?://")
# Chinese and a neighbour: a soft line break between them is no space.
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65\U00020000-\U0003ffff\u2018-\u201d\u2026\u2014]")


def load_markdown(path: Path) -> Loaded:
    """Blocks of a Markdown file in reading order; `heading` is the level of its #."""
    meta, text = _front_matter(read(path))
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").disable(["code", "lheading"])
    tokens = parser.parse(_COMMENT.sub("", text))
    return Loaded(blocks=tuple(block for block in _blocks(tokens) if block.text), meta=meta)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The known keys of a leading --- block of `key: value` lines, and the text after it."""
    head, _, rest = text.lstrip().partition("\n")
    if head.strip() != "---":
        return {}, text
    meta: dict[str, str] = {}
    lines = rest.split("\n")
    for position, line in enumerate(lines[:60]):
        if line.strip() in ("---", "..."):
            return meta, "\n".join(lines[position + 1 :])
        key, colon, value = re.sub("：", ":", line, count=1).partition(":")
        known = _KEYS.get(key.strip().lower())
        if known and value.strip():
            words = value.strip().strip("\"'")
            # The library keeps the file's own path as its source.
            meta["url" if known == "source" and _WEB.match(words) else known] = words
        elif line.strip() and not colon and not line.startswith((" ", "-")):
            return {}, text
    return {}, text


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    heading = 0
    table: list[list[str]] = []
    in_cell = False
    markers: list[int | None] = []
    pending = ""  # number of an ordered list's item, set before its first line
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type == "heading_close":
            heading = 0
        elif token.type == "ordered_list_open":
            markers.append(int(token.attrGet("start") or 1))
        elif token.type == "bullet_list_open":
            markers.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            markers.pop()
        elif token.type == "list_item_open":
            number = markers[-1]
            pending = "" if number is None else f"{number}{token.markup}"
            markers[-1] = None if number is None else number + 1
        elif token.type in ("th_open", "td_open", "th_close", "td_close"):
            in_cell = token.nesting == 1
        elif token.type == "table_open":
            table = []
        elif token.type == "tr_open":
            table.append([])
        elif token.type == "table_close":
            yield from map(Block, rows(table, header=1 if any(table[0]) else 0))
        elif token.type in ("fence", "code_block"):
            yield from (Block(line.strip()) for line in token.content.split("\n"))
        elif token.type == "html_block":
            yield from (Block(_TAG.sub("", line).strip()) for line in token.content.split("\n"))
        elif token.type == "inline":
            text = _plain(token.children or [])
            if in_cell:
                table[-1].append(text)
                continue
            lines = [line.strip() for line in text.split("\n") if line.strip()]
            for line in lines:
                yield Block(pending + line, heading=heading)
                pending = ""


def _plain(children: list[Token]) -> str:
    """Words of an inline token: emphasis and links without marks, hard breaks as LF, soft breaks joined."""
    parts: list[str] = []
    for child in children:
        if child.type in ("text", "code_inline") or child.type == "image":
            parts.append(child.content)
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "softbreak":
            parts.append("\v")
        elif child.type == "html_inline" and re.fullmatch(r"<br\s*/?>", child.content, re.IGNORECASE):
            parts.append("\n")
        elif child.type == "html_inline" and not _TAG.fullmatch(child.content):
            parts.append(child.content)
    words = "".join(parts)

    def joined(match: re.Match[str]) -> str:
        before, after = words[: match.start()].rstrip()[-1:], words[match.end() :].lstrip()[:1]
        return "" if _WIDE.match(before) or _WIDE.match(after) else " "

    return re.sub(r"[ \t]*\v[ \t]*", joined, words).strip(" \t")
