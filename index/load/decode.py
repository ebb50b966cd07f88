"""From bytes to text: which encoding a Chinese file is in, without guessing wrong on short ones."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder

from index.errors import LoadError
from index.load.characters import bits

# Tried in this order; the earlier wins a tie. big5hkscs holds Big5, cp950 the few code points Windows reads otherwise.
ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
_MARKS = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))
_MAGIC = (
    (b"%PDF-", "PDF 文件"),
    (b"PK\x03\x04", "压缩包或 Office 文档（docx、xlsx、pptx、ofd、zip）"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 或 WPS 文档（doc、xls、wps）"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"SQLite format 3", "数据库文件"),
    (b"\x7fELF", "可执行文件"),
)
_SAMPLE = 4096
_DEAREST = 17.0  # bits a character: true Chinese text stays below 13, random bytes that happen to decode above 18
_GARBLED = 1 / 1000  # a few bad bytes do not make a file unreadable


def decode(raw: bytes) -> str:
    """The text of a file in UTF-8, GB18030, Big5 or UTF-16, with or without a byte order mark.

    Every encoding that can read a sample is weighed by how likely Chinese text the result is: the sum of the bits its
    characters carry (a maximum-likelihood choice, so four characters are enough). Bytes that the best encoding cannot
    read become U+FFFD when they are fewer than one in a thousand characters.

    Raises:
        LoadError: the bytes are no text, or in none of these encodings.
    """
    for magic, name in _MAGIC:
        if raw.startswith(magic):
            raise LoadError(f"内容不是文本，而是{name}；请改用与内容相符的扩展名")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _refuse_binary(_strict_or_patched(raw[len(mark) :], [encoding]))
    # ASCII with control characters may be UTF-16: 。 is the bytes 02 30.
    if raw.isascii() and not re.search(rb"[\x00-\x08\x0e-\x1f]", raw):
        return _refuse_binary(raw.decode("ascii"))
    return _refuse_binary(_strict_or_patched(raw, _ranked(raw)))


def _ranked(raw: bytes) -> list[str]:
    """Encodings that could be meant, the likeliest first, judged by a sample around the first non-ASCII byte."""
    found = re.search(rb"[\x80-\xff]", raw)
    first = found.start() if found else 0
    costs: list[tuple[float, int, str]] = []
    for order, encoding in enumerate(ENCODINGS):
        start = first - first % 2 if encoding.startswith("utf-16") else first
        sample = raw[start : start + _SAMPLE]
        final = start + _SAMPLE >= len(raw)
        try:
            text = getincrementaldecoder(encoding)("strict").decode(sample, final)
        except UnicodeDecodeError as error:
            if error.start < len(sample) // 2:
                continue
            text = sample[: error.start].decode(encoding, "ignore")
            sample = sample[: error.start]
        cost = sum(map(bits, text))
        if text and cost / len(text) < _DEAREST:
            costs.append((cost / len(sample), order, encoding))
    return [encoding for _, _, encoding in sorted(costs)]


def _strict_or_patched(raw: bytes, encodings: list[str]) -> str:
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    for encoding in encodings[:1]:
        text = raw.decode(encoding, "replace")
        if text.count("\ufffd") <= max(1, len(text) * _GARBLED):
            return text
    raise LoadError("无法识别文字编码（支持 UTF-8、GB18030、Big5、UTF-16），或内容不是文本；请另存为 UTF-8 后重试")


def _refuse_binary(text: str) -> str:
    # A form feed between pages and a lone escape are met in real text files; NUL never is.
    controls = sum(text.count(chr(code)) for code in range(32) if code not in (9, 10, 11, 12, 13, 26, 27))
    if "\x00" in text or controls > max(4, len(text) // 100):
        raise LoadError("内容不是文本（含有二进制数据）；请检查文件是否损坏或扩展名是否正确")
    return text
