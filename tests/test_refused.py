"""Folders that hold no library of ours, or half of one: refused with the cure, and left as they are."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.errors import LibraryError
from index.library import LocalLibrary

NOTICE = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报。\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    (root / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(root / "library", embedder=HashEmbedder(), create=True) as library:
        library.sync([root / "通知.txt"])
    return root / "library"


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A library that nobody has open."""
    shutil.copytree(made, tmp_path / "library")
    return tmp_path / "library"


def everything(folder: Path) -> dict[str, bytes]:
    """Each file by its name, but for what SQLite keeps beside a database that is open."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".sqlite-wal", ".sqlite-shm")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_a_library_of_a_newer_version_is_refused_and_left_as_it_is(place: Path) -> None:
    with closing(sqlite3.connect(place / "catalog.sqlite")) as db, db:
        db.execute("UPDATE settings SET value = '99' WHERE name = 'format'")
    before = everything(place)
    for create in (False, True):
        with pytest.raises(LibraryError, match=r"格式版本是 99.*请升级引得"):
            LocalLibrary.open(place, embedder=HashEmbedder(), create=create)
    assert everything(place) == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_copy_of_the_catalog_is_refused_and_left_as_it_is(place: Path, share: float) -> None:
    catalog = place / "catalog.sqlite"
    catalog.write_bytes(catalog.read_bytes()[: int(catalog.stat().st_size * share)])
    before = everything(place)
    with pytest.raises(LibraryError, match=r"catalog\.sqlite.*请"):
        LocalLibrary.open(place, embedder=HashEmbedder())
    assert everything(place) == before


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as db:
        db.execute("CREATE TABLE books (title TEXT)")
    before = everything(tmp_path)
    for create in (False, True):
        with pytest.raises(LibraryError, match=r"catalog\.sqlite"):
            LocalLibrary.open(tmp_path, embedder=HashEmbedder(), create=create)
    assert everything(tmp_path) == before
