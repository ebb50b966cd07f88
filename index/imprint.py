"""What an official document says about itself in its fixed lines: issuer, number, dates, addressees, classification."""

import re
from collections.abc import Sequence

from index.letterhead import (
    DATE,
    document_number,
    is_date,
    is_salutation,
    is_signatory,
    iso,
    kind_of,
    officer,
)
from index.organs import organs

_HEAD = 10  # lines above and below the title that may be part of the head
_SECRECY = re.compile(r"(?P<secrecy>绝\s?密|机\s?密|秘\s?密|内部资料|内部文件)\s*(?:[★☆]?\s*.{0,8}|[，,]?.{0,10})")
_URGENCY = re.compile(r"(?P<urgency>特\s?急|加\s?急|特\s?提|平\s?急|紧\s?急)")
_SIGNED_BY = re.compile(r"签\s?发\s?人\s*[：:]\s*(?P<names>.{2,40})")
_RED_HEAD = re.compile(r"(?P<organ>[\u4e00-\u9fff（）\s]{2,40}?)文\s?件")
_TITLE_ISSUER = re.compile(
    r"(?P<names>[^《：:，,。]{2,120}?)(?P<more>等[\u4e00-\u9fff\d]{0,6}(?:部门|单位|机关))?(?=关于|印发|转发|公布|发布|令$|公告|通告)"
)
_ADOPTED = re.compile("通过|修订|修正|修改|批准")
_IN_FORCE = re.compile(r"\s*(?:起)?\s*施行")
_ADOPTER = re.compile(
    r"(?P<organ>最高人民法院|最高人民检察院|(?:(?!日)[\u4e00-\u9fff]){2,12}(?:人民代表大会(?:常务委员会)?|人民政府))"
    r"(?:审判委员会|第[\u4e00-\u9fff\d]{1,5}届检察委员会|常务会议)?第[\u4e00-\u9fff\d]{1,6}次(?:全体|常务)?会议"
)
_MEETING = re.compile(
    r"(?P<organ>[\u4e00-\u9fff]{3,20}?(?:部|委员会|总局|局|署))第[\d\u4e00-\u9fff]{1,5}次(?:部务|委务|局务|署务)会议"
)
_ON_BEHALF = re.compile(
    r"我(?:受|代表)(?P<organ>国务院|[\u4e00-\u9fff]{2,12}[省市县区州旗]人民政府)(?:委托)?[，,]?(?:向|作)"
)
_ADDRESSEE = re.compile("各|局|厅|委|部|办|政府|单位|院|公司|集团|中心|机关|学校|企业|银行|协会|处|室|大队|支队")
_NOT_ADDRESSEE = re.compile("如下|[。；]|现[就将]|^附|^[（(]?[一二三四五六七八九十0-9]+[、.）)]|^第")
_CC = re.compile(r"抄\s?[送报]\s*[：:]\s*(?P<cc>.+)")
_PRINTED = re.compile(rf"(?P<organ>[\u4e00-\u9fff]{{3,30}})\s*(?P<date>{DATE.pattern})\s*印发")
_LIST = re.compile(r"附\s?件?\s*[：:]\s*(?P<first>.*)")
_LISTED = re.compile(r"[（(]?[0-9０-９一二三四五六七八九十]{1,3}[）)]?[.．、\s]\s*(?P<name>.+)")
_SPEECHES = ("讲话", "致辞", "发言", "报告", "演讲")
_OFFICE = "(?:[省市县区州部局委院署厅]长|书记|主任|主席|总理)"
_NAME = re.compile(rf"(?:[\u4e00-\u9fff]{{2,24}}?{_OFFICE}\s*)?[\u4e00-\u9fff](?:[\s·]?[\u4e00-\u9fff]){{1,3}}")


def letterhead(lines: Sequence[str], title: str, titled: range) -> dict[str, str]:
    """The facts that a document's fixed lines tell, each only when found; the keys are those of `Document.meta`."""
    head = [*lines[: titled.start][-_HEAD:], *lines[titled.stop : titled.stop + _HEAD]]
    signed = _signed(lines, titled.stop)
    found = {
        "issuer": "、".join(_issuers(lines, title, titled, signed)),
        "number": _number(lines, titled),
        "date": _date(lines, titled, signed),
        "kind": kind_of(title) or kind_of(title.partition("——")[0]),
        "secrecy": _first(_SECRECY, head, "secrecy"),
        "urgency": _first(_URGENCY, head, "urgency"),
        "signatory": _signatory(lines, head, signed),
        "speaker": _speaker(lines, title, titled),
        "to": _addressee(lines, titled),
        "cc": next((m["cc"].rstrip("。") for m in map(_CC.fullmatch, lines[-40:]) if m), ""),
        "attachments": "；".join(_attachments(lines)),
        **_printed(lines),
    }
    return {key: value for key, value in found.items() if value}


def _first(pattern: re.Pattern[str], lines: Sequence[str], group: str) -> str:
    match = next((m for m in (pattern.fullmatch(line.strip()) for line in lines) if m), None)
    return "".join(match[group].split()) if match else ""


def _signed(lines: Sequence[str], start: int) -> int | None:
    """The line of the 成文日期 below the body: the first date under a name, else the last date."""
    dates = [i for i in range(start + 1, len(lines)) if is_date(lines[i])]
    below = [i for i in dates if is_signatory(lines[i - 1]) or officer(lines[i - 1])]
    if below:
        return below[0]
    return dates[-1] if dates and dates[-1] > start + 3 else None


def _number(lines: Sequence[str], titled: range) -> str:
    """发文字号 in the head. （第86号） below 公告 and the organ's name is told with them."""
    for position in [*range(titled.start), *range(titled.stop, min(titled.stop + 6, len(lines)))]:
        number = document_number(lines[position])
        if not number:
            continue
        above = [line.strip() for line in lines[max(0, position - 2) : position]]
        if number.startswith("第") and above and re.fullmatch(r".{0,40}(?:令|公\s?告)", above[-1]):
            who = above[-1] if len(above[-1]) > 3 or len(above) < 2 or not organs(above[0]) else "".join(above)
            return "".join(who.split()) + number
        return number
    return ""


def _issuers(lines: Sequence[str], title: str, titled: range, signed: int | None) -> list[str]:
    """Who issued the document: its signature, checked against its title; else what the head states."""
    below: list[str] = []
    if signed is not None:
        first = signed
        while first > titled.stop and is_signatory(lines[first - 1]):
            first -= 1
        below = [name for line in lines[first:signed] for name in organs(line)]
    prefix = _TITLE_ISSUER.match(title)
    named = organs(prefix["names"]) if prefix else []
    if named and prefix and not prefix["more"] and (not below or set(named) & set(below)):
        return named
    if below or named:
        return below or named
    return _stated(lines, title, titled)


def _stated(lines: Sequence[str], title: str, titled: range) -> list[str]:
    """The issuer when neither signature nor title names one."""
    head = [*lines[: titled.start], *lines[titled.stop : titled.stop + _HEAD]]
    for line in lines[: titled.start]:
        red = _RED_HEAD.fullmatch(line.strip())
        if red and organs(red["organ"]):
            return organs(red["organ"])
    order = re.match(r"(.{2,40}?)(?:令|公告)", _number(lines, titled))
    if order:
        return organs(order[1].removeprefix("中华人民共和国")) or organs(order[1])
    adopted = [m for line in head if _is_adoption(line) for m in _ADOPTER.finditer(line)]
    if adopted:
        return [adopted[-1]["organ"]]
    met = next((m for m in map(_MEETING.search, head) if m), None)
    if met:
        return [re.sub("^.*[经由日]", "", met["organ"])]
    spoken = next((m for m in map(_ON_BEHALF.search, head[:6]) if m), None)
    if spoken:
        return [spoken["organ"]]
    if kind_of(title.partition("——")[0]) == "报告":
        office = next(
            (m for m in (re.match(r"(.{2,12}[省市县区州]人民政府)[省市县区州]长", line) for line in head) if m), None
        )
        return [office[1]] if office else []
    return []


def _is_adoption(line: str) -> bool:
    """Whether a line tells who adopted or amended a law, and when: （2019年12月2日…通过 2021年…修正）."""
    bracketed = line[0] in "（(" and line[-1] in "）)" and len(line) <= 800
    plain = len(line) <= 120 and DATE.match(line) is not None and not re.search("[。，：]", line)
    return (bracketed or plain) and _ADOPTED.search(line) is not None


def _date(lines: Sequence[str], titled: range, signed: int | None) -> str:
    """成文日期: the last adoption or amendment told under the title (laws), a date there (speeches), the signature."""
    told = [line for line in lines[titled.start : titled.stop + 8] if _is_adoption(line)]
    adopted = [iso(m) for line in told for m in DATE.finditer(line) if not _IN_FORCE.match(line, m.end())]
    if any(adopted):
        return max(adopted)
    for line in lines[titled.start : titled.stop + 4]:
        if len(line) <= 120 and not line.endswith(("。", "：")) and "施行" not in line[:16]:
            match = DATE.search(line)
            if match and iso(match) and (is_date(line) or re.match("——|（|\\(|时间|日期|[12]\\d{3}年", line)):
                return iso(match)
    match = DATE.search(lines[signed]) if signed is not None else None
    return iso(match) if match else ""


def _signatory(lines: Sequence[str], head: Sequence[str], signed: int | None) -> str:
    match = next((m for m in map(_SIGNED_BY.search, head) if m), None)
    if match:
        return "、".join(match["names"].replace("、", " ").split())
    return officer(lines[signed - 1]) if signed else ""


def _speaker(lines: Sequence[str], title: str, titled: range) -> str:
    """Who speaks: the line between the title and the salutation of a speech."""
    below = lines[titled.stop : titled.stop + 6]
    greeted = next((i for i, line in enumerate(below) if is_salutation(line)), None)
    if greeted is None or not kind_of(title.partition("——")[0]).endswith(_SPEECHES):
        return ""
    for line in below[:greeted]:
        if DATE.search(line) or line[0] in "（(—-" or len(line) > 30:
            continue
        if _NAME.fullmatch(line.strip()) or re.search(f"{_OFFICE}$", line):
            return "".join(line.split()) if re.fullmatch(r"(?:\S\s+)+\S", line) else " ".join(line.split())
    return ""


def _addressee(lines: Sequence[str], titled: range) -> str:
    """主送机关: the first line of the body that ends in a colon and names organs."""
    for line in lines[titled.stop : titled.stop + 6]:
        if line[-1] in "：:" and len(line) <= 400 and not _NOT_ADDRESSEE.search(line[:-1]):
            named = _ADDRESSEE.search(line) and not is_salutation(line)
            return line[:-1].strip() if named else ""
        if "。" in line:
            return ""
    return ""


def _attachments(lines: Sequence[str]) -> list[str]:
    """The titles of the first list 附件： in order, without their numbers."""
    for position, line in enumerate(lines):
        match = _LIST.match(line)
        if not match:
            continue
        rows = [match["first"], *lines[position + 1 : position + 40]]
        names: list[str] = []
        for number, row in enumerate(rows):
            listed = _LISTED.fullmatch(row.strip())
            if listed:
                names.append(listed["name"].strip())
            elif number == 0 and row.strip():
                names.append(row.strip())
                break
            elif number:
                break
        return [name.rstrip("。；;") for name in names if len(name) <= 100]
    return []


def _printed(lines: Sequence[str]) -> dict[str, str]:
    """印发机关 and 印发日期: 清河市人民政府办公室 2024年3月5日印发."""
    for line in lines[-12:]:
        match = _PRINTED.fullmatch(line.strip())
        if match:
            return {"printed_by": match["organ"], "printed": iso(match)}
    return {}
