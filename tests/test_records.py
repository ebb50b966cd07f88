"""The JSON objects, key by key, with expected values written by hand."""

import json
from typing import Any

from index.library import Stats
from index.types import Document, Failure, Hit, Passage, SyncReport
from rag.types import Answer, Citation, Statement
from ui.records import (
    answer_record,
    document_record,
    hit_records,
    passage_record,
    search_record,
    stats_record,
    sync_record,
)

TEXT = "一、总体要求\n坚持人民至上。2026年引进人才300名。\n二、工作任务"
DOCUMENT = Document("d1", "关于人才工作的通知", TEXT, {"kind": "通知", "source": "资料/通知.txt"})
HEAD = Passage("p0", "d1", 0, 6, "一、总体要求")
PASSAGE = Passage("p1", "d1", 7, 28, "坚持人民至上。2026年引进人才300名。", ("一、总体要求",), "一", 1, ((14, 2),))
TAIL = Passage("p2", "d1", 29, 35, "二、工作任务")
HIT = Hit(PASSAGE, 0.75, DOCUMENT.title, {"dense": 0.875, "lexical": 3.5}, window=(7, 28), matched=((14, 19),))
HIT_RECORD = {
    "rank": 1,
    "score": 0.75,
    "id": "p1",
    "doc_id": "d1",
    "title": "关于人才工作的通知",
    "path": ["一、总体要求"],
    "address": "一",
    "page": 1,
    "start": 7,
    "end": 28,
    "text": "坚持人民至上。2026年引进人才300名。",
    "signals": {"dense": 0.875, "lexical": 3.5},
    "date": "",
    "terms": [],
    "evidence": [],
    "copies": [],
}


def keys_in_order(record: dict[str, Any]) -> list[str]:
    return list(record)


def test_a_search_lists_its_hits_with_ranks_from_one() -> None:
    record = search_record("人才引进", [HIT, HIT], took_ms=12.345)
    assert record == {
        "query": "人才引进",
        "took_ms": 12.3,
        "corrected": "",
        "hits": [HIT_RECORD, {**HIT_RECORD, "rank": 2}],
    }
    assert keys_in_order(record["hits"][0]) == list(HIT_RECORD)


def test_a_search_that_finds_nothing_has_an_empty_list() -> None:
    assert search_record("手机店", [], took_ms=0)["hits"] == []
    assert hit_records([]) == []


def test_a_citation_spans_its_quote_and_not_its_passage() -> None:
    citation = Citation(1, PASSAGE, DOCUMENT.title, 14, 28)
    statement = Statement("2026年引进人才300名。", (1,), "verbatim", focus=(9, 13))
    answer = Answer("引进多少人才？", (statement,), (citation,), (HIT,), False, confidence=0.91234)
    assert answer_record(answer) == {
        "question": "引进多少人才？",
        "asked": "",
        "answer": "2026年引进人才300名。[1]",
        "abstained": False,
        "confidence": 0.9123,
        "note": "",
        "writer": "",
        "withheld": 0,
        "statements": [
            {
                "text": "2026年引进人才300名。",
                "support": "verbatim",
                "citations": [1],
                "focus": [9, 13],
                "doubt": "",
            }
        ],
        "citations": [
            {
                "number": 1,
                "id": "p1",
                "doc_id": "d1",
                "title": "关于人才工作的通知",
                "address": "一",
                "page": 2,
                "start": 14,
                "end": 28,
                "quote": "2026年引进人才300名。",
            }
        ],
        "evidence": [HIT_RECORD],
    }
    assert TEXT[14:28] == "2026年引进人才300名。"


def test_an_abstained_answer_says_why_and_cites_nothing() -> None:
    record = answer_record(Answer("生产总值？", (), (), (), True, note="资料中没有找到。"))
    assert record == {
        "question": "生产总值？",
        "asked": "",
        "answer": "资料中没有找到。",
        "abstained": True,
        "confidence": 0.0,
        "note": "资料中没有找到。",
        "writer": "",
        "withheld": 0,
        "statements": [],
        "citations": [],
        "evidence": [],
    }


def test_a_shown_passage_has_its_neighbours_texts() -> None:
    assert passage_record(PASSAGE, DOCUMENT, before=[HEAD], after=[TAIL]) == {
        "id": "p1",
        "doc_id": "d1",
        "title": "关于人才工作的通知",
        "path": ["一、总体要求"],
        "address": "一",
        "page": 1,
        "start": 7,
        "end": 28,
        "text": "坚持人民至上。2026年引进人才300名。",
        "before": "一、总体要求",
        "after": "二、工作任务",
        "meta": {"kind": "通知", "source": "资料/通知.txt"},
    }


def test_a_passage_at_either_end_has_empty_neighbours() -> None:
    record = passage_record(PASSAGE, DOCUMENT, before=[], after=[])
    assert (record["before"], record["after"]) == ("", "")


def test_a_document_says_where_its_passages_stand() -> None:
    record = document_record(DOCUMENT, [PASSAGE])
    assert record == {
        "id": "d1",
        "title": "关于人才工作的通知",
        "meta": {"kind": "通知", "source": "资料/通知.txt"},
        "text": TEXT,
        "passages": [{"id": "p1", "start": 7, "end": 28, "path": ["一、总体要求"], "address": "一", "page": 1}],
    }
    place = record["passages"][0]
    assert record["text"][place["start"] : place["end"]] == PASSAGE.text


def test_a_sync_reports_documents_by_id_and_failures_by_path() -> None:
    report = SyncReport(("d1",), ("d2",), ("d3", "d4"), (), (Failure("坏.txt", "读不出文字"),), 12, 3)
    assert sync_record(report) == {
        "added": ["d1"],
        "changed": ["d2"],
        "unchanged": ["d3", "d4"],
        "removed": [],
        "failed": [{"path": "坏.txt", "reason": "读不出文字"}],
        "passages": 12,
    }


def test_stats_give_sizes_in_bytes_by_part() -> None:
    stats = Stats(2, 12, 15, "hash", 256, 3, {"catalog": 4096})
    assert stats_record(stats) == {
        "documents": 2,
        "passages": 12,
        "windows": 15,
        "model": "hash",
        "dimension": 256,
        "generation": 3,
        "sizes": {"catalog": 4096},
    }


def test_records_are_json_and_keep_chinese_readable() -> None:
    line = json.dumps(search_record("人才", [HIT], took_ms=1), ensure_ascii=False)
    assert "坚持人民至上" in line
    assert json.loads(line)["hits"][0] == HIT_RECORD


def test_a_format_without_pages_has_null_for_a_page() -> None:
    assert passage_record(TAIL, DOCUMENT, before=[], after=[])["page"] is None
