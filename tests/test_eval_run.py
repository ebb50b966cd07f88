import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.cases import CaseSet, load_set
from eval.errors import EvalError
from eval.places import unit_ranking
from eval.records import Run, read_run
from eval.run import ask_one, run, trec_lines
from eval.system import System, build, system
from eval.vectors import remember
from index.embed import Counted, HashEmbedder, Vectors, uncounted
from index.types import Hit, Passage

REPORT = """江澜市政府工作报告

一、过去一年工作回顾

全市粮食总产量达到12.6亿斤，比上年增长3.1%，建成高标准农田8万亩。

新建养老服务中心24个，新增养老床位1800张，长者食堂覆盖所有街道。

二、今年主要任务

加强水利工程建设，完成江堤加固32公里，更新改造泵站15座。
"""
NOTICE = """关于做好防汛工作的通知

各县区人民政府，市直各单位：

一、落实防汛责任

防汛工作实行行政首长负责制，6月1日前完成责任人公示。

二、加强值班值守

汛期实行24小时值班和领导带班制度，重大险情30分钟内上报。
"""
CASES = [
    ("q1", "粮食总产量是多少", "报告.txt", "粮食总产量达到12.6亿斤", "figure", ["12.6亿斤"]),
    ("q2", "新增了多少养老床位", "报告.txt", "新增养老床位1800张", "figure", ["1800张"]),
    ("q3", "防汛工作由谁负责", "通知.txt", "防汛工作实行行政首长负责制", "who", []),
    ("q4", "重大险情多久内上报", "通知.txt", "重大险情30分钟内上报", "figure", ["30分钟"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "小集"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "报告.txt").write_text(REPORT, encoding="utf-8")
    (folder / "documents" / "通知.txt").write_text(NOTICE, encoding="utf-8")
    rows = [
        {"id": i, "question": q, "evidence": [{"document": d, "quote": e}], "kind": k, "answers": a}
        for i, q, d, e, k, a in CASES
    ]
    rows.append({"id": "u1", "question": "2019年电影票房收入", "evidence": [], "kind": "unanswerable"})
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "cases.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def measured(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[CaseSet, System]:
    case_set = load_set(folder)
    built = build(case_set, cache=tmp_path_factory.mktemp("cache"), embedder=HashEmbedder())
    return case_set, system(built)


@pytest.fixture(scope="module")
def finished(measured: tuple[CaseSet, System], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(*measured, tmp_path_factory.mktemp("runs") / "甲 一")


def test_a_run_writes_rankings_records_and_summary(finished: Run) -> None:
    assert sorted(file.name for file in finished.folder.iterdir()) == ["records.jsonl", "run.trec", "summary.json"]
    assert [record.id for record in finished.records] == ["q1", "q2", "q3", "q4", "u1"]
    assert finished.summary["measures"]["Success@1"]["n"] == 4
    assert finished.summary["measures"]["Success@5"]["mean"] == 1.0
    assert finished.summary["measures"]["supported"]["mean"] == 1.0
    assert finished.summary["system"]["documents"] == 2
    assert set(finished.summary["by_kind"]) == {"figure", "who", "unanswerable"}


def test_gold_is_found_by_its_span_in_the_library(finished: Run) -> None:
    record = finished.records[3]
    assert record.ranking[0] == "q4#1"
    assert "30分钟内上报" in record.hits[0].text
    assert record.hits[0].gold
    assert record.evidence == (("通知.txt", "重大险情30分钟内上报"),)


def test_a_run_reads_back_as_it_was_written(finished: Run) -> None:
    assert read_run(finished.folder).records == finished.records


def test_trec_lines_have_six_columns_and_falling_scores(finished: Run) -> None:
    lines = (finished.folder / "run.trec").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.startswith("q1 ")]
    assert {len(row) for row in rows} == {6}
    assert [row[3] for row in rows] == [str(i + 1) for i in range(len(rows))]
    scores = [float(row[4]) for row in rows]
    assert scores == sorted(set(scores), reverse=True)
    assert rows[0][5] == "甲_一"
    assert list(trec_lines([], tag="x")) == []


def test_a_broken_run_is_taken_up_where_it_stopped(measured: tuple[CaseSet, System], tmp_path: Path) -> None:
    case_set, product = measured
    asked = []

    def failing(query: str) -> list[Hit]:
        asked.append(query)
        if len(asked) == 4:  # the first query only warms up
            raise KeyboardInterrupt
        return product.search(query)

    broken = System(failing, product.ask, product.confidence, product.placed, product.facts)
    with pytest.raises(KeyboardInterrupt):
        run(case_set, broken, tmp_path / "r")
    assert [file.name for file in (tmp_path / "r").iterdir()] == ["records.part.jsonl"]
    with pytest.raises(EvalError, match="还没有做完"):
        read_run(tmp_path / "r")
    with (tmp_path / "r" / "records.part.jsonl").open("a", encoding="utf-8") as torn:
        torn.write('{"id": "q3", "quest')
    done = run(case_set, product, tmp_path / "r")
    assert done.summary["resumed"] == 2
    assert [record.id for record in done.records] == ["q1", "q2", "q3", "q4", "u1"]


def test_other_settings_begin_anew(measured: tuple[CaseSet, System], tmp_path: Path) -> None:
    case_set, product = measured
    (tmp_path / "records.part.jsonl").write_text('{"fingerprint": "other"}\n{"id": "q1"}\n', encoding="utf-8")
    assert run(case_set, product, tmp_path).summary["resumed"] == 0


def test_search_alone_can_be_measured(measured: tuple[CaseSet, System]) -> None:
    case_set, product = measured
    silent = System(product.search, None, product.confidence, product.placed, product.facts)
    record = ask_one(case_set.cases[0], silent)
    assert record.answer is None
    assert set(record.timings) == {"search"}


def test_a_damaged_record_is_named_by_line(finished: Run, tmp_path: Path) -> None:
    for file in finished.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "records.jsonl").open("a", encoding="utf-8") as out:
        out.write("{}\n")
    with pytest.raises(EvalError, match=r"records\.jsonl 第 6 行"):
        read_run(tmp_path)
    with pytest.raises(EvalError, match="请先运行"):
        read_run(tmp_path / "none")


def test_vectors_are_kept_between_runs(folder: Path, tmp_path: Path) -> None:
    case_set = load_set(folder)
    with build(case_set, cache=tmp_path, embedder=HashEmbedder()) as first:
        assert first.facts["embedded"] > 0
        found = first.library.search("养老床位")
    for library in (tmp_path / "libraries").iterdir():
        (library / "library" / "catalog.sqlite").unlink()
        (library / "library" / "CURRENT").unlink()
    with build(case_set, cache=tmp_path, embedder=HashEmbedder()) as second:
        assert second.facts["embedded"] == 0
        assert [hit.passage.id for hit in second.library.search("养老床位")] == [hit.passage.id for hit in found]


def test_remembered_vectors_equal_fresh_ones(tmp_path: Path) -> None:
    texts = ["防汛值班", "养老服务", "防汛值班"]
    remembering = remember(HashEmbedder(), tmp_path)
    for _ in range(2):
        assert (remembering.passages(texts) == HashEmbedder().passages(texts)).all()
    assert remembering.embedded == 2
    assert remembering.passages([]).shape == (0, remembering.dimension)
    remembering.close()


def test_vectors_of_another_engine_are_forgotten(tmp_path: Path) -> None:
    class Turned(HashEmbedder):
        def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> Vectors:
            return np.roll(super().passages(texts, progress=progress), 1, axis=1)

    for embedder in (HashEmbedder(), Turned()):
        remembering = remember(embedder, tmp_path)
        assert (remembering.passages(["防汛"]) == embedder.passages(["防汛"])).all()
        assert remembering.embedded == 1
        remembering.close()


def test_paragraphs_of_a_beir_document_are_found_by_their_own_ids(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    corpus = [
        {"_id": f"r-{i}", "text": text, "metadata": {"doc": "r", "para": i}}
        for i, text in enumerate(line for line in REPORT.split("\n") if line)
    ]
    corpus += [{"_id": name, "title": "公报", "text": "全市森林覆盖率达到43.2%。"} for name in ("twin-1", "twin-2")]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in corpus)
    (tmp_path / "corpus.jsonl").write_text(text, encoding="utf-8")
    queries = '{"_id": "q1", "text": "粮食总产量"}\n{"_id": "q2", "text": "森林覆盖率"}\n'
    (tmp_path / "queries.jsonl").write_text(queries, encoding="utf-8")
    (tmp_path / "qrels" / "test.tsv").write_text("q1\tr-2\t1\nq2\ttwin-2\t1\n", encoding="utf-8")
    case_set = load_set(tmp_path)
    with build(case_set, cache=tmp_path / "cache", embedder=HashEmbedder()) as built:
        assert built.placed.lost == frozenset()
        records = [ask_one(case, system(built)) for case in case_set.cases]
    assert records[0].ranking[0] == "r-2"
    assert records[1].ranking[:2] == ("twin-1", "twin-2")  # one document, both ids


def test_a_hit_stands_for_what_it_shares_most_with_and_else_for_itself() -> None:
    hits = [
        Hit(Passage("p1", "d", 0, 30, "…"), 0.9, ""),
        Hit(Passage("p2", "d", 30, 40, "…"), 0.8, ""),
        Hit(Passage("p3", "e", 0, 30, "…"), 0.7, ""),
    ]
    places = {"d": [((0, 8), "a"), ((8, 30), "b"), ((28, 31), "c")]}
    assert unit_ranking(hits, places) == ["b", "a", "c", "p2", "p3"]
    assert unit_ranking(hits, places, k=2) == ["b", "a"]


def test_unreadable_documents_stop_the_run(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "空.txt").write_text("", encoding="utf-8")
    (tmp_path / "cases.jsonl").write_bytes((folder / "cases.jsonl").read_bytes())
    with pytest.raises(EvalError, match=r"空\.txt 读不了：文件为空"):
        load_set(tmp_path)
