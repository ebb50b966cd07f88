"""Plain text files, and the cleaning that every loader's text goes through."""

import re
import unicodedata
from pathlib import Path

from index.errors import LoadError
from index.load.decode import decode
from index.types import Block, Loaded

LARGEST = 64 * 1024 * 1024

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
# Soft hyphen, zero-width characters, direction marks, byte order marks; control characters but tab and line feed; lone
# surrogates, which JSON can write.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\ud800-\udfff]"
)
_ODD_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")


def tidy(text: str) -> str:
    """The text in NFC with LF line ends, without invisible characters; ideographic spaces and tabs are kept.

    NFC, not NFKC: a citation must show （一） and ２０２４ as the document has them.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _ODD_SPACES.sub(" ", text)
    return unicodedata.normalize("NFC", text)


def read_bytes(path: Path, *, largest: int = LARGEST) -> bytes:
    """What a file holds, never empty.

    Raises:
        LoadError: empty, larger than `largest` bytes, unreadable, or no file.
    """
    try:
        if not path.is_file():
            raise LoadError("不是普通文件" if path.exists() else "文件不存在")
        size = path.stat().st_size
        if size > largest:
            raise LoadError(f"文件过大（{size / 2**20:.0f} MB，文本上限 {largest // 2**20} MB）；请拆分后重试")
        raw = path.read_bytes()
    except PermissionError:
        raise LoadError("没有读取权限；请检查文件权限") from None
    except OSError as error:
        raise LoadError(f"读取失败：{error.strerror or error}") from None
    if not raw:
        raise LoadError("文件为空")
    return raw


def read(path: Path) -> str:
    """The cleaned text of a text file.

    Raises:
        LoadError: empty, too large, unreadable, or not text.
    """
    text = tidy(decode(read_bytes(path)))
    if not text.strip():
        raise LoadError("文件中没有文字")
    return text


def load_text(path: Path) -> Loaded:
    """One block a line of a plain text file, blank lines included; leading spaces stay, as a sign of layout."""
    lines = read(path).split("\n")
    return Loaded(blocks=tuple(Block(line.rstrip()) for line in lines), wrapped=True)
