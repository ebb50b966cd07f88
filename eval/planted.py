"""Sentences to be verified: ones of documents changed in one fact, and the same told otherwise but truly."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

from index.library import Library
from index.split import sentences
from index.types import Hit

# What official documents say in either form; both sides tell the same.
_SYNONYMS = (
    ("应当", "应"), ("并且", "并"), ("以及", "和"), ("达到", "达"), ("共计", "合计"), ("力争", "争取"),
    ("以内", "之内"), ("按照", "依照"), ("依据", "根据"), ("采取", "采用"), ("加快", "加速"),
    ("完善", "健全"), ("目前", "当前"),
    ("因此", "因而"), ("如果", "如"), ("符合", "满足"), ("给予", "予以"), ("有关", "相关"), ("比上年", "较上年"),
    ("超过", "多于"), ("不少于", "不低于"), ("严禁", "禁止"), ("不得", "不准"), ("无需", "不需要"), ("会同", "联合"),
    ("推动", "推进"), ("提升", "提高"), ("每年", "每一年"), ("已经", "已"), ("其他", "其它"), ("立即", "马上"),
    ("用于", "用来"), ("截至", "到"), ("近年来", "最近几年"), ("及时", "尽早"), ("增长", "增加"), ("下降", "降低"),
)  # fmt: skip
_FLIPS = (
    ("不得", "可以"), ("不应", "应"), ("不再", "继续"), ("不予", "予以"), ("不超过", "超过"), ("不低于", "低于"),
    ("应当", "不得"), ("增长", "下降"), ("提高", "降低"), ("增加", "减少"), ("禁止", "允许"), ("严禁", "允许"),
    ("下降", "上升"), ("扩大", "缩小"), ("以上", "以下"), ("可以", "不可以"), ("必须", "不必"), ("已经", "没有"),
    ("未经", "经"), ("无需", "需要"), ("加强", "放松"), ("完成", "没有完成"), ("实现", "未能实现"), ("有权", "无权"),
)  # fmt: skip
_SHI = (
    "财政 教育 民政 公安 住建 交通运输 卫生健康 市场监管 农业农村 生态环境 应急管理 人社 医保 审计 统计 体育 林业 信访"
)
_NAMES = (
    (re.compile("市(?:" + "|".join(_SHI.split()) + ")局"), [f"市{one}局" for one in _SHI.split()]),
    (
        re.compile("云溪县|望山县|临湖区|南塘区|河口新区"),
        ["云溪县", "望山县", "临湖区", "南塘区", "河口新区", "松原县"],
    ),
    (
        re.compile("市(?:委组织部|委宣传部|委编办|纪委监委|发展改革委|发改委)"),
        ["市委组织部", "市委宣传部", "市纪委监委", "市发展改革委", "市国资委", "市科协"],
    ),
    (
        re.compile("(?:国务院|财政部|教育部|国家发展改革委|最高人民法院|最高人民检察院|公安部|商务部)"),
        ["国务院", "财政部", "教育部", "国家发展改革委", "最高人民法院", "公安部", "商务部", "水利部"],
    ),
)
_QUOTES = (
    "坚持以人民为中心推进各项改革",
    "把每一件小事办成大事",
    "开弓没有回头箭",
    "一把手负总责",
    "谁审批谁监管",
    "宁可备而不用",
)
_FIGURE = re.compile(r"(?<![0-9.,〔\[（(])[0-9]+(?:\.[0-9]+)?(?![0-9.]|[、〕\])）]|年(?!来|内|以))")
_HAN = "〇一二三四五六七八九"
_CONDITION = re.compile("除|但|如|若|未|非|不|经|对|在|按|依|根据|为|关于|凡|因|由于|即使|虽|当")


@dataclass(frozen=True, slots=True)
class Planted:
    """A sentence that claims `sources`, positions in `evidence`; `true` tells whether they bear it, `kind` its making.

    `told` is the sentence of the document that it was made from.
    """

    kind: str
    text: str
    sources: tuple[int, ...]
    evidence: tuple[Hit, ...]
    true: bool
    told: str


@dataclass(frozen=True, slots=True)
class _Fact:
    text: str
    hit: Hit


def plant(library: Library, *, count: int = 50, seed: int) -> list[Planted]:
    """At most `count` sentences of each kind from the library's documents, by kind; the same for the same seed."""
    rng = Random(seed)
    facts = [one for one in _facts(library) if 14 <= len(one.text) <= 120]
    rng.shuffle(facts)
    makers: dict[str, tuple[bool, Callable[[_Fact], str]]] = {
        "number": (False, lambda fact: _number(fact.text, rng)),
        "exchanged": (False, lambda fact: _exchanged(fact.text, rng)),
        "year": (False, lambda fact: _year(fact.text, rng)),
        "name": (False, lambda fact: _name(fact.text, rng)),
        "negation": (False, lambda fact: _flip(fact.text, rng)),
        "quotation": (False, lambda fact: f"文件指出“{rng.choice(_QUOTES)}”，{fact.text}"),
        "reworded": (True, lambda fact: _reworded(fact.text, rng)),
        "figures": (True, lambda fact: _figures(fact.text)),
        "shortened": (True, lambda fact: _shortened(fact.text)),
        "attributed": (True, lambda fact: _attributed(fact, rng)),
    }
    made: dict[str, list[Planted]] = {}
    for at, fact in enumerate(facts):
        evidence = (fact.hit, facts[(at + 1) % len(facts)].hit, facts[(at + 2) % len(facts)].hit)
        for kind, (true, make) in makers.items():
            if len(made.setdefault(kind, [])) == count:
                continue
            text = make(fact)
            if text and text not in fact.hit.passage.text:
                made[kind].append(Planted(kind, text, (0,), evidence, true, fact.text))
    made["citation"] = _elsewhere(facts, count)
    made["merged"] = _merged(facts, count)
    return [
        one
        for kind in sorted(made, key=lambda kind: (made[kind][:1] and made[kind][0].true, kind))
        for one in made[kind]
    ]


def _facts(library: Library) -> list[_Fact]:
    found = []
    for document in sorted(library.documents(), key=lambda one: one.id):
        for passage in library.passages(document.id):
            hit = Hit(passage, 1.0, document.title, date=document.meta.get("date", ""))
            found += [_Fact(passage.text[start:end], hit) for start, end in sentences(passage.text)]
    return found


def _number(text: str, rng: Random) -> str:
    """The text with one of its figures changed by a little or much, numbering left out; "" without figures."""
    found = [match for match in _FIGURE.finditer(text) if match.start() > 2]
    if not found:
        return ""
    one = rng.choice(found)
    value = one[0]
    if "." in value:
        places = len(value.partition(".")[2])
        changed = f"{float(value) + rng.choice((-1, 1)) * rng.randint(1, 30) / 10**places:.{places}f}"
        changed = changed if float(changed) > 0 and changed != value else f"{float(value) + 1.7:.{places}f}"
    else:
        changed = str(int(value) + rng.choice((1, 2, 3, 10, 100)))
    return text[: one.start()] + changed + text[one.end() :]


def _exchanged(text: str, rng: Random) -> str:
    """The text with two of its figures, that count the same, exchanged; "" without two."""
    found = list(re.finditer(r"(?<![0-9.])(?P<n>[0-9]+(?:\.[0-9]+)?)(?P<u>%|万元|亿元|[个户人所公])", text))
    pairs = [(a, b) for a, b in combinations(found, 2) if a["u"] == b["u"] and a["n"] != b["n"]]
    if not pairs:
        return ""
    a, b = rng.choice(pairs)
    return text[: a.start()] + b["n"] + text[a.end("n") : b.start()] + a["n"] + text[b.end("n") :]


def _year(text: str, rng: Random) -> str:
    found = list(re.finditer("(?:19|20)[0-9]{2}(?=年)", text))
    if not found:
        return ""
    one = rng.choice(found)
    return text[: one.start()] + str(int(one[0]) + rng.choice((-3, -1, 1, 4))) + text[one.end() :]


def _name(text: str, rng: Random) -> str:
    """The text with an organ or a place exchanged for another that the same region has; "" where it names none."""
    found = [(match, others) for pattern, others in _NAMES for match in pattern.finditer(text)]
    if not found:
        return ""
    one, others = rng.choice(found)
    return text[: one.start()] + rng.choice([other for other in others if other not in text]) + text[one.end() :]


def _flip(text: str, rng: Random) -> str:
    found = [(one, other) for one, other in _FLIPS if one in text]
    # 不超过 holds 超过, and 应当 stands in 不应当
    found = [(one, other) for one, other in found if f"不{one}" not in text and f"没有{one}" not in text]
    if not found:
        return ""
    return text.replace(*rng.choice(found), 1)


def _reworded(text: str, rng: Random) -> str:
    """One to three words replaced by others that mean the same; "" where it has none of them."""
    open_words = re.sub("“[^”]*”|《[^》]*》", "", text)
    pairs = [(one, other) for one, other in _SYNONYMS if one in open_words and f"不{one}" not in text]
    told = text
    for one, other in rng.sample(pairs, min(3, len(pairs))):
        told = told.replace(one, other, 1)
    return told if told != text else ""


def _figures(text: str) -> str:
    """Years in Han, amounts in another magnitude, percentages in words; "" where nothing is to be told so."""
    told = re.sub(
        r"(?<![0-9.])([0-9]+\.[0-9]{1,2})亿(?=元)", lambda m: f"{round(float(m[1]) * 10000)}万", text, count=1
    )
    told = re.sub(r"(?<![0-9.])([0-9]{2,3})00万(?=元|人)", lambda m: f"{int(m[1]) / 100:g}亿", told, count=1)
    told = re.sub(
        "(?<![0-9])((?:19|20)[0-9]{2})(?=年)", lambda m: m[1].translate(str.maketrans("0123456789", _HAN)), told
    )
    told = re.sub(r"(?<![0-9.])([1-9])(?=[个项名户家](?![0-9]))", lambda m: _HAN[int(m[1])], told)
    return told if told != text else ""


def _shortened(text: str) -> str:
    """The sentence without its last clause or what stands in brackets; "" where that may change what it says."""
    bare = re.sub("（[^（）]{2,20}）", "", text)
    if bare != text and len(bare) > 12:
        return bare
    clauses = text.rstrip("。；").split("，")
    if len(clauses) < 3 or any(_CONDITION.search(clause) for clause in clauses) or re.search("[“”：]", text):
        return ""
    return "，".join([*clauses[:-2], clauses[-1]]) + "。" if len(clauses[0]) > 5 else ""


def _attributed(fact: _Fact, rng: Random) -> str:
    title, date = fact.hit.title, fact.hit.date
    forms = [f"根据《{title}》，{fact.text}", f"《{title}》提出，{fact.text}", f"按照规定，{fact.text}"]
    if date:
        forms.append(f"{date[:4]}年印发的文件明确，{fact.text}")
    return rng.choice(forms)


def _elsewhere(facts: Sequence[_Fact], count: int) -> list[Planted]:
    """Right sentences that claim a passage which does not hold them, while the right one is there too."""
    made = []
    for one, other in zip(facts, facts[len(facts) // 2 :], strict=False):
        if one.text[:12] not in other.hit.passage.text and one.hit.passage.id != other.hit.passage.id:
            made.append(Planted("citation", one.text, (1,), (one.hit, other.hit), False, one.text))
    return made[:count]


def _merged(facts: Sequence[_Fact], count: int) -> list[Planted]:
    """The beginning of one sentence with the figure of another; both passages are claimed, each holds one half."""
    figured = [one for one in facts if "，" in one.text and re.search("[0-9]", one.text.rsplit("，", 1)[1])]
    made = []
    for one, other in zip(facts, figured, strict=False):
        head, tail = one.text.split("，", 1)[0], other.text.rsplit("，", 1)[1]
        text = f"{head}，{tail}"
        if "，" not in one.text or len(head) < 6 or len(tail) < 6 or one.hit.passage.id == other.hit.passage.id:
            continue
        if text not in one.hit.passage.text + other.hit.passage.text:
            made.append(Planted("merged", text, (0, 1), (one.hit, other.hit), False, f"{one.text}｜{other.text}"))
    return made[:count]
