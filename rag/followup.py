"""Follow-up questions in full: 那2025年呢？ after 2024年改造了多少小区？ asks 2025年改造了多少小区？"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.fold import fold
from rag.asked import asked
from rag.question import topic, years
from rag.types import Answer, Statement

_ELLIPSIS = re.compile(r"^(?:那么|那|还有|至于)?[，,]?(?P<new>.{1,24}?)(?:又)?呢[？?。]?$")
_LEADING = re.compile("^(?:那么|那|还有|至于)[，,]?(?![些个里])")
_POINTING = re.compile(
    "^(?:那|这|它|他|她|其|该|上述|此|还|再|又|继续|展开|详细|具体|为什么|通过之后|之后|然后|后来|当时)"
)
_PRONOUN = re.compile(
    "它们?的?|他们?的?|其(?!中|他|它|余|实|次)|该(?![不当项由])|这(?!些|样|里|几|个?吗)个?|那个|那些|这些|上述|此(?=项|事|件)"
)
_DOES = re.compile("[由是有在能会要将已应须何为怎如多什]")  # 它由谁负担 but 其牵头单位
_POINT = re.compile(r"第(?P<n>[一二三四五六七八九十0-9]+)(?:点|条|项|个方面|方面|个)")
_YEAR = re.compile("(?:19|20)[0-9]{2}年(?:度)?")
_NUMERALS = {n: i for i, n in enumerate("一二三四五六七八九十", start=1)}
_LINE = re.compile(r"[0-9]+号线|第[一二三四五六七八九十0-9]+届")
_AGE = re.compile("[0-9]{1,3}(?:多)?岁|[一二三四五六七八九十]+(?:多)?岁")
_DEGREE = re.compile("博士|硕士|本科|大专|高级技师")
_PLACE = re.compile("[\u4e00-\u9fff]{2}(?:县|新区|区|市)")
_MARKS = re.compile(r"(?:\[[0-9]{1,3}\])+$")
_REMEMBERED = 8  # turns back to which a follow-up may lead
_SWAPS = (_YEAR, _LINE, _AGE, _DEGREE, _PLACE)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, with its answer where there was one."""

    question: str
    answer: Answer | None = None


def turn(question: str, said: str, *, asked: str = "") -> Turn:
    """A turn from what was shown of it: `said` an answer's text, a statement a line, with its markers."""
    lines = (_MARKS.sub("", line.strip()) for line in said.splitlines())
    statements = tuple(Statement(line, (), "supported") for line in lines if line)
    return Turn(question, Answer(question, statements, (), (), abstained=not statements, asked=asked))


def in_full(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked alone; unchanged without history or when it stands by itself.

    By rule: 呢 exchanges one element of the earlier question, a pronoun takes its topic, 第二点 the second thing
    that was answered, a bare question is put below the earlier topic.
    """
    last: Turn | None = None
    for one in (*history[-_REMEMBERED:], Turn(question)):
        known = one.answer.asked if one.answer else ""
        last = Turn(known or (_after(last, one.question) if last else one.question), one.answer)
        question = last.question
    return question


def _after(last: Turn, question: str) -> str:
    """A question in full that follows one turn, whose own question is in full."""
    before = last.question
    if match := _POINT.search(question):
        point = _point(match["n"], last.answer)
        if point and re.search("展开|详细|具体|说说|介绍", question):
            return f"{point}的具体内容"
    if match := _ELLIPSIS.match(question.strip()):
        return _exchanged(before, match["new"])
    if not _needs_topic(question, before):
        return question
    subject = _subject(_YEAR.sub("", before) if years(fold(question)) else before)
    pointing = _PRONOUN.search(question)
    told = f"{question[: pointing.start()]}{subject}{question[pointing.end() :]}" if pointing else ""
    if pointing and (pointing[0].endswith("的") or not _DOES.match(question, pointing.end())):
        told = f"{question[: pointing.start()]}{subject}的{question[pointing.end() :]}"
    if told and not re.search("[那这]些", question):
        return told.replace("的的", "的")
    return f"{subject}，{_LEADING.sub('', question)}"


def _exchanged(before: str, new: str) -> str:
    """The earlier question with the element that `new` stands against put in its place."""
    new = re.sub("的$", "", new)
    for pattern in _SWAPS:
        if pattern.search(new) and pattern.search(before):
            return pattern.sub(new, before, count=1)
    subject = re.split("的|有|是", before, maxsplit=1)
    return (
        f"{new}的{subject[1]}"
        if len(subject) == 2 and len(subject[1]) > 3 and len(subject[0]) < 8
        else f"{before.rstrip('？?。')}，{new}"
    )


def _needs_topic(question: str, before: str) -> bool:
    """Whether a question leans on the one before: it points back, or names little of its own."""
    if not re.search("[\u4e00-\u9fff]", question):
        return False
    if _PRONOUN.search(question) or _POINTING.match(question):
        return True
    named = asked(question)
    if named.names or named.places or "》" in question:
        return False
    own = re.sub("[^\u4e00-\u9fffA-Za-z0-9]", "", _YEAR.sub("", topic(question)))
    if len(own) >= 6 and fold(own) in fold(topic(before)):
        return False  # it names again what the earlier one was about
    shared = set(fold(own)) & set(fold(topic(before)))
    return len(own) <= 12 or (bool(shared) and len(own) <= 10)


def _subject(before: str) -> str:
    """What the earlier question was about: its topic without years that are asked for and asking words."""
    about = re.sub("几[点号月日天]到?|哪天|哪[一]?年|每天|现在", "", topic(before)).replace(" ", "")
    return re.sub("(?:[的在是有])+$", "", about)


def _point(numeral: str, answer: Answer | None) -> str:
    """The words of the n-th statement that was answered, "" when there was none."""
    if answer is None:
        return ""
    n = int(numeral) if numeral.isdecimal() else _NUMERALS.get(numeral, 0)
    points = [s.text for s in answer.statements if not s.text.rstrip().endswith(("：", ":"))]
    if not 1 <= n <= len(points):
        return ""
    first = re.split(
        "[，,。；;：:]",
        re.sub(r"^(?:[（(]?[一二三四五六七八九十0-9]+[）)、.．]|[一二三四五六七八九十]是)", "", points[n - 1]),
    )[0]
    return first[:30]
