"""Paragraphs out of words that stand at places of a page (OFD, PDF)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.load.lines import CELLS, Frame, Run, body_size, frames, line_pitch, lines_of, without_furniture
from index.numbering import label_at
from index.types import Block

_CLOSERS = "，。、；：？！”’）》〉」』〕】…—％%,;:?!)]"
_OPENERS = "（《〈“‘「『〔【(["
_UNIT = re.compile(rf"[{re.escape(_OPENERS)}]*(?:[A-Za-z0-9.%+-]+|.)[{re.escape(_CLOSERS)}]*")
# Some programs also keep 御“7·6” and 块，100% on one line.
_GLUED = re.compile(rf"{_UNIT.pattern}(?:[“‘]{_UNIT.pattern}|(?<=[，、；])[0-9][0-9.%]*)*")
_ENDED = re.compile(r"[。！？；：!?;:][”’）》」』)]*$")
_NOTE_MARK = re.compile(r"(?:[①-⑳]|[*＊†]|[\[〔]?\d{1,2}[\]〕]?)\s*[^\s\d.．、年]")
_LIST = re.compile("附件?[：:]")
_TOLERANCE = 0.35  # ems by which measured widths may be off
_RAGGED = 1.5  # ems by which lines that are not justified may stop short
_INDENT = 1.2  # ems from which a line counts as indented


@dataclass(frozen=True, slots=True)
class Laid:
    """Paragraphs in reading order, each with the page it begins on; and the whole lines left out, each once."""

    blocks: tuple[Block, ...]
    left_out: tuple[str, ...] = ()


def paragraphs(runs: Iterable[Run]) -> Laid:
    """The paragraphs that positioned words make up; no words, no blocks.

    Words of one height are a line, from left to right; two columns of running text are read one after the other. Lines
    that recur at the head or foot of pages, and page numbers, are left out. A line goes on with the paragraph above,
    also over the end of a column or page, when that line had no room for its first word and it is not indented; a
    change of type size or a wider gap ends a paragraph. Footnotes follow the paragraph that the page ends in.
    """
    pages, left_out = without_furniture(lines_of(runs))
    return Laid(tuple(_Flow(pages).blocks()), tuple(left_out))


def left_out_note(laid: Laid) -> str:
    """What `meta["left_out"]` says about running heads and page numbers; "" when there are none."""
    if not laid.left_out:
        return ""
    shown = "、".join(line[:20] for line in laid.left_out[:2])
    return f"页眉页脚和页码 {len(laid.left_out)} 种：{shown}{'…' if len(laid.left_out) > 2 else ''}"


class _Flow:
    """Lines on their way into paragraphs, with the document's measures."""

    def __init__(self, pages: Sequence[list[Run]]) -> None:
        self._body = body_size(pages)
        self._pitch = line_pitch(pages)
        self._frames = frames(pages)
        self._indents = _uses_indents(self._frames)
        self._quoted = {line for frame in self._frames for line in _quoted(frame)}

    def blocks(self) -> list[Block]:
        done: list[list[Run]] = []
        waiting: list[list[Run]] = []  # footnotes, until the paragraph that crosses the page is whole
        previous: Frame | None = None
        for frame in self._frames:
            lines, notes = self._without_notes(frame)
            for line in lines:
                if done and previous and not self._begins(done[-1], line, previous, frame):
                    done[-1].append(line)
                else:
                    done += [*waiting, [line]]
                    waiting = []
                previous = frame
            for line in notes:
                if waiting and not _NOTE_MARK.match(line.text):
                    waiting[-1].append(line)
                else:
                    waiting.append([line])
        return [_block(lines) for lines in done + waiting]

    def _without_notes(self, frame: Frame) -> tuple[list[Run], list[Run]]:
        """The lines of a frame, and apart from them the footnotes it ends with: small lines after a note mark."""
        lines = list(frame.lines)
        cut = len(lines)
        while cut and lines[cut - 1].size < 0.92 * self._body:
            cut -= 1
        first = next((i for i in range(cut, len(lines)) if _NOTE_MARK.match(lines[i].text)), len(lines))
        return (lines[:first], lines[first:]) if cut else (lines, [])

    def _begins(self, paragraph: list[Run], line: Run, above: Frame, frame: Frame) -> bool:
        """Whether a line begins a paragraph of its own rather than going on with the one above."""
        previous = paragraph[-1]
        em = max(line.size, 1e-6)
        if CELLS in line.text or CELLS in previous.text:
            return True
        if abs(line.size - previous.size) > 0.12 * max(line.size, previous.size):
            return True
        if above is frame and line.y1 - previous.y1 > 1.7 * max(self._pitch, em):
            return True
        if _centred(previous, above, em) and _centred(line, frame, em) and line.x0 - frame.left > em / 2:
            return previous.x1 - previous.x0 + _need(line.text) * em <= above.right - above.left
        label = label_at(line.text)
        block = line in self._quoted
        if block != (previous in self._quoted):
            return True
        ended = _ENDED.search(previous.text) is not None
        indent = (line.x0 - frame.left) / em
        room = above.right - previous.x1
        need = _need(line.text) - _TOLERANCE
        if self._indents and indent < 0.5:
            # Where paragraphs are indented, a line that is not needs no narrow proof that the one above was full.
            need = _need(line.text) if ended else _need(line.text, unit=_GLUED) + _RAGGED
        if room > need * em and not block:
            return True
        if indent < _INDENT:
            return label is not None and ended and not self._indents
        if block:
            return label is not None or ended
        # 附件：1.关于……
        #         办法   hangs below its first words.
        item = label_at(paragraph[0].text) is not None or _LIST.match(paragraph[0].text) is not None
        return not (item and label is None and 2.6 < indent < 9 and line.x0 > paragraph[0].x0 + 0.8 * em)


def _uses_indents(frames: Sequence[Frame]) -> bool:
    """Whether paragraphs of the document begin with an indent, as they do in most."""
    shifts = [(line.x0 - frame.left) / max(line.size, 1e-6) for frame in frames for line in frame.lines]
    return sum(_INDENT <= shift <= 2.6 for shift in shifts) >= max(2, len(shifts) // 12)


def _quoted(frame: Frame) -> Iterator[Run]:
    """Lines that begin and end together with those above and below: a quotation indented from both sides."""
    alike: list[Run] = []
    for line in [*frame.lines, None]:
        if line and alike and abs(line.x0 - alike[-1].x0) + abs(line.x1 - alike[-1].x1) < 0.3 * line.size:
            alike.append(line)
            continue
        if len(alike) > 2 and alike[0].x0 - frame.left > alike[0].size / 2:
            yield from alike
        alike = [line] if line else []


def _centred(line: Run, frame: Frame, em: float) -> bool:
    return abs(line.x0 - frame.left - (frame.right - line.x1)) < em


def _need(text: str, *, unit: re.Pattern[str] = _UNIT) -> float:
    """The width in ems of the first part of a line that cannot be divided."""
    match = unit.match(text)
    return sum(0.5 if character.isascii() else 1.0 for character in (match[0] if match else text[:1]))


def _block(lines: Sequence[Run]) -> Block:
    text = lines[0].text
    turns: list[tuple[int, int]] = []
    for above, line in pairwise(lines):
        latin = text[-1].isascii() and text[-1].isalnum() and line.text[0].isascii() and line.text[0].isalnum()
        text += " " if latin and (text[-1].isalpha() or line.text[0].isalpha()) else ""
        if line.page != above.page:
            turns.append((len(text), line.page))
        text += line.text
    return Block(text, page=lines[0].page, turns=tuple(turns))
