"""What the bundled reranker is taught: questions with a passage that answers them, and with ones that only seem to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from eval.cases import CaseSet
from index.bundled_reranker import PIECE, densest, heading, plain

TWINS = Path(__file__).parent / "sets" / "written" / "twins.jsonl"
NEAR = 4  # passages of a question that share most pairs of characters with it and do not answer it
_LOOKED_AT = 30
_SHORTEST = 90  # characters of a piece that may be cut closer to the answer
_LONG = 340  # characters of a passage whose other end is told apart from the answer's
_TITLED = 0.7  # of the pieces stand below their title
_MISPLACED = 0.5  # of those whose question names it stand below another one too
_NAMED = 2  # pairs of characters


@dataclass(frozen=True, slots=True)
class Text:
    """A passage below its title, both folded."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question, the passage that answers it, where its words stand there, and passages that do not answer.

    `unanswered` are questions that look as if the passage answered them.
    """

    question: str
    passage: Text
    answer: tuple[int, int] | None
    others: tuple[Text, ...]
    unanswered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Question and piece of a passage; `answer` spans its short answer; all compete with the group's first."""

    question: str
    text: str
    answer: tuple[int, int] | None
    bears: bool


def twins() -> dict[str, str]:
    """Id of a question → one that differs from it by a word or two, which its passage does not answer."""
    rows = (json.loads(line) for line in TWINS.read_text(encoding="utf-8").splitlines())
    return {row["query"]: row["twin"] for row in rows}


def lessons(cases: CaseSet, twins: Mapping[str, str]) -> list[Lesson]:
    """The lessons of a BEIR set: one for each question with gold. Unanswerable ones go to the passage they are near."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    held = [(source, unit) for source in cases.sources.values() for unit in source.units]
    place = {unit.id: at for at, (_, unit) in enumerate(held)}
    texts = [Text(plain(source.title), plain(source.text[unit.start : unit.end])) for source, unit in held]
    pairs = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True)
    passages = pairs.fit_transform([text.title + text.text for text in texts])
    unanswered: dict[str, list[str]] = {}
    for case in cases.cases:
        if case.near and not case.answerable:
            unanswered.setdefault(case.near, []).append(plain(case.question))
        elif case.id in twins and case.evidence:
            unanswered.setdefault(case.evidence[0].unit, []).append(plain(twins[case.id]))
    made = []
    for case in (one for one in cases.cases if one.evidence):
        gold = {place[e.unit] for e in case.evidence}
        first = min(gold)
        answers = [plain(answer) for answer in case.answers if answer]
        shared = (pairs.transform([plain(case.question)]) @ passages.T).toarray()[0]
        likest = [i for i in np.argsort(-shared)[:_LOOKED_AT] if i not in gold]
        others = [texts[i] for i in likest if not any(answer in texts[i].text for answer in answers)]
        at = next(((s, s + len(a)) for a in answers if (s := texts[first].text.find(a)) >= 0), None)
        near = unanswered.get(held[first][1].id, [])
        made.append(Lesson(plain(case.question), texts[first], at, tuple(others[:NEAR]), tuple(near)))
    return made


def pairs_of(lesson: Lesson, rng: Random) -> list[Pair]:
    """The pairs of one lesson, another piece and other rivals each time. The first bears the answer."""
    titled = rng.random() < _TITLED
    head = heading(lesson.passage.title) if titled else ""
    text, answer = _piece(lesson, rng)
    span = (answer[0] + len(head), answer[1] + len(head)) if answer else None
    pairs = [Pair(lesson.question, head + text, span, bears=True)]
    others = [(one.title, one.text) for one in rng.sample(lesson.others, min(2, len(lesson.others)))]
    elsewhere = _elsewhere(lesson)
    if elsewhere and rng.random() < 0.5:
        others = [*others[:1], (lesson.passage.title, elsewhere)]
    near = rng.sample(lesson.unanswered, min(2, len(lesson.unanswered)))
    for title, other in others[: 1 if near else 2]:
        start = densest(other, lesson.question)
        piece = (heading(title) if titled else "") + other[start : start + PIECE]
        pairs.append(Pair(lesson.question, piece, None, bears=False))
    if titled and others and _needs_title(lesson, text) and rng.random() < _MISPLACED:
        pairs.append(Pair(lesson.question, heading(others[0][0]) + text, None, bears=False))
    return [*pairs, *(Pair(asked, head + text, None, bears=False) for asked in near)]


def _needs_title(lesson: Lesson, text: str) -> bool:
    """Whether the question names two pairs of characters of the title, or more, that the piece does not."""
    title = lesson.passage.title
    named = {title[i : i + 2] for i in range(len(title) - 1)}
    return sum(pair in lesson.question and pair not in text for pair in named) >= _NAMED


def _piece(lesson: Lesson, rng: Random) -> tuple[str, tuple[int, int] | None]:
    """A piece of the passage with the answer in it, and where; a quarter of them are hardly longer than the answer."""
    text, answer = lesson.passage.text, lesson.answer
    if answer is None:
        start = densest(text, lesson.question)
        return text[start : start + PIECE], None
    low, high = max(0, answer[1] - PIECE), max(0, min(answer[0], len(text) - PIECE))
    start = rng.randint(min(low, high), max(low, high))
    end = min(len(text), start + PIECE)
    if end - start > _SHORTEST and rng.random() < 0.25:
        start, end = max(start, answer[0] - rng.randint(10, 40)), min(end, answer[1] + rng.randint(10, 40))
    inside = max(0, answer[0] - start), min(end, answer[1]) - start
    return text[start:end], inside if inside[1] > inside[0] else None


def _elsewhere(lesson: Lesson) -> str:
    """The longer part of a long passage that does not hold the answer; "" where there is none."""
    text, answer = lesson.passage.text, lesson.answer
    if answer is None or len(text) < _LONG:
        return ""
    before, after = text[: max(0, answer[0] - 20)], text[answer[1] + 20 :]
    longer = max(before, after, key=len)
    return "" if text[slice(*answer)] in longer else longer
