from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.candidates import candidates
from rag.coverage import coverage

PAPERS = {
    "望山.txt": "望山县2026年工作要点\n\n望山县计划建设长者食堂五家，每家补助10万元，农村地区优先。",
    "云溪.txt": "云溪县2026年工作要点\n\n云溪县计划改造养老院三家，每家补助20万元。",
    "试行.txt": "江澜市人才引进补贴管理办法（试行）\n\n博士研究生安家补贴为20万元。\n\n江澜市人民政府\n2024年5月20日",
    "办法.txt": "江澜市人才引进补贴管理办法\n\n博士研究生安家补贴为15万元。\n\n江澜市人民政府\n2026年3月5日",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("coverage")
    papers: Path = folder / "documents"
    papers.mkdir()
    for name, text in PAPERS.items():
        (papers / name).write_text(text, encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([papers])
        yield opened


def covered(question: str, library: LocalLibrary, *, holds: str) -> dict[str, float]:
    hits = library.search(question, k=4, mode="lexical")
    found = candidates(question, hits, library)
    first = next(one for one in found if holds in one.text)
    return coverage(question, hits, [first, *(one for one in found if one is not first)], library)


def test_words_that_the_passage_lacks_are_a_gap(library: LocalLibrary) -> None:
    said = covered("望山县计划建设长者食堂多少家？", library, holds="长者食堂")
    unsaid = covered("望山县计划建设体育场馆多少家？", library, holds="长者食堂")
    assert said["gap"] == 0
    assert said["rarest"] == 0
    assert unsaid["gap"] > 0.2
    assert unsaid["clause"] < said["clause"]


def test_the_opposite_of_a_word_of_the_question_is_seen(library: LocalLibrary) -> None:
    assert covered("望山县城镇地区优先吗？", library, holds="长者食堂")["opposed"] == 1
    assert covered("望山县农村地区优先吗？", library, holds="长者食堂")["opposed"] == 0


def test_without_hits_nothing_is_covered(library: LocalLibrary) -> None:
    assert coverage("望山县计划建设多少家？", [], [], library) == {}


@pytest.mark.parametrize(
    ("question", "wrong"),
    [("博士研究生安家补贴多少钱？", "20万元"), ("试行办法里博士研究生安家补贴多少钱？", "15万元")],
)
def test_a_superseded_version_is_known_unless_it_is_asked_for(question: str, wrong: str, library: LocalLibrary) -> None:
    found = candidates(question, library.search(question, k=4, mode="lexical"), library)
    assert {one.text for one in found if one.signs["superseded"]} >= {f"博士研究生安家补贴为{wrong}。"}
    assert all(wrong in one.text or "安家" not in one.text for one in found if one.signs["superseded"])


def test_a_year_says_which_version_is_meant(library: LocalLibrary) -> None:
    question = "2024年博士研究生安家补贴多少钱？"
    found = candidates(question, library.search(question, k=4, mode="lexical"), library)
    assert not any(one.signs["superseded"] for one in found)
