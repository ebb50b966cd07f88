"""The few words of a sentence that answer a question at once: 22.3公里, 2026年9月19日, 市医保局."""

import re
from collections.abc import Sequence

from index.fold import fold, origins
from index.types import LikelySpan, Span
from rag.asked import Asked, asked

_NUM = r"[0-9]+(?:[.,][0-9]+)*[%‰]?|[〇零一二两三四五六七八九十百千万]{1,8}(?=[个项名人户家元分倍成次米亩条])"
_AMOUNT = re.compile(
    rf"(?P<n>{_NUM})(?P<unit>(?<![%‰])[多余]?[千万亿]?(?:人次|平方米|立方米|公里|公顷|工作日|个百分点|[\u4e00-\u9fff/%])?)"
)
_DATE = re.compile(
    r"(?:[0-9]{4}年)?[0-9]{1,2}月(?:[0-9]{1,2}日)?(?:[0-9]{1,2}时(?:[0-9]{1,2}分)?)?|[0-9]{4}年(?:底|前|内)?"
    r"|[0-9]{1,2}时(?:[0-9]{1,2}分)?|[0-9]+(?:\.[0-9]+)?(?:个)?(?:工作日|小时|日|天|年|个月|分钟)"
)
_ORGAN = re.compile(
    r"(?:[市县区省]|国家|中共)[\u4e00-\u9fff]{0,14}?(?:委员会|办公室|指挥部|人民政府|政府|集团|[局委办厅部院会])(?![\u4e00-\u9fff]{0,2}[局委办厅部院])"
)

_CHANGED = "调整|提高|提升|增加|增长|上调|下调|降低|下降|降|压缩|压减|减少|扩大|延长|缩短"
_BECAME = re.compile(rf"(?:{_CHANGED})(?:为|到|至)[\u4e00-\u9fff]{{0,3}}")
_FORMERLY = re.compile("原来|原先|以前|之前|此前|调整前")


_LIKELY = 0.2  # chance of a span that is believed
_WHOLE = 0.7  # of a sentence: a span so long tells nothing


def focus_span(question: str, sentence: str, read: Sequence[LikelySpan] = ()) -> Span | None:
    """Where in the sentence the answer itself stands; None where no words of it stand out.

    `read` are the spans of the sentence that a reranker took for the answer, likeliest first. Where it is not sure of
    one, a question for a number, time or organ is met by rule.
    """
    for start, end, chance in read:
        if chance >= _LIKELY and 0 <= start < end <= len(sentence) and end - start <= _WHOLE * len(sentence):
            return start, end
    return _by_rule(question, sentence)


def _by_rule(question: str, sentence: str) -> Span | None:
    """Of several, the first behind the last word of the question's focus; what the question says itself is no answer.

    Of a change it is what it came to: 由每台20万元调整为每台22万元.
    """
    wanted = asked(question)
    pattern = {"number": _AMOUNT, "when": _DATE, "who": _ORGAN}.get(wanted.kind)
    if pattern is None:
        return None
    folded, known = fold(sentence), fold(question)
    found = [match for match in pattern.finditer(folded) if _fits(match, wanted) and match.group() not in known]
    if not found:
        return None
    behind = _behind(folded, wanted.focus)
    chosen = next((match for match in found if match.start() >= behind), found[0])
    after = next((match for match in found if match.start() >= chosen.end()), None)
    if after and not _FORMERLY.search(known) and _changes(folded, chosen, after):
        chosen = after
    at = origins(sentence)
    return at[chosen.start()], at[chosen.end() - 1] + 1


def _changes(folded: str, before: re.Match[str], after: re.Match[str]) -> bool:
    """Whether one amount became the other: 由平均42张减少到13张, not 由市财政承担12万元、县区财政承担10万元."""
    led = re.search("[由从][\u4e00-\u9fff]{0,4}$", folded[: before.start()])
    return bool(led and _BECAME.fullmatch(folded, before.end(), after.start()))


def _fits(match: re.Match[str], wanted: Asked) -> bool:
    if wanted.kind != "number":
        return True
    unit = match["unit"] or ""
    if re.fullmatch("(?:19|20)[0-9]{2}", match["n"]) and unit == "年":
        return False
    if wanted.unit in ("", "个", "%", "点"):
        return unit not in ("年", "月", "日", "号")
    return unit.endswith("元") if wanted.unit.endswith("元") else unit.endswith(wanted.unit[:1])


def _behind(folded: str, focus: str) -> int:
    """The end of the longest stretch of the focus that stands in the sentence; 0 for none of two signs."""
    for length in range(len(focus), 1, -1):
        for start in range(len(focus) - length + 1):
            at = folded.find(focus[start : start + length])
            if at >= 0:
                return at + length
    return 0
