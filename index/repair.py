"""From what a loader delivers to clean paragraphs: page chrome out, broken lines whole, lost breaks restored."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from index.attached import known_titles
from index.breaks import LOST, SHORTEST, advance, restore, spaces_are_breaks
from index.chrome import leave_out, printed_once
from index.load.table import row_key
from index.numbering import Label, label_at
from index.rewrap import rejoin
from index.types import Block, Loaded

_LONGEST_ROW = 2000  # a longer line is no row of a table
_ROUNDS = 4  # a break restored shows others


@dataclass(frozen=True, slots=True)
class Repaired:
    """Paragraphs in reading order, none empty, and what was left out around them, said in Chinese."""

    blocks: tuple[Block, ...]
    left_out: str = ""


def repair(loaded: Loaded) -> Repaired:
    """The paragraphs of a document as their author meant them.

    Body text is never dropped, only whole lines of page chrome at the head and the tail, and the second printing of a
    text that a page prints twice over. Empty input gives no block.
    """
    lines, twice = printed_once([block.text for block in loaded.blocks])
    document, note = leave_out(lines)
    blocks = [Block(text, block.heading) for text, block in zip(lines, loaded.blocks, strict=False)]
    blocks = blocks[document.start : document.stop]
    if loaded.wrapped:
        blocks = [Block(text) for text in rejoin([block.text for block in blocks])]
    paragraphs: list[Block] = []
    reached: dict[int, int] = {}  # the number reached of each rank of the numbering
    wide = _document_wide([block.text.strip() for block in blocks])
    for position, block in enumerate(blocks):
        text = block.text.strip()
        ahead = label_at(blocks[position + 1].text.strip()) if position + 1 < len(blocks) else None
        whole = block.heading or (row_key(text) and len(text) <= _LONGEST_ROW)
        for part in [text] if whole else _restored(text, reached, ahead, wide):
            reached = advance(reached, part)
            paragraphs.append(Block(" ".join(part.split()) if not block.heading else part, block.heading))
    paragraphs = [block for block in paragraphs if block.text]
    # 更多信息请关注… is a line of its own only after the breaks are restored.
    document, later = leave_out([block.text for block in paragraphs])
    notes = [part for part in (twice, note, later) if part]
    return Repaired(tuple(paragraphs[document.start : document.stop]), "；".join(notes))


@dataclass(frozen=True, slots=True)
class _Wide:
    """What the whole of a document tells about each of its lines."""

    lost: bool  # most of it stands in lines too long to be paragraphs
    spaced: bool  # the spaces behind its sentences are left of breaks
    titles: Set[str]  # that it names


def _document_wide(lines: Sequence[str]) -> _Wide:
    lost = 2 * sum(len(line) for line in lines if len(line) > LOST) >= sum(len(line) for line in lines)
    return _Wide(lost, lost and spaces_are_breaks(lines), known_titles(lines))


def _restored(text: str, reached: Mapping[int, int], ahead: Label | None, wide: _Wide) -> list[str]:
    """The paragraphs of a line, restored until nothing more is found."""
    parts = [text] if text else []
    lost = len(text) > LOST or (wide.lost and len(text) >= SHORTEST)
    for _ in range(_ROUNDS):
        found: list[str] = []
        so_far = dict(reached)
        for position, part in enumerate(parts):
            following = label_at(parts[position + 1]) if position + 1 < len(parts) else ahead
            for piece in restore(part, so_far, following, lost=lost, spaced=wide.spaced, titles=wide.titles):
                so_far = advance(so_far, piece)
                found.append(piece)
        if len(found) == len(parts):
            return parts
        parts = found
    return parts
