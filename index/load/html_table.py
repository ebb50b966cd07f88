"""Tables of a web page: which hold figures and which only hold the page together, and the cells of the former."""

import re
from typing import TYPE_CHECKING

from index.load.table import Cell, spread

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# The fields of 政务信息 that stand above a document on a government's page.
FIELDS = {
    "标题": "title",
    "名称": "title",
    "信息名称": "title",
    "文件名称": "title",
    "文件标题": "title",
    "发文机关": "issuer",
    "发布机构": "issuer",
    "发文单位": "issuer",
    "发布机关": "issuer",
    "制定机关": "issuer",
    "发文字号": "number",
    "文号": "number",
    "发文文号": "number",
    "文件编号": "number",
    "成文日期": "date",
    "生成日期": "date",
    "成文时间": "date",
    "发布日期": "published",
    "公开日期": "published",
    "发布时间": "published",
    "索引号": "",
    "主题分类": "",
    "主题词": "",
    "关键词": "",
    "体裁分类": "",
    "公文种类": "",
    "信息分类": "",
    "服务对象": "",
    "有效性": "",
    "效力状态": "",
    "时效性": "",
    "废止日期": "",
    "实施日期": "",
    "统一登记号": "",
    "组配分类": "",
    "信息来源": "",
}
_MOST_CELLS = 200_000


def field_of(text: str) -> tuple[str, str] | None:
    """The field's name and what follows its colon, for 索 引 号： or 发文字号：国发〔2019〕5号; None for other text."""
    name, colon, rest = re.sub("[:：]", "：", text[:400], count=1).partition("：")
    name = re.sub(r"[\s　\u00a0【】\[\]]+", "", name)
    return (name, rest.strip(" \u3000\u00a0]】")) if name in FIELDS and (colon or name == text.strip()) else None


def grid(table: "HtmlElement") -> list[list[str]] | None:
    """The full grid of a table that holds rows of cells; None for one of layout.

    Of layout are: a table around another one, with words outside its cells, with one row or one column, of the fields
    above a document, or with a cell that is most of its text and many lines.
    """
    if next(table.iterdescendants("table"), None) is not None or _has_loose_words(table):
        return None
    lines: list[list[Cell]] = []
    for row in table.iterdescendants("tr"):
        cells = [child for child in row if child.tag in ("td", "th")]
        lines.append([Cell(_text(cell), _number(cell, "colspan"), _number(cell, "rowspan")) for cell in cells])
        if sum(map(len, lines[-1:])) > _MOST_CELLS:
            return None
    texts = [cell.text for line in lines for cell in line]
    if len(lines) < 2 or max(map(len, lines)) < 2 or sum(field_of(text) is not None for text in texts) >= 3:
        return None
    longest = max(texts, key=len)
    if longest.count("\n") >= 8 and len(longest) > sum(map(len, texts)) / 2:
        return None
    return spread(lines)


def _has_loose_words(table: "HtmlElement") -> bool:
    """Whether broken markup left words between the cells; in a grid they would be lost."""
    parts = table.iter("table", "thead", "tbody", "tfoot", "tr")
    return any((text or "").strip() for part in parts for text in (part.text, *(child.tail for child in part)))


def _number(cell: "HtmlElement", name: str) -> int:
    value = cell.get(name, "")
    return int(value) if re.fullmatch(r"\d{1,4}", value) else 1


def _text(cell: "HtmlElement") -> str:
    from index.load.html_lines import Walk

    return "\n".join(line.text for line in Walk().through(cell))
