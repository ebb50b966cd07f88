"""A disk that takes no more, as a limit on the size of any file: what is said, and what is left of the library."""

import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from index.backup import back_up, restore
from index.compact import compact
from index.doctor import examine, leftovers, mend
from index.embed import HashEmbedder
from index.errors import LibraryError
from index.exchange import export, take_over
from index.library import LocalLibrary
from index.moving import move

Operation = Callable[[Path], object]


@contextmanager
def no_file_larger(size: int) -> Iterator[None]:
    """Writing beyond `size` bytes of a file fails, for this process and those it begins."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def opened(place: Path, *, create: bool = False) -> LocalLibrary:
    return LocalLibrary.open(place, embedder=HashEmbedder(), create=create)


def written(root: Path, last: int, words: str = "") -> None:
    (root / "files").mkdir(exist_ok=True)
    for number in range(1, last):
        text = f"关于第{number}项工作的通知\n\n第{number}项工作{words}由第{number}科负责，{number}日以前完成。\n"
        (root / "files" / f"{number}.txt").write_text(text * 10, encoding="utf-8")


def synced(root: Path) -> None:
    with opened(root / "library", create=True) as library:
        library.sync([root / "files"])


def held(place: Path) -> list[tuple[str, str]]:
    with opened(place) as library:
        assert library.search("工作由谁负责", k=3)
        return [(one.id, library.document(one.id).text) for one in library.documents()]


OPERATIONS: dict[str, Operation] = {
    "sync": synced,
    "compact": lambda root: compact(root / "library"),
    "backup": lambda root: back_up(root / "library", root / "kept"),
    "restore": lambda root: restore(root / "earlier", root / "library"),
    "export": lambda root: export(root / "library", root / "out"),
    "import": lambda root: take_over(root / "exported", root / "new", lambda _: HashEmbedder()),
    "move": lambda root: move(root / "library", root / "new"),
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each trial begins with: three documents, a library of them, a backup and an export of it."""
    root = tmp_path_factory.mktemp("full") / "one"
    root.mkdir()
    written(root, 4)
    synced(root)
    back_up(root / "library", root / "earlier")
    export(root / "library", root / "exported")
    written(root, 6, "（修订）")
    return root.rename(root.with_name("ground"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_full_disk_is_told_and_the_library_is_all_or_none_of_the_change(name: str, ground: Path) -> None:
    # A library knows its files by their whole paths, so every trial stands where the first was made.
    root = ground.with_name("one")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(ground, root)
    before = held(root / "library")
    for size in (0, 1_000, 2_000) if name == "export" else (0, 8_000, 60_000):
        with no_file_larger(size), pytest.raises(LibraryError, match="请"):
            OPERATIONS[name](root)
        if leftovers(root / "library"):
            mend(root / "library")
        assert examine(root / "library") == []
        assert held(root / "library") == before
        shutil.rmtree(root / "out", ignore_errors=True)  # an export asks for an empty folder
    OPERATIONS[name](root)  # there is room again
    after = held(root / "library")
    assert (len(after), after == before) == ((5, False) if name == "sync" else (3, True))


def test_a_catalog_whose_making_was_stopped_is_made_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    with closing(sqlite3.connect(tmp_path / "library" / "catalog.sqlite")) as db:
        db.execute("PRAGMA journal_mode = WAL")
    written(tmp_path, 2)
    synced(tmp_path)
    assert len(held(tmp_path / "library")) == 1
