"""Electronic mail as saved by mail programs (.eml): its words, what its head says, and its attachments."""

from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from index.errors import LoadError
from index.load.decode import decode
from index.load.html import page
from index.load.text import read_bytes, tidy
from index.types import Block, Loaded

_MOST_PARTS = 2000
_TRUSTED = ("utf-8", "iso-2022-jp", "utf-7", "euc-jp", "shift_jis", "euc-kr")


def load_eml(path: Path) -> Loaded:
    """The words of a letter, plain text before HTML. `meta` holds title (its subject), sender, recipient, published.

    `published` is the day it was sent, ISO 8601. Attachments are no part of it, see `attachments`.

    Raises:
        LoadError: no letter, or one without words.
    """
    message = _message(path)
    title = header(message, "Subject")
    written = [part for part in parts(message) if not _is_attached(part)]
    plain = [text for part in written if part.get_content_type() == "text/plain" if (text := _text(part)).strip()]
    if plain:
        blocks = tuple(Block(line.rstrip()) for line in "\n".join(plain).split("\n"))
        loaded = Loaded(blocks, wrapped=True)
    else:
        loaded = _first_page(part for part in written if part.get_content_type() == "text/html")
    if title and not any(title in block.text for block in loaded.blocks[:5]):
        head = (Block(title), Block("")) if loaded.wrapped else (Block(title, 1),)
        loaded = Loaded((*head, *loaded.blocks), loaded.meta, loaded.wrapped)
    said = {
        "title": title,
        "sender": header(message, "From"),
        "recipient": header(message, "To"),
        "published": _day(message),
    }
    return Loaded(loaded.blocks, {**loaded.meta, **{k: v for k, v in said.items() if v}}, loaded.wrapped)


def attachments(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each file attached to a letter: its name without folders ("" when it has none), and what it holds.

    Raises:
        LoadError: no letter.
    """
    for part in parts(_message(path)):
        if _is_attached(part):
            yield _file_name(part), content(part)


def parsed(raw: bytes) -> Message:
    """A message from its bytes; nearly anything is one.

    Raises:
        LoadError: nested beyond bounds.
    """
    # The classic policy: headers of any make stay strings, where the default one fails on broken ones.
    try:
        return BytesParser().parsebytes(raw)
    except RecursionError:
        raise LoadError("邮件嵌套过深；请把其中的邮件另存后分别加入") from None


def parts(message: Message) -> Iterator[Message]:
    """The parts of a message that hold something, in order, at most 2,000; letters within letters are opened."""
    stack: list[object] = [message]
    count = 0
    while stack and count < _MOST_PARTS:
        part = stack.pop()
        if not isinstance(part, Message):
            continue
        count += 1
        below = part.get_payload() if part.is_multipart() else None
        if isinstance(below, list):
            stack.extend(reversed(below))
        else:
            yield part


def content(part: Message) -> bytes:
    """What a part holds, its transfer encoding undone."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def header(message: Message, name: str) -> str:
    """A header in plain words, =?GB2312?B?…?= and raw GBK bytes decoded; "" when it is missing or broken."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        pieces = decode_header(str(raw))
    except (HeaderParseError, ValueError):
        return ""
    words = "".join(_word(piece, charset) for piece, charset in pieces)
    return " ".join(tidy(words).split())[:500]


def _word(piece: bytes | str, charset: str | None) -> str:
    raw = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
    try:
        return raw.decode(charset) if charset and charset.lower() in _TRUSTED else decode(raw) if raw else ""
    except (LoadError, UnicodeDecodeError, LookupError):
        return raw.decode("gb18030", "replace")


def _message(path: Path) -> Message:
    message = parsed(read_bytes(path))
    if not {key.lower() for key in message} & {
        "from",
        "subject",
        "date",
        "to",
    }:
        raise LoadError("不是邮件文件，或文件头已损坏；请从邮箱重新导出为 .eml")
    return message


def _is_attached(part: Message) -> bool:
    # A letter's own words sometimes have a disposition, never a file name.
    return bool(_file_name(part)) or not part.get_content_type().startswith("text/")


def _file_name(part: Message) -> str:
    # A charset of its own may be declared for a name, and be anything: filename*=gb\0''…
    try:
        name = part.get_filename() or ""
        if name.startswith("=?"):
            name = "".join(_word(piece, charset) for piece, charset in decode_header(name))
    except (HeaderParseError, ValueError):
        return ""
    if any("\udc80" <= character <= "\udcff" for character in name):
        name = _word(name, None)
    return tidy(name).replace("\\", "/").rpartition("/")[2].replace("\n", " ").strip()


def _text(part: Message) -> str:
    raw = content(part)
    try:
        charset = (part.get_content_charset("") or "").lower()
    except ValueError:
        charset = ""
    try:
        return tidy(raw.decode(charset) if charset in _TRUSTED else decode(raw)) if raw else ""
    except (LoadError, UnicodeDecodeError):
        return tidy(decode(raw))


def _first_page(candidates: Iterator[Message]) -> Loaded:
    for part in candidates:
        if raw := content(part):
            return page(raw)
    raise LoadError("邮件没有正文；附件请另存后加入")


def _day(message: Message) -> str:
    try:
        return parsedate_to_datetime(header(message, "Date")).date().isoformat()
    except (ValueError, TypeError, IndexError):
        return ""
