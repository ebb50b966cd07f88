"""Questions of our own on documents that are not ours: joined by digest, offsets and answers whole."""

import hashlib
import json
from pathlib import Path

import pytest

from eval.cases import load_set
from eval.errors import EvalError
from eval.written import QUESTIONS, join
from index.embed import HashEmbedder
from index.library import LocalLibrary


def library(folder: Path, text: str) -> LocalLibrary:
    (folder / "办法.txt").write_text(text, encoding="utf-8")
    opened = LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True)
    opened.sync([folder / "办法.txt"])
    return opened


def test_questions_meet_their_passages_by_digest_and_offsets(tmp_path: Path) -> None:
    with library(tmp_path, "防汛演练办法\n\n演练由市应急管理局牵头，每年6月举行。\n") as opened:
        (document,) = [opened.document(one.id) for one in opened.documents()]
        start = document.text.index("演练由")
        row = {
            "document": hashlib.sha256(document.text.encode()).hexdigest()[:16],
            "passage": [start, start + 18],
            "yes": [{"q": "谁牵头演练", "answer": [3, 9]}],
            "no": ["演练花多少钱"],
        }
        other = row | {"document": "0" * 16}
        (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, (row, other))), encoding="utf-8")
        assert join(opened, tmp_path / "set", questions=tmp_path / "questions.jsonl") == 1
    cases = load_set(tmp_path / "set")
    asked, near = cases.cases
    assert (asked.question, asked.answers, asked.answerable) == ("谁牵头演练", ("市应急管理局",), True)
    assert asked.evidence[0].quote == "演练由市应急管理局牵头，每年6月举行。"[:18]
    assert (near.question, near.answerable, near.near) == ("演练花多少钱", False, "p0")


def test_a_library_without_the_documents_is_told_so(tmp_path: Path) -> None:
    with library(tmp_path, "通知\n\n照此办理。\n") as opened, pytest.raises(EvalError, match="请先收入"):
        join(opened, tmp_path / "set")


def test_the_questions_that_ship_are_whole() -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 700
    for row in rows:
        start, end = row["passage"]
        assert 0 <= start < end
        assert row["yes"]
        assert row["no"]
        assert all(0 <= one["answer"][0] < one["answer"][1] <= end - start for one in row["yes"])
