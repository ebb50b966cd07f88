"""The bundled model's own reranker."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from index.bundled import bundled_folder
from index.bundled_reranker import PASSAGE, PIECE, QUERY, TOKENS, WEIGHTS, BundledReranker, densest, plain
from index.embed import ModelEmbedder, open_embedder
from index.types import Hit, Passage
from ui.cli import run

DUTY = "市应急管理局牵头，每年6月组织一次全市防汛演练，演练费用由市财政承担。"
PARKING = "各街道要盘活闲置用地，到2026年底新增停车泊位3000个。"


def hit(text: str, title: str = "关于做好防汛工作的通知", *, start: int = 0) -> Hit:
    return Hit(Passage(f"p-{text[:8]}", "d", start, start + len(text), text), 1.0, title=title)


def scores(reranker: BundledReranker, question: str, hits: list[Hit]) -> list[float]:
    return [reading.score for reading in reranker(question, hits)]


@pytest.fixture(scope="module")
def reranker() -> BundledReranker:
    embedder = open_embedder()
    assert isinstance(embedder, ModelEmbedder)
    own = embedder.reranker
    assert isinstance(own, BundledReranker)
    return own


@pytest.mark.model
def test_a_passage_that_answers_is_told_from_ones_that_do_not(reranker: BundledReranker) -> None:
    asked = {"防汛演练由哪个部门牵头？": 0, "到2026年要新建多少个车位": 1}
    for question, right in asked.items():
        found = scores(reranker, question, [hit(DUTY), hit(PARKING, "停车设施建设方案")])
        assert found[right] > found[1 - right] + 2
    (answered,), (near,) = (scores(reranker, asked, [hit(DUTY)]) for asked in ("演练的钱谁出", "演练要多少人参加"))
    assert answered > near


@pytest.mark.model
def test_the_answers_own_words_are_found_where_they_stand_in_the_document(reranker: BundledReranker) -> None:
    long = "为进一步规范全市停车秩序，方便群众出行，结合实际制定本方案。" * 9 + DUTY
    for question, words in {"防汛演练由哪个部门牵头？": "市应急管理局", "演练费用由谁承担": "市财政"}.items():
        for text in (DUTY, long):
            (reading,) = reranker(question, [hit(text, start=1000)])
            start, end, chance = reading.answers[0]
            assert text[start - 1000 : end - 1000] == words
            assert 0 < chance <= 1
            assert all(1000 <= first < last <= 1000 + len(text) for first, last, _ in reading.answers)


@pytest.mark.model
def test_a_score_depends_on_question_and_passage_alone(reranker: BundledReranker) -> None:
    asked = "防汛演练由哪个部门牵头？"
    alone = scores(reranker, asked, [hit(DUTY)])
    among = scores(reranker, asked, [hit(PARKING), hit(DUTY), hit("好" * 4000), hit("\ud800。")])
    assert among[1] == pytest.approx(alone[0], abs=1e-3)
    assert np.isfinite(among).all()
    assert reranker("防汛", []) == []
    folded = scores(
        reranker,
        "防汛演練由哪個部門牽頭?",
        [hit("市應急管理局牽頭,每年6月組織一次全市防汛演練,演練費用由市財政承擔。")],
    )
    assert folded[0] == pytest.approx(alone[0], abs=1e-3)


@pytest.mark.model
def test_a_question_as_long_as_a_paragraph_is_read_from_its_beginning(reranker: BundledReranker) -> None:
    asked = "防汛演练由哪个部门牵头？" + "这一段只是为了把问题写得很长。" * 60
    right, wrong = scores(reranker, asked, [hit(DUTY), hit(PARKING)])
    assert right > wrong
    assert all(len(row.ids) <= TOKENS for row in reranker.rows(asked, [DUTY * 9, ""]))


@pytest.mark.model
def test_a_pair_is_put_as_the_tokenizer_itself_puts_pairs(reranker: BundledReranker) -> None:
    tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    whole = tokenizer.encode(QUERY + "演练谁牵头", PASSAGE + DUTY)
    (row,) = reranker.rows("演练谁牵头", [DUTY])
    assert row.ids == whole.ids
    own = [offsets for side, offsets in zip(whole.sequence_ids, whole.offsets, strict=True) if side == 1]
    assert list(row.offsets) == own
    assert whole.sequence_ids.index(1) == row.first


@pytest.mark.model
def test_word_vectors_are_not_kept_twice(reranker: BundledReranker) -> None:
    (words,) = {
        path.stat().st_ino for path in Path(reranker.folder).parent.rglob("words.npy") if path.stat().st_nlink > 1
    }
    assert words


def test_the_piece_read_is_the_one_that_shares_most_with_the_question() -> None:
    text = "前" * 200 + "防汛演练由市应急管理局牵头" + "后" * 200
    start = densest(text, "防汛演练谁牵头")
    assert "防汛演练" in text[start : start + PIECE]
    assert "牵头" in text[start : start + PIECE]
    assert densest("短的", "问题") == 0


def test_plain_text_keeps_every_offset() -> None:
    text = "㎡與２０２４年“測試”\ud800①"
    assert len(plain(text)) == len(text)
    assert plain("２０２４年與") == "2024年与"


def test_what_was_learned_is_small_enough_to_ship() -> None:
    with np.load(WEIGHTS) as learned:
        assert {"head.weight", "head.bias", "ends.weight", "ends.bias"} <= set(learned.files)
        assert all(value.dtype == np.float16 for value in learned.values())
    assert WEIGHTS.stat().st_size < 3_000_000


def test_a_model_without_a_reranker_of_its_own_says_so(
    tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    assert run(["index", "--model", "hash", str(samples)]) == 0
    assert run(["search", "--reranker", "bundled", "人才"]) == 2
    assert "没有自带的重排模型" in capsys.readouterr().err
