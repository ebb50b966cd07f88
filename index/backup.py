"""Backups: a folder of pieces named by their content, and one list of pieces for each moment that was kept.

A library's files are cut into pieces of 1 MiB; a piece that is there already is not written again, so a backup costs
what has changed. The catalog is copied by SQLite as of one moment while others read and write, without its generation,
which is made anew from it when it is restored. A list is written last and at once, so a backup is whole or not there.
"""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from time import time_ns

from index.catalog import FORMAT as CATALOG_FORMAT
from index.catalog import Catalog
from index.connect import located
from index.doctor import examine
from index.errors import LibraryError, NotFoundError
from index.generation import current, prune, rebuild, switch
from index.writer import writing

FORMAT = 1
_PIECE = 1 << 20
_BESIDE = ("词典.txt", "keys.json")
_CATALOG = "catalog.sqlite"
_UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Backup:
    """A moment that was kept: its name, files with their pieces in order, and what writing it cost in bytes."""

    name: str
    files: dict[str, list[str]]
    written: int = 0
    total: int = 0


def back_up(library: Path, place: Path) -> Backup:
    """Keep the library in `library` as it is now in the folder `place`, whoever reads or writes it meanwhile.

    LibraryError when there is no library, its catalog is damaged, or `place` cannot be written or holds other things.
    """
    if not (library / _CATALOG).is_file():
        raise LibraryError(f"{library} 里没有文库，没有可备份的")
    if place.is_dir() and any(place.iterdir()) and not (place / "pieces").is_dir():
        raise LibraryError(f"{place} 里有别的东西，不是备份；请换一个空文件夹")
    try:
        (place / "pieces").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix="making-") as making:
            copy = Path(making) / _CATALOG
            _copy_catalog(library / _CATALOG, copy)
            files = {_CATALOG: copy, **_beside(library)}
            kept = {name: list(_put(file, place)) for name, file in files.items()}
            total = sum(file.stat().st_size for file in files.values())
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        lists = {file: [digest for digest, _ in pieces] for file, pieces in kept.items()}
        stored = {"format": FORMAT, "catalog": CATALOG_FORMAT, "files": lists}
        _write(place / f"{name}.json", json.dumps(stored, ensure_ascii=False).encode())
    except OSError as error:
        raise LibraryError(f"备份写不进 {place}（{error}）；请检查磁盘空间和权限，以前的备份不受影响") from error
    return Backup(name, lists, sum(size for pieces in kept.values() for _, size in pieces), total)


def backups(place: Path) -> list[Backup]:
    """The moments kept in `place`, oldest first; NotFoundError when there is none."""
    found = []
    for path in sorted(place.glob("*Z.json")):
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored["format"] > FORMAT or stored["catalog"] > CATALOG_FORMAT:
                raise LibraryError(f"{path} 是更新版本的引得做的备份；请升级引得后再恢复")
            found.append(Backup(path.stem, stored["files"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(f"{path} 已损坏（{error}）；请用 --at 指定另一次备份") from error
    if not found:
        raise NotFoundError(f"{place} 里没有备份；先备份：yinde backup {place}")
    return found


def restore(place: Path, library: Path, *, at: str = "") -> Backup:
    """Put a library back as it was at the moment `at`, the last one by default; every piece is held against its name.

    All or nothing: a library in `library` is replaced in one transaction, also while it is served, and stays as it is
    when anything fails. LibraryError for a damaged backup or a full disk, BusyError while another process writes.
    """
    kept = backups(place)
    chosen = next((one for one in kept if one.name == at), None) if at else kept[-1]
    if chosen is None:
        raise NotFoundError(f"{place} 里没有 {at} 这一次；有：{'、'.join(one.name for one in kept[-5:])}")
    with writing(library):
        made = library / "catalog.restoring"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        try:
            for name, pieces in chosen.files.items():
                if name not in (_CATALOG, *_BESIDE) and not _uploaded(name):
                    raise LibraryError(f"{place} 里的 {chosen.name} 含有不认识的文件 {name}，没有恢复")
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                _get(place, pieces, made / name)
            _replace(made, library)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return chosen


def _replace(made: Path, library: Path) -> None:
    # As a library of its own first: what cannot be opened and searched replaces nothing.
    with closing(Catalog(made / _CATALOG)) as catalog:
        if catalog.generation:
            rebuild(made, catalog)
    wrong = [finding.what for finding in examine(made) if not finding.mendable]
    if wrong:
        raise LibraryError(f"备份里的文库有问题，没有恢复：{wrong[0]}")
    name = current(made)
    fresh = f"{name}-{time_ns()}" if name else None  # readers tell generations by name
    if name and fresh:
        (made / name).rename(library / fresh)
    # From here to the switch there is none in use: whoever opens the library then makes it from the catalog.
    (library / "CURRENT").unlink(missing_ok=True)
    with closing(sqlite3.connect(made / _CATALOG)) as source, closing(sqlite3.connect(library / _CATALOG)) as target:
        source.backup(target)  # one transaction of the target
    if fresh:
        switch(library, fresh)
    for beside, path in _beside(made).items():  # what was uploaded since then stays
        (library / beside).parent.mkdir(parents=True, exist_ok=True)
        path.replace(library / beside)
    prune(library, keep={fresh})


def _beside(library: Path) -> dict[str, Path]:
    """What a library's folder holds beside catalog and generations: the user's terms, keys, uploaded files."""
    paths = [library / name for name in _BESIDE] + sorted((library / _UPLOADS).rglob("*"))
    return {path.relative_to(library).as_posix(): path for path in paths if path.is_file()}


def _uploaded(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) > 1 and parts[0] == _UPLOADS and ".." not in parts


def _copy_catalog(source: Path, target: Path) -> None:
    try:
        live = sqlite3.connect(located(source, reading=True), uri=True, timeout=30)
        with closing(live), closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            faults = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise OSError(str(error)) from error  # what the caller tells as it tells any full disk
        raise LibraryError(f"{source} 读不全（{error}），没有备份；请运行 yinde doctor 查看") from error
    if faults != "ok":
        raise LibraryError(f"{source} 已损坏（{faults}），没有备份；请由以前的备份恢复：yinde restore")


def _put(file: Path, place: Path) -> Iterator[tuple[str, int]]:
    """Keep a file's pieces; the digest of each and the bytes written for it, 0 where it was there."""
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest = blake2b(piece, digest_size=20).hexdigest()
            path = place / "pieces" / digest[:2] / digest
            there = path.is_file() and path.read_bytes() == piece
            if not there:
                path.parent.mkdir(exist_ok=True)
                _write(path, piece)
            yield digest, 0 if there else len(piece)


def _get(place: Path, pieces: list[str], target: Path) -> None:
    with target.open("wb") as file:
        for digest in pieces:
            path = place / "pieces" / digest[:2] / digest
            try:
                piece = path.read_bytes()
            except OSError as error:
                raise LibraryError(f"备份缺了一块：{path}；没有恢复，请用 --at 指定另一次备份") from error
            if blake2b(piece, digest_size=20).hexdigest() != digest:
                raise LibraryError(f"备份有一块已损坏：{path}；没有恢复，请用 --at 指定另一次备份")
            file.write(piece)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk."""
    making = path.with_name(f"{path.name}.part")
    with making.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)
