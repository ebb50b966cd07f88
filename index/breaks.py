"""Restore paragraph breaks that were lost, from the numbering and the fixed parts of an official document."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.numbering import (
    ARTICLE,
    CHINESE,
    CHINESE_BRACKET,
    PATTERN,
    SECTION,
    Label,
    from_match,
)

_SHORTEST = 150  # a paragraph below this has lost nothing worth restoring
_LOST = 500  # one above this has, when it holds series of （一） or 1.
_PAIRS = {
    "”": "“",
    "’": "‘",
    "）": "（",
    ")": "(",
    "》": "《",
    "〉": "〈",
    "」": "「",
    "』": "『",
    "】": "【",
    "〕": "〔",
}
_OPENERS = frozenset(_PAIRS.values())
_BRACKETS = re.compile("[“”‘’（）()《》〈〉「」『』【】〔〕]")
_QUOTED = 1000  # a pair of quotation marks further apart than this is a typing error
_PAUSE = re.compile("[。；！？]")
# 按照（一）（二）项, 前款（三）所列: a reference, not a beginning.
_REFERS = re.compile("[项款目、和至或所及与等规的]|[（(]")
_REFERRED = "》第条款项按照据述列、和至或及与本前有"
_ENDED = "。；！？：:;!?”’」』）)】…\n"  # not 》: 依照《条例》第二条
_CANDIDATE = re.compile(PATTERN)

_KIND = (
    "方案|办法|意见|规定|细则|规划|计划|条例|纲要|措施|通知|制度|要点|标准|指南|规程|准则|目录|清单|政策|协议|章程"
    "|规则|报告"
)
_ORGAN = "工商联|政府|办公厅|办公室|厅|局|委|部|院|署|处|行|会|公司|大学|中心|党组"
_HAN_DATE = r"二[〇○零ＯO0一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
_DATE = rf"(?:[12]\d{{3}}年\d{{1,2}}月\d{{1,2}}日|{_HAN_DATE})"
_SIGNED = re.compile(
    rf"(?<![\u4e00-\u9fff，、（(《“])(?P<organ>[\u4e00-\u9fff （）\s]{{2,240}}?(?:{_ORGAN}))?\s*(?P<date>{_DATE})"
)
_AFTER_SIGNATURE = re.compile(
    r"\s*(?:$|[（(](?:此件|联系|公开)|附件|附：|抄送|更多信息|主题词|联系(?:人|单位|电话)"
    rf"|[^，。；：]{{4,90}}?(?:{_KIND})(?:[（(][^（）()]{{2,24}}[）)])?\s*(?:为|根据|按照|依据|第一[章条]|一、|目\s*录|总则|各))"
)
_ATTACHED_TITLE = re.compile(
    rf"(?P<title>[^，。；：]{{4,90}}?(?:{_KIND})(?:[（(][^（）()]{{2,24}}[）)])?)\s*(?=为|根据|按照|依据|第一[章条]|一、|目\s*录|总则|各)"
)
_NUMBER = re.compile(
    r"[（(]?[\u4e00-\u9fff]{1,14}[〔\[（(](?:19|20)\d{2}[〕\]）)]第?\s*\d+号[）)]?(?=[^，、。；）》”文])"
)
_ADDRESSED = re.compile(
    rf"[^。；：！？]{{2,400}}?(?:{_ORGAN}|部门|单位|机构|院校|学校|企业|区|市|县)(?:[（(][^）)]{{1,30}}[）)])?[：:]"
    r"(?=为|根据|按照|现|近|经|依据|随着|《|你|最近|今年|目前|国务院|省|市|党|自|在|人力|习近平|实施|开展|加强|推进|做好)"
)
_TAIL_LINE = re.compile(
    r"(?<=[日。）”])(?:[（(](?:此件|联系)[^（）()]{2,60}[）)]|附件[：:一二三四五1-9]|附[：:]|抄送[：:]|联系(?:人|单位|电话)[：:])"
)
# Headings that run straight into their text: known wording (总体要求坚持以…), or a noun that ends headings before words
# that open paragraphs (…的重大意义2021年3月，…; …组织领导各级各部门要…).
_RUN_ON = re.compile(
    "(?:总体要求|指导思想|基本原则|总体思路|(?:总体|主要|工作|发展|任务)目标|目标任务|(?:主要|重点|工作)任务|重点工作|保障措施|组织保障"
    "|组织实施|(?:工作|有关)要求|(?:工作|实施)步骤|工作原则|(?:适用|实施)范围|其他事项|有关事项|申报(?:条件|程序)|时间安排"
    "|(?:加强|强化)(?:组织(?:领导|保障|实施)|督导检查|宣传引导|监督检查))"
    "(?=坚持|以[^及]|为[^了主]|深入|全面|到20|按照|根据|认真|贯彻|各[级地市部单有]|要|20|紧紧|围绕|通过|充分|严格|本|力争)"
    "|[^，。；：、！？]{4,30}?(?:意义|任务|目标|要求|措施|原则|领导|保障|责任|监督|机制|体系|制度|程序|条件|范围|对象|内容|方式|安排)"
    "(?=20\\d\\d年|到20\\d\\d年|各(?:地|级|市|部门|单位|有关)|为(?:了|深入|进一步|贯彻)|深入贯彻|坚持以|认真贯彻|充分认识|紧紧围绕|以习近平|根据《)"
)


# 第二章 权利和义务第六条 教师享有…
_CHAPTER = re.compile("第[一二三四五六七八九十百]{1,4}[章节][^，。；：、]{2,30}?(?=第[一二三四五六七八九十百]{1,6}条)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    label: Label
    strong: bool  # a sentence ends right before it


def restore(text: str) -> list[str]:
    """The paragraphs that one long line holds; `[text]` when no break was lost. Their concatenation is the text."""
    if len(text) < _SHORTEST:
        chapter = _CHAPTER.match(text)
        signed = _SIGNED.fullmatch(text)
        if chapter or signed:
            return _cut(text, [chapter.end() if chapter else signed.start("date") if signed else 0])
        return _cut(text, _head_parts(text) if _NUMBER.match(text) else ())
    inside = _quoted(text)
    labels = _accepted(text, [c for c in _candidates(text) if not _within(inside, c.label.start)])
    cuts = {label.start for label in labels}
    for label in labels:
        run_on = _RUN_ON.match(text, label.end)
        if run_on:
            cuts.add(run_on.end())
    lost = len(text) > _LOST or bool(cuts) or _NUMBER.match(text) or "更多信息请关注" in text
    if lost:
        cuts.update(cut for cut in _fixed_parts(text) if not _within(inside, cut))
    return _cut(text, cuts)


def _cut(text: str, cuts: Iterable[int]) -> list[str]:
    edges = sorted({0, len(text), *(cut for cut in cuts if 0 < cut < len(text))})
    parts = [text[a:b].strip() for a, b in pairwise(edges)]
    return [part for part in parts if part]


def _quoted(text: str) -> list[tuple[int, int]]:
    """Stretches inside quotation marks and brackets, outermost only, in order; unmatched ones hide nothing."""
    spans: list[tuple[int, int]] = []
    open_at: list[int] = []
    for match in _BRACKETS.finditer(text):
        mark, position = match[0], match.start()
        if mark in _OPENERS:
            open_at.append(position)
            continue
        while open_at and position - open_at[-1] > _QUOTED:
            open_at.pop()
        if open_at and text[open_at[-1]] == _PAIRS[mark]:
            start = open_at.pop()
            while spans and spans[-1][0] > start:
                spans.pop()
            spans.append((start, position))
        elif len(open_at) > 1 and text[open_at[-2]] == _PAIRS[mark]:
            del open_at[-2:]
    return spans


def _within(spans: list[tuple[int, int]], position: int) -> bool:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] < position:
            low = middle + 1
        else:
            high = middle
    return low < len(spans) and spans[low][0] < position


def _candidates(text: str) -> Iterator[_Candidate]:
    for match in _CANDIDATE.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        if match.lastgroup == "digit" and before and (before.isdigit() or before in ".．-—/"):
            continue
        label = from_match(match)
        if before and label.rank == CHINESE and before in "第、，,十百千":
            continue
        yield _Candidate(label, strong=not before or before in _ENDED)


def _accepted(text: str, candidates: list[_Candidate]) -> list[Label]:
    """Numberings that really begin a paragraph: in sequence, at a sentence's end or after a bare heading."""
    accepted: list[Label] = []
    last: dict[int, int] = {}  # the number reached of each rank, forgotten below a new heading
    running: dict[int, int] = {}  # the same, never forgotten: （五） may go on under 三、
    followed = _followed(candidates)
    long = len(text) > _LOST
    pauses = [m.start() for m in _PAUSE.finditer(text)]
    pause = 0
    for position, candidate in enumerate(candidates):
        label = candidate.label
        while pause < len(pauses) and pauses[pause] < label.start:
            pause += 1
        if label.rank >= CHINESE_BRACKET and not (long or accepted):
            continue
        since = accepted[-1].start if accepted else 0
        # 一、总体要求（一）指导思想: nothing but a bare heading since the last break.
        bare = bool(accepted) and label.start - since <= 60 and (pause == 0 or pauses[pause - 1] < since)
        bare = bare and (label.rank != ARTICLE or accepted[-1].rank < ARTICLE)
        bare = bare and text[label.start - 1] not in _REFERRED and not _REFERS.match(text, label.end)
        if not (candidate.strong or bare or _opens_law(text, label)):
            continue
        if label.number == 1:
            if not followed[position]:
                continue
        elif label.number not in (last.get(label.rank, 0) + 1, running.get(label.rank, 0) + 1):
            continue
        for rank in list(last):
            if rank > label.rank and rank != ARTICLE:
                del last[rank]
        last[label.rank] = running[label.rank] = label.number
        accepted.append(label)
    return accepted


def _followed(candidates: Sequence[_Candidate]) -> list[bool]:
    """For each candidate, whether the next of its kind comes before anything above it, and goes on or starts again.

    编, 章, 节 and 条 may stand alone.
    """
    result = [False] * len(candidates)
    same: dict[int, int] = {}  # where the next candidate of each rank is
    above: dict[int, int] = {}  # the same, of those at a sentence's end
    for position in range(len(candidates) - 1, -1, -1):
        label = candidates[position].label
        rank = label.rank
        after = same.get(rank)
        barrier = min((at for other, at in above.items() if other < rank and other != ARTICLE), default=len(candidates))
        if after is None:
            result[position] = rank <= ARTICLE
        elif rank <= SECTION or after < barrier:
            result[position] = rank in (CHINESE, ARTICLE) or candidates[after].label.number in (1, 2)
        same[rank] = position
        if candidates[position].strong:
            above[rank] = position
    return result


def _opens_law(text: str, label: Label) -> bool:
    """Whether 第一章 or 第一条 stands right after a title: …条例第一章总则第一条为了…"""
    if label.number != 1 or label.rank > ARTICLE or label.rank == CHINESE:
        return False
    if label.rank == ARTICLE:
        return bool(re.match("[ 　]*为|[ 　]*根据", text[label.end : label.end + 6]))
    return bool(re.search("第一[节条節條]", text[label.end : label.end + 40]))


def _head_parts(text: str) -> Iterator[int]:
    """Breaks after 发文字号, a title and 主送机关 at the head of a line."""
    start = 0
    number = _NUMBER.match(text)
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


def _fixed_parts(text: str) -> Iterator[int]:
    """Breaks at the head, around 落款, 成文日期, 附件 and the titles of what is attached."""
    yield from _head_parts(text)
    for match in _SIGNED.finditer(text):
        if not _AFTER_SIGNATURE.match(text, match.end()):
            continue
        yield match.start()
        yield match.start("date")
        yield match.end()
        attached = _ATTACHED_TITLE.match(text, match.end())
        if attached:
            yield attached.end()
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
