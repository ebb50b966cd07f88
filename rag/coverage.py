"""What of a question its nearest passage leaves unsaid: the words that stand nowhere in it, the rarest first."""

import re
from collections.abc import Sequence

from index.fold import fold
from index.library import Library
from index.types import Hit
from rag.asked import answers_kind, asked
from rag.candidates import Candidate, surroundings
from rag.question import topic

_HAN = re.compile("[\u4e00-\u9fff]+")
_CLAUSE = re.compile("[,，;；:：。!?！？\n]")
_SMALL = frozenset("的了在和与及对是于之其把被从到就也都而或中为个这那有能会要不")
_OPPOSED = (
    ("最大", "最小"), ("最早", "最晚"), ("最高", "最低"), ("最多", "最少"), ("最长", "最短"), ("第一", "第二"),
    ("之前", "之后"), ("内", "外"), ("新", "旧"), ("早", "晚"),
    ("以前", "以后"), ("开始", "结束"), ("增加", "减少"), ("上升", "下降"), ("提高", "降低"), ("增长", "下降"),
    ("支持", "反对"), ("允许", "禁止"), ("成功", "失败"), ("以上", "以下"), ("上半年", "下半年"), ("城镇", "农村"),
    ("城市", "农村"), ("男", "女"), ("东", "西"), ("南", "北"), ("进口", "出口"), ("收入", "支出"), ("计划", "实际"),
    ("目标", "实际"), ("合格", "不合格"), ("公开", "保密"), ("国内", "国外"), ("优点", "缺点"), ("左", "右"),
)  # fmt: skip


def coverage(question: str, hits: Sequence[Hit], ranked: Sequence[Candidate], library: Library) -> dict[str, float]:
    """Name → value; {} without hits or candidates. `ranked` holds the candidates by falling chance.

    gap, gaps: the heaviest stretch of the question that stands nowhere in the passage of the best sentence, and all of
    them, as shares of the question's pairs of characters by rarity; gapnear: the same as `gap` in any of three hits;
    gapline: in the sentence with its headings; rarest: the rarest pair that its passage lacks; latin: share of words in
    Latin letters and numbers that it lacks; opposed: it says the opposite of a word of the question; clause: the
    best share of the pairs in two clauses in a row; clausetyped: those hold the answer's type; asked: pairs of the
    question, up to 12, as a share.
    """
    if not hits or not ranked:
        return {}
    best = ranked[0]
    folded, pairs = fold(question), _weighed(question, library)
    hit = hits[best.source]
    around, line = fold(surroundings(hit)), fold("\n".join([hit.title, *hit.passage.path, best.text]))
    near = fold("\n".join(surroundings(one) for one in hits[:3]))
    stretches = [_gaps(pairs, text) for text in (around, near, line)]
    clause, typed = _clauses(question, pairs, best)
    words = re.findall("[0-9a-z]+", fold(topic(question)))
    highest = max((weight for _, _, weight in pairs), default=1.0) or 1.0
    return {
        "gap": max(stretches[0], default=0.0),
        "gaps": sum(stretches[0]),
        "gapnear": max(stretches[1], default=0.0),
        "gapline": max(stretches[2], default=0.0),
        "rarest": max((weight for _, pair, weight in pairs if pair not in around), default=0.0) / highest,
        "latin": sum(word not in around for word in words) / len(words) if words else 0.0,
        "opposed": float(_opposed(folded, line, around)),
        "clause": clause,
        "clausetyped": typed,
        "asked": min(len(pairs), 12) / 12,
    }


def _weighed(question: str, library: Library) -> list[tuple[int, str, float]]:
    """The question's pairs of characters, without what only asks: (place, pair, rarity). Pairs with 的 count little."""
    words = topic(question)
    rarity = library.rarity(words)
    found, at = [], 0
    for run in _HAN.finditer(fold(words)):
        at += 2  # a run's pairs are no neighbours of the last's
        for i in range(len(run[0]) - 1):
            pair = run[0][i : i + 2]
            weight = rarity.get(pair, 0.0) * (0.3 if _SMALL & set(pair) else 1.0)
            found.append((at, pair, weight))
            at += 1
    return found


def _gaps(pairs: Sequence[tuple[int, str, float]], text: str) -> list[float]:
    """The weights of the stretches of pairs in a row that a text lacks, as shares of all."""
    total = sum(weight for _, _, weight in pairs) or 1.0
    stretches: list[float] = []
    last = -9
    for at, pair, weight in pairs:
        if pair in text:
            continue
        if at == last + 1:
            stretches[-1] += weight / total
        else:
            stretches.append(weight / total)
        last = at
    return stretches


def _opposed(question: str, line: str, around: str) -> bool:
    return any(
        said in question and said not in around and other in line and other not in question
        for pair in _OPPOSED
        for said, other in (pair, pair[::-1])
    )


def _clauses(question: str, pairs: Sequence[tuple[int, str, float]], best: Candidate) -> tuple[float, float]:
    """Of two clauses in a row of the best sentence: the best share of the pairs, and whether they hold the answer's
    type."""
    total = sum(weight for _, _, weight in pairs) or 1.0
    clauses = [clause for clause in _CLAUSE.split(fold(best.text)) if clause.strip()]
    windows = ["，".join(clauses[at : at + 2]) for at in range(max(1, len(clauses) - 1))] if clauses else [""]
    shares = [sum(weight for _, pair, weight in pairs if pair in window) / total for window in windows]
    top = max(range(len(windows)), key=shares.__getitem__)
    return shares[top], float(answers_kind(asked(question), windows[top], fold(question)))
