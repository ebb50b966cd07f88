"""What a web page says about its document: meta elements, title, address."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from index.letterhead import DATE, iso, title_lines

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>\"']{4,2000}")
_SITE = re.compile(
    r"网|政府|门户|政务|官方|频道|中国|公开|首页|委员会|栏目|专栏|新闻|文件|公报|公众号|搜索|\.(?:com|cn|org|net|gov)"
)
_SEPARATOR = re.compile(r"\s*[_|｜]\s*|\s+[-—–－]+\s+|\s*--+\s*|\s*[-–－]\s*(?=[^-–－]*$)")


def names(root: "HtmlElement") -> dict[str, str]:
    """The <meta> elements of a page by lower-case name or property; the first of a name counts."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").strip().lower()
        content = " ".join((element.get("content") or "")[:2000].split())
        if name and content:
            found.setdefault(name, content)
    return found


def address(root: "HtmlElement", source: str, metas: Mapping[str, str]) -> str:
    """Where the page was published: canonical link, og:url, the browser's saved-from note; "" when it does not say."""
    canonical = next((e.get("href", "") for e in root.iter("link") if e.get("rel", "").lower() == "canonical"), "")
    saved = _SAVED_FROM.search(source[:4000])
    for candidate in (canonical, metas.get("og:url", ""), saved[1] if saved else "", metas.get("url", "")):
        if _ADDRESS.fullmatch(candidate.strip()):
            return candidate.strip()
    return ""


def day(text: str) -> str:
    """The first date in a text in ISO 8601; "" without one."""
    match = DATE.search(text)
    return iso(match) if match else ""


def without_site(title: str) -> str:
    """A <title> without the names of site and column after it: 关于……的通知_某市人民政府 → 关于……的通知."""
    title = " ".join(title.split())
    while True:
        cuts = list(_SEPARATOR.finditer(title))
        if not cuts:
            return title
        last = cuts[-1]
        head, tail = title[: last.start()].strip(), title[last.end() :].strip()
        sure = "_" in last[0] or "|" in last[0] or "｜" in last[0]
        if len(head) < 4 or not (_SITE.search(tail) or (sure and len(tail) <= 20)):
            return title
        title = head


def title_of(declared: str, shown: str, headings: Sequence[str], lines: Sequence[str]) -> str:
    """The document's title, the surest first; "" where the text shows its own and nothing names it surely.

    `declared` is what the page's fields or ArticleTitle say, `shown` its <title>, `headings` its h1 and h2.
    """
    if len(declared) >= 4 and not declared.endswith(("…", "...")):
        return declared
    head = _folded("".join(lines[:6]))
    shown = without_site(shown)
    for candidate in (shown, *headings[:2]):
        if len(candidate) >= 5 and _folded(candidate) in head:
            return candidate
    if len(title_lines(list(lines[:12]))) > 0:
        return ""
    return next((text for text in (*headings[:1], shown) if len(text) >= 6 and not text.endswith(("…", "..."))), "")


def _folded(text: str) -> str:
    return re.sub(r"[\s　\u00a0]+", "", text).replace("—", "-")
