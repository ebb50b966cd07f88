"""Planted hallucinations: sentences of documents changed in one fact, and the same told otherwise but truly."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.library import Library
from index.split import sentences
from rag.support import support

_FLIPS = (
    ("不得", "可以"), ("应当", "不得"), ("增长", "下降"), ("提高", "降低"), ("增加", "减少"), ("不低于", "不超过"),
    ("不少于", "不超过"), ("以上", "以下"), ("禁止", "允许"), ("下降", "上升"), ("扩大", "缩小"),
)  # fmt: skip
_ORGAN = re.compile(
    "市(?:财政|教育|民政|公安|住建|交通运输|卫生健康|市场监管|农业农村|生态环境|应急管理|人社|医保|政数)局"
)
_ORGANS = ("市审计局", "市统计局", "市体育局", "市林业局", "市信访局")
_QUOTES = ("坚持以人民为中心推进各项改革", "把每一件小事办成大事", "开弓没有回头箭")
_WORDS = (
    ("应当", "应"), ("并且", "并"), ("以及", "和"), ("进行", "开展"), ("负责", "承担"), ("达到", "达"),
    ("共计", "合计"),
    ("力争", "争取"), ("，其中", "，其中包括"), ("可以", "可"), ("全部", "均"), ("以内", "之内"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """A sentence to be verified against `source`; `kind` tells how it was made, `true` whether it is borne."""

    kind: str
    text: str
    source: str
    true: bool


def plant(library: Library, *, count: int = 60, seed: int = 20261123) -> list[Planted]:
    """At most `count` sentences of each kind, from the library's documents; the same for the same seed."""
    rng = random.Random(seed)
    facts = [(text, passage) for text, passage in _sentences(library) if 14 <= len(text) <= 120]
    rng.shuffle(facts)
    made: dict[str, list[Planted]] = {}
    makers: dict[str, Callable[[str, str], str]] = {
        "number": lambda text, _: _number(text, rng),
        "year": lambda text, _: _year(text, rng),
        "name": lambda text, _: _ORGAN.sub(lambda _m: rng.choice(_ORGANS), text, count=1),
        "negation": lambda text, _: _flip(text),
        "quote": lambda text, _: f"文件指出“{rng.choice(_QUOTES)}”，{text}",
    }
    for text, passage in facts:
        for kind, make in makers.items():
            changed = make(text, passage)
            if changed != text and changed not in passage and len(made.setdefault(kind, [])) < count:
                made[kind].append(Planted(kind, changed, passage, true=False))
        told = _told_otherwise(text)
        if told != text and len(made.setdefault("paraphrase", [])) < 3 * count:
            made["paraphrase"].append(Planted("paraphrase", told, passage, true=True))
    made["citation"] = _elsewhere(facts, count)
    made["merged"] = _merged(facts, count)
    return [one for kind in sorted(made) for one in made[kind]]


def caught(planted: Sequence[Planted]) -> dict[str, tuple[int, int]]:
    """Kind → how many were flagged as not borne by their source, of how many."""
    result: dict[str, tuple[int, int]] = {}
    for one in planted:
        flagged, of = result.get(one.kind, (0, 0))
        result[one.kind] = flagged + (not support(one.text, [one.source]).borne), of + 1
    return result


def _sentences(library: Library) -> Iterator[tuple[str, str]]:
    for document in sorted(library.documents(), key=lambda d: d.id):
        for passage in library.passages(document.id):
            for start, end in sentences(passage.text):
                yield passage.text[start:end], passage.text


def _number(text: str, rng: random.Random) -> str:
    """The text with one of its figures changed, years and numbering left out."""
    found = [m for m in re.finditer(r"(?<![0-9.])[0-9]+(?:\.[0-9]+)?(?![0-9]*年|[0-9.、〕])", text) if m.start() > 2]
    if not found:
        return text
    one = rng.choice(found)
    value = one[0]
    changed = (
        f"{float(value) + rng.choice((0.3, 1.7, 2.4)):.1f}" if "." in value else str(int(value) + rng.randint(1, 9))
    )
    return text[: one.start()] + changed + text[one.end() :]


def _year(text: str, rng: random.Random) -> str:
    return re.sub("20[0-9]{2}(?=年)", lambda m: str(int(m[0]) + rng.choice((-3, 4, 5))), text, count=1)


def _flip(text: str) -> str:
    for one, other in _FLIPS:
        if one in text:
            return text.replace(one, other, 1)
    return text


def _told_otherwise(text: str) -> str:
    """The same said in other words: a lead in, other function words, Han year, the amount in another magnitude."""
    told = text
    for one, other in _WORDS:
        told = told.replace(one, other, 1)
    told = re.sub(r"([0-9]+\.[0-9])亿元", lambda m: f"{float(m[1]) * 10000:.0f}万元", told, count=1)
    told = re.sub(
        "20[0-9]{2}(?=年)", lambda m: m[0].translate(str.maketrans("0123456789", "〇一二三四五六七八九")), told, count=1
    )
    return told if told != text else f"按照规定，{text}"


def _elsewhere(facts: Sequence[tuple[str, str]], count: int) -> list[Planted]:
    """Right sentences cited to a passage that does not hold them."""
    pairs = zip(facts, facts[len(facts) // 2 :], strict=False)
    return [Planted("citation", a, other, true=False) for (a, _), (_, other) in pairs if a not in other][:count]


def _merged(facts: Sequence[tuple[str, str]], count: int) -> list[Planted]:
    """The subject of one sentence with the end of another, both in the source."""
    made = []
    for (a, source_a), (b, source_b) in pairwise(facts):
        heads, tails = a.split("，", 1), b.rsplit("，", 1)
        if len(heads) == 2 and len(tails) == 2 and re.search("[0-9]", tails[1]) and len(heads[0]) > 5:
            text = f"{heads[0]}{tails[1]}"
            if text not in source_a + source_b:
                made.append(Planted("merged", text, f"{source_a}\n{source_b}", true=False))
    return made[:count]
