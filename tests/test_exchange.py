import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from index.doctor import examine
from index.embed import HashEmbedder
from index.errors import LibraryError
from index.exchange import Exchanged, export, take_over
from index.library import LocalLibrary
from ui.cli import run

NOTICE = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报。\n"
PLAN = "老旧小区改造方案\n\n到2026年底，改造老旧小区{}个，惠及居民三万户。\n"


def nobody(_name: str | None) -> NoReturn:
    raise AssertionError("a model was opened")


def hashing(_name: str | None) -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A library of two documents, one of them changed once."""
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        for homes in ("一百", "一百二十"):
            (folder / "方案.txt").write_text(PLAN.format(homes), encoding="utf-8")
            library.sync([folder])
    return tmp_path / "library"


def held(place: Path) -> object:
    """Everything that is asked of a library."""
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        documents = [library.document(one.id) for one in library.documents()]
        hits = library.search("老旧小区改造多少个", k=5)
        gone = library._catalog._db.execute("SELECT * FROM retired").fetchall()
        passages = [library.passages(one.id) for one in documents]
        # Scores by words are left out: tantivy still counts passages that are gone until their segment is merged.
        found = [(hit.passage, hit.signals["dense"]) for hit in hits]
        return documents, passages, found, gone, library.sources(), [library.versions(one.id) for one in documents]


def test_an_export_makes_the_same_library_without_a_model(place: Path, tmp_path: Path) -> None:
    assert export(place, tmp_path / "out") == Exchanged(documents=2, passages=2, retired=1, vectors=2)
    assert take_over(tmp_path / "out", tmp_path / "new", nobody).embedded == 0
    assert held(tmp_path / "new") == held(place)
    assert examine(tmp_path / "new") == []
    with LocalLibrary.open(tmp_path / "new", embedder=HashEmbedder()) as library:
        assert len(library.sync([tmp_path / "公文"]).unchanged) == 2


def test_windows_without_vectors_are_embedded_again(place: Path, tmp_path: Path) -> None:
    export(place, tmp_path / "out")
    (tmp_path / "out" / "windows.parquet").unlink()
    about = json.loads((tmp_path / "out" / "library.json").read_text(encoding="utf-8"))
    del about["digests"]["windows.parquet"]
    (tmp_path / "out" / "library.json").write_text(json.dumps(about), encoding="utf-8")
    assert take_over(tmp_path / "out", tmp_path / "new", hashing).embedded == 2
    assert held(tmp_path / "new") == held(place)


def cut(out: Path) -> None:
    (out / "passages.jsonl").write_bytes((out / "passages.jsonl").read_bytes()[:-9])


def unfinish(out: Path) -> None:
    (out / "library.json").unlink()


def age(out: Path) -> None:
    (out / "library.json").write_text('{"format": 9}', encoding="utf-8")


@pytest.mark.parametrize(("harm", "told"), [(cut, "重新导出"), (unfinish, "不是完整的导出"), (age, "升级引得")])
def test_an_export_that_is_not_whole_makes_nothing(
    place: Path, tmp_path: Path, harm: Callable[[Path], None], told: str
) -> None:
    export(place, tmp_path / "out")
    harm(tmp_path / "out")
    with pytest.raises(LibraryError, match=told):
        take_over(tmp_path / "out", tmp_path / "new", nobody)
    assert not (tmp_path / "new").exists()


def test_the_terminal_exports_and_imports_and_overwrites_nothing(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, new = str(tmp_path / "out"), str(tmp_path / "new")
    assert run(["export", out, "--library", str(place)]) == 0
    assert run(["export", out, "--library", str(place)]) == 2
    assert run(["import", out, "--library", new]) == 0
    assert run(["import", out, "--library", new]) == 2
    told = capsys.readouterr()
    assert "2 篇，2 段" in told.out
    assert "已有文库" in told.err
