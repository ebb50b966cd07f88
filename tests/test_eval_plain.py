import json
from math import log
from pathlib import Path

import numpy as np
import pytest

from eval.cases import load_set
from eval.errors import EvalError
from eval.plain import Bm25, compare_plain, convex
from index.embed import HashEmbedder


def beir(folder: Path) -> Path:
    texts = {"a": "发放补贴一百万元", "b": "修建公园三座", "c": "引进人才十名"}
    questions = {"q1": ("修建公园", "b"), "q2": ("引进人才", "c")}
    (folder / "qrels").mkdir(parents=True)
    corpus = [json.dumps({"_id": i, "title": "报告", "text": text}, ensure_ascii=False) for i, text in texts.items()]
    asked = [json.dumps({"_id": i, "text": text}, ensure_ascii=False) for i, (text, _) in questions.items()]
    qrels = ["query-id\tcorpus-id\tscore", *(f"{i}\t{gold}\t1" for i, (_, gold) in questions.items())]
    (folder / "corpus.jsonl").write_text("\n".join(corpus), encoding="utf-8")
    (folder / "queries.jsonl").write_text("\n".join(asked), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("\n".join(qrels), encoding="utf-8")
    return folder


def test_bm25_is_the_formula_worked_by_hand() -> None:
    # Terms of 补贴: 补, 贴, 补贴; of 补: 补. Lengths 3 and 1, mean 2. A query of two asks for the pair.
    pair = log(1 + (2 - 1 + 0.5) / (1 + 0.5)) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1.5))
    single = log(1 + (2 - 2 + 0.5) / (2 + 0.5))
    index = Bm25(["补贴", "补"])
    assert index.scores("补贴") == pytest.approx([pair, 0])
    assert index.scores("补") == pytest.approx(
        [single * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1.5)), single * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 0.5))]
    )


def test_bm25_of_unknown_words_is_zero_for_every_text() -> None:
    assert np.array_equal(Bm25(["补贴", "公园"]).scores("航天"), [0.0, 0.0])


def test_the_sum_scales_each_side_among_the_candidates() -> None:
    # Dense 0.8..0.9 becomes 0..1, BM25 0..4 becomes 0..1: 0.4 · 1 + 0.6 · 0.5, 0.4 · 0 + 0.6 · 1, 0.4 · 0.5 + 0.
    assert convex(np.array([0.9, 0.8, 0.85]), np.array([2.0, 4.0, 0.0])) == pytest.approx([0.7, 0.6, 0.2])


def test_each_plain_ranking_finds_a_passage_by_its_own_words(tmp_path: Path) -> None:
    result = compare_plain(load_set(beir(tmp_path / "set")), HashEmbedder())
    assert [row["name"] for row in result["rows"]] == ["paragraphs", "bigrams", "windows", "sum"]
    assert result["cases"] == 2
    assert all(row["nDCG@10"] == 1.0 for row in result["rows"])


def test_a_set_of_our_own_layout_has_no_paragraphs_to_rank(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "通知.txt").write_text("每户补助两千元。", encoding="utf-8")
    case = {"id": "1", "question": "补助多少？", "evidence": [{"document": "通知.txt", "quote": "每户补助两千元"}]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(EvalError, match="请换 BEIR 问题集"):
        compare_plain(load_set(tmp_path), HashEmbedder())
