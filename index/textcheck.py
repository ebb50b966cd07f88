"""What is suspicious about a document's text, told before it pollutes a library: garbled, broken, missing pages."""

import re
from collections.abc import Sequence

from index.load.characters import bits
from index.numbering import label_at
from index.types import Document

_LOST = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff\x00-\x08\x0e-\x1f\x7f-\x9f]")
# 锟斤拷: U+FFFD written as UTF-8 and read as GBK. 烫烫烫, 屯屯屯: memory that was never written.
_KNOWN_MOJIBAKE = re.compile("锟斤拷|烫{3,}|屯{3,}|[ÃÂÅÆâäåæçèéï][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_HAN = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_RARE = 19.0  # bits of a hanzi off the list of the 3,000 common ones, simplified and traditional
_END = re.compile("[。！？!?；;：:，,、…—”’」』）)》〉】〕\\].~～]$")

_GARBLED = 0.005
_RARE_SHARE = 0.3  # true Chinese stays below .15, also in lists of names; UTF-8 read as GBK has .5 and more
_LINE = 20  # from this length a paragraph is prose, which ends with a mark
_BROKEN = 0.3
_ENDLESS = 3000
_SCANT = 20


def warnings(document: Document) -> list[str]:
    """Short notes in Chinese on what may be wrong with a document's text; [] when nothing is."""
    text = document.text
    notes = [_garbled(text), _breaks(text.split("\n")), _pages(document), _recognised(document)]
    if sum(char.isalnum() for char in text[: 10 * _SCANT]) < _SCANT:
        notes.append("几乎没有文字")
    return [note for note in notes if note]


def _garbled(text: str) -> str:
    han = _HAN.findall(text)
    rare = sum(bits(char) >= _RARE for char in han)
    if len(han) >= 50 and rare > _RARE_SHARE * len(han):
        return f"生僻字占 {rare / len(han):.0%}，可能是乱码"
    lost = len(_LOST.findall(text)) + sum(len(found) for found in _KNOWN_MOJIBAKE.findall(text))
    return f"乱码约占 {max(0.01, lost / len(text)):.0%}" if lost > max(2, _GARBLED * len(text)) else ""


def _breaks(lines: Sequence[str]) -> str:
    """Paragraphs that stop in the middle of a sentence, or that never stop."""
    prose = [number for number, line in enumerate(lines) if _is_prose(line)]
    # A heading ends without a mark, and so does an item before the next one.
    broken = sum(
        not _END.search(lines[number]) and number + 1 < len(lines) and label_at(lines[number + 1]) is None
        for number in prose
    )
    if broken >= 5 and broken > _BROKEN * len(prose):
        return f"{broken} 段在句子中间断开，换行可能有误"
    endless = sum(1 for line in lines if len(line) > _ENDLESS)
    return f"{endless} 段超过 {_ENDLESS:,} 字，可能丢了分段" if endless else ""


def _is_prose(line: str) -> bool:
    """Whether a line reads as sentences: long, with a comma, neither numbered nor 发布机关：某局 nor a table's row."""
    return len(line) >= _LINE and "，" in line and "|" not in line and label_at(line) is None


def _pages(document: Document) -> str:
    """Pages within the document on which nothing begins or goes on."""
    present = {page for _, page in document.pages}
    if not present:
        return ""
    starts = sorted(document.pages)
    missing = [page for page in range(1, max(present)) if page not in present]
    return f"第 {_ranges(missing)} 页没有文字" if missing and len(starts) > 1 else ""


def _recognised(document: Document) -> str:
    pages = document.meta.get("recognised", "")
    return f"第 {pages.replace(',', '、')} 页是识别出来的文字，引用前请核对原件" if pages else ""


def _ranges(pages: Sequence[int]) -> str:
    """2、5-7 from [2, 5, 6, 7]."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and runs[-1][1] == page - 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return "、".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
