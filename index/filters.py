"""What a hit must satisfy besides being relevant."""

import re
from dataclasses import dataclass
from typing import Literal

from index.errors import QueryError
from index.fold import fold, tokens
from index.period import period

Field = Literal["title", "issuer", "number", "kind", "date", "format", "folder", "heading", "text"]

_BRACKETS = str.maketrans("()", "[]")


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand on a hit; `negated` turns it round. Made by `condition`, which checks and folds the value."""

    field: Field
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Demands on a hit. Several values wanted of one field are alternatives, words of the text must all stand there.

    No demand at all lets everything pass; an excluded value excludes whatever else is wanted.
    """

    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __add__(self, other: "Filter") -> "Filter":
        return Filter(tuple(dict.fromkeys(self.conditions + other.conditions)))

    @property
    def phrases(self) -> tuple[str, ...]:
        """The words that the text must hold."""
        return tuple(c.value for c in self.conditions if c.field == "text" and not c.negated)


def condition(field: Field, value: str, *, negated: bool = False) -> Condition:
    """A demand; QueryError for one that nothing could meet (an empty value, a day that does not exist).

    `date` takes a day, a month, a year, or a range: 2024, 2024-03, 2024年3月5日, 2020..2024, 2023-06..
    """
    value = " ".join(value.split())
    if not value:
        raise QueryError("筛选条件后面没有内容；例如 标题:人才 或 年份:2020..2024")
    if field == "date":
        since, until = period(value)
        return Condition(field, f"{since}..{until}", negated)
    if field == "text" and not any(True for _ in tokens(value)):
        raise QueryError(f"“{value}”里没有可查的字，请换成文字、字母或数字")
    if field == "number":
        value = number_key(value)
    elif field in ("kind", "format"):
        value = fold(value).lstrip(".")
    elif field == "folder":
        value = "/".join(part for part in value.replace("\\", "/").split("/") if part)
    return Condition(field, value, negated)


def solid(text: str) -> str:
    """Folded, without white space: 人才　引进 is 人才引进."""
    return re.sub(r"\s+", "", fold(text))


def number_key(text: str) -> str:
    """江政办发（2026）3 号 and 江政办发〔2026〕3号 are one."""
    return solid(text).translate(_BRACKETS)
