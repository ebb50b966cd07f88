"""The fixed lines of an official document: its title, number, date, signature, whom it addresses."""

import re
from collections.abc import Sequence
from datetime import date

from index.numbering import label_at, number_of
from index.organs import organs

# 党政机关公文处理工作条例 names fifteen kinds; the others are custom, or the kinds of laws and plans.
KINDS = (
    "决议|决定|命令|令|公报|公告|通告|意见|通知|通报|报告|请示|批复|议案|函|纪要"
    "|讲话|致辞|发言|方案|计划|规划|纲要|办法|细则|条例|规定|规则|规程|规范|准则|章程|制度|要点|措施|总结"
    "|解释|解读|答复|指南|标准|清单|目录|倡议书|公约|预案|协议|宣言|说明|政策|评论|指引|公示|举措|法"
)
_KIND_AT_END = re.compile(f"(?:{KINDS})$")
_TRAILING = re.compile(r"(?:[（(][^（）()]*[）)]|[》”\"\s]|[.…]+)$")
_NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fffA-Z]{1,14})[〔\[（(【［](?P<year>(?:19|20)\d{2})[〕\]）)】］]\s*(?P<rest>第?\d{1,5}号)"
)
# 国务院令第488号, 公告2024年第5号, （第86号）: orders and announcements are numbered without a code.
_ORDER = re.compile(
    r"(?P<code>[\u4e00-\u9fff]{0,40}?(?:令|公\s?告)?)\s*[（(]?(?P<rest>(?:(?:19|20)\d{2}年)?第\s?[\d一二三四五六七八九十百零〇○]{1,6}\s?号)[）)]?"
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
_OFFICER = re.compile(
    r"(?:总\s?理|主\s?席|部\s?长|主\s?任|省\s?长|市\s?长|县\s?长|区\s?长|州\s?长|局\s?长|署\s?长|行\s?长|院\s?长|检察长)"
    r"[：:\s]*(?P<name>[\u4e00-\u9fff](?:[\s·]?[\u4e00-\u9fff]){1,3})"
)
_LONGEST_TITLE = 120
_QUOTES = (("“", "”"), ("‘", "’"), ("《", "》"), ("「", "」"), ("『", "』"))
_MEETING_BROKEN = re.compile(r"(?:届|大会|代表|第[\u4e00-\u9fff]{1,3})$")
_MEETING_END = re.compile(r"[^，。；：]{2,40}(?:会议|大会|会)上")
_DATES_ALONE = 3  # more dates on lines of their own are a table


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


def document_number(line: str) -> str:
    """The document number that a line is, its year in 〔〕: 清政发〔2024〕5号, 国务院令第488号; "" when it is none."""
    line = line.partition("签发人")[0].strip("（）() 　")
    match = _NUMBER.fullmatch(line)
    if match:
        return f"{match['code']}〔{match['year']}〕{match['rest']}"
    match = _ORDER.fullmatch(line) or _ORDER.fullmatch(line + "）")
    return "".join((match["code"] + match["rest"]).split()) if match else ""


def is_number(line: str) -> bool:
    """Whether a line is a document number and nothing else."""
    return document_number(line) != ""


def is_salutation(line: str) -> bool:
    """Whether a line only addresses its hearers: 同志们： 各位代表！"""
    return len(line) <= 40 and _SALUTATION.fullmatch(line) is not None


def is_signatory(line: str) -> bool:
    """Whether a line is the name of an organ, or several, as under a document."""
    return len(line) <= 400 and bool(organs(line))


def officer(line: str) -> str:
    """The name in a line that is an office and its holder, as under an order: 总理 李明; "" when it is none."""
    match = _OFFICER.fullmatch(line.strip())
    return "".join(match["name"].split()) if match else ""


def signatures(lines: Sequence[str]) -> set[int]:
    """The lines of 落款: each date that stands alone below the body, and the names of organs right above it."""
    found: set[int] = set()
    alone: list[int] = []
    for position in range(2, len(lines)):
        if not is_date(lines[position]):
            continue
        names = position
        while names > 1 and (is_signatory(lines[names - 1]) or officer(lines[names - 1])):
            names -= 1
        if names < position:
            found.update(range(names, position + 1))
        elif re.search("[。！；：”）]$", lines[position - 1]):
            alone.append(position)
    return found.union(alone if len(alone) <= _DATES_ALONE else [])


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
        noted = line[0] in "（(" and line[-1] in "）)"  # （译自俄文稿）
        if not (noted or _RED_HEAD.fullmatch(line) or is_number(line) or is_date(line)):
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
        # ——2012年1月14日在清河市第五届 / 人民代表大会第一次会议上
        if end < len(lines) and _MEETING_BROKEN.search(lines[end - 1]) and _MEETING_END.fullmatch(lines[end]):
            end += 1
    return range(start, end)


def without_stray_quotes(title: str) -> str:
    """A title without the marks at its ends that have no partner in it: 关于数据的通知” loses its last."""
    for opener, closer in _QUOTES:
        if title.count(opener) > title.count(closer):
            title = title.removeprefix(opener).removesuffix(opener)
        elif title.count(opener) < title.count(closer):
            title = title.removesuffix(closer).removeprefix(closer)
    if title.count('"') % 2:
        title = title.removeprefix('"') if title[0] == '"' else title.removesuffix('"')
    return title.strip()
