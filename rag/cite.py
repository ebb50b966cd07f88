"""How a source is cited: GB/T 7714-2015, in a 公文's own text, as a footnote, for reference managers, as a link.

Where a style has a place for something the document does not tell, the place says so: ［缺：成文日期］.

GB/T 7714 is written here and not by citeproc-py: its release 0.11 prints GB/T 7714 styles without type mark and without
month and day, and the public CSL styles are CC BY-SA, which an Apache-licensed program does not ship.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from index.types import Document, Passage
from rag.export import bibtex, csl_json, ris
from rag.reference import PAGE, Source, book_title, chinese_date, nested, source
from rag.types import Citation

Style = Literal["gbt7714", "gongwen", "footnote", "bibtex", "ris", "csl-json", "markdown", "plain"]


def cite(document: Document, cited: Passage | Citation | None, style: Style, *, page: str = PAGE) -> str:
    """A document, or a passage or citation in it, cited in a style, ready to paste; without a line's end.

    `page` is where links to the library's own page lead, used where the document has no address on the web.
    """
    return STYLES[style](source(document, cited, page=page))


def plain(quote: str, title: str, meta: Mapping[str, str], place: str) -> str:
    """“quote”——《title》（number，date）place, the quote's own “” become ‘’."""
    document = Document("", title, "", meta)
    return _plain(source(document), quote, place)


def _known(value: str, name: str, brackets: str = "［］") -> str:
    """The value, or a place that names what is missing."""
    return value or f"{brackets[:1]}缺：{name}{brackets[1:]}"


def _number(cited: Source, brackets: str = "") -> str:
    """The 文号; "" where a document of its kind need not have one."""
    return _known(cited.number, "发文字号", brackets) if cited.number or cited.number_due else ""


def _gbt7714(cited: Source) -> str:
    names = ", ".join(cited.issuers[:3]) + (", 等" if len(cited.issuers) > 3 else "")
    number = _number(cited, "[]")
    what = cited.short_title + (f": {number}" if number else "")
    date = _known(cited.date, "成文日期", "[]")
    opening = f"{_known(names, cited.author_name, '[]')}. {what}"
    pages = f": {cited.pages}" if cited.pages else ""
    if cited.url:
        return f"{opening}[{cited.mark}/OL]. ({date}){pages}[缺：引用日期]. {cited.url}."
    return f"{opening}[{cited.mark}]. {date}{pages}."


def _gongwen(cited: Source) -> str:
    return f"《{book_title(cited.title)}》" + (f"（{_number(cited)}）" if _number(cited) else "")


def _footnote(cited: Source) -> str:
    what = f"《{book_title(cited.short_title)}》" + (f"（{_number(cited)}）" if _number(cited) else "")
    date = _known(chinese_date(cited.date), "成文日期")
    places = "，".join(part for part in (what, date, cited.place, cited.url) if part)
    return f"{_known('、'.join(cited.issuers), cited.author_name)}：{places}。"


def _plain(cited: Source, quote: str, place: str) -> str:
    facts = (_number(cited), _known(chinese_date(cited.date), "成文日期", ""))
    said = f"“{nested(quote, '“”', '‘’')}”——" if quote else ""
    return f"{said}《{book_title(cited.title)}》（{'，'.join(fact for fact in facts if fact)}）{place}"


def _markdown(cited: Source) -> str:
    words = _gongwen(cited) + cited.place
    target = re.sub(r"[\s()<>\\]", lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode()), cited.url or cited.link)
    escaped = re.sub(r"([\\`*_\[\]<>&])", r"\\\1", " ".join(words.split()))
    return f"[{escaped}]({target})"


STYLES: dict[Style, Callable[[Source], str]] = {
    "gbt7714": _gbt7714,
    "gongwen": _gongwen,
    "footnote": _footnote,
    "bibtex": bibtex,
    "ris": ris,
    "csl-json": csl_json,
    "markdown": _markdown,
    "plain": lambda cited: _plain(cited, cited.quote, cited.place),
}
