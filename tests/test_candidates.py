"""What sentences are told apart by."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.types import Hit
from rag.candidates import Candidate, candidates

QUESTION = "养老服务归哪个部门统筹？"
DUTIES = "一、部门\n\n市民政局统筹养老服务。市财政局保障养老服务经费。\n\n二、街道\n\n街道组织养老服务志愿者。\n"


@pytest.fixture
def hits(tmp_path: Path) -> list[Hit]:
    (tmp_path / "分工.txt").write_text(f"关于养老服务分工的通知\n\n{DUTIES}", encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([tmp_path / "分工.txt"])
        return library.search(QUESTION, k=10)


def judged(tmp_path: Path, hits: list[Hit]) -> dict[str, Candidate]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder()) as library:
        return {one.text: one for one in candidates(QUESTION, hits, library)}


def read(hit: Hit, odds: float, *words: tuple[str, float]) -> Hit:
    """The hit as a reranker leaves it that takes these words for the answer, with these chances."""
    start = hit.passage.start
    places = [(start + hit.passage.text.find(word), word, chance) for word, chance in words]
    answers = tuple((at, at + len(word), chance) for at, word, chance in places)
    return replace(hit, signals={**hit.signals, "read": odds}, answers=answers)


def test_a_sentence_is_told_by_the_words_that_were_read_as_the_answer(tmp_path: Path, hits: list[Hit]) -> None:
    first, second = hits[0], hits[1]
    if "志愿者" in first.passage.text:
        first, second = second, first
    found = judged(tmp_path, [read(first, 2.0, ("市民政局", 0.3), ("市财政局", 0.1)), second])
    right, wrong, other = (
        found[text] for text in ("市民政局统筹养老服务。", "市财政局保障养老服务经费。", "街道组织养老服务志愿者。")
    )
    assert [one.signs["told"] for one in (right, wrong, other)] == pytest.approx([0.75, 0.25, 0.0])
    assert right.signs["likely"] == pytest.approx(0.75 / (1 + 2.718281828**-2))
    assert right.signs["untold"] == 0
    assert wrong.signs["untold"] == pytest.approx(right.signs["likely"] - wrong.signs["likely"])
    assert [one.signs["read"] for one in (right, wrong, other)] == [2.0, 2.0, 2.0]


def test_a_passage_that_was_not_read_counts_as_the_least_sure(tmp_path: Path, hits: list[Hit]) -> None:
    found = judged(tmp_path, [read(hits[0], 20.0), *hits[1:]])
    assert {one.signs["read"] for one in found.values()} == {8.0}
    found = judged(tmp_path, [read(hits[0], 1.0), read(hits[1], -3.0), *hits[2:]])
    assert {one.signs["unread"] for one in found.values()} == {0.0, 4.0}


def test_without_a_reranker_there_are_no_signs_of_reading(tmp_path: Path, hits: list[Hit]) -> None:
    for one in judged(tmp_path, hits).values():
        assert not {"read", "unread", "told", "likely", "untold"} & one.signs.keys()
