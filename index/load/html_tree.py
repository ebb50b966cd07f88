"""The tree of a web page, parsed within bounds, and which of its elements a reader sees."""

import re
from typing import TYPE_CHECKING

from index.errors import LoadError
from index.load.decode import decode

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
# Encodings that `decode` does not weigh are taken at their word; a declared gb2312 or iso-8859-1 is often another.
_FOREIGN = {
    *("shift_jis", "shift-jis", "x-sjis", "euc-jp", "iso-2022-jp", "euc-kr", "ks_c_5601-1987"),
    *("windows-1251", "koi8-r"),
}
_UNSEEN = {
    *("script", "style", "noscript", "template", "head", "title", "meta", "link", "iframe", "frame", "object", "embed"),
    *("applet", "svg", "math", "canvas", "audio", "video", "map", "button", "select", "option", "textarea", "input"),
    *("datalist", "dialog", "rt", "rp"),
}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def decode_page(raw: bytes) -> str:
    """The text of a page by what its bytes are, whatever it declares; Japanese and the like by declaration.

    Raises:
        LoadError: no text.
    """
    found = _DECLARED.search(raw[:4096])
    declared = found[1].decode("ascii").lower() if found else ""
    if declared in _FOREIGN:
        try:
            return raw.decode(declared)
        except UnicodeDecodeError:
            return decode(raw)
    return decode(raw)


def parse(text: str) -> "HtmlElement":
    """The root element of a page.

    Raises:
        LoadError: no element at all, or nested so deep that the rest would be lost.
    """
    from lxml.etree import LxmlError
    from lxml.html import HTMLParser, document_fromstring

    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    parser = HTMLParser(huge_tree=True)
    try:
        root = document_fromstring(text, parser=parser)
    except (LxmlError, ValueError, AssertionError):
        raise LoadError("网页中没有可读的内容；请用浏览器打开后另存为“网页，全部”") from None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise LoadError("网页嵌套过深（超过 2048 层），读不完整；请用浏览器打开后复制正文另存为文本")
    return root


def is_seen(element: "HtmlElement") -> bool:
    """Whether a reader sees what the element holds: no script, form field, phonetic gloss or hidden part."""
    if element.tag in _UNSEEN or element.get("hidden") is not None:
        return False
    style = element.get("style")
    return style is None or _HIDDEN.search(style[:10_000]) is None
