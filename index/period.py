"""A stretch of time as people write it: 2024, 2024年3月, 二〇二四年, 2020..2024, 2023-06-01至2023-12-31."""

import re
from calendar import monthrange

from index.errors import QueryError
from index.fold import fold

_FIRST, _LAST = "0001-01-01", "9999-12-31"
_YEARS = re.compile(r"(\d{4})年?-(\d{4})年?")  # 2020-2024
_BETWEEN = re.compile(r"\.\.+|…+|~|至|到|--+")
_MOMENT = re.compile(r"(\d{4})(?:[-年./](\d{1,2})(?:[-月./](\d{1,2}))?|(\d{2})(\d{2}))?[年月日]?")
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_CURE = "请写成 2024、2024-03、2024-03-05 或 2020..2024"


def period(text: str) -> tuple[str, str]:
    """The first and the last day, ISO 8601; an open end reaches to year 1 or 9999.

    QueryError for what is no date, a day that does not exist, or an end before its beginning.
    """
    plain = re.sub(r"\s+", "", fold(text))
    if re.search("[〇零一二三四五六七八九]{4}", plain):
        plain = plain.translate(_DIGITS)
    ends = list(match.groups()) if (match := _YEARS.fullmatch(plain)) else _BETWEEN.split(plain)
    if len(ends) > 2 or not any(ends):
        raise QueryError(f"“{text}”不像日期；{_CURE}")
    since = _moment(ends[0], text)[0] if ends[0] else _FIRST
    until = _moment(ends[-1], text)[1] if ends[-1] else _LAST
    if since > until:
        raise QueryError(f"“{text}”的起点晚于终点；请把两头对调")
    return since, until


def _moment(plain: str, text: str) -> tuple[str, str]:
    match = _MOMENT.fullmatch(plain)
    if match is None or match[1] == "0000":
        raise QueryError(f"“{text}”不像日期；{_CURE}")
    year, month, day = int(match[1]), int(match[2] or match[4] or 0), int(match[3] or match[5] or 0)
    given_month, given_day = (match[2] or match[4]) is not None, (match[3] or match[5]) is not None
    if given_month and not 1 <= month <= 12:
        raise QueryError(f"“{text}”里没有 {month} 月这个月份；{_CURE}")
    if given_day and not 1 <= day <= monthrange(year, month)[1]:
        raise QueryError(f"“{text}”里没有 {month} 月 {day} 日这一天；{_CURE}")
    if not given_month:
        return f"{year:04}-01-01", f"{year:04}-12-31"
    last = day if given_day else monthrange(year, month)[1]
    return f"{year:04}-{month:02}-{day or 1:02}", f"{year:04}-{month:02}-{last:02}"
