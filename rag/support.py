"""Does a passage bear a sentence that is not its own? Facts one by one, the rest clause by clause, by words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from index.fold import tokens
from rag.facts import OPPOSITES, absent, holds, names, normal, numbers, senses

_COVERED = 0.5  # of a sentence's pairs of characters must stand in its sources
_CLAUSE = 0.45  # of a clause's pairs, or as many of its characters
_HALF = 0.55  # the same of a clause's characters
_ELSEWHERE = 0.25  # how much nearer other words must be than those that carry the figure
_BEFORE, _NEAR = 4, 2  # characters before what is told again, where 不得 stands; fewer where that is told too
_ALIKE = 90  # of 100, for a sentence to be a source's with figures changed about
_LEAST = 4  # pairs of a clause that is looked at by itself
# 根据《…通知》， 按照规定， 2026年印发的文件明确： say where, not what.
_LEAD_IN = re.compile(
    "(?:根据|按照|依据|依照|据|在)?(?:《[^》]+》|[^,，《]{0,16}?(?:文件|通知|规定|办法|意见|方案|资料|报告|原文|决定|公报|规划|纲要|条例))"
    "(?:的?(?:规定|要求))?(?:中|里)?(?:还|也)?(?:明确|提出|规定|要求|指出|显示|强调|写明|提到)?"
)
_PARTS = re.compile("(?<![0-9])[,，]|[,，](?![0-9]{3})|[、:：。！？!?;；\n()（）]")
_CLAUSES = re.compile("(?<![0-9])[,，]|[,，](?![0-9]{3})|[:：]")
_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
# 由每台20万元调整为每台22万元
_CHANGE = re.compile(
    "[由从][\u4e00-\u9fff]{0,4}?(?P<old>[0-9][0-9.,]*[万亿]?[\u4e00-\u9fff%]{0,3}?)"
    "(?:调整|提高|提升|增加|增长|上调|下调|降低|下降|降|压缩|压减|减少|扩大|延长|缩短|修改|改)(?:为|到|至)"
    "[\u4e00-\u9fff]{0,3}?(?P<new>[0-9][0-9.,]*[万亿]?[\u4e00-\u9fff%]{0,2})"
)
_FORMERLY = re.compile("[由从原]|此前|以前|之前|过去|上年|去年|上一年")
_SENTENCES = re.compile("[。！？!?;；\n]")


_MEANING, _ELSE = "原文的意思", "数字所属的事项"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sentence says that its sources do not; `what` names it in Chinese, "" where all is borne."""

    what: str

    @property
    def borne(self) -> bool:
        """Whether the sources bear the sentence."""
        return not self.what


def support(sentence: str, sources: Sequence[str]) -> Finding:
    """Whether the sources together bear a sentence; the first thing they do not is named.

    Every number with its unit, document number, quoted span, organ, place and person must stand in them after folding
    (二〇二四 = 2024, 3.5亿 = 35000万); a clause must stand near words of one sentence of theirs, keep its polarity, and
    say its figures and names of the same thing; clauses that one sentence joins by commas must stand in one source.
    """
    if not sources or not sentence.strip():
        return Finding("出处")
    said, texts = normal(sentence), [normal(source) for source in sources]
    whole = "\n".join(texts)
    for what, missing in absent(said, whole):
        return Finding(f"{what}“{missing}”")
    if outdated := _outdated(said, whole):
        return Finding(outdated)
    pairs = _pairs(said)
    if pairs and len(pairs & _pairs(whole)) < _COVERED * len(pairs):
        return Finding(_MEANING)
    pieces = [[piece for piece in _SENTENCES.split(text) if piece.strip()] for text in texts]
    for told in _SENTENCES.split(said):
        if found := _unborne_sentence(_clauses(told), pieces):
            return Finding(found)
        if _misplaced(told, pieces):
            return Finding(_ELSE)
    return Finding("")


def _outdated(said: str, whole: str) -> str:
    """The figure of a sentence that its sources name only as what was changed; "" for none, or where 原 is said."""
    told, kept = numbers(said), numbers(_CHANGE.sub("", whole))
    if _FORMERLY.search(said):
        return ""
    for change in _CHANGE.finditer(whole):
        old, new = numbers(change["old"]), numbers(change["new"])
        if old & told and not old & kept and not new & told:
            return f"数字“{change['old']}”（已改为“{change['new']}”）"
    return ""


def _misplaced(told: str, pieces: Sequence[Sequence[str]]) -> bool:
    """Whether a sentence says nearly what a source says, with its figures in another order: 由9个减少到31个."""
    pattern, figures = _FIGURE.sub("#", told), _FIGURE.findall(told)
    for near in (piece for held in pieces for piece in held):
        blanked = _FIGURE.sub("#", near)
        found = fuzz.partial_ratio_alignment(pattern, blanked, score_cutoff=_ALIKE) if figures else None
        if found is None or len(pattern) > len(blanked) + 4:
            continue
        first = blanked.count("#", 0, found.dest_start)
        last = first + blanked.count("#", found.dest_start, found.dest_end)
        there = _FIGURE.findall(near)[first:last]
        if sorted(there) == sorted(figures):
            return there != figures
    return False


def _unborne_sentence(clauses: Sequence[str], pieces: Sequence[Sequence[str]]) -> str:
    """What is wrong with clauses that belong together; "" when one source bears all of them, or none is long."""
    findings: list[str] = []
    for held in pieces:
        wrong = [found for clause in clauses if (found := _unborne(clause, held))]
        if not wrong:
            return ""
        findings += wrong[:1]
    if len(pieces) > 1 and all(any(not _unborne(clause, held) for held in pieces) for clause in clauses):
        return "" if _beside(clauses) else "几处的话并成一句"
    return next((found for found in findings if found != _MEANING), _MEANING)


def _beside(clauses: Sequence[str]) -> bool:
    """Whether clauses set figures of one sort side by side: 2025年增长5.5%, 2026年目标为5%."""
    units = [{unit for _, unit in numbers(clause)} - {"年", "月", "日", ""} for clause in clauses]
    return len(clauses) > 1 and bool(frozenset.intersection(*map(frozenset, units)))


def _unborne(clause: str, pieces: Sequence[str]) -> str:
    """What is wrong with a clause against the sentence nearest to it; "" when nothing is."""
    pairs, parts = _pairs(clause), [part for piece in pieces for part in _PARTS.split(piece) if part.strip()]
    held = set().union(*map(numbers, pieces))
    if not all(holds(held, number) for number in numbers(clause)):
        return _ELSE
    if len(pairs) < _LEAST:
        words = _words(clause)
        return _MEANING if words and not words & frozenset().union(*map(_pairs, parts)) else _crossed(clause, parts)
    near = max(pieces, key=lambda piece: (len(pairs & _pairs(piece)), -len(piece)), default="")
    if not _told_in(clause, pairs, near):
        return _MEANING
    if senses(clause) != senses(_window(clause, near)):
        return "肯定与否定"
    window = _window(clause, near, beyond=2)
    for one, other in OPPOSITES:
        for said, told in ((one, other), (other, one)):
            if said in clause and said not in near and told in window and told not in clause:
                return f"“{said}”（原文为“{told}”）"
    return _crossed(clause, parts)


def _told_in(clause: str, pairs: frozenset[str], near: str) -> bool:
    if len(pairs & _pairs(near)) >= _CLAUSE * len(pairs):
        return True
    signs = set(re.sub(r"[\W_]", "", clause))
    return bool(signs) and len(signs & set(_window(clause, near))) >= _HALF * len(signs) and bool(numbers(clause))


def _window(clause: str, near: str, *, beyond: int = 0) -> str:
    """The stretch of a sentence that a clause tells again, with what stands before it in its part: 不得…."""
    found = fuzz.partial_ratio_alignment(clause, near)
    if found is None or len(clause) >= len(near):
        return near
    start = max((match.end() for match in _CLAUSES.finditer(near, 0, found.dest_start)), default=0)
    before = _NEAR if senses(clause) else _BEFORE
    return near[max(start, found.dest_start - before) : found.dest_end + beyond]


def _crossed(clause: str, parts: Sequence[str]) -> str:
    """What a clause says of another thing than its source does: a figure or a name that the words nearest to it lack,
    which have another of its sort, while it stands by other words."""
    for part in (part for part in _PARTS.split(clause) if part.strip()):
        if found := _figure_elsewhere(part, parts) or _name_elsewhere(part, parts):
            return found
    return ""


def _figure_elsewhere(part: str, parts: Sequence[str]) -> str:
    words, wanted = _words(part), numbers(part)
    if not words or not wanted:
        return ""
    share = {other: len(words & _pairs(other)) / len(words) for other in parts}
    top = max(parts, key=lambda other: share[other], default="")
    there = numbers(top)
    for number in wanted:
        others = {unit for _, unit in there - wanted}
        near = max((share[other] for other in parts if holds(numbers(other), number)), default=0.0)
        if number[1] in others and not holds(there, number) and near <= share[top] - _ELSEWHERE and share[top] >= 0.5:
            return _ELSE
    return ""


def _name_elsewhere(part: str, parts: Sequence[str]) -> str:
    said, words = names(part), _content(part)
    if len(words) < 2:
        return ""
    share = {other: len(words & _content(other)) / len(words) for other in parts}
    top = max(parts, key=lambda other: share[other], default="")
    for sort, mine in said.items():
        theirs = names(top)[sort] if top else frozenset()
        if share.get(top, 0.0) >= 0.6 and theirs - mine and mine and not any(name in top for name in mine):
            return f"{sort}所属的事项"
    return ""


def _words(part: str) -> frozenset[str]:
    return frozenset(pair for pair in _pairs(part) if not re.search("[0-9]", pair))


def _content(part: str) -> frozenset[str]:
    """The pairs of characters of a part but for its figures and names."""
    for found in names(part).values():
        for name in found:
            part = part.replace(name, "|")
    return _words(part)


def _clauses(said: str) -> list[str]:
    found = [clause.strip() for clause in _CLAUSES.split(said) if clause.strip()]
    return [clause for clause in found if not _LEAD_IN.fullmatch(clause)]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(token.term for token in tokens(text) if len(token.term) > 1 or token.term.isascii())
