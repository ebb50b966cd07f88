import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases import load_set
from eval.errors import EvalError

PLAN = "关于开展节水行动的方案\n\n一、主要目标\n到2025年，全市用水总量控制在\n3.2亿立方米以内。\n"


def own_set(folder: Path, *rows: Any, raw: str = "") -> Path:
    (folder / "documents").mkdir()
    (folder / "documents" / "方案.txt").write_text(PLAN, encoding="utf-8")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "cases.jsonl").write_text(lines + raw, encoding="utf-8")
    return folder


def row(id: str = "q1", quote: str = "用水总量控制在3.2亿立方米以内", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "question": "用水总量的目标？",
        "evidence": [{"document": "方案.txt", "quote": quote}],
        **more,
    }


def beir(folder: Path, *, corpus: str, queries: str, qrels: str) -> Path:
    (folder / "qrels").mkdir()
    (folder / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    (folder / "queries.jsonl").write_text(queries, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


CORPUS = (
    '{"_id": "a-0", "title": "a", "text": "各位代表：", "metadata": {"doc": "a", "para": 0}}\n'
    '{"_id": "b", "title": "公报", "text": "粮食产量1.2亿斤。"}\n'
    '{"_id": "a-7", "title": "a", "text": "财政收入增长8%。", "metadata": {"doc": "a", "para": 7}}\n'
)
QUERIES = (
    '{"_id": "q1", "text": "财政收入增长多少？", "metadata": {"answers": ["8%"]}}\n{"_id": "q2", "text": "未判"}\n'
)
QRELS = "query-id\tcorpus-id\tscore\nq1\ta-7\t2\nq1\tb\t0\n"


def test_a_quotation_is_located_over_a_line_break(tmp_path: Path) -> None:
    loaded = load_set(own_set(tmp_path, row(answers=["3.2亿立方米"], split="dev", kind="figure", history=["先问"])))
    (case,) = loaded.cases
    (piece,) = case.evidence
    assert [PLAN[slice(*span)] for span in piece.spans] == ["用水总量控制在\n3.2亿立方米以内"]
    assert (piece.source, piece.unit) == ("方案.txt", "q1#1")
    assert (case.kind, case.split, case.answers, case.history, case.answerable) == (
        "figure",
        "dev",
        ("3.2亿立方米",),
        ("先问",),
        True,
    )


def test_no_evidence_means_that_the_question_should_be_refused(tmp_path: Path) -> None:
    (case,) = load_set(own_set(tmp_path, {"id": "q1", "question": "去年的票房？", "evidence": []})).cases
    assert not case.answerable


def test_a_set_may_keep_its_documents_elsewhere(tmp_path: Path) -> None:
    folder = own_set(tmp_path, row())
    (folder / "documents").rename(tmp_path / "样例")
    (folder / "set.toml").write_text('documents = "样例"\n', encoding="utf-8")
    assert [source.name for source in load_set(folder).sources.values()] == ["方案.txt"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ('{"id": "q2"\n', "第 2 行：不是完整的 JSON"),
        ("[1]\n", "第 2 行：应当是一个对象"),
        ('{"id": "q2", "question": "问"}\n', "第 2 行：缺少 'evidence'"),
        ('{"id": 2, "question": "问", "evidence": []}\n', "第 2 行：'id' 应当是字符串"),
        ('{"id": "q1", "question": "问", "evidence": []}\n', "第 2 行：编号 'q1' 前面已经用过"),
        ('{"id": "q2", "question": " ", "evidence": []}\n', "第 2 行：问题是空的"),
        ('{"id": "q2", "question": "问", "evidence": ["用水"]}\n', "第 2 行：依据应当写成"),
        ('{"id": "q2", "question": "问", "evidence": {}}\n', "第 2 行：'evidence' 应当是列表"),
        ('{"id": "q2", "question": "问", "evidence": [], "split": "train"}\n', "第 2 行：split 只能是"),
        ('{"id": "q2", "question": "问", "evidence": [], "answers": "3"}\n', "第 2 行：'answers' 应当是字符串的列表"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, raw: str, says: str) -> None:
    with pytest.raises(EvalError, match=r"cases\.jsonl " + says):
        load_set(own_set(tmp_path, row(), raw=raw))


def test_a_quotation_that_is_not_verbatim_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"cases\.jsonl 第 1 行：引文不是 方案\.txt 的原文：“用水总量为3\.2亿”"):
        load_set(own_set(tmp_path, row(quote="用水总量为3.2亿")))


def test_evidence_in_an_unknown_file_is_refused(tmp_path: Path) -> None:
    broken = {"id": "q", "question": "问", "evidence": [{"document": "通知.txt", "quote": "用水"}]}
    with pytest.raises(EvalError, match=r"第 1 行：依据所在的文件 '通知\.txt' 不在文件夹里"):
        load_set(own_set(tmp_path, broken))


def test_other_encodings_are_named_by_line(tmp_path: Path) -> None:
    folder = own_set(tmp_path, row())
    with (folder / "cases.jsonl").open("ab") as file:
        file.write("{“问”}\n".encode("gb18030"))
    with pytest.raises(EvalError, match="第 2 行：不是 UTF-8"):
        load_set(folder)


def test_empty_sets_and_folders_without_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="不是问题集"):
        load_set(tmp_path)
    with pytest.raises(EvalError, match="一个问题也没有"):
        load_set(own_set(tmp_path))


def test_paragraphs_of_one_beir_document_are_joined_in_order(tmp_path: Path) -> None:
    loaded = load_set(beir(tmp_path, corpus=CORPUS, queries=QUERIES, qrels=QRELS))
    source = loaded.sources["a"]
    assert source.text == "各位代表：\n\n财政收入增长8%。"
    assert [(unit.id, source.text[unit.start : unit.end]) for unit in source.units] == [
        ("a-0", "各位代表："),
        ("a-7", "财政收入增长8%。"),
    ]
    assert (source.title, loaded.sources["b"].title) == ("", "公报")


def test_only_questions_with_a_positive_judgement_are_asked(tmp_path: Path) -> None:
    (case,) = load_set(beir(tmp_path, corpus=CORPUS, queries=QUERIES, qrels=QRELS)).cases
    assert (case.id, case.answers, case.split) == ("q1", ("8%",), "test")
    assert [(piece.unit, piece.grade, piece.spans, piece.quote) for piece in case.evidence] == [
        ("a-7", 2, ((7, 16),), "财政收入增长8%。")
    ]


def test_unanswerable_and_goldless_questions_are_told_apart(tmp_path: Path) -> None:
    folder = beir(tmp_path, corpus=CORPUS, queries=QUERIES, qrels=QRELS)
    (folder / "queries_unanswerable.jsonl").write_text('{"_id": "u", "text": "票房？"}\n', encoding="utf-8")
    (folder / "queries_nogold.jsonl").write_text('{"_id": "n", "text": "哪个市？"}\n', encoding="utf-8")
    cases = {case.id: case for case in load_set(folder).cases}
    assert (cases["u"].answerable, cases["u"].evidence, cases["u"].kind) == (False, (), "unanswerable")
    assert (cases["n"].answerable, cases["n"].evidence, cases["n"].kind) == (True, (), "nogold")


@pytest.mark.parametrize(
    ("corpus", "queries", "qrels", "says"),
    [
        (CORPUS, QUERIES, QRELS + "q9\tb\t1\n", r"test\.tsv 第 4 行：问题 'q9' 不在 queries\.jsonl"),
        (CORPUS, QUERIES, QRELS + "q1\tz\t1\n", r"test\.tsv 第 4 行：段落 'z' 不在 corpus\.jsonl"),
        (CORPUS, QUERIES, QRELS + "q1\ta-7\t1\n", r"test\.tsv 第 4 行：.*前面已经判过"),
        (CORPUS, QUERIES, QRELS + "q1 b 1\n", r"test\.tsv 第 4 行：应当是三列"),
        (CORPUS, QUERIES, QRELS + "q1\tb\t高\n", r"test\.tsv 第 4 行：应当是三列"),
        (CORPUS + CORPUS, QUERIES, QRELS, r"corpus\.jsonl 第 4 行：编号 'a-0' 前面已经用过"),
        ('{"_id": "b", "text": " "}\n', QUERIES, "", r"corpus\.jsonl 第 1 行：段落 'b' 是空的"),
        ("\n", QUERIES, "", r"corpus\.jsonl 是空的"),
        (CORPUS, QUERIES + QUERIES, QRELS, r"queries\.jsonl 第 3 行：编号 'q1' 前面已经用过"),
        (CORPUS, QUERIES, "", r"一个问题也没有"),
    ],
)
def test_bad_beir_files_are_named_by_line(tmp_path: Path, corpus: str, queries: str, qrels: str, says: str) -> None:
    with pytest.raises(EvalError, match=says):
        load_set(beir(tmp_path, corpus=corpus, queries=queries, qrels=qrels))


def test_a_limit_is_spread_over_the_set_and_a_split_is_kept_apart(tmp_path: Path) -> None:
    loaded = load_set(own_set(tmp_path, *(row(f"q{i}", split="dev" if i % 2 else "test") for i in range(6))))
    assert [case.id for case in loaded.select(split="dev", limit=2).cases] == ["q1", "q3"]
    assert [case.id for case in loaded.select(limit=3).cases] == ["q0", "q2", "q4"]
    with pytest.raises(EvalError, match="没有属于 train 的问题"):
        loaded.select(split="train")


def test_the_digest_changes_with_a_document(tmp_path: Path) -> None:
    folder = own_set(tmp_path, row())
    before = load_set(folder).digest
    (folder / "documents" / "方案.txt").write_text(PLAN + "附件\n", encoding="utf-8")
    assert load_set(folder).digest != before
