"""From loaded blocks to a document with its structure: title, letterhead, outline."""

import hashlib
import unicodedata
from base64 import b32encode
from collections.abc import Sequence

from index.imprint import letterhead
from index.letterhead import title_lines, without_stray_quotes
from index.outline import outline
from index.pages import page_starts
from index.repair import repair
from index.types import Block, Document, Loaded


def document_id(text: str) -> str:
    """`d` and ten base32 characters of the text's digest; white space does not count."""
    return "d" + digest("".join(unicodedata.normalize("NFC", text).split()), 10)


def digest(text: str, length: int) -> str:
    """The first base32 characters, in lower case, of the SHA-256 of a text."""
    return b32encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()).decode().lower()[:length]


def compose(loaded: Loaded, *, name: str) -> Document:
    """The document that a loaded file is, repaired once and with its structure read.

    `name` is its title when the text itself has none. What the loader's meta says about title, issuer, number, date and
    kind stands above what the text says. An empty file gives a document with an empty text.
    """
    repaired = repair(loaded)
    blocks = [Block(unicodedata.normalize("NFC", block.text), block.heading) for block in repaired.blocks]
    lines = [block.text for block in blocks]
    titled = _titled(blocks)
    title = loaded.meta.get("title") or without_stray_quotes("".join(lines[titled.start : titled.stop])) or name
    text = "\n".join(lines)
    meta = {**letterhead(lines, title, titled), **{k: v for k, v in loaded.meta.items() if k != "title"}}
    if repaired.left_out:
        meta["left_out"] = "；".join(note for note in (meta.get("left_out"), repaired.left_out) if note)
    headings = tuple(outline(blocks, titled, title))
    return Document(document_id(text), title, text, meta, headings, page_starts(loaded.blocks, lines))


def _titled(blocks: Sequence[Block]) -> range:
    for position, block in enumerate(blocks[:4]):
        if block.heading == 1:
            return range(position, position + 1)
    return title_lines([block.text for block in blocks])
