"""What the bundled reranker is taught, and that a step of teaching does teach."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from eval.cases import CaseSet, load_set
from eval.reranker_data import Lesson, Text, lessons, pairs_of, twins
from eval.written import QUESTIONS
from index.bundled_reranker import PIECE, WEIGHTS

DUTY = "市應急管理局牽頭，每年6月組織一次全市防汛演練，演練費用由市財政承擔。"


@pytest.fixture
def cases(tmp_path: Path) -> CaseSet:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(
        f'{{"_id": "a", "title": "防汛通知", "text": "{DUTY}"}}\n'
        '{"_id": "b", "title": "停车方案", "text": "新增停车泊位3000个，防汛期间除外。"}\n',
        encoding="utf-8",
    )
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "1", "text": "防汛演练多久一次", "metadata": {"answers": ["每年6月"]}}\n', encoding="utf-8"
    )
    (tmp_path / "queries_unanswerable.jsonl").write_text(
        '{"_id": "2", "text": "防汛演练去几个人", "metadata": {"near_doc": "a"}}\n', encoding="utf-8"
    )
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n", encoding="utf-8")
    return load_set(tmp_path)


def test_a_lesson_has_the_answer_its_rivals_and_the_question_without_one(cases: CaseSet) -> None:
    (lesson,) = lessons(cases, {"1": "防汛演練去年幾次", "3": "别的"})
    assert lesson.passage.text == "市应急管理局牵头,每年6月组织一次全市防汛演练,演练费用由市财政承担。"
    assert lesson.answer is not None
    assert lesson.passage.text[slice(*lesson.answer)] == "每年6月"
    assert [other.title for other in lesson.others] == ["停车方案"]
    assert sorted(lesson.unanswered) == ["防汛演练去几个人", "防汛演练去年几次"]


def test_a_twin_is_another_question_than_the_one_it_was_made_from() -> None:
    asked = [json.loads(line)["yes"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    known = twins()
    ours = [name.removeprefix("p").split("-") for name in known if name.startswith("p")]
    assert ours
    for number, at in ours:
        assert known[f"p{number}-{at}"] != asked[int(number)][int(at)]["q"]
    assert all(twin.strip() for twin in known.values())


def test_every_piece_keeps_its_answer_where_it_says() -> None:
    text = "一" * 300 + "由市财政承担" + "二" * 300
    lesson = Lesson("谁出钱", Text("通知", text), (301, 305), (Text("别的", "三" * 500),), ("谁花钱",))
    for seed in range(200):
        first, *others = pairs_of(lesson, Random(seed))
        assert first.answer is not None
        assert first.text[slice(*first.answer)] == "市财政承"
        assert len(first.text) <= PIECE + len("通知：")
        assert first.bears
        assert not any(pair.bears for pair in others)
        assert [pair.question for pair in others][-1] == "谁花钱"


@pytest.mark.model
def test_what_teaching_writes_is_what_the_program_reads(cases: CaseSet, tmp_path: Path) -> None:
    from eval.train_reranker import _model, _teach, _write

    model = _model()
    _teach(model, lessons(cases, {}), 1.0, Random(1))
    _write(model, tmp_path / "learned.npz")
    with np.load(tmp_path / "learned.npz") as learned, np.load(WEIGHTS) as shipped:
        assert {name: value.shape for name, value in learned.items()} == {
            name: value.shape for name, value in shipped.items()
        }
        assert any(np.abs(learned[name]).max() > 0 for name in learned.files if name.endswith(".up"))
