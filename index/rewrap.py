"""Rejoin lines that were broken by layout, not by their author."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from index.numbering import CHINESE, label_at

# How full lines are filled: cut at every width alike; closing punctuation beyond the edge; or pushed to the next line.
Edge = Literal["exact", "hanging", "loose"]

_ENDS = "。！？!?；;：:…”）)》"
_CLOSERS = "，。、；：？！”’）》〉」』〕】…—％%,;:?!)]"
_OPENERS = "（《〈“‘「『〔【(["
_BREAKING = re.compile(r"[。！？；：!?;:…][”’）》」』)]*$")
_PAUSE = re.compile("[，。；：、！？,;“《（]")
_UNIT = re.compile(rf"[{re.escape(_OPENERS)}]*(?:[A-Za-z0-9.%]+|.)[{re.escape(_CLOSERS)}]*")
# Lines that always stand alone: 附件：…, a date, 各位代表：, ——副题.
_STANDALONE = re.compile(
    r"附件|附：|抄送|主题词|[—－-]{2}|(?:同志们|各位.{1,12})[：:！!，,]?$"
    r"|[（(]?(?:[12]\d{3}|[二一][〇○零ＯO0一二三四五六七八九]{3})年.{1,8}日[）)]?$"
)
_HOLDER = re.compile(r"[\u4e00-\u9fff][\s\u4e00-\u9fff]{1,4}(?:[12]\d{3}|二[〇○零Ｏ0][〇○零Ｏ0一二]{2})年")
_INDENT = re.compile(r"[ \t　]*")


def rejoin(lines: Sequence[str]) -> list[str]:
    """Paragraphs out of the lines of a plain text file, without their indents, blanks dropped.

    Two cases. A text wrapped at a steady width: a line goes on when the next word would not have fitted (the rule by
    which it was wrapped), unless an indent, a blank line or a numbering begins a paragraph. A text with one paragraph a
    line and a stray break in it: lines are joined only where the break cannot be the author's.
    """
    lines = _without_false_blanks([line.expandtabs(4) for line in lines])
    filled = [line for line in lines if line.strip()]
    if not filled:
        return []
    margin = min(_cells(_INDENT.match(line)[0]) for line in filled)  # type: ignore[index]
    indented = sum(_indent(line) > margin for line in filled)
    uses_indents = indented >= max(2, len(filled) // 12)
    wrapped = _width(lines)
    paragraphs: list[list[str]] = []
    previous = tail = ""  # the line above, and the end of the paragraph so far
    for line in lines:
        text = line.strip()
        goes_on = bool(previous and text) and not (uses_indents and _indent(line) > margin)
        if goes_on and wrapped:
            goes_on = _goes_on_wrapped(previous, line, *wrapped, uses_indents=uses_indents)
        elif goes_on:
            goes_on = _goes_on_unwrapped(tail, text)
        if goes_on:
            paragraphs[-1].append(_gap(tail, text) + text)
        elif text:
            paragraphs.append([text])
        tail = tail[-400:] + text if goes_on else text
        previous = line.rstrip()
    return ["".join(parts) for parts in paragraphs]


def _without_false_blanks(lines: list[str]) -> list[str]:
    """A blank line after nearly every line is spacing and says nothing about paragraphs."""
    filled = sum(1 for line in lines if line.strip())
    gaps = sum(1 for a, b in pairwise(lines) if a.strip() and b.strip())
    if filled > 1 and gaps <= (filled - 1) // 20:
        return [line for line in lines if line.strip()]
    return lines


def _cells(text: str) -> int:
    """Width on a page: 2 a full-width character, 1 an ASCII one."""
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def _characters(text: str) -> int:
    return 2 * len(text)


def _indent(line: str) -> int:
    match = _INDENT.match(line)
    return _cells(match[0]) if match else 0


def _width(lines: Sequence[str]) -> tuple[Callable[[str], int], int, Edge] | None:
    """How the text was wrapped: the measure of a line, the width in cells, and how lines meet the edge.

    None when it was not: too few lines reach a common width, or some are much longer.
    """
    best: tuple[int, Callable[[str], int], int, Edge] | None = None
    filled = [line.rstrip() for line in lines if line.strip()]
    for measure in (_cells, _characters):
        counts = Counter(measure(line) for line in filled)
        candidates = sorted((w for w in counts if 24 <= w <= 170), key=lambda w: -counts[w])[:8]
        for width in candidates:
            full = sum(counts[w] for w in range(width - 4, width + 3))
            longer = sum(n for w, n in counts.items() if w > width + 4)
            enough = max(2 if counts[width] == full else 3, len(filled) * 0.15)
            if full < enough or longer > max(1 if full > 8 else 0, len(filled) // 50):
                continue
            # Full lines of running text mostly stop within a sentence and hold a comma; those of a list do not.
            interior = [line for line in filled if abs(measure(line) - width) <= 4]
            running = [line for line in interior if not _BREAKING.search(line) and _PAUSE.search(line[:-1])]
            if len(running) < len(interior) * 0.4:
                continue
            over = [line for line in interior if measure(line) > width]
            edge: Edge = "exact" if counts[width] + counts[width - 1] >= 0.95 * full else "loose"
            if edge == "loose" and len(over) >= 0.05 * full and all(line[-1] in _CLOSERS for line in over):
                edge = "hanging"
            # The larger of two widths equally met: hanging punctuation makes lines longer than the page.
            score = counts[width] * 2 + full
            if best is None or score > best[0]:
                best = score, measure, width, edge
    return best[1:] if best else None


def _goes_on_wrapped(
    previous: str, line: str, measure: Callable[[str], int], width: int, edge: Edge, *, uses_indents: bool
) -> bool:
    text = line.strip()
    if _STANDALONE.match(text):
        return False
    if _only_label(previous):
        return True
    used = measure(previous)
    full = used + _need(text, measure, edge) > width
    ended = bool(_BREAKING.search(previous))
    if uses_indents:
        return full or (not ended and used >= width - 6)
    if full:
        label = label_at(text)
        # 一、 after a full line begins a paragraph if that line ended a sentence or is itself a numbered heading.
        return not (label and (ended or label_at(previous.strip())))
    return used >= width // 2 and not ended and _torn(previous, text)


def _need(text: str, measure: Callable[[str], int], edge: Edge) -> int:
    """The room that the first indivisible part of a line would have taken on the line above."""
    unit = _UNIT.match(text)
    if edge == "exact" or not unit:
        return measure(text[0])
    return measure(unit[0].rstrip(_CLOSERS) or unit[0] if edge == "hanging" else unit[0])


def _only_label(line: str) -> bool:
    """Whether a line is a numbering that has lost its words: 一、 or 第三、 alone."""
    if re.fullmatch("第[一二三四五六七八九十]{1,2}[、，,]", line.strip()):
        return True
    label = label_at(line.strip())
    return label is not None and label.rank >= CHINESE and label.end == len(line.strip())


def _goes_on_unwrapped(previous: str, text: str) -> bool:
    if _only_label(previous) and not label_at(text):
        return True
    if label_at(text) and not (previous[-1] in "，、" and text[0] not in "一二三四五六七八九十"):
        return False
    if _STANDALONE.match(text) or _BREAKING.search(previous):
        return text[0] in "，、。；）”》"
    if _torn(previous, text):
        return True
    if len(previous) >= 30 and re.search("[A-Za-z0-9]$", previous) and "。" in previous and "，" in text:
        return True
    # A paragraph of several sentences that stops in the midst of one, and more running text below.
    return (
        len(previous) >= 60
        and "。" in previous
        and previous[-1] not in "）)”》】」』."
        and len(text) >= 8
        and bool(re.search("[。；！？，]", text))
    )


def _torn(previous: str, text: str) -> bool:
    """Whether the break between two lines stands where no author can have put it."""
    if text[0] in "，、。；：？！）》”’」』〕】":
        return True
    if previous[-1] in "（《“‘(" or (len(previous.strip()) >= 12 and previous[-1] in "，、,"):
        return True
    if previous[-1] == "，" and len(previous) >= 4 and len(text) >= 30 and not _STANDALONE.match(previous):
        return not label_at(text)
    if re.fullmatch("[\u4e00-\u9fff]", text) and re.search("第.{1,4}[章节][ 　]*[\u4e00-\u9fff]$|^目$", previous):
        return True  # 第六章 待 / 遇, 目 / 录
    if re.search("(?:总理|主席|[省市部局署]长|主任)$", previous) and _HOLDER.match(text):
        return True  # 总理 / 李克强2019年5月28日
    if len(previous) >= 12 and previous[-1].isdigit() and text[0] in "万亿千百元年月日人个户家件项％%":
        return True
    if len(previous) >= 30 and previous[-1] not in _ENDS and re.fullmatch("[A-Za-z0-9.+-]{1,8}", text):
        return True
    tail = previous[-40:]
    for opener, closer in ("（）", "《》", "“”", "〔〕", "()"):
        if tail.rfind(opener) > tail.rfind(closer):
            here, there = text[:60].find(closer), text[:60].find(opener)
            if here >= 0 and (there < 0 or here < there):
                return True
    return False


def _gap(before: str, after: str) -> str:
    """A space between two English words, nothing in Chinese."""
    return " " if all(c.isascii() and c.isalpha() for c in (before[-1], after[0])) else ""
