"""Where each page's text begins in a document whose lines were rejoined, split and trimmed since it was loaded."""

import unicodedata
from collections.abc import Sequence

from index.types import Block, PageStart

_REACH = 20_000  # signs that repair may leave out before a paragraph


def page_starts(loaded: Sequence[Block], paragraphs: Sequence[str]) -> tuple[PageStart, ...]:
    """The pages of paragraphs joined by line feeds, by the pages of the blocks that they were made of.

    Each paragraph is looked for among the blocks' signs after the one before it, so white space may have been dropped
    or added, and whole lines left out. One that repair has written anew stands where the one before it ended.
    """
    if not any(block.page for block in loaded):
        return ()
    stream, starts = _stream(loaded)
    pages: list[PageStart] = []
    reached = offset = number = 0  # in the stream, in the text, among the starts
    for text in paragraphs:
        signs = _signs(text)
        found = stream.find(signs, reached, reached + _REACH + len(signs)) if signs else -1
        if found >= 0:
            reached = found
        while number < len(starts) and starts[number][0] <= reached:
            number += 1
        _begin(pages, offset, starts[number - 1][1])
        if found >= 0:
            end = found + len(signs)
            while number < len(starts) and starts[number][0] < end:
                at, page = starts[number]
                _begin(pages, offset + _position(text, at - found), page)
                number += 1
            reached = end
        offset += len(text) + 1
    return tuple(pages)


def _stream(loaded: Sequence[Block]) -> tuple[str, list[PageStart]]:
    """The signs of all blocks, and at which of them each page begins."""
    parts: list[str] = []
    starts: list[PageStart] = []
    length = 0
    for block in loaded:
        starts.append((length, block.page))
        starts += [(length + len(_signs(block.text[:offset])), page) for offset, page in block.turns]
        parts.append(_signs(block.text))
        length += len(parts[-1])
    return "".join(parts), starts


def _begin(pages: list[PageStart], offset: int, page: int) -> None:
    if not pages or pages[-1][1] != page:
        pages.append((offset, page))


def _signs(text: str) -> str:
    """A text without white space, decomposed, so that joining and normalising it elsewhere changes nothing here."""
    return "".join(unicodedata.normalize("NFD", text).split())


def _position(text: str, count: int) -> int:
    """Where in a text the sign stands that has `count` signs before it."""
    for position, char in enumerate(text):
        length = len(_signs(char))
        if length > count:
            return position
        count -= length
    return len(text)
