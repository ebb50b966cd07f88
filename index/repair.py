"""From what a loader delivers to clean paragraphs: page chrome out, broken lines whole, lost breaks restored."""

from dataclasses import dataclass

from index.breaks import restore
from index.chrome import leave_out
from index.rewrap import rejoin
from index.types import Block, Loaded


@dataclass(frozen=True, slots=True)
class Repaired:
    """Paragraphs in reading order, none empty, and what was left out around them, said in Chinese."""

    blocks: tuple[Block, ...]
    left_out: str = ""


def repair(loaded: Loaded) -> Repaired:
    """The paragraphs of a document as their author meant them.

    Body text is never dropped, only whole lines of page chrome at the head and the tail. Empty input gives no block.
    """
    lines = [block.text for block in loaded.blocks]
    document, note = leave_out(lines)
    blocks = list(loaded.blocks[document.start : document.stop])
    if loaded.wrapped:
        blocks = [Block(text) for text in rejoin([block.text for block in blocks])]
    paragraphs: list[Block] = []
    for block in blocks:
        text = block.text.strip()
        if block.heading:
            paragraphs.append(Block(text, block.heading))
        elif text:
            paragraphs.extend(Block(" ".join(part.split())) for part in restore(text))
    paragraphs = [block for block in paragraphs if block.text]
    # 更多信息请关注… is a line of its own only after the breaks are restored.
    document, later = leave_out([block.text for block in paragraphs])
    notes = [part for part in (note, later) if part]
    return Repaired(tuple(paragraphs[document.start : document.stop]), "；".join(notes))
