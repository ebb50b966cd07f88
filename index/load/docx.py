"""Word documents: paragraphs with the numbers that Word prints before them, tables, notes, text boxes.

Changes are taken as accepted, hidden text, comments, running heads and tables of contents are left out and reported.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.letterhead import ends_in_kind
from index.load.package import Package, opened
from index.load.table import rows
from index.load.text import tidy
from index.load.word_numbers import Numbering, W, numbering
from index.load.word_styles import Styles, level_of, list_of, styles
from index.load.word_tables import grid
from index.load.word_text import Fields, Words, words
from index.numbering import label_at
from index.types import Block, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element

_WRAPPERS = frozenset({W + name for name in ("sdtContent", "ins", "moveTo", "customXml", "smartTag")})
_GONE = frozenset({W + name for name in ("del", "moveFrom")})
_LONGEST_HEADING = 100
_ENDED = re.compile(r"[。！？；：:!?;…][”’）)》】]*$")
_OPENED = re.compile(r"[-–—•·●○■□◆◇▪*＊（(〔\[]|[12]\d{3}年")
_SHORT = 20  # a line that ends before the page does
_HAN_END = re.compile("[\u2e80-\u9fff\uff00-\uffef“”‘’（）《》、，]$")


@dataclass(slots=True)
class _Story:
    """A document while it is read: what its parts define, and what was met on the way."""

    numbering: Numbering
    styles: Styles
    notes: dict[tuple[str, str], "_Element"]
    fields: Fields
    footnotes: list[tuple[str, str]] = field(default_factory=list)  # referred to, not yet read
    carried: str = ""  # words of a paragraph whose end was deleted: they belong to the next
    pictures: int = 0
    comments: int = 0
    contents: int = 0


def load_docx(path: Path) -> Loaded:
    """Blocks of a Word document in reading order, headings by outline level; the table rows carry their header.

    A footnote follows the paragraph that refers to it as 注：…, a text box the paragraph it is anchored in. A heading
    of level 1 is the document's title; where no style tells a title, headings begin at level 2.

    Raises:
        LoadError: encrypted, damaged, not a Word document, unreasonably large, or without text.
    """
    with opened(path) as package:
        main = next((target for kind, target in package.related("").values() if kind == "officeDocument"), "")
        root = package.xml(main) if main else None
        body = root.find(W + "body") if root is not None else None
        if body is None:
            raise LoadError("不是 Word 文档，或文件已损坏；请用 Word 或 WPS 打开后另存为 .docx")
        parts = dict(package.related(main).values())
        story = _story(package, parts, body)
        blocks = [block for block in _blocks(story, body) if block.text.strip()]
        if story.contents:
            blocks = _without_caption(blocks)
        if not blocks and story.pictures:
            raise LoadError("文档里只有图片，没有文字；请先做文字识别（OCR），或收入有文字的原稿")
        if not blocks:
            raise LoadError("文档中没有文字")
        left_out = _left_out(story, package, main)
        title = _title(package, blocks)
    meta = {key: value for key, value in (("title", title), ("left_out", left_out)) if value}
    return Loaded(tuple(_levelled(blocks)), meta)


def _story(package: Package, parts: dict[str, str], body: "_Element") -> _Story:
    def part(kind: str) -> "_Element | None":
        return package.xml(parts[kind]) if kind in parts else None

    known = styles(part("styles"))
    notes = {}
    for kind in ("footnote", "endnote"):
        root = part(kind + "s")
        for note in root.iterfind(W + kind) if root is not None else ():
            if note.get(W + "type", "normal") == "normal":
                notes[kind, note.get(W + "id", "")] = note
    return _Story(numbering(part("numbering"), known.lists), known, notes, Fields.of(body))


def _blocks(story: _Story, parent: "_Element", *, in_cell: bool = False) -> Iterator[Block]:
    """The blocks of a body, cell, note or text box."""
    for element in parent:
        if element.tag == W + "p":
            yield from _paragraph(story, element, in_cell=in_cell)
        elif element.tag == W + "tbl":
            yield from _table(story, element)
        elif element.tag == W + "sdt":
            if element.find(f"{W}sdtPr/{W}showingPlcHdr") is None:
                yield from _blocks(story, element, in_cell=in_cell)
            continue
        elif element.tag in _WRAPPERS:
            yield from _blocks(story, element, in_cell=in_cell)
            continue
        elif element.tag.endswith("}AlternateContent"):
            yield from _blocks(story, element[0], in_cell=in_cell) if len(element) else ()
            continue
        if not in_cell:
            yield from _footnotes(story)


def _paragraph(story: _Story, element: "_Element", *, in_cell: bool) -> Iterator[Block]:
    properties = element.find(W + "pPr")
    named = properties.find(W + "pStyle") if properties is not None else None
    style_name = named.get(W + "val") if named is not None else None
    style = story.styles.get(style_name)
    found = words(element, story.styles, story.fields, hidden=bool(style.hidden))
    story.footnotes += [note for note in found.notes if note in story.notes]
    story.pictures += found.pictures
    story.comments += found.comments
    text = story.carried + found.text
    story.carried = ""
    mark = properties.find(W + "rPr") if properties is not None else None
    drop_cap = properties is not None and any(frame.get(W + "dropCap") for frame in properties.iterfind(W + "framePr"))
    if drop_cap or (mark is not None and any(mark.find(tag) is not None for tag in _GONE)):
        story.carried = text
    elif style.contents or found.contents:
        story.contents += bool(text.strip())
    else:
        label = _label(story, properties, style_name)
        if text.strip() or (in_cell and label):
            outline = level_of(properties.find(W + "outlineLvl")) if properties is not None else None
            heading = (style.heading or 0) if outline is None else outline
            said = label + text.lstrip() if text.strip() else label.rstrip("、．. ")
            centred = properties is not None and properties.find(f"{W}jc[@{W}val='center']") is not None
            yield from _said(said, heading, title=bool(heading) or centred)
    for box in found.boxes:
        yield from _blocks(story, box, in_cell=in_cell)


def _label(story: _Story, properties: "_Element | None", style_name: str | None) -> str:
    """The automatic number of a paragraph, counted; "" when it has none."""
    style = story.styles.get(style_name)
    number, level = list_of(properties)
    if level is None:
        level = style.level
    if not number:
        number = style.number
        level = story.numbering.level_of(number, style.line) if level is None else level
    return story.numbering.label(number, level or 0) if number not in ("", "0") else ""


def _said(text: str, heading: int, *, title: bool) -> Iterator[Block]:
    """A paragraph as blocks: a forced line break ends one unless the words go on, as in a title of two lines."""
    lines = [line.strip() for line in tidy(text).split("\n") if line.strip()]
    joined: list[str] = []
    for line in lines:
        above = joined[-1] if joined else ""
        if joined and not _apart(above, line, title=title):
            gap = "" if _HAN_END.search(above) or _HAN_END.match(line[:1]) else " "
            joined[-1] = above + gap + line
        else:
            joined.append(line)
    for line in joined:
        # A whole paragraph in a heading's style is no heading: its number tells its level.
        body = len(line) > _LONGEST_HEADING or "。" in line[:-1]
        yield Block(line, 0 if body else heading)


def _apart(above: str, line: str, *, title: bool) -> bool:
    """Whether a line after a forced break stands by itself rather than going on from the one above."""
    if _ENDED.search(above) or label_at(line) or _OPENED.match(line):
        return True
    return ends_in_kind(above) if title else len(above) < _SHORT


def _footnotes(story: _Story) -> Iterator[Block]:
    waiting, story.footnotes = story.footnotes, []
    for note in waiting:
        element = story.notes.pop(note, None)
        if element is not None:
            text = " ".join(block.text for block in _blocks(story, element, in_cell=True))
            yield Block(f"注：{text}" if text and not text.startswith("注") else text)


def _table(story: _Story, element: "_Element") -> Iterator[Block]:
    """The rows of a table; the blocks as they are when every row is a single cell, for then it is layout."""
    table = grid(element, lambda cell: list(_blocks(story, cell, in_cell=True)))
    if table.layout:
        yield from table.blocks
    else:
        yield from map(Block, rows(table.cells, header=table.header))


def _without_caption(blocks: list[Block]) -> list[Block]:
    """The blocks without the line 目录 above a table of contents that was left out."""
    caption = next((i for i, block in enumerate(blocks[:200]) if "".join(block.text.split()) in ("目录", "目次")), None)
    return blocks if caption is None else blocks[:caption] + blocks[caption + 1 :]


def _levelled(blocks: list[Block]) -> Iterator[Block]:
    """The blocks with level 1 for the title alone: 标题 1 is what most documents use for 一、."""
    first = [block for block in blocks if block.heading in (-1, 1)]
    title = next((block for block in blocks[:4] if block.heading == -1), None)
    if title is None and len(first) == 1 and first[0] in blocks[:4] and not label_at(first[0].text):
        title = first[0]
    for block in blocks:
        if block is title:
            yield replace(block, heading=1)
        elif block.heading > 0:
            yield replace(block, heading=block.heading + 1)
        else:
            yield replace(block, heading=0)


def _title(package: Package, blocks: list[Block]) -> str:
    """The title among the document's properties, "" unless it plainly is one: ends in 通知, 办法, …, is in the text.

    Word fills it in by itself, with the first words of the first draft; templates bring that of another document.
    """
    target = next((target for kind, target in package.related("").values() if kind == "core-properties"), "")
    root = package.xml(target) if target else None
    element = root.find("{http://purl.org/dc/elements/1.1/}title") if root is not None else None
    title = tidy("".join(element.itertext())).strip() if element is not None else ""
    head = "".join("".join(block.text.split()) for block in blocks[:6])
    sane = 6 <= len(title) <= 120 and "\n" not in title and ends_in_kind(title)
    return title if sane and "".join(title.split()) in head else ""


def _left_out(story: _Story, package: Package, main: str) -> str:
    running: list[str] = []
    for kind, target in package.related(main).values():
        root = package.xml(target) if kind in ("header", "footer") else None
        for paragraph in root.iter(W + "p") if root is not None else ():
            found: Words = words(paragraph, story.styles, Fields(), hidden=False)
            text = " ".join(found.text.split())
            if re.search("[\u4e00-\u9fffA-Za-z]", text) and text not in running:
                running.append(text)
    shown = "、".join(text[:20] for text in running[:2])
    notes = [f"页眉页脚 {len(running)} 行：{shown}{'…' if len(running) > 2 else ''}"] if running else []
    if story.contents:
        notes.append(f"目录 {story.contents} 行")
    if story.comments:
        notes.append(f"批注 {story.comments} 条")
    if story.fields.deleted:
        notes.append(f"修订中删去的文字 {story.fields.deleted} 处")
    if story.fields.concealed:
        notes.append(f"隐藏文字 {story.fields.concealed} 处")
    return "；".join(notes)
