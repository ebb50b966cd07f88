"""Web pages saved as one file (MHTML): the page among its parts."""

from email.message import Message
from pathlib import Path

from index.errors import LoadError
from index.load.eml import content, header, parsed, parts
from index.load.html import page
from index.load.text import read_bytes
from index.types import Loaded


def load_mhtml(path: Path) -> Loaded:
    """The document of a page saved as .mhtml or .mht, as `load_html` gives it; of several frames that with most text.

    Raises:
        LoadError: no page in it, or the page has no text.
    """
    message = parsed(read_bytes(path))
    pages = [part for part in parts(message) if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    if not pages:
        raise LoadError("文件里没有网页正文；请用浏览器打开原网页后重新另存为 MHTML")
    address = _address(message) or _address(pages[0])
    refused: LoadError | None = None
    best: Loaded | None = None
    for part in pages[:50]:
        try:
            loaded = page(content(part), url=_address(part) or address)
        except LoadError as error:
            refused = refused or error
            continue
        if best is None or _length(loaded) > _length(best):
            best = loaded
    if best is None:
        raise refused or LoadError("网页中没有文字")
    return best


def _address(part: Message) -> str:
    """Where the browser took a part from; "" unless it is an address on the web."""
    for name in ("Snapshot-Content-Location", "Content-Location"):
        value = header(part, name).replace(" ", "")
        if value.startswith(("http://", "https://")):
            return value[:2000]
    return ""


def _length(loaded: Loaded) -> int:
    return sum(len(block.text) for block in loaded.blocks)
