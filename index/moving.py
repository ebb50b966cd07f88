"""A library from one engine to another: ids, texts, history and vectors as they are, nothing embedded, all compared."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from uuid import uuid4

import numpy as np

from index.catalog import Catalog
from index.connect import located
from index.errors import LibraryError
from index.library import LocalLibrary
from index.milvus.address import address, is_milvus
from index.milvus.restore import restore
from index.milvus.server import Server
from index.milvus.shelf import Shelf
from index.milvus.tables import State, Tables
from index.milvus.workspace import Workspace
from index.sync import Progress, silent

Fact = tuple[str, int, str]  # kind, row or key, digest of all that is known of it


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved and found equal on both sides."""

    documents: int
    passages: int
    windows: int


def move(source: Path | str, destination: Path | str, *, progress: Progress = silent) -> Moved:
    """Copy the library at `source` to `destination`, folders or Milvus addresses, and compare what is there after.

    Nothing is embedded and the source is not changed. A move that was cut off is run again and goes on. LibraryError
    when there is no library at the source, another one at the destination, or the two differ in the end.
    """
    if str(source) == str(destination):
        raise LibraryError(f"{source} 不能移到自己那里；请换一个目的地")
    with tempfile.TemporaryDirectory(prefix="yinde-move-") as moment:
        catalog = _catalog_of(source, Path(moment), progress)
        if is_milvus(destination):
            with closing(Server(address(destination))) as server:
                tables = Tables(server)
                _publish(catalog, tables, progress)
                state = tables.read_state("Strong")
                assert state is not None  # it was just published
                return _compared(_facts(catalog), _milvus_facts(tables, state), progress)
        folder = Path(destination).expanduser().absolute()
        try:
            _take_over(catalog, folder / "catalog.sqlite")
        except (OSError, sqlite3.OperationalError) as error:
            raise LibraryError(f"{folder} 写不进去（{error}）；请检查磁盘空间和权限后重新运行") from error
        with LocalLibrary.open(folder) as library:
            library.stats()
        return _compared(_facts(catalog), _facts(folder / "catalog.sqlite"), progress)


def _catalog_of(place: Path | str, moment: Path, progress: Progress) -> Path:
    """The file of the source's catalog; of a library in Milvus, one that is fetched for the moment."""
    if not is_milvus(place):
        folder = Path(place).expanduser().absolute()
        with LocalLibrary.open(folder):
            return folder / "catalog.sqlite"
    there = address(place)
    if there.lite and not Path(there.uri).exists():
        raise LibraryError(f"{there.shown} 里没有文库；请检查地址")
    with closing(Server(there)) as server:
        tables = Tables(server)
        state = tables.state("Strong")
        if state is None:
            raise LibraryError(f"{there.shown} 里没有文库；请检查地址")
        restore(tables, state, moment / "catalog.sqlite", progress=progress)
        _compared(_milvus_facts(tables, state), _facts(moment / "catalog.sqlite"), progress)
    return moment / "catalog.sqlite"


def _publish(catalog: Path, tables: Tables, progress: Progress) -> None:
    """Copy the catalog into the destination's workspace, unless an earlier move did, and publish it."""
    there = tables.server.address
    workspace = Workspace(there.workspace)
    mark = there.workspace / "moving"
    origin = _origin(catalog)
    resumed = mark.exists() and mark.read_text(encoding="utf-8") == origin
    state = tables.state("Strong")
    if state is not None and not resumed:
        raise LibraryError(f"{there.shown} 已有文库；请换一个名称，或先删去它")
    if not resumed:
        for old in (*there.workspace.glob("catalog.sqlite*"), *there.workspace.glob("published.sqlite*")):
            old.unlink()
        _take_over(catalog, there.workspace / "catalog.sqlite")
        with closing(Catalog(there.workspace / "catalog.sqlite")) as copied:
            copied.set("library", uuid4().hex)
        mark.write_text(origin, encoding="utf-8")
    with workspace.writing(tables, state, progress):
        pass
    mark.unlink()


def _take_over(catalog: Path, to: Path) -> None:
    """Copy a catalog as it is at this moment, whole or not at all; one with the same content may be there."""
    if to.exists():
        with closing(Catalog(to)) as there, closing(Catalog(catalog)) as here:
            if there.counts() == (0, 0, 0) or _origin(to) == _origin(catalog):
                there.close()
            else:
                raise LibraryError(f"{to.parent} 已有文库（{there.counts()[0]} 篇）；请换一个文件夹")
            here.close()
        if _origin(to) == _origin(catalog):
            return
        for old in to.parent.glob(f"{to.name}*"):
            old.unlink()
    to.parent.mkdir(parents=True, exist_ok=True)
    making = to.with_name(to.name + ".making")
    making.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(located(catalog, reading=True), uri=True)) as one,
        closing(sqlite3.connect(making)) as other,
    ):
        one.backup(other)
    making.rename(to)


def _origin(catalog: Path) -> str:
    """Stands for a catalog's content: its generation, model and newest documents."""
    with closing(sqlite3.connect(located(catalog, reading=True), uri=True)) as db:
        wanted = "('generation', 'model', 'dimension')"
        facts = db.execute(f"SELECT name, value FROM settings WHERE name IN {wanted} ORDER BY name").fetchall()
        rows = db.execute("SELECT row, id, digest FROM documents ORDER BY row DESC LIMIT 1000").fetchall()
    return blake2b(repr((facts, rows)).encode(), digest_size=16).hexdigest()


def _facts(catalog: Path) -> Iterator[Fact]:
    """Every document, passage and window of a catalog, each kind by row."""
    with closing(sqlite3.connect(located(catalog, reading=True), uri=True)) as db:
        for row, *known in db.execute("SELECT row, id, digest, title, text FROM documents ORDER BY row"):
            yield "文件", row, _digest(known)
        query = "SELECT row, id, doc_id, start, end, text, address, page FROM passages ORDER BY row"
        for row, *known in db.execute(query):
            yield "段落", row, _digest(known)
        query = (
            "SELECT w.row, w.number, w.start, w.end, w.key, v.vector FROM windows w JOIN vectors v ON v.key = w.key "
            "ORDER BY w.row, w.number"
        )
        for row, *known in db.execute(query):
            yield "向量", row, _digest(known)


def _milvus_facts(tables: Tables, state: State) -> Iterator[Fact]:
    """The same of a library in Milvus."""
    shelf, server = Shelf(tables, state, "Strong"), tables.server
    for batch in server.every(tables.documents, f"row <= {state.last_document}", ["row", "id", "digest"]):
        for one in sorted(batch, key=lambda one: int(one["row"])):
            document = shelf.document(one["id"])
            yield "文件", one["row"], _digest([one["id"], one["digest"], document.title, document.text])
    for row, p in shelf.every_passage():
        yield "段落", row, _digest([p.id, p.doc_id, p.start, p.end, p.text, p.address, p.page])
    fields = ["key", "row", "part", "start", "stop", "digest", "vector"]
    for batch in server.every(state.windows, f"row <= {state.last_row}", fields):
        for one in sorted(batch, key=lambda one: int(one["key"])):
            vector = np.asarray(one["vector"], np.float32).astype(np.float16).tobytes()
            known = [one["part"], one["start"], one["stop"], bytes.fromhex(one["digest"]), vector]
            yield "向量", one["row"], _digest(known)


def _compared(one: Iterator[Fact], other: Iterator[Fact], progress: Progress) -> Moved:
    """Count what is equal; LibraryError at the first difference."""
    counts = {"文件": 0, "段落": 0, "向量": 0}
    for ours, theirs in zip_longest(one, other):
        if ours != theirs:
            kind, row, _ = ours or theirs
            raise LibraryError(f"两边不同：{kind}第 {row} 行对不上；请重新运行，仍不行时删去目的地的文库再移")
        counts[ours[0]] += 1
        if sum(counts.values()) % 1000 == 0:
            progress("核对", sum(counts.values()), 0)
    return Moved(counts["文件"], counts["段落"], counts["向量"])


def _digest(known: object) -> str:
    return blake2b(repr(known).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
