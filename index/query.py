"""A query as it is typed: free words, and demands on what is found.

"精确短语"      stands in the text as written, typography aside
-排除           stands not in the text; -"一个短语", -文种:通知 likewise
标题: 机关: 文号: 文种: 年份: 日期: 格式: 目录: 章节: 正文:     of the document or the passage

Operators stand by themselves, between white space, so that a question which quotes “两个维护” or runs on after a colon
remains a question. A paragraph (more than 150 characters, or several lines) holds no operators at all.
"""

import re
from dataclasses import dataclass

from index.errors import QueryError
from index.filters import Condition, Field, Filter, condition

_NAMES: dict[str, Field] = {
    **dict.fromkeys(("标题", "题名", "题目", "title"), "title"),
    **dict.fromkeys(("机关", "发文机关", "发文单位", "单位", "部门", "机构", "issuer"), "issuer"),
    **dict.fromkeys(("文号", "发文字号", "字号", "number"), "number"),
    **dict.fromkeys(("文种", "类型", "kind"), "kind"),
    **dict.fromkeys(("年份", "年度", "日期", "成文日期", "year", "date"), "date"),
    **dict.fromkeys(("格式", "format"), "format"),
    **dict.fromkeys(("目录", "文件夹", "folder"), "folder"),
    **dict.fromkeys(("章节", "heading"), "heading"),
    **dict.fromkeys(("正文", "全文", "text"), "text"),
}
_OPEN, _CLOSE = '"“”„‟＂「『', '"”“‟„＂」』'
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # copied along from pages and chats
_FIELDS = "|".join(sorted(_NAMES, key=len, reverse=True))
_PART = re.compile(
    rf"(?<!\S)(?P<minus>[-－−](?![-－−0-9０-９\s]))?"
    rf"(?:(?P<field>{_FIELDS})[ \t]*[:：][ \t\u3000]*)?"
    rf"(?:[{_OPEN}](?P<phrase>[^{_CLOSE}]*)[{_CLOSE}](?!\S)|(?P<word>\S+)|(?P<nothing>(?<=[:：\s])$))",
    re.IGNORECASE,
)
_PARAGRAPH = 150
_EXAMPLE = "例如：人才引进 -附件"


@dataclass(frozen=True, slots=True)
class Query:
    """`words` rank what passes `filters`; "" where only demands were made."""

    words: str
    filters: Filter


def parse(text: str) -> Query:
    """The query that was typed. An unknown field, a lone quotation mark or a lone minus are words like others.

    QueryError for nothing, for exclusions alone, and for a field whose value cannot be (年份:2024-13).
    """
    stripped = legible(text).strip()
    if not stripped:
        raise QueryError("请输入要查找的内容")
    if len(stripped) > _PARAGRAPH or "\n" in stripped:
        return Query(stripped, Filter())
    words: list[str] = []
    conditions: list[Condition] = []
    for part in _PART.finditer(stripped):
        found = _condition(part)
        if found is None:
            words.append(part.group())
            continue
        conditions.append(found)
        if found.field == "text" and not found.negated:
            words.append(found.value)
    if not words and all(one.negated for one in conditions):
        raise QueryError(f"只有要排除的内容；请再写上要查找的内容，{_EXAMPLE}")
    return Query(" ".join(words), Filter(tuple(dict.fromkeys(conditions))))


def legible(text: str) -> str:
    """The text as it is seen: signs without width left out, control characters as spaces."""
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text))


def demands(text: str) -> Filter:
    """The demands that were typed by themselves (文种:通知 -机关:办公室); QueryError for a word that makes none."""
    found = []
    for part in _PART.finditer(legible(text).strip()):
        one = _condition(part)
        if one is None:
            raise QueryError(f"“{part.group()}”不是筛选条件；例如 文种:通知 或 年份:2020..2024")
        found.append(one)
    return Filter(tuple(dict.fromkeys(found)))


def demanded(text: str) -> list[tuple[int, int]]:
    """Where operators with what they ask for stand in a query, as half-open spans in order; [] for free words alone."""
    return [part.span() for part in _PART.finditer(text) if part["field"] or part["phrase"] or part["minus"]]


def _condition(part: re.Match[str]) -> Condition | None:
    """The demand that a part of a query makes; None for a free word."""
    negated = part["minus"] is not None
    if part["field"] is not None:
        name, value = part["field"], part["phrase"] if part["phrase"] is not None else part["word"]
        value = (value or "").strip(_OPEN + _CLOSE)
        if not value.strip():
            raise QueryError(f"“{name}:”后面没有内容；例如 标题:人才 或 年份:2020..2024")
        return condition(_NAMES[name.lower()], value, negated=negated)
    if part["phrase"] is not None:
        return condition("text", part["phrase"], negated=negated) if part["phrase"].strip() else None
    if negated and part["word"]:
        return condition("text", part["word"], negated=True)
    return None
