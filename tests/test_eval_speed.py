import gzip
from pathlib import Path

import numpy as np
import pytest

from eval.errors import EvalError
from eval.speed import Scattered, in_child, made_up_texts, measure_size, questions, read_texts, speed
from index.embed import HashEmbedder

PARAGRAPHS = [
    "全市粮食总产量达到12.6亿斤，比上年增长3.1%，建成高标准农田8万亩，农村居民人均可支配收入增长6.5%。",
    "新建养老服务中心24个，新增养老床位1800张，长者食堂覆盖所有街道，高龄津贴按月足额发放到人到户。",
    "汛期实行24小时值班和领导带班制度，重大险情三十分钟内上报，江堤加固三十二公里，更新改造泵站十五座。",
]


def test_made_up_texts_are_different_and_as_many_as_asked() -> None:
    texts = made_up_texts(["短", *PARAGRAPHS], 500)
    assert len(texts) == len(set(texts)) == 500
    assert texts[:3] == PARAGRAPHS
    with pytest.raises(EvalError, match="至少要有两段"):
        made_up_texts(["短", PARAGRAPHS[0]], 10)


def test_texts_are_read_plain_and_gzipped(tmp_path: Path) -> None:
    lines = '{"text": "甲\\n乙"}\n{"text": "丙"}\n'
    (tmp_path / "t.jsonl").write_text(lines, encoding="utf-8")
    with gzip.open(tmp_path / "t.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write(lines)
    assert read_texts(tmp_path / "t.jsonl", 9) == read_texts(tmp_path / "t.jsonl.gz", 9) == ["甲 乙", "丙"]
    assert read_texts(tmp_path / "t.jsonl", 1) == ["甲 乙"]
    (tmp_path / "t.jsonl").write_text(lines + "[]\n", encoding="utf-8")
    with pytest.raises(EvalError, match="第 3 行"):
        read_texts(tmp_path / "t.jsonl", 9)
    with pytest.raises(EvalError, match="没有文件"):
        read_texts(tmp_path / "none.jsonl", 9)


def test_questions_are_short_stretches_spread_over_the_texts() -> None:
    asked = questions(PARAGRAPHS, 6)
    assert len(asked) == 6
    assert all(0 < len(question) <= 20 for question in asked)
    assert asked[0] in PARAGRAPHS[0]
    assert asked[5] in PARAGRAPHS[2]


def test_scattered_vectors_have_length_one_and_questions_are_embedded() -> None:
    embedder = Scattered(HashEmbedder())
    vectors = embedder.passages(PARAGRAPHS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert (embedder.query("养老") == HashEmbedder().query("养老")).all()
    assert embedder.model != HashEmbedder.model


def test_a_size_is_measured_in_a_process_of_its_own() -> None:
    found = in_child(measure_size, made_up_texts(PARAGRAPHS, 120), "hash")
    assert 100 <= found["passages"] <= 130
    assert found["disk_mb"] > 0
    assert found["rss_mb"] > 10
    assert found["query_p50_ms"] <= found["query_p95_ms"] <= found["query_p99_ms"]
    assert 0 < found["answer_p50_ms"] <= found["answer_p99_ms"]
    assert found["answer_rss_mb"] >= found["rss_mb"]


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(EvalError, match="至少要 1000 段"):
        speed(PARAGRAPHS)
