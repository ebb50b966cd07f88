"""What the page keeps: questions asked, verdicts, answers to follow up; bounded, by reader, and whole on disk."""

import json
from pathlib import Path

import pytest

from index.errors import LibraryError
from index.types import Hit, Passage
from rag.types import Answer, Citation, Statement
from ui.answers import Answers
from ui.feedback import Feedback
from ui.history import Questions

PASSAGE = Passage("p1", "d1", 0, 9, "每户补助两千元。。")
ANSWER = Answer(
    "补助多少？",
    (Statement("每户补助两千元。", (1,), "verbatim"),),
    (Citation(1, PASSAGE, "通知", 0, 8),),
    (Hit(PASSAGE, 1.0, "通知"),),
    abstained=False,
    confidence=0.75,
)


def test_the_latest_question_stands_first_and_one_asked_again_stands_once(tmp_path: Path) -> None:
    questions = Questions(tmp_path)
    for question in ("甲？", "乙？", " 甲？ "):
        questions.add("", question, "ask")
    assert [one.question for one in questions.latest("")] == ["甲？", "乙？"]


def test_each_reader_sees_only_their_own_questions(tmp_path: Path) -> None:
    questions = Questions(tmp_path)
    questions.add("张三", "甲？", "ask")
    questions.add("李四", "乙？", "search")
    assert [one.question for one in Questions(tmp_path).latest("张三")] == ["甲？"]
    questions.clear("张三")
    assert questions.latest("张三") == []
    assert [one.view for one in questions.latest("李四")] == ["search"]


def test_switched_off_nothing_is_kept_and_what_was_kept_is_forgotten(tmp_path: Path) -> None:
    questions = Questions(tmp_path)
    questions.add("", "甲？", "ask")
    questions.switch("", on=False)
    questions.add("", "秘密？", "ask")
    assert questions.latest("") == []
    assert not questions.keeping("")
    assert "秘密" not in (tmp_path / "history.json").read_text(encoding="utf-8")
    questions.switch("", on=True)
    questions.add("", "乙？", "ask")
    assert [one.question for one in questions.latest("")] == ["乙？"]


def test_two_hundred_questions_are_kept(tmp_path: Path) -> None:
    questions = Questions(tmp_path)
    for n in range(203):
        questions.add("", f"第{n}问？", "ask")
    assert len(questions.latest("")) == 200
    assert questions.latest("")[-1].question == "第3问？"


@pytest.mark.parametrize("damaged", ["", "[]", '{"": 1}', '{"": {"off": 0, "asked": [{"question": 1}]}}', "\x00"])
def test_a_damaged_file_counts_as_empty(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "history.json").write_text(damaged, encoding="utf-8")
    questions = Questions(tmp_path)
    assert questions.latest("") == []
    questions.add("", "甲？", "ask")
    assert len(questions.latest("")) == 1


def test_without_a_folder_nothing_is_written_down(tmp_path: Path) -> None:
    Questions(None).add("", "甲？", "ask")
    Feedback(None).add(ANSWER, "up")
    assert Questions(None).latest("") == []
    assert not Questions(None).keeping("")


def test_a_verdict_tells_what_was_answered_from_what(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path)
    feedback.add(ANSWER, "up", reader="张三")
    feedback.add(ANSWER, "down", comment=" 漏了\n区级标准 ")
    first, second = map(json.loads, (tmp_path / "feedback.jsonl").read_text(encoding="utf-8").splitlines())
    assert (first["verdict"], first["reader"], first["confidence"]) == ("up", "张三", 0.75)
    assert first["statements"] == [{"text": "每户补助两千元。", "support": "verbatim", "passages": ["p1"]}]
    assert first["evidence"] == ["p1"]
    assert (second["verdict"], second["comment"]) == ("down", "漏了\n区级标准")


def test_verdicts_that_cannot_be_written_are_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="请检查磁盘空间和权限"):
        Feedback(tmp_path / "none").add(ANSWER, "up")


def test_turns_lead_back_to_their_answers_and_unknown_ones_are_left_out() -> None:
    answers = Answers()
    name = answers.keep(ANSWER)
    (turn,) = answers.turns(["none", name])
    assert (turn.question, turn.answer) == ("补助多少？", ANSWER)


def test_the_oldest_answer_makes_room() -> None:
    answers = Answers()
    first, second = answers.keep(ANSWER), answers.keep(ANSWER)
    answers.get(first)
    for _ in range(499):
        answers.keep(ANSWER)
    assert answers.get(first) is not None
    assert answers.get(second) is None
