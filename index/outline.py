"""The outline of a document: which paragraphs are headings, at which level, under which label."""

import re
from collections.abc import Sequence
from dataclasses import replace

from index.attached import NOTE, goes_on, heading_of_attached, is_mark
from index.letterhead import is_date, is_salutation, is_signatory, signatures
from index.numbering import ARTICLE, CHINESE, CHINESE_BRACKET, Label, label_at
from index.series import is_line, items
from index.types import Block, Heading

_RUN_IN = 60  # a first sentence up to this is the heading of its paragraph: （一）加强领导。要……
_STOP = re.compile("[。！？!?；;：:]")
_CLAUSE = re.compile("[，,。！？!?；;：:]")
_NAMED = re.compile("(?:结束语|结语|前言|引言|序言|导言|导语)")
_CONTENTS = re.compile(r"目\s*[录次]")
_ARTICLE_NAME = re.compile(r"[【\[(（][^】\])）。，]{2,20}[】\])）]")


def outline(blocks: Sequence[Block], titled: range, title: str = "") -> list[Heading]:
    """The headings of a document in order, levels from 1, each under the nearest one before it that ranks above.

    Ranks: headings of the file format, 编, 章, 节, 一、, 条, （一）, 1., （1）, ①. What the document prints or attaches
    after its signature opens a heading of level 1. Items of a list are no headings.
    """
    headings: list[Heading] = []
    stack: list[float] = []
    labels = [label_at(block.text) for block in blocks]
    contents = table_of_contents([block.text for block in blocks])
    labels = [None if position in contents else label for position, label in enumerate(labels)]
    ranks = _ranks(blocks, labels)
    listed = items(blocks, labels, ranks)
    signature = signatures([block.text for block in blocks])
    offset = attached = 0
    signed = noted = False
    for position, (block, label) in enumerate(zip(blocks, labels, strict=True)):
        start, text = offset, block.text
        offset += len(text) + 1
        if position in titled or position in contents:
            continue
        name = heading_of_attached(blocks, labels, position, title, signed=signed, signature=signature)
        opened = headings and headings[-1].label.startswith("附") and headings[-1].end + 1 == start
        if opened and (name is not None or goes_on(blocks[position - 1].text, text)):
            headings[-1] = replace(headings[-1], end=start + len(text))  # a title over two lines
            continue
        if name is not None:
            attached += 1
            stack = [-20.0]
            headings.append(Heading(start, start + len(text), 1, name or ("附" if attached == 1 else f"附{attached}")))
            signed = False
            continue
        if position in signature:
            stack = []
        signed = position in signature or (signed and (text[0] in "（(" or is_mark(text)))
        noted = NOTE.match(text) is not None or (noted and label is not None and "。" not in text[:-1])
        if noted and not block.heading:
            continue
        if block.heading:
            rank, end, name = block.heading - 10.0, len(text), label.text if label else ""
        elif label and (position in listed or (label.rank >= CHINESE_BRACKET and ranks[position] > ARTICLE in stack)):
            continue
        elif label:
            rank, end, name = ranks[position], _heading_end(text, label), label.text
        elif _NAMED.fullmatch(text):
            rank, end, name = -0.5, len(text), ""
        elif _is_bare(blocks, position):
            rank, end, name = _bare_rank(labels, position), len(text), ""
        else:
            continue
        while stack and stack[-1] >= rank:
            stack.pop()
        stack.append(rank)
        headings.append(Heading(start, start + end, len(stack), name))
    return headings


def _ranks(blocks: Sequence[Block], labels: Sequence[Label | None]) -> list[float]:
    """The rank of each label in this document: by custom, but 一、二、 counted anew within （二） stands below it.

    It does when the next bracket goes on, （三）, and does not start again at （一）. A line of nothing but
    （二）权利质押 right above an article stands above it.
    """
    ranks: list[float] = []
    brackets = [label.number if label and label.rank == CHINESE_BRACKET else 0 for label in labels]
    following = [0] * (len(labels) + 1)
    for position in range(len(labels) - 1, -1, -1):
        following[position] = brackets[position] or following[position + 1]
    bracket = inner = 0
    for position, label in enumerate(labels):
        rank = float(label.rank) if label else 9.0
        if label and label.rank == CHINESE_BRACKET:
            bracket, inner = label.number, 0
        elif label and label.rank == CHINESE:
            if label.number == 1 and bracket and following[position] == bracket + 1:
                inner = 1
            elif inner and label.number == inner + 1:
                inner += 1
            else:
                bracket = inner = 0
            rank = CHINESE_BRACKET + 0.5 if inner else rank
        below = labels[position + 1] if position + 1 < len(labels) else None
        if label and label.rank > ARTICLE and below and below.rank == ARTICLE and is_line(blocks[position].text):
            rank = ARTICLE - 0.5
        ranks.append(rank)
    return ranks


def _bare_rank(labels: Sequence[Label | None], position: int) -> float:
    """An unnumbered heading stands above the numbering that starts afresh below it, else below everything."""
    below = next((x for x in labels[position + 1 : position + 40] if x and x.rank <= CHINESE_BRACKET), None)
    return below.rank - 0.5 if below and below.number == 1 else 9.0


def _heading_end(text: str, label: Label) -> int:
    """Where the heading's own words end in its paragraph."""
    if label.rank == ARTICLE:
        name = _ARTICLE_NAME.match(text, label.end)
        return name.end() if name else len(text[: label.end].rstrip())
    stop = _STOP.search(text, label.end)
    if stop is None and len(text) <= _RUN_IN:
        return len(text)
    if stop and stop.start() <= _RUN_IN and stop[0] not in "；;":
        return stop.start()
    clause = _CLAUSE.search(text, label.end)
    return min(clause.start() if clause else len(text), label.end + _RUN_IN)


def table_of_contents(lines: Sequence[str]) -> range:
    """The lines of 目录 and of the headings it lists, which the document repeats below; empty when it has none."""
    for position, line in enumerate(lines[:60]):
        if not _CONTENTS.fullmatch(line.strip()):
            continue
        first = "".join(lines[position + 1].split()) if position + 1 < len(lines) else ""
        for end in range(position + 2, min(position + 200, len(lines))):
            text = "".join(lines[end].split())
            if text == first or (len(first) > 6 and text.startswith(first)):
                return range(position, end)
            if len(text) > 80 or "。" in text:
                break
    return range(0)


def _is_bare(blocks: Sequence[Block], position: int) -> bool:
    """Whether a short line without numbering heads what follows: 2023年工作回顾."""
    text = blocks[position].text
    if not (position and 4 <= len(text) <= 30 and position + 1 < len(blocks)) or re.search(
        "[，。：；！？、,:;!?（(｜]", text
    ):
        return False
    before, after = blocks[position - 1].text, blocks[position + 1].text
    if is_date(text) or is_signatory(text) or is_salutation(text) or before[-1] not in "。！？；”":
        return False
    following = label_at(after)
    return following.number == 1 and following.rank <= CHINESE_BRACKET if following else len(after) >= 40
