"""The numbered points of a source below the sentence that announces them: （一）… （二）…, 1. … 2. …, 一是… 二是…"""

import re
from collections.abc import Sequence

from index.fold import fold
from index.split import sentences
from index.types import Hit, Passage, Span

_HAN = "一二三四五六七八九十"
_MARKS = (
    re.compile(rf"^\((?P<n>[{_HAN}]+)\)"),
    re.compile(rf"^(?P<n>[{_HAN}]+)、"),
    re.compile(rf"^(?P<n>[{_HAN}]+)是"),
    re.compile(r"^\((?P<n>[0-9]{1,2})\)"),
    re.compile(r"^(?P<n>[0-9]{1,2})[.、](?![0-9])"),
    re.compile(r"^[-*•·]\s*(?P<n>)"),
)
MOST = 30


def mark(text: str) -> tuple[int, int] | None:
    """The sort of a point's numbering and its number, from 1; None for what is no point. Bullets have number 0."""
    folded = fold(text[:8].lstrip())
    for sort, pattern in enumerate(_MARKS):
        if match := pattern.match(folded):
            return sort, _number(match["n"])
    return None


def within(hit: Hit, at: Span) -> list[Span]:
    """Spans of the points of a hit's passage that belong with the sentence at a span, in order; [] for none.

    They follow it where it announces them (ends with a colon), or it is one of them.
    """
    spans = sentences(hit.passage.text)
    if at not in spans:
        return []
    position = spans.index(at)
    texts = [hit.passage.text[start:end] for start, end in spans]
    if mark(texts[position]) is None:
        return _run(spans, texts, position + 1) if announces(texts[position]) else []
    sort = (mark(texts[position]) or (0, 0))[0]
    first = position
    while first > 0 and (mark(texts[first]) or (sort, 2))[1] != 1:
        first -= 1
    return _run(spans, texts, first)


def following(passages: Sequence[Passage], passage: Passage) -> list[Passage]:
    """The passages after one that are the points it announces, in order; [] when it announces none."""
    at = next((i for i, one in enumerate(passages) if one.id == passage.id), len(passages))
    found: list[Passage] = []
    sort, number = -1, 0
    for one in passages[at + 1 : at + 1 + MOST]:
        marked = mark(one.text)
        if marked is None or (sort >= 0 and marked[0] != sort) or (marked[1] and marked[1] != number + 1):
            break
        sort, number = marked[0], marked[1]
        found.append(one)
    return found


def announces(text: str) -> bool:
    """Whether a sentence leads to what follows: …下列条件："""
    return text.rstrip().endswith(("：", ":"))


def _run(spans: Sequence[Span], texts: Sequence[str], first: int) -> list[Span]:
    """The points from one on, numbered without a gap; sentences that belong to a point go with it."""
    found: list[Span] = []
    sort, number = -1, 0
    for span, text in zip(spans[first : first + MOST], texts[first : first + MOST], strict=True):
        marked = mark(text)
        if marked is None:
            if not found or text.startswith("前款"):
                break
            continue
        if (sort >= 0 and marked[0] != sort) or (marked[1] and marked[1] != number + 1):
            break
        sort, number = marked
        found.append(span)
    return found


def _number(written: str) -> int:
    if not written or written.isdecimal():
        return int(written or 0)
    tens, _, ones = written.rpartition("十")
    if "十" not in written:
        return _HAN.index(written) + 1 if len(written) == 1 else 0
    return (_HAN.index(tens) + 1 if tens else 1) * 10 + (_HAN.index(ones) + 1 if ones else 0)
