"""Restore paragraph breaks that were lost, from the numbering and the fixed parts of an official document."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from index.fixed_parts import (
    ENDED,
    closes_with_signature,
    fixed_parts,
    head_parts,
    opens_with_number,
    signature_cuts,
    titled_parts,
)
from index.numbering import (
    ARTICLE,
    CHINESE,
    CHINESE_BRACKET,
    PATTERN,
    SECTION,
    Label,
    from_match,
    label_at,
)

SHORTEST = 150  # a paragraph below this has lost nothing worth restoring
LOST = 500  # one above this has, when it holds series of （一） or 1.
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
_SPACED = re.compile("(?<=。)[ \u3000]+(?=[\u4e00-\u9fff（《“])")
_FEW_SPACED = 0.7  # share of sentences; who writes a space behind each means nothing by it
_NEAR = 50  # further numberings looked at
_PAUSE = re.compile("[。；！？]")
# 按照（一）（二）项, 前款（三）所列: a reference, not a beginning.
_REFERS = re.compile("[项款目、和至或所及与等规的]|[（(]")
_REFERRED = "》第条款项按照据述列、和至或及与本前有之"
_CANDIDATE = re.compile(PATTERN)
_ITEM_END = re.compile("。[”’）)]?[ \u3000]*")

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


# （此件公开发布）清河市数据管理办法
_RELEASED = re.compile(r"[（(](?:此件[^（）()]{2,20}|(?:主动)?公开(?:发布)?)[）)](?=.)")
# 第二章 权利和义务第六条 教师享有…
_CHAPTER = re.compile("第[一二三四五六七八九十百]{1,4}[章节][^，。；：、]{2,30}?(?=第[一二三四五六七八九十百]{1,6}条)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    label: Label
    before: str = ""  # the character before it, white space apart

    @property
    def strong(self) -> bool:
        """Whether it opens the text or a pause ends right before it."""
        return not self.before or self.before in ENDED

    @property
    def ended(self) -> bool:
        """Whether a sentence ends right before it."""
        return self.before in ("。", "！", "？")


def restore(
    text: str,
    reached: Mapping[int, int] | None = None,
    ahead: Label | None = None,
    *,
    lost: bool = False,
    spaced: bool = False,
    titles: Set[str] = frozenset(),
) -> list[str]:
    """The paragraphs that one long line holds; `[text]` when no break was lost. Their concatenation is the text.

    `reached` tells the number reached of each rank by the paragraphs above: below （三）, a line …。（四）… is two.
    `ahead` is the numbering that opens the next line: before （二）, 三、有关要求（一）加强领导 is two. `lost` tells
    that breaks are known to be lost here, though the line is not long. `titles` are those the document names: a date
    or 附件2 before one of them is a break, and so is its end. `spaced` tells that spaces behind sentences are breaks.
    """
    reached = reached or {}
    if len(text) < SHORTEST and not lost:
        return _cut(
            text, [*_short_cuts(text, reached), *titled_parts(text, titles), *(_spaced(text) if spaced else ())]
        )
    inside = _quoted(text)
    candidates = [c for c in _candidates(text) if not _within(inside, c.label.start)]
    labels = _accepted(text, candidates, reached, ahead, lost=lost or len(text) > LOST)
    cuts = {label.start for label in labels}
    cuts.update(cut for cut in _list_ends(text, labels) if not _within(inside, cut))
    cuts.update(cut for cut in titled_parts(text, titles) if not _within(inside, cut))
    if len(text) < SHORTEST:
        cuts.update(_short_cuts(text, reached))
    for label in labels:
        run_on = _RUN_ON.match(text, label.end)
        if run_on:
            cuts.add(run_on.end())
    if spaced or (len(text) > LOST and spaces_are_breaks([text])):
        cuts.update(cut for cut in _spaced(text) if not _within(inside, cut))
    if len(text) > LOST or cuts - {0} or opens_with_number(text) or closes_with_signature(text):
        cuts.update(cut for cut in fixed_parts(text) if not _within(inside, cut))
    return _cut(text, cuts)


def _list_ends(text: str, labels: Sequence[Label]) -> Iterator[int]:
    """Where the last item of a list ends: （四）…； （五）其他情形。 is one sentence as the items above it are."""
    for position, label in enumerate(labels):
        before = labels[position - 1] if position else None
        after = labels[position + 1] if position + 1 < len(labels) else None
        if (
            before is None
            or label.rank < CHINESE_BRACKET
            or not _next(before, label)
            or (after and _next(label, after))
        ):
            continue
        above = text[before.end : label.start].rstrip()
        if label.rank < CHINESE_BRACKET or "。" in above or not above.endswith(("；", ";")):
            continue
        end = _ITEM_END.search(text, label.end, after.start if after else len(text))
        if end and end.end() < len(text) and text[end.end()] not in "（(":
            yield end.end()


def _next(label: Label, other: Label) -> bool:
    return (label.rank, label.number + 1) == (other.rank, other.number)


def advance(reached: Mapping[int, int], text: str) -> dict[int, int]:
    """The numbers reached of each rank after a paragraph."""
    label = label_at(text)
    if label is None:
        return dict(reached)
    kept = {rank: number for rank, number in reached.items() if rank < label.rank or rank == ARTICLE}
    return {**kept, label.rank: label.number}


def spaces_are_breaks(texts: Iterable[str]) -> bool:
    """Whether the spaces behind sentences' ends are left of lost breaks; who writes one behind most means nothing."""
    joined = "\n".join(texts)
    return 0 < len(_SPACED.findall(joined)) <= _FEW_SPACED * joined.count("。")


def _spaced(text: str) -> Iterator[int]:
    return (match.end() for match in _SPACED.finditer(text))


def _short_cuts(text: str, reached: Mapping[int, int]) -> list[int]:
    """Breaks lost in a short line: what goes on the numbering above, a chapter's name, a date, 发文字号."""
    released = _RELEASED.match(text)
    chapter = _CHAPTER.match(text)
    if released or chapter:
        return [match.end() for match in (released, chapter) if match]
    signed = list(signature_cuts(text))
    if signed:
        return signed
    if opens_with_number(text):
        return list(head_parts(text))
    cuts: list[int] = []
    reached = advance(reached, text)
    for candidate in _candidates(text):
        label = candidate.label
        if candidate.ended and label.number > 1 and label.number == reached.get(label.rank, 0) + 1:
            cuts.append(label.start)
            reached = advance(reached, text[label.start :])
    return cuts


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
        before = text[max(0, match.start() - 8) : match.start()].rstrip(" \u3000")[-1:]
        if match.lastgroup == "digit" and before and (before.isdigit() or before in ".．-—/"):
            continue
        label = from_match(match)
        if before and label.rank == CHINESE and before in "第、，,十百千":
            continue
        yield _Candidate(label, before)


def _accepted(
    text: str, candidates: list[_Candidate], reached: Mapping[int, int], ahead: Label | None, *, lost: bool
) -> list[Label]:
    """Numberings that really begin a paragraph: in sequence, at a sentence's end or after a bare heading."""
    accepted: list[Label] = []
    last = advance(reached, text)  # the number reached of each rank, forgotten below a new heading
    running = dict(last)  # the same, never forgotten: （五） may go on under 三、
    followed = _followed([*candidates, _Candidate(ahead)] if ahead else candidates)
    pauses = [m.start() for m in _PAUSE.finditer(text)]
    pause = 0
    for position, candidate in enumerate(candidates):
        label = candidate.label
        while pause < len(pauses) and pauses[pause] < label.start:
            pause += 1
        goes_on = candidate.ended and label.number > 1 and label.number == last.get(label.rank, 0) + 1
        if label.rank >= CHINESE_BRACKET and not (lost or accepted or goes_on):
            continue
        since = accepted[-1].start if accepted else 0
        # 一、总体要求（一）指导思想: nothing but a bare heading since the last break.
        bare = bool(accepted) and label.start - since <= 60 and (pause == 0 or pauses[pause - 1] < since)
        bare = bare and (label.rank != ARTICLE or accepted[-1].rank < ARTICLE)
        bare = bare and text[label.start - 1] not in _REFERRED and not _REFERS.match(text, label.end)
        led = followed[position] and _led(text, candidates, position)
        if not (candidate.strong or bare or led or _opens_law(text, label)):
            continue
        if label.number == 1:
            if not followed[position] and not (bare and _runs_on(candidates, position)):
                continue
        elif label.number not in (last.get(label.rank, 0) + 1, running.get(label.rank, 0) + 1) and not (
            lost and _resumes(candidates, position, last.get(label.rank, 0))
        ):
            continue
        for rank in list(last):
            if rank > label.rank and rank != ARTICLE:
                del last[rank]
        last[label.rank] = running[label.rank] = label.number
        accepted.append(label)
    return accepted


def _runs_on(candidates: Sequence[_Candidate], position: int) -> bool:
    """Whether a numbering goes on below the next heading: 一、指导思想（一）…。二、工作目标（二）…"""
    rank = candidates[position].label.rank
    after = next((c for c in candidates[position + 1 : position + _NEAR] if c.label.rank == rank), None)
    return after is not None and after.label.number == 2


def _led(text: str, candidates: Sequence[_Candidate], position: int) -> bool:
    """Whether a first number runs on from a title or a lead-in: …专项实施方案一、前景与基础…。二、行动目标…

    What goes on from it, 二、, must stand at a sentence's end, and before anything that ranks above.
    """
    label = candidates[position].label
    if label.number != 1 or text[label.start - 1] in _REFERRED or _REFERS.match(text, label.end):
        return False
    after = next((c for c in candidates[position + 1 :] if c.strong and c.label.rank <= label.rank), None)
    return after is not None and after.ended and (after.label.rank, after.label.number) == (label.rank, 2)


def _resumes(candidates: Sequence[_Candidate], position: int, reached: int) -> bool:
    """Whether a numbering goes on after a gap: two neighbours of it stand at sentences' ends, above the number reached.

    第五条 was left out or mistyped, 第六条 and 第七条 are there.
    """
    label = candidates[position].label
    if not candidates[position].ended or label.number <= reached:
        return False
    for other in candidates[position + 1 :]:
        if other.label.rank == label.rank and other.ended:
            return other.label.number == label.number + 1
        if other.ended and other.label.rank < label.rank and label.rank != ARTICLE:
            return False
    return False


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
