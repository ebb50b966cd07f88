"""The fixed parts of an official document that lost breaks run together: number, addressees, signature, attachments."""

import re
from collections.abc import Iterator, Set

from index.organs import organs, organs_begin

ENDED = "。；！？：:;!?”’」』）)】…\n"  # not 》: 依照《条例》第二条
_KIND = (
    "方案|办法|意见|规定|细则|规划|计划|条例|纲要|措施|通知|制度|要点|标准|指南|规程|准则|目录|清单|政策|协议|章程"
    "|规则|报告|修正案"
)
_ORGAN = "工商联|政府|办公厅|办公室|厅|局|委|部|院|署|处|行|会|公司|大学|中心|党组"
_HAN_DATE = r"二[〇○零ＯO0一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
_DATE = rf"(?:[12]\d{{3}}年\d{{1,2}}月\d{{1,2}}日|{_HAN_DATE})"
_DATED = re.compile(_DATE)
# 总理温家宝, 部长 尹蔚民: who signs an order, right before its date.
_OFFICER = re.compile(
    r"(?:总理|主席|部长|主任|省长|市长|县长|区长|州长|局长|署长|行长|院长|检察长)[：:\s]*[\u4e00-\u9fff](?:[\s·]?[\u4e00-\u9fff]){1,3}\s*$"
)
_SIGNED_ABOVE = 400
_HAN_AT_END = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff \u3000]*$")
# What an attachment's title ends in, where an organ's name follows it without a break.
_TITLE_END = re.compile(
    f"(?:{_KIND}|名单|表|书|证明|样式|范本|材料|文件|流程图?|情况|责任|分工)(?:[（(][^（）()]{{1,12}}[）)])?$"
)
_AFTER_SIGNATURE = re.compile(
    r"\s*(?:$|[（(](?:此件|联系|公开)|附件|附：|抄送|更多信息|政策解读[：:]|主题词|联系(?:人|单位|电话)|公开程序"
    rf"|[\u4e00-\u9fff ]{{2,90}}?(?:{_ORGAN})\s*(?:为|根据|按照)"
    rf"|[^，。；：]{{4,90}}?(?:{_KIND})(?:[（(][^（）()]{{2,24}}[）)])?\s*(?:为|根据|按照|依据|第一[章条]|一、|目\s*录|总则|各))"
)
_CLOSED = re.compile(
    rf"{_DATE}\s*(?:$|公开程序[：:]|政策解读[：:]|更多信息请关注|[（(](?:此件|联系)[^（）]{{2,40}}[）)]\s*$)"
)
_ATTACHED_TITLE = re.compile(
    rf"(?P<title>[^，。；：]{{4,90}}?(?:{_KIND})(?:[（(][^（）()]{{2,24}}[）)])?)\s*(?=为|根据|按照|依据|第一[章条]|一、|目\s*录|总则|各)"
)
_DATE_TITLE = re.compile(rf"(?P<date>{_DATE})[^，。；：]{{6,80}}(?:{_KIND})(?:[（(][^（）()]{{2,24}}[）)])?$")
_OPENING = 6  # signs of a title that are looked up first
_BEFORE_TITLE = re.compile(rf"(?P<mark>附件(?:\d{{1,2}}(?!\d))?[：:]?\s*)|(?P<date>{_DATE})\s*")
_AUTHORS = re.compile(
    rf"\s*[\u4e00-\u9fff]{{2,16}}(?:{_ORGAN})(?:\s+[\u4e00-\u9fff]{{2,16}}?(?:{_ORGAN})){{1,6}}\s*(?=为|根据|按照)"
)
# 中华人民共和国国务院令第488号《残疾人就业条例》已经…
_ORDER = re.compile(
    r"[\u4e00-\u9fff]{0,40}?(?:令|公告)?[（(]?第[\d一二三四五六七八九十百〇○零]{1,6}号[）)]?\s*(?=《[^》]{2,80}》[^》]*[，。]|根据|为|经|现)"
)
_NUMBER = re.compile(
    r"[（(]?[\u4e00-\u9fff]{1,14}[〔\[（(](?:19|20)\d{2}[〕\]）)]第?\s*\d+号[）)]?(?=[^，、。；）》”文])"
)
_ADDRESSED = re.compile(
    rf"[^。；：！？]{{2,400}}?(?:{_ORGAN}|部门|单位|机构|院校|学校|企业|区|市|县|站|校|所|协会)(?:[（(][^）)]{{1,30}}[）)])?[：:]"
    r"(?=为|根据|按照|现|近|20\d\d年|经|依据|随着|《|你|最近|今年|目前|国务院|省|市|党|自|在|人力|习近平|实施|开展|加强|推进|做好)"
)
_TAIL_LINE = re.compile(
    r"(?<=[日。）”])(?:[（(](?:此件|联系)[^（）()]{2,60}[）)]|附件[：:一二三四五1-9]|附[：:]|抄送[：:]|公开程序[：:]|政策解读[：:]|联系(?:人|单位|电话)[：:])|(?<=公开)责任部门[：:]"
)


def opens_with_number(text: str) -> bool:
    """Whether a line begins with 发文字号, or with the number of an order, and goes on."""
    return (_NUMBER.match(text) or _ORDER.match(text)) is not None


def head_parts(text: str) -> Iterator[int]:
    """Breaks after 发文字号, a title and 主送机关 at the head of a line."""
    start = 0
    number = _NUMBER.match(text) or _ORDER.match(text)
    if number:
        start = number.end()
        yield start
    title = _ATTACHED_TITLE.match(text, start)
    if title:
        start = title.end()
        yield start
    addressed = _ADDRESSED.match(text, start)
    if addressed:
        yield addressed.end()


def fixed_parts(text: str) -> Iterator[int]:
    """Breaks at the head, around 落款, 成文日期, 附件 and the titles of what is attached."""
    yield from head_parts(text)
    yield from signature_cuts(text)
    follow = text.rfind("更多信息请关注")
    if follow > 0:
        yield follow
    for match in _TAIL_LINE.finditer(text):
        yield match.start()
        note = re.compile(r"[（(][^（）()]{2,60}[）)]").match(text, match.start())
        if note:
            yield note.end()
            attached = _ATTACHED_TITLE.match(text, note.end())
            if attached:
                yield attached.end()


def titled_parts(text: str, titles: Set[str]) -> Iterator[int]:
    """Breaks before and behind a title that the document names, where 附件2 or a date stands right before it."""
    openings = {title[:_OPENING] for title in titles}
    for match in _BEFORE_TITLE.finditer(text):
        if text[match.end() : match.end() + _OPENING] not in openings:
            continue
        title = max((t for t in titles if text.startswith(t, match.end())), key=len, default="")
        if not title:
            continue
        if match["date"]:
            yield from _signature(text, match.end("date")) or ()
            yield match.end()
        elif match.start() and text[match.start() - 1] in "和与及或见在由、“《（(":
            continue
        else:
            yield match.start()
        end = match.end() + len(title)
        if text[end : end + 1] not in "》”，。；、和与及的":
            yield end


def closes_with_signature(text: str) -> bool:
    """Whether a date, or one and the notes that follow a signature, closes a line."""
    return _CLOSED.search(text) is not None


def signature_cuts(text: str) -> Iterator[int]:
    """Breaks around each signature and its date, and below the title or the authors of what is attached."""
    titled = _DATE_TITLE.match(text)
    if titled:
        yield titled.end("date")
    for match in _DATED.finditer(text):
        signature = _signature(text, match.end()) if _AFTER_SIGNATURE.match(text, match.end()) else None
        if signature is None:
            continue
        yield from signature
        yield match.end()
        attached = _AUTHORS.match(text, match.end()) or _ATTACHED_TITLE.match(text, match.end())
        if attached:
            yield attached.end()


def _signature(text: str, end: int) -> tuple[int, int] | None:
    """Where the signature that ends at `end` with its date begins, and where its date does; None when it is none."""
    dates = [match for match in _DATED.finditer(text, max(0, end - 30), end) if match.end() == end]
    if not dates:
        return None
    dated = dates[-1].start()
    first = max(0, dated - _SIGNED_ABOVE)
    above = text[first:dated].rstrip(" \u3000")
    holder = _OFFICER.search(above)
    if holder:
        return first + holder.start(), dated
    stretch = _HAN_AT_END.search(above)
    if stretch and organs(stretch[0]):
        return first + stretch.start(), dated
    names = organs_begin(above)
    before = above if names is None else above[:names]
    if not before or before[-1] in ENDED:
        return first + len(before), dated
    # 附件：工作指南人力资源社会保障部办公厅2020年5月29日: the list of attachments runs into the signature.
    titled = names is not None and (before.startswith("附") or _TITLE_END.search(before))
    return (first + len(before), dated) if titled else None
