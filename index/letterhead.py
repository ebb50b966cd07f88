"""What an official document says about itself: title, issuer, number, date, kind."""

import re
from collections.abc import Sequence
from datetime import date

from index.numbering import label_at, number_of

# 党政机关公文处理工作条例 names fifteen kinds; the others are custom, or the kinds of laws and plans.
KINDS = (
    "决议|决定|命令|令|公报|公告|通告|意见|通知|通报|报告|请示|批复|议案|函|纪要"
    "|讲话|致辞|发言|方案|计划|规划|纲要|办法|细则|条例|规定|规则|规程|规范|准则|章程|制度|要点|措施|总结"
    "|解释|解读|答复|指南|标准|清单|目录|倡议书|公约|预案|协议|宣言|说明|政策|评论|指引|公示|举措|法"
)
_ORGAN = (
    "政府|委员会|办公厅|办公室|国务院|法院|检察院|厅|局|委|部|院|署|银行|协会|总会|公司|大学|学院|中心|党组|小组|指挥部"
)
_KIND_AT_END = re.compile(f"(?:{KINDS})$")
_TRAILING = re.compile(r"(?:[（(][^（）()]*[）)]|[》”\"\s]|[.…]+)$")
_NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fffA-Z]{1,14})[〔\[（(【［](?P<year>(?:19|20)\d{2})[〕\]）)】］]\s*(?P<rest>第?\d{1,5}号)"
)
_YEAR = r"(?P<year>[12１２]\d{3}|[一二][〇○零ＯO0一二三四五六七八九]{3})"
_DAY = r"\d{1,2}|[元一二三四五六七八九十廿卅]{1,3}"
_PART = rf"\s*[年./-]\s*(?P<month>{_DAY})\s*[月./-]\s*(?P<day>{_DAY})\s*(?:日|号|(?!\d))"
DATE = re.compile(_YEAR + _PART)
_RED_HEAD = re.compile(
    r"(?P<organ>[\u4e00-\u9fff（）]{2,40}?)文件|机密.*|秘密.*|绝密.*|特急|加急|内部资料.*|签发人.*|[★—\-]+.{0,8}"
)
_SALUTATION = re.compile(
    r"[^。]{0,20}(?:同志们|各位[^，。：]{1,12}|朋友们|女士们|代表们|委员们|代表同志|同志)[！：:，,!]?"
)
_SIGNATORY = re.compile(rf"[\u4e00-\u9fff（）·\s]{{2,200}}(?:{_ORGAN})")
_LONGEST_TITLE = 120


def iso(match: re.Match[str]) -> str:
    """ISO 8601 of a match of `DATE`: 2024年3月5日, 二○二四年三月五日; "" when there is no such day."""
    year = re.sub("[○ＯO零]", "〇", match["year"])
    try:
        return date(number_of(year), _ordinal(match["month"]), _ordinal(match["day"])).isoformat()
    except ValueError:
        return ""


def _ordinal(written: str) -> int:
    return 1 if written == "元" else number_of(written.replace("廿", "二十").replace("卅", "三十"))


def is_date(line: str) -> bool:
    """Whether a line is a date and nothing else, brackets apart."""
    return DATE.fullmatch(line.strip("（）() 　")) is not None


def is_number(line: str) -> bool:
    """Whether a line is a document number and nothing else."""
    return _NUMBER.fullmatch(line.strip("（）() 　")) is not None


def is_salutation(line: str) -> bool:
    """Whether a line only addresses its hearers: 同志们： 各位代表！"""
    return len(line) <= 40 and _SALUTATION.fullmatch(line) is not None


def is_signatory(line: str) -> bool:
    """Whether a line is the name of an organ, or several, as under a document."""
    return len(line) <= 200 and _SIGNATORY.fullmatch(line) is not None


def signatures(lines: Sequence[str]) -> set[int]:
    """The lines of 落款: each date that stands alone below the body, and the names of organs right above it."""
    found: set[int] = set()
    for position in range(2, len(lines)):
        if not is_date(lines[position]):
            continue
        names = position
        while names > 1 and is_signatory(lines[names - 1]):
            names -= 1
        if names < position or re.search("[。！；：”）]$", lines[position - 1]):
            found.update(range(names, position + 1))
    return found


def ends_in_kind(title: str) -> bool:
    """Whether a title is complete: it ends in 通知, 办法（试行）, 意见》 and the like, with its brackets closed."""
    return kind_of(title) != "" and title.count("《") == title.count("》") and title.count("（") == title.count("）")


def kind_of(title: str) -> str:
    """文种 by the end of the title; "" when it names none."""
    while True:
        shorter = _TRAILING.sub("", title)
        if shorter == title:
            break
        title = shorter
    match = _KIND_AT_END.search(title)
    return match[0] if match else ""


def title_like(line: str) -> bool:
    """Whether a line could be a title or a part of one: short, no sentence, no numbering, nobody addressed."""
    return (
        len(line) <= 100
        and not re.search("[。；！？：:;]$|[。；]", line)
        and line[-1] not in "，、,"
        and not label_at(line)
        and not is_date(line)
        and not is_number(line)
        and not is_salutation(line)
    )


def title_lines(lines: Sequence[str]) -> range:
    """The lines that make up the title, near the head; an empty range when the text has none."""
    start = 0
    for start, line in enumerate(lines[:12]):  # noqa: B007
        if not (_RED_HEAD.fullmatch(line) or is_number(line) or is_date(line)):
            break
    else:
        return range(0)
    if start >= len(lines) or not title_like(lines[start]) or lines[start].startswith("——"):
        return range(0)
    end = start + 1
    for stop in range(start + 1, min(start + 6, len(lines) + 1)):
        parts = lines[start:stop]
        repeated = len(parts) > 1 and parts[0] in parts[-1]
        if repeated or not all(title_like(part) for part in parts) or len("".join(parts)) > _LONGEST_TITLE:
            break
        if ends_in_kind("".join(parts)):
            end = stop
            # 关于印发…实施方案 / （2025—2027年）的通知: what is printed is named first, the kind comes last.
            if not re.search("印发|转发|公布|发布", "".join(parts)) or re.search(
                "(?:通知|函|公告|决定|令)$", parts[-1]
            ):
                break
    if end < len(lines) and re.match("——|--|—", lines[end]) and len(lines[end]) <= 60 and title_like(lines[end]):
        end += 1
    return range(start, end)


def letterhead(lines: Sequence[str], title: str, titled: range) -> dict[str, str]:
    """issuer, number, date, kind: each only when found."""
    head = [*lines[: titled.start], *lines[titled.stop : titled.stop + 6]]
    number = next((m for m in (_NUMBER.fullmatch(line.strip("（）() 　")) for line in head) if m), None)
    signed = _signature(lines, titled.stop)
    found = {
        "issuer": _issuer(lines, title, titled, signed),
        "number": f"{number['code']}〔{number['year']}〕{number['rest']}" if number else "",
        "date": _date(lines, titled, signed),
        "kind": kind_of(title) or kind_of(title.partition("——")[0]),
    }
    return {key: value for key, value in found.items() if value}


def _signature(lines: Sequence[str], start: int) -> int | None:
    """The line of the 成文日期 below the body: the first date under the name of an organ, else the last date."""
    dates = [i for i in range(start + 1, len(lines)) if is_date(lines[i])]
    below = [i for i in dates if is_signatory(lines[i - 1])]
    if below:
        return below[0]
    return dates[-1] if dates and dates[-1] > start + 3 else None


def _issuer(lines: Sequence[str], title: str, titled: range, signed: int | None) -> str:
    if signed is not None and is_signatory(lines[signed - 1]):
        names = [lines[signed - 1]]
        for line in reversed(lines[max(0, signed - 6) : signed - 1]):
            if not is_signatory(line):
                break
            names.insert(0, line)
        return "、".join("".join(name.split()) for name in names)
    prefix = re.match(rf"([\u4e00-\u9fff（）、\s]{{2,80}}?(?:{_ORGAN}))(?=关于|印发|转发|令|公告|通告)", title)
    if prefix:
        return prefix[1].strip()
    for line in lines[: titled.start]:
        red = _RED_HEAD.fullmatch(line)
        if red and red["organ"]:
            return red["organ"]
    return ""


def _date(lines: Sequence[str], titled: range, signed: int | None) -> str:
    """The date under the title when there is one (speeches, laws), else that of the signature."""
    for line in lines[titled.start : titled.stop + 4]:
        if len(line) <= 120 and not line.endswith(("。", "：")) and "施行" not in line[:16]:
            match = DATE.search(line)
            if match and iso(match) and (is_date(line) or re.match("——|（|\\(|时间|日期|[12]\\d{3}年", line)):
                return iso(match)
    match = DATE.search(lines[signed]) if signed is not None else None
    return iso(match) if match else ""
