"""The sentences of the evidence, each with the signs by which it may answer the question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

from index.fold import fold
from index.fold import terms as terms_of
from index.library import Library
from index.split import sentences
from index.types import Hit
from rag.asked import Asked, answers_kind, asked
from rag.points import announces, mark
from rag.question import topic, wants_list, years

READ = frozenset({"read", "unread", "told", "likely", "untold"})
_SURE = 8.0  # log odds, beyond which surer does not mean more
_HITS = 6  # whose sentences are looked at
_FUNCTION_WORDS = frozenset("的了在和与及对是于之其把被从到就也都而或中为")
_LAST_YEAR = re.compile("去年|上年|一年来|过去一年|过去的一年|工作回顾|全年")
_CUES = (
    "牵头",
    "负责",
    "主管",
    "责任",
    "解释",
    "配合",
    "电话",
    "地址",
    "条件",
    "材料",
    "标准",
    "期限",
    "禁止",
    "原因",
    "目标",
)
_AHEAD_ASKED = re.compile("目标|计划|要[^求]|力争|任务|预计|将|安排|打算|应当|须")
_DONE_ASKED = re.compile("[到了成过]了|实际|完成|了多少|结果|成绩|已经|是多少$")
_AHEAD = re.compile("力争|目标|以[上下]|左右|确保|计划|不少于|不低于|年底前|安排|预期|总体要求|重点工作|主要任务|今后")
_DONE = re.compile("回顾|成绩|增长|比上年|完成|累计|实现|取得|达到了|[共已]")
_DATED = re.compile(r"第?[0-9〇一二三四五六七八九十]+(?:年度?|月|日|次|届)?|\((?:试行|暂行|修订|草案)\)|[《》\s]")
_OLD_ASKED = re.compile("试行|暂行|原来|原先|旧|以前|上一版|修订前|调整前")
_GREETING = re.compile("^(?:同志们|各位|朋友们|谢谢|现将|特此|附件)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of the hit at `source`; `start:end` spans it in the passage's text. `signs`: name → value."""

    source: int
    start: int
    end: int
    text: str
    terms: frozenset[str]
    signs: Mapping[str, float]
    logit: float = 0.0

    @property
    def chance(self) -> float:
        """How likely the sentence belongs to the answer, in [0, 1]."""
        return 1 / (1 + exp(-self.logit))

    def judged(self, logit: float) -> "Candidate":
        """The same with its log odds."""
        return replace(self, logit=logit)


def asked_terms(question: str, library: Library) -> Mapping[str, float]:
    """The terms a question asks about with their rarity; pairs that hold a function word (去年的) say nothing."""
    rarity = library.rarity(topic(question))
    return {term: weight for term, weight in rarity.items() if not _FUNCTION_WORDS & set(term)}


def candidates(question: str, hits: Sequence[Hit], library: Library) -> list[Candidate]:
    """The sentences of the first hits in order, with their signs; [] without hits.

    words, context: share of the question's terms by rarity in the sentence, and what headings, title and date add;
    focus: the same of the words right before the asking word; rank: the hit's score over the first's; window, kind,
    colon: 1 or 0; passage: share of the terms in the passage around the sentence; year: 1 said, 0.5 spoken of, 0 not
    asked; otheryear: 1 where only others are spoken of; cue: 1 where a word of the question's office (牵头) stands;
    tense: 1 where an aim was asked for and an aim is told or a result and a result, -1 where crossed; newest: 1 in the
    newest document; place, code, name: share of those asked for that are missing; conflict: 1
    where another of their sort stands; announced, point: where several things are asked for, 1 for a sentence that
    announces points and for one of them; superseded: 1 where a later hit has the same title but for year and 试行, the
    other way round where the old one is asked for; share, first: beside the best.

    Where hits were read, READ too: read, unread: the reranker's log odds, and what the surest hit has more; told: the
    share of what it took for the answer in the passage that stands in the sentence; likely: that times the chance;
    untold: what the likeliest has more. A hit that was not read counts as the one of which the reranker is least sure.
    """
    wanted = asked(question)
    weights = asked_terms(question, library)
    focus = {term: weight for term, weight in weights.items() if term in wanted.focus}
    newest = max((hit.date for hit in hits[:_HITS]), default="")
    old = _superseded(question, wanted, hits[:_HITS])
    found = [
        replace(one, signs={**one.signs, "superseded": float(hit.passage.doc_id in old)})
        for source, hit in enumerate(hits[:_HITS])
        for one in _sentences(source, hit, hits[0].score, wanted, weights, focus, fold(question), library, newest)
    ]
    return _compared(found, hits)


def surroundings(hit: Hit) -> str:
    """A hit with its title, date and headings: what it is understood by."""
    year = f"{hit.date[:4]}年" if hit.date else ""
    return "\n".join([hit.title, year, *hit.passage.path, hit.passage.text])


def effective_years(hit: Hit, text: str) -> frozenset[str]:
    """The years that folded words of a hit speak of: those named in them, else in headings and title, else its date's.

    去年 in a document of 2026 speaks of 2025 too.
    """
    named = years(text)
    around = "\n".join([text, *hit.passage.path])
    last = int(hit.date[:4]) - 1 if hit.date and _LAST_YEAR.search(around) else 0
    if not named:
        named = years(fold("\n".join(hit.passage.path)))
        if not named and not last:
            named = years(fold(hit.title)) | ({hit.date[:4]} if hit.date else set())
    return named | ({str(last)} if last else set())


def _sentences(
    source: int,
    hit: Hit,
    top: float,
    wanted: Asked,
    weights: Mapping[str, float],
    focus: Mapping[str, float],
    question: str,
    library: Library,
    newest: str,
) -> list[Candidate]:
    passage = hit.passage
    above = "\n".join([hit.title, *passage.path, f"{hit.date[:4]}年" if hit.date else ""])
    lead = ""
    if re.match("[（(一二三四五六七八九十0-9]", passage.text):
        lead = library.document(passage.doc_id).text[max(0, passage.start - 60) : passage.start]
    context = fold(above + "\n" + lead)
    cues = [cue for cue in _CUES if cue in question]
    around = terms_of(above + "\n" + lead)
    whole = fold(passage.text) + "\n" + context
    held = terms_of(passage.text)
    listed = wants_list(question)
    result = []
    for start, end in sentences(passage.text):
        words = passage.text[start:end]
        folded = fold(words)
        terms = terms_of(words)
        at = passage.start + start
        signs = {
            "words": _share(weights, terms),
            "context": _share(weights, around - terms),
            "focus": _share(focus, terms | around),
            "rank": hit.score / top if top > 0 else 1.0,
            "window": float(bool(hit.window and hit.window[0] <= at and at + end - start <= hit.window[1])),
            "kind": float(answers_kind(wanted, folded, question)),
            "passage": _share(weights, held - terms),
            "year": max(_year(wanted, hit, folded, whole), 0.0),
            "otheryear": float(_year(wanted, hit, folded, whole) < 0),
            "cue": float(any(cue in folded for cue in cues)),
            "tense": _tense(question, folded, "".join(passage.path)),
            "newest": float(bool(hit.date) and hit.date == newest),
            "place": _missing(wanted.places, whole),
            "code": _missing(wanted.codes, folded + "\n" + context),
            "name": _missing(wanted.names, whole),
            "conflict": float(_conflict(wanted, folded)),
            "announced": float(listed and announces(words)),
            "point": float(listed and mark(words) is not None),
            "colon": float(words.endswith(("：", ":"))),
            "empty": float(_empty(words, hit)),
            "length": min(log(1 + len(words)) / 5, 1.2),
        }
        result.append(Candidate(source, start, end, words, terms, signs))
    return result


def _superseded(question: str, wanted: Asked, hits: Sequence[Hit]) -> frozenset[str]:
    """The ids of documents of which the hits hold a later version, or an earlier one where that is asked for.

    None where years are asked for: they say which.
    """
    dated: dict[str, dict[str, str]] = {}
    for hit in hits:
        if hit.date and not wanted.years:
            dated.setdefault(_DATED.sub("", fold(hit.title)), {})[hit.passage.doc_id] = hit.date
    right = min if _OLD_ASKED.search(question) else max
    return frozenset(
        document
        for versions in dated.values()
        if len(set(versions.values())) > 1
        for document, date in versions.items()
        if date != right(versions.values())
    )


def _compared(found: list[Candidate], hits: Sequence[Hit]) -> list[Candidate]:
    """The same with what each is beside the others, and with how surely its passage was read as answering."""
    reads = [max(-_SURE, min(_SURE, hit.signals["read"])) for hit in hits if "read" in hit.signals]
    surest = max(reads, default=0.0)
    result = []
    for one in found:
        signs = {**one.signs, "first": float(one.source == 0)}
        if reads:
            hit = hits[one.source]
            read = max(-_SURE, min(_SURE, hit.signals.get("read", min(reads))))
            told = _told(hit, hit.passage.start + one.start, hit.passage.start + one.end)
            signs |= {"read": read, "unread": surest - read, "told": told, "likely": told / (1 + exp(-read))}
        result.append(signs)
    most = max((signs["words"] for signs in result), default=0.0) or 1.0
    likeliest = max((signs.get("likely", 0.0) for signs in result), default=0.0)
    for signs in result:
        signs["share"] = signs["words"] / most
        if reads:
            signs["untold"] = likeliest - signs["likely"]
    return [replace(one, signs=signs) for one, signs in zip(found, result, strict=True)]


def _year(wanted: Asked, hit: Hit, folded: str, whole: str) -> float:
    if not wanted.years:
        return 0.0
    if wanted.years & years(folded):
        return 1.0
    named = effective_years(hit, folded)
    if wanted.years & named:
        return 0.5
    return 0.0 if wanted.years & years(whole) else -1.0


def _conflict(wanted: Asked, folded: str) -> bool:
    """Whether a sentence speaks of another of the same sort: 1号线 where 2号线 is asked for, 云溪县 for 望山县."""
    if any(name in folded for name in (*wanted.codes, *wanted.places)):
        return False
    if wanted.places and re.search("[\u4e00-\u9fff](?:县|新区|区)(?![域级间分])", folded):
        return True
    sorts = {re.sub(r"[0-9〇零一二三四五六七八九十]+", "", code) for code in wanted.codes} - {"", "第"}
    return any(
        re.search(f"[0-9一二三四五六七八九十]{re.escape(sort.lstrip('第'))}", folded) for sort in sorts if len(sort) < 3
    )


def _tense(question: str, folded: str, path: str) -> float:
    asked_ahead, asked_done = _AHEAD_ASKED.search(question), _DONE_ASKED.search(question)
    if bool(asked_ahead) == bool(asked_done):
        return 0.0
    ahead = bool(_AHEAD.search(path)) or (bool(_AHEAD.search(folded)) and not _DONE.search(path))
    told = 1.0 if ahead else -1.0
    return told if asked_ahead else -told


def _told(hit: Hit, start: int, end: int) -> float:
    """The share, by their chances, of what was read as the answer that stands between two offsets."""
    chances = [(chance, first < end and last > start) for first, last, chance in hit.answers]
    return sum(chance for chance, within in chances if within) / (sum(chance for chance, _ in chances) or 1.0)


def _missing(names: Sequence[str], text: str) -> float:
    return sum(name not in text for name in names) / len(names) if names else 0.0


def _share(weights: Mapping[str, float], terms: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / total if total else 0.0


def _empty(words: str, hit: Hit) -> bool:
    """Headings, greetings and signatures say nothing."""
    bare = words.rstrip("。：:！!")
    short = len(words) < 8 and not words.endswith("；")
    return short or bare in hit.passage.path or _GREETING.match(words) is not None
