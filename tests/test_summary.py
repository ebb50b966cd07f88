import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.errors import NotFoundError, QueryError
from index.library import LocalLibrary
from rag.contrast import contrast
from rag.lexrank import Sentences
from rag.summary import summarise
from ui.api_reading import add_reading
from ui.cli import run
from ui.schema import ContrastModel, SummaryModel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reading") / "library"


@pytest.fixture(scope="module")
def library(folder: Path, samples: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([samples])
        yield opened


def id_of(library: LocalLibrary, *words: str) -> str:
    return next(one.id for one in library.documents() if all(word in one.title for word in words))


def test_a_summary_quotes_in_reading_order(library: LocalLibrary) -> None:
    for document in library.documents():
        found = summarise(library, document.id, sentences=4)
        text = library.document(document.id).text
        places = [(one.start, one.end) for one in found.citations]
        assert [text[start:end] for start, end in places] == [one.text for one in found.statements]
        assert places == sorted(places)
        assert 1 <= len(places) <= 4
        assert [one.citations for one in found.statements] == [(n,) for n in range(1, len(places) + 1)]


def test_a_section_is_summarised_by_its_heading_or_address(library: LocalLibrary) -> None:
    notice = id_of(library, "防汛抗旱", "2026年")
    for section in ("响应标准", "二"):
        found = summarise(library, notice, section=section, sentences=3)
        assert found.citations
        assert all(
            any(section in head for head in one.passage.path) or one.passage.address.startswith(section)
            for one in found.citations
        )


def test_an_unknown_section_is_refused_with_those_there_are(library: LocalLibrary) -> None:
    with pytest.raises(NotFoundError, match="没有“海洋渔业”这一节；有："):
        summarise(library, id_of(library, "防汛抗旱", "2026年"), section="海洋渔业")


def test_a_text_that_says_nothing_has_an_empty_summary(tmp_path: Path) -> None:
    (tmp_path / "空.txt").write_text("附件：\n\n名单", encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([tmp_path / "空.txt"])
        assert summarise(opened, opened.documents()[0].id).statements == ()


def test_two_versions_of_a_rule_stand_side_by_side(library: LocalLibrary) -> None:
    old, new = id_of(library, "人才引进", "试行"), id_of(library, "人才引进", "印发《江澜市人才引进补贴管理办法》")
    found = contrast(library, old, new, "安家补贴服务年限")
    served = next(row for row in found.rows if row.first and "服务满5年" in row.first.quote)
    assert served.second is not None
    assert "服务满3年" in served.second.quote
    numbers = [one.number for row in found.rows for one in (row.first, row.second) if one]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_topic_of_neither_has_no_row_and_no_topic_is_refused(library: LocalLibrary) -> None:
    old, new = id_of(library, "人才引进", "试行"), id_of(library, "人才引进", "印发《江澜市人才引进补贴管理办法》")
    assert contrast(library, old, new, "远洋捕捞许可").rows == ()
    with pytest.raises(QueryError, match="主题"):
        contrast(library, old, new, " ？")


def test_the_central_sentence_is_the_one_most_others_resemble() -> None:
    texts = ["养老服务补贴标准", "养老服务床位建设", "养老服务机构补贴", "汽车尾气排放检验"]
    rarity = {term: 1.0 for text in texts for term in (text[at : at + 2] for at in range(len(text) - 1))}
    central = Sentences(texts, rarity).central(np.ones(4))
    assert central.sum() == pytest.approx(1)
    assert central.argmax() in (0, 2)
    assert central.argmin() == 3


@given(st.lists(st.text(alphabet="养老服务补贴标准，。1", max_size=12), min_size=1, max_size=6), st.integers(1, 8))
def test_chosen_rows_are_distinct_and_no_more_than_asked_for(texts: list[str], k: int) -> None:
    rarity = dict.fromkeys(("养老", "老服", "服务", "补贴", "标准", "1"), 1.0)
    beside = Sentences(texts, rarity)
    scores = beside.central(np.ones(len(texts)))
    rows = beside.chosen(scores, k, groups=[""] * len(texts))
    assert len(rows) == len(set(rows)) == min(k, len(texts))
    assert scores.sum() == pytest.approx(1)


def test_the_terminal_and_the_api_tell_the_same(
    library: LocalLibrary, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notice = id_of(library, "防汛抗旱", "2026年")
    assert run(["summary", notice, "-n", "2", "--library", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    from fastapi import APIRouter

    app, api = FastAPI(), APIRouter(prefix="/api/v1")
    add_reading(api, library)
    app.include_router(api)
    client = TestClient(app)
    answer = client.get(f"/api/v1/documents/{notice}/summary", params={"sentences": 2}).json()
    assert answer == told
    assert len(SummaryModel.model_validate(answer).statements) == 2
    beside = client.get("/api/v1/contrast", params={"first": notice, "second": notice, "topic": "应急响应"}).json()
    assert ContrastModel.model_validate(beside).rows
    assert run(["summary", notice, "-n", "1", "--library", str(folder)]) == 0
    assert "[1]" in capsys.readouterr().out
