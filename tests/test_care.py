import json
import random
from pathlib import Path

import pytest

from index.backup import back_up, backups, restore
from index.doctor import examine, mend
from index.embed import HashEmbedder
from index.errors import LibraryError, NotFoundError
from index.generation import current
from index.library import LocalLibrary
from ui.cli import run

NOTICE = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报。\n"
PLAN = "老旧小区改造方案\n\n到2026年底，改造老旧小区一百二十个，惠及居民三万户。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    return folder


@pytest.fixture
def place(tmp_path: Path, folder: Path) -> Path:
    """A library with one document, closed."""
    place = tmp_path / "library"
    with LocalLibrary.open(place, embedder=HashEmbedder(), create=True) as library:
        library.sync([folder])
    return place


def opened(place: Path) -> LocalLibrary:
    return LocalLibrary.open(place, embedder=HashEmbedder())


def parts(place: Path) -> list[Path]:
    generation = place / str(current(place))
    return sorted(p for p in generation.rglob("*") if p.is_file() and not p.name.startswith(".tantivy-"))


def put(path: Path, content: bytes) -> None:
    """Other content in a file's place; written into the file itself, it would reach who has it mapped."""
    other = path.with_name("other")
    other.write_bytes(content)
    other.replace(path)


def found(place: Path, query: str) -> list[str]:
    with opened(place) as library:
        return [hit.passage.text for hit in library.search(query, k=5, mode="lexical")]


def test_a_sound_library_has_nothing_wrong(place: Path) -> None:
    assert examine(place) == []
    name = current(place)
    assert mend(place) == []
    assert current(place) == name


def test_a_flipped_bit_in_any_part_is_found_and_mended(place: Path) -> None:
    for number in range(len(parts(place))):
        part = [p for p in parts(place) if p.stat().st_size][number % len(parts(place))]
        content = bytearray(part.read_bytes())
        content[len(content) // 2] ^= 8
        put(part, bytes(content))
        (finding,) = examine(place)
        assert finding.mendable
        assert mend(place) == []
        assert "防汛责任" in found(place, "防汛责任")[0]


def test_a_part_that_is_gone_or_cut_off_is_made_anew_at_opening(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    choose = random.Random(7)
    for number in range(len(parts(place))):
        part = parts(place)[number]
        content = part.read_bytes()
        part.unlink()
        if number % 2 and content:
            put(part, content[: choose.randrange(len(content))])
        assert "防汛责任" in found(place, "防汛责任")[0]
        assert examine(place) == []
    assert "由原文重新生成" in caplog.text


def test_a_catalog_that_was_changed_behind_its_back_is_told_and_not_mended(place: Path) -> None:
    with opened(place) as library, library._catalog.transaction() as db:
        db.execute("UPDATE documents SET text = replace(text, '十公里', '九公里')")
    wrong = examine(place)
    assert [finding.mendable for finding in wrong] == [False, False]
    assert "与收录时不同" in wrong[0].what
    assert "yinde restore" in wrong[0].what


def test_a_torn_catalog_is_told_with_its_cure(place: Path) -> None:
    path = place / "catalog.sqlite"
    path.write_bytes(path.read_bytes()[:6000])
    (finding,) = examine(place)
    assert "yinde restore" in finding.what


def test_a_backup_gives_back_the_library_of_its_moment(place: Path, folder: Path, tmp_path: Path) -> None:
    (place / "uploads").mkdir()
    (place / "uploads" / "原件.txt").write_text(NOTICE, encoding="utf-8")
    first = back_up(place, tmp_path / "backup")
    (folder / "方案.txt").write_text(PLAN, encoding="utf-8")
    with opened(place) as library:
        library.sync([folder])
        back_up(place, tmp_path / "backup")  # while it is open
    assert [one.files.keys() for one in backups(tmp_path / "backup")] == [{"catalog.sqlite", "uploads/原件.txt"}] * 2
    restore(tmp_path / "backup", tmp_path / "new")
    assert "一百二十个" in found(tmp_path / "new", "老旧小区")[0]
    assert (tmp_path / "new" / "uploads" / "原件.txt").read_text(encoding="utf-8") == NOTICE
    assert examine(tmp_path / "new") == []
    with opened(place) as reader:
        assert reader.search("老旧小区", mode="lexical")
        restore(tmp_path / "backup", place, at=first.name)
        assert reader.search("老旧小区", mode="lexical") == []
        assert reader.search("防汛责任", mode="lexical")
    assert examine(place) == []


def test_what_has_not_changed_is_not_written_again(place: Path, tmp_path: Path) -> None:
    assert back_up(place, tmp_path / "backup").written > 0
    assert back_up(place, tmp_path / "backup").written == 0


def test_a_damaged_backup_replaces_nothing(place: Path, folder: Path, tmp_path: Path) -> None:
    back_up(place, tmp_path / "backup")
    piece = next(p for p in (tmp_path / "backup" / "pieces").rglob("*") if p.is_file())
    content = bytearray(piece.read_bytes())
    content[100] ^= 1
    piece.write_bytes(content)
    with pytest.raises(LibraryError, match="已损坏"):
        restore(tmp_path / "backup", place)
    assert examine(place) == []
    piece.unlink()
    with pytest.raises(LibraryError, match="缺了一块"):
        restore(tmp_path / "backup", place)
    assert found(place, "防汛责任")


def test_a_newer_backup_and_a_foreign_folder_are_refused(place: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="不是备份"):
        back_up(place, folder)
    with pytest.raises(NotFoundError, match="没有备份"):
        restore(folder, tmp_path / "new")
    back_up(place, tmp_path / "backup")
    (listed,) = (tmp_path / "backup").glob("*.json")
    listed.write_text(json.dumps({**json.loads(listed.read_text()), "catalog": 99}))
    with pytest.raises(LibraryError, match="升级引得"):
        restore(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_terminal_keeps_a_library(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YINDE_LIBRARY", str(place))

    def yinde(*arguments: object) -> tuple[int, str]:
        status = run([str(argument) for argument in arguments])
        return status, "".join(capsys.readouterr())

    assert yinde("doctor") == (0, "文库完好。\n")
    part = next(p for p in parts(place) if p.name == "order.npy")
    put(part, part.read_bytes()[::-1])
    assert yinde("doctor")[0] == 1
    assert "已修好" in yinde("doctor", "--mend")[1]
    assert yinde("backup", tmp_path / "backup")[0] == 0
    assert "请加 --overwrite" in yinde("restore", tmp_path / "backup")[1]
    assert "里没有备份；先备份" in yinde("restore", tmp_path / "mistyped")[1]
    assert yinde("restore", tmp_path / "backup", "--overwrite")[0] == 0
    assert yinde("doctor", "--json") == (0, '{"sound": true, "mended": [], "findings": []}\n')


@pytest.mark.parametrize("arguments", [["doctor"], ["compact"], ["restore", "备份"], ["import", "导出"]])
def test_what_keeps_a_folder_is_not_done_to_a_library_in_milvus(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--library", str(tmp_path / "文库.db")]) == 2
    assert "只用于文件夹里的文库" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
