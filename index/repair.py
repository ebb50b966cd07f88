"""From what a loader delivers to clean paragraphs: page chrome out, broken lines whole, lost breaks restored."""

from dataclasses import dataclass

from index.breaks import advance, restore
from index.chrome import leave_out, printed_once
from index.load.table import row_key
from index.numbering import label_at
from index.rewrap import rejoin
from index.types import Block, Loaded


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
    for position, block in enumerate(blocks):
        text = block.text.strip()
        ahead = label_at(blocks[position + 1].text.strip()) if position + 1 < len(blocks) else None
        parts = [text] if block.heading or row_key(text) else restore(text, reached, ahead) if text else []
        for part in parts:
            reached = advance(reached, part)
            paragraphs.append(Block(" ".join(part.split()) if not block.heading else part, block.heading))
    paragraphs = [block for block in paragraphs if block.text]
    # 更多信息请关注… is a line of its own only after the breaks are restored.
    document, later = leave_out([block.text for block in paragraphs])
    notes = [part for part in (twice, note, later) if part]
    return Repaired(tuple(paragraphs[document.start : document.stop]), "；".join(notes))
