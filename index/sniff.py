"""What a file really is, by its first bytes: a docx named .txt, a web page named .doc, a PDF named .docx."""

import re
import zipfile
from pathlib import Path

from index.errors import LoadError

_HEAD = 4096
_EXPANDED = 1 << 30  # bytes in all that an Office document may unfold to
_OFFICE = {
    "word/document.xml": ".docx",
    "xl/workbook.xml": ".xlsx",
    "ppt/presentation.xml": ".pptx",
    "OFD.xml": ".ofd",
    "META-INF/container.xml": ".epub",
}
_OLD_OFFICE = frozenset({".doc", ".dot", ".xls", ".xlt", ".et", ".ppt", ".wps", ".dps", ".wpt", ".msg"})
# Formats that say what they are in their first bytes: what is named so and begins otherwise is something else.
_BINARY = frozenset({*_OFFICE.values(), *_OLD_OFFICE, ".pdf", ".zip", ".rtf"})
_MAGIC = (
    (b"%PDF-", (".pdf",)),
    (b"{\\rtf", (".rtf",)),
    (b"\x89PNG\r\n", (".png",)),
    (b"\xff\xd8\xff", (".jpg", ".jpeg")),
    (b"II*\0", (".tif", ".tiff")),
    (b"MM\0*", (".tif", ".tiff")),
    (b"GIF8", (".gif",)),
    (b"BM", (".bmp",)),
    (b"\x1f\x8b", (".gz", ".tgz")),
    (b"Rar!", (".rar",)),
    (b"7z\xbc\xaf", (".7z",)),
)


def true_suffix(path: Path) -> str:
    """The suffix that fits a file's content, lower case with its dot; its own where the content does not contradict.

    Raises:
        LoadError: empty, or a document in a zip that is damaged or unfolds to more than a gigabyte.
        OSError: the file cannot be opened.
    """
    own = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise LoadError("文件为空")
    if head.startswith(b"PK\x03\x04") or (head.startswith(b"PK\x05\x06") and own == ".zip"):
        return _in_zip(path, own)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        # A document that asks for a password is an OLE file around the encrypted docx.
        if own in (".docx", ".xlsx", ".pptx"):
            raise LoadError("文件已加密，或是旧版 Office 文档；请用 Word 或 WPS 打开后另存为不加密的 " + own[1:])
        return own if own in _OLD_OFFICE else ".doc"
    for magic, suffixes in _MAGIC:
        if head.startswith(magic) and not (magic == b"BM" and own != ".bmp"):
            return own if own in suffixes else suffixes[0]
    return _text(head, own) if own in _BINARY else own


def _in_zip(path: Path, own: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise LoadError(f"文件损坏或不完整，打不开（{error}）；请重新下载或另存一份") from None
    names = {member.filename for member in members}
    found = next((suffix for name, suffix in _OFFICE.items() if name in names), ".zip")
    if found != ".zip" and sum(member.file_size for member in members) > _EXPANDED:
        raise LoadError(f"解开后超过 {_EXPANDED >> 30} GB，可能是压缩炸弹；没有读取")
    if found == ".zip" and own in (".docx", ".xlsx", ".pptx") and "[Content_Types].xml" in names:
        return own  # Word on the web writes word/document2.xml
    if found == ".zip" and own in _OFFICE.values():
        raise LoadError(f"文件缺少 {own[1:]} 应有的内容，可能已损坏；请用原来的软件打开检查")
    return found if found != ".zip" or own == ".zip" else own


def _text(head: bytes, own: str) -> str:
    """What a file with a binary format's name is that does not begin as one: a web page, a mail page, or damage."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    if own == ".pdf" and b"%pdf-" in head.lower():
        return own  # some junk before the header is allowed
    if re.match(rb"<!doctype html|<html|<head|<\?xml[^>]*>\s*<html", start) or b"<html" in start:
        return ".html"
    if b"mime-version:" in start:
        return ".mht"
    text = head.translate(None, bytes([*range(9), *range(14, 32)]))
    if len(text) == len(head) and own in (".doc", ".wps", ".rtf"):
        return ".txt"
    raise LoadError(f"内容不是 {own} 文件，可能已损坏；请用原来的软件打开检查")
