"""Libraries that earlier versions made, one of each format: two documents, one of them changed once."""

import shutil
from pathlib import Path

import pytest

from index.catalog import FORMAT
from index.doctor import examine
from index.embed import HashEmbedder
from index.library import LocalLibrary

KEPT = Path(__file__).parent / "kept"
FORMER, PRESENT = "dhrpdlsy334-dpnsj5pt", "dhrpdlsy334-rhxr4jds"
PLAN = "老旧小区改造方案\n\n到2026年底，改造老旧小区一百五十个。\n"


@pytest.fixture(params=range(1, FORMAT))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A library of each earlier format."""
    shutil.unpack_archive(KEPT / f"format-{request.param}.zip", tmp_path / "library")
    return tmp_path / "library"


def test_an_old_library_opens_finds_and_knows_every_id(place: Path) -> None:
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        stats = library.stats()
        assert (stats.documents, stats.passages, stats.windows, stats.generation) == (2, 4, 4, 2)
        (hit, *_) = library.search("堤段巡查人员", k=3)
        assert hit.passage.id == "dmjvaopnies-s5g46um3"
        text = library.document("dmjvaopnies").text
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
        match = library.find_quote("编织袋五万条、抽水机二十台").matches[0]
        assert (match.verdict, match.passage.id) == ("verbatim", "dmjvaopnies-i5gsm7ps")
        past = library.history(FORMER)
        assert past.fate == "changed"
        assert "一百个" in past.then.text
        assert past.now is not None
        assert past.now.id == PRESENT
        assert "一百二十个" in library.passage(PRESENT).text
    assert examine(place) == []


def test_an_old_library_takes_in_new_documents(place: Path, tmp_path: Path) -> None:
    (tmp_path / "方案.txt").write_text(PLAN, encoding="utf-8")
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        assert len(library.sync([tmp_path / "方案.txt"]).added) == 1
        assert "一百五十个" in library.search("一百五十个", k=1, mode="lexical")[0].passage.text
        assert len(library.documents()) == 3
    assert examine(place) == []
