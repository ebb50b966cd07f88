"""What can be said of a cited document: its title, issuers, number and date, and the words and place cited.

Nothing is invented, and what is missing is named. Titles, numbers and quotations stand as the document writes them.
Document types follow GB/T 7714-2015, annex B (which replaced GB/T 3469): 档案 [A] covers 法律法规 and 政府文件, so
every 公文 is [A], with its 文号 as 其他题名信息; reports are [R]; speeches and whatever names no kind are [Z].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from index.types import Document, Passage
from rag.types import Citation

Mark = Literal["A", "R", "Z"]

PAGE = "http://127.0.0.1:7860/"  # where `yinde serve` answers unless told otherwise

_DATE_UNITS = "年月日"
_HAN = "\u4e00-\u9fff"
_BETWEEN_ISSUERS = re.compile(f"[、，,；;]\\s*|(?<=[{_HAN}）])\\s+(?=[{_HAN}（])")
_AFTER_ISSUER = re.compile("关于|印发|批转|转发|公布|发布")
_SPOKEN = frozenset({"讲话", "致辞", "发言"})
_OTHER = _SPOKEN | {"解读", "评论", "答复", "倡议书", "宣言", "说明", "指南"}
_REPORTED = frozenset({"报告", "总结"})
_NUMBERED = frozenset({"决定", "意见", "通知", "通报", "请示", "批复", "函", "纪要"})  # never issued without a 文号


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a cited document, and the words and place cited. Unknown strings are empty.

    `title` is the document's own without marks around it, `short_title` the same without its issuers in front.
    `number_due` tells that a document of this kind has a 文号, known or not. `pages` is the page of the cited words, or
    3-4 where they go over its end.
    """

    id: str
    title: str
    short_title: str
    issuers: tuple[str, ...]
    number: str
    date: str
    mark: Mark
    spoken: bool
    number_due: bool
    url: str
    quote: str
    address: str
    pages: str
    link: str

    @property
    def author_name(self) -> str:
        """What the one who answers for the text is called."""
        return "讲话人" if self.spoken else "发文机关"

    @property
    def place(self) -> str:
        """Where the words stand, as people say it: 二(一)·二是，第3页; "" when nothing is known."""
        return place_name(self.address, self.pages)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of what a full reference needs and the document does not tell."""
        wanted = (
            (bool(self.issuers), self.author_name),
            (bool(self.number) or not self.number_due, "发文字号"),
            (bool(self.date), "成文日期"),
        )
        return tuple(name for known, name in wanted if not known)


def source(document: Document, cited: Passage | Citation | None = None, *, page: str = PAGE) -> Source:
    """What can be said of a document, or of a passage or citation in it; `page` is where the library's page answers."""
    passage = cited.passage if isinstance(cited, Citation) else cited
    meta = document.meta
    kind, number = meta.get("kind", ""), meta.get("number", "")
    title = bare_title(document.title)
    names = issuers(meta.get("issuer", ""))
    place: dict[str, str | int] = {"id": passage.id} if passage else {"doc": document.id}
    if isinstance(cited, Citation):
        place |= {"start": cited.start, "end": cited.end}
    where = meta.get("url") or meta.get("source", "")
    return Source(
        id=document.id,
        title=title,
        short_title=_without_issuers(title, names),
        issuers=names,
        number=number,
        date=meta.get("date", ""),
        mark="R" if kind in _REPORTED else "A" if number or (kind and kind not in _OTHER) else "Z",
        spoken=kind in _SPOKEN,
        number_due=kind in _NUMBERED,
        url=where if re.match("https?://", where) else "",
        quote=cited.quote if isinstance(cited, Citation) else passage.text if passage else "",
        address=passage.address if passage else "",
        pages=_pages(cited),
        link=f"{page}?{urlencode(place)}",
    )


def _pages(cited: Passage | Citation | None) -> str:
    if cited is None:
        return ""
    passage = cited.passage if isinstance(cited, Citation) else cited
    first, last = passage.page_at(cited.start), passage.page_at(max(cited.end - 1, cited.start))
    return f"{first}-{last}" if last > first else str(first or "")


def place_name(address: str, page: int | str) -> str:
    """An address with its page as people say it: 二(一)·二是，第3页; either alone, "" for neither (page 0 or "")."""
    return "，".join(part for part in (address, f"第{page}页" if page else "") if part)


def bare_title(title: str) -> str:
    """The title without 《》 around the whole of it."""
    return title[1:-1] if title.startswith("《") and title.endswith("》") and "《" not in title[1:] else title


def book_title(title: str) -> str:
    """The title without marks of its own around it, titles inside it in 〈〉, ready to stand in 《》."""
    return nested(bare_title(title), "《》", "〈〉")


def nested(text: str, outer: str, inner: str) -> str:
    """The text with its marks as they must be inside `outer`: first level `inner`, the next `outer`, and so on.

    A mark that closes nothing is an outer one cut off (建设”的要求) and becomes inner, or an apostrophe and stays.
    """
    closes, pairs = {outer[1]: outer[0], inner[1]: inner[0]}, (outer, inner)
    stack: list[str] = []
    written = []
    for char in text:
        if char in closes.values():
            stack.append(char)
            written.append(pairs[len(stack) % 2][0])
        elif stack and closes.get(char) == stack[-1]:
            written.append(pairs[len(stack) % 2][1])
            stack.pop()
        else:
            written.append(inner[1] if char == outer[1] else char)
    return "".join(written)


def chinese_date(date: str) -> str:
    """2024-03-05 as 2024年3月5日; a year, or a year and month, likewise; anything else as it is."""
    parts = date.split("-")
    if len(parts) > len(_DATE_UNITS) or not all(part.isascii() and part.isdigit() for part in parts):
        return date
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, _DATE_UNITS, strict=False))


def facts(meta: Mapping[str, str]) -> list[str]:
    """What is known of 发文机关, 发文字号, 成文日期, 文种, in this order, as printed."""
    known = [meta.get("issuer"), meta.get("number"), chinese_date(meta.get("date", "")), meta.get("kind")]
    return [fact for fact in known if fact]


def issuers(written: str) -> tuple[str, ...]:
    """The organs named in one string: 中共江澜市委 江澜市人民政府, or with 、 between them."""
    return tuple(name for name in _BETWEEN_ISSUERS.split(written.strip()) if name)


def _without_issuers(title: str, names: tuple[str, ...]) -> str:
    """中共江澜市委 江澜市人民政府关于…的意见 → 关于…的意见, where the title opens with its issuers."""
    rest = title
    for name in names:
        if not rest.startswith(name):
            break
        rest = rest[len(name) :].lstrip("、， 　")
    return rest if rest != title and _AFTER_ISSUER.match(rest) else title
