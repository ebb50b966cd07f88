from pathlib import Path

import pytest
from backends import opened
from test_milvus import NOTICE, written

from index.errors import LibraryError
from index.moving import move

pytest.importorskip("pymilvus", reason="pip install 'yinde[milvus]'")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library in a folder, with a change behind it."""
    documents = written(tmp_path)
    with opened(str(tmp_path / "library"), create=True) as library:
        library.sync([documents])
        (documents / "通知.txt").write_text(NOTICE.replace("不超过五项", "不超过三项"), encoding="utf-8")
        library.sync([documents])
    return tmp_path / "library"


def test_a_library_goes_to_milvus_and_back_as_it_is(folder: Path, tmp_path: Path) -> None:
    there, back = tmp_path / "there.db", tmp_path / "back"
    with opened(str(folder)) as library:
        before = library.search("督查检查考核事项", k=3)
        gone = library.history(before[0].passage.id)
        documents, stats = library.documents(), library.stats()
    moved = move(folder, there)
    assert (moved.documents, moved.passages, moved.windows) == (stats.documents, stats.passages, stats.windows)
    assert move(there, back) == moved
    for place in (there, back):
        with opened(str(place)) as library:
            hits = library.search("督查检查考核事项", k=3)
            assert [hit.passage for hit in hits] == [hit.passage for hit in before]
            assert library.history(before[0].passage.id) == gone
            assert [one.id for one in library.documents()] == [one.id for one in documents]
            assert library.sync([tmp_path / "documents"]).embedded == 0


def test_a_move_that_was_cut_off_goes_on(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"

    def cut_off(stage: str, _done: int, _total: int) -> None:
        if stage == "发布":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(folder, there, progress=cut_off)
    assert move(folder, there).documents == 2


def test_a_library_that_is_there_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    move(folder, there)
    with pytest.raises(LibraryError, match="已有文库"):
        move(folder, there)
    other = tmp_path / "other"
    (tmp_path / "甲.txt").write_text("关于甲的通知\n\n甲。\n", encoding="utf-8")
    with opened(str(other), create=True) as library:
        library.sync([tmp_path / "甲.txt"])
    with pytest.raises(LibraryError, match="已有文库"):
        move(folder, other)


def test_a_place_without_a_library_has_nothing_to_move(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="没有文库"):
        move(tmp_path / "nothing.db", tmp_path / "to")
