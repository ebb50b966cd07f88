from pathlib import Path

import pytest

from index.compact import compact
from index.doctor import examine
from index.embed import HashEmbedder
from index.errors import BusyError, LibraryError
from index.library import LocalLibrary
from index.writer import writing
from ui.cli import run

KEPT = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员。\n"


def plan(homes: int) -> str:
    points = "\n\n".join(f"第{n}个小区改造{homes + n}户，由第{n}街道办事处负责，年底前完成。" for n in range(40))
    return f"老旧小区改造方案\n\n{points}\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A library whose second document was changed twice and then deleted."""
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(KEPT, encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        for homes in (100, 200, 300):
            (folder / "方案.txt").write_text(plan(homes), encoding="utf-8")
            library.sync([folder])
        (folder / "方案.txt").unlink()
        library.sync([folder])
    return tmp_path / "library"


def test_room_is_given_back_and_every_id_stays(place: Path) -> None:
    with LocalLibrary.open(place, embedder=HashEmbedder()) as reader:
        (hit,) = reader.search("防汛责任", k=5, mode="lexical")
        gone = reader._catalog._db.execute("SELECT id FROM retired ORDER BY id").fetchall()
        done = compact(place)
        assert done.after < done.before / 2
        assert done.vectors == 96  # 32 windows of three wordings
        again = reader.search("防汛责任", k=5)
        assert [one.passage for one in again] == [hit.passage]
        assert reader._catalog._db.execute("SELECT id FROM retired ORDER BY id").fetchall() == gone
        assert reader.history(gone[0][0]).fate == "removed"
    assert examine(place) == []
    assert compact(place).vectors == 0


def test_a_library_goes_on_after_it_was_compacted(place: Path, tmp_path: Path) -> None:
    compact(place)
    (tmp_path / "公文" / "方案.txt").write_text(plan(200), encoding="utf-8")
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        assert len(library.sync([tmp_path / "公文"]).added) == 1
        assert "第7个小区改造207户" in library.search("第7街道办事处", k=1, mode="lexical")[0].passage.text
    assert examine(place) == []


def test_nothing_is_compacted_while_another_writes_or_where_no_library_is(place: Path, tmp_path: Path) -> None:
    with writing(place), pytest.raises(BusyError, match="另一个程序正在写入"):
        compact(place)
    with pytest.raises(LibraryError, match="没有文库"):
        compact(tmp_path)


def test_the_terminal_tells_the_room_given_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compact", "--library", str(place)]) == 0
    assert "已整理：" in capsys.readouterr().out
