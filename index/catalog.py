"""catalog.sqlite: the truth of a library. Everything else in the folder can be rebuilt from it.

Rows number passages and documents for the derived indexes; none is used twice and none leaves `index`. Each change of
the documents is one transaction that raises `generation` by one, so a derived part knows what it has not seen yet.
"""

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from index.connect import located, writable
from index.errors import LibraryError, NotFoundError
from index.types import Document, Heading, PageStart, Passage, Span

FORMAT = 3

Kind = Literal["passage", "document"]

_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
                        title TEXT NOT NULL, text TEXT NOT NULL, meta TEXT NOT NULL, outline TEXT NOT NULL,
                        born INTEGER NOT NULL, pages TEXT NOT NULL DEFAULT '[]');
CREATE INDEX documents_by_digest ON documents (digest);
CREATE TABLE sources (path TEXT PRIMARY KEY, doc_id TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
                      digest BLOB NOT NULL, file TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX sources_by_document ON sources (doc_id);
CREATE TABLE passages (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc_id TEXT NOT NULL,
                       start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL,
                       address TEXT NOT NULL, born INTEGER NOT NULL, page INTEGER NOT NULL DEFAULT 0,
                       turns TEXT NOT NULL DEFAULT '[]');
CREATE INDEX passages_in_order ON passages (doc_id, start);
CREATE INDEX passages_by_birth ON passages (born);
CREATE TABLE windows (row INTEGER NOT NULL, number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
                      key BLOB NOT NULL, PRIMARY KEY (row, number)) WITHOUT ROWID;
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE graves (kind TEXT NOT NULL, row INTEGER NOT NULL, generation INTEGER NOT NULL, PRIMARY KEY (kind, row))
                    WITHOUT ROWID;
CREATE TABLE retired (id TEXT PRIMARY KEY, doc_id TEXT NOT NULL, title TEXT NOT NULL, start INTEGER NOT NULL,
                      end INTEGER NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL, address TEXT NOT NULL,
                      successor TEXT NOT NULL, retired_at TEXT NOT NULL, page INTEGER NOT NULL DEFAULT 0,
                      turns TEXT NOT NULL DEFAULT '[]') WITHOUT ROWID;
CREATE TABLE sketches (row INTEGER PRIMARY KEY, sketch BLOB NOT NULL);
CREATE TABLE bands (band INTEGER NOT NULL, key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (band, key, row))
                   WITHOUT ROWID;
"""

# What brings a library from the format before to this one; each leaves exactly the tables that _SCHEMA of then made.
_MIGRATIONS = {
    2: """
ALTER TABLE documents ADD COLUMN pages TEXT NOT NULL DEFAULT '[]';
ALTER TABLE passages ADD COLUMN page INTEGER NOT NULL DEFAULT 0;
ALTER TABLE passages ADD COLUMN turns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE retired ADD COLUMN page INTEGER NOT NULL DEFAULT 0;
ALTER TABLE retired ADD COLUMN turns TEXT NOT NULL DEFAULT '[]';
""",
    3: """
ALTER TABLE sources ADD COLUMN file TEXT NOT NULL DEFAULT '';
UPDATE sources SET file = path;
CREATE TABLE sketches (row INTEGER PRIMARY KEY, sketch BLOB NOT NULL);
CREATE TABLE bands (band INTEGER NOT NULL, key INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (band, key, row))
                   WITHOUT ROWID;
""",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What a document came from, and what its file looked like when it was read.

    `file` is on disk; `path` is the same but for a document in a container: archive.zip/inner/文件.docx, table.csv#12.
    `size`, `mtime` (nanoseconds) and `digest` are of the file and its sidecar together. `mtime` 0 has it read again.
    """

    path: str
    doc_id: str
    size: int
    mtime: int
    digest: bytes
    file: str


@dataclass(frozen=True, slots=True)
class Record:
    """A passage with what a hit shows beside it. `windows` are relative to the passage's start."""

    passage: Passage
    title: str
    windows: tuple[Span, ...]
    date: str


@dataclass(frozen=True, slots=True)
class Retired:
    """A passage that is gone, as it was; `when` in ISO 8601, `successor` the id of its next wording or ""."""

    passage: Passage
    title: str
    successor: str
    when: str


class Catalog:
    """The database, one connection a thread."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the database at `path`, making it when `create`; LibraryError when it is foreign, newer or damaged."""
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        if not create and not path.exists():
            raise LibraryError(f"{path.parent} 里没有文库；先建立：yinde index 文件夹")
        try:
            if create and not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():  # new, or begun and stopped
                with self.transaction() as db:
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.executemany("INSERT INTO settings VALUES (?, ?)", [("format", str(FORMAT)), ("generation", "0")])
            version = self._migrated()
            if version == str(FORMAT) and writable(self.folder):
                self._db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            raise LibraryError(f"{path} 打不开（{error}）；请检查权限与磁盘空间，或换一个 --library 文件夹") from error
        if version != str(FORMAT):
            raise LibraryError(f"{path.parent} 的格式版本是 {version}，本程序只认 {FORMAT}；请升级引得或重建文库")

    def _migrated(self) -> str:
        """The library's format, after an older one was brought up to this program's."""
        version = self.setting("format")
        if not version.isdigit() or not 1 <= int(version) < FORMAT:
            return version
        with self.transaction() as db:
            # Read again: another process may have migrated it meanwhile.
            for number in range(int(self.setting("format")) + 1, FORMAT + 1):
                for statement in _MIGRATIONS[number].split(";\n"):
                    db.execute(statement)
            self.set("format", str(FORMAT))
        return str(FORMAT)

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            where = located(self._path)
            db = sqlite3.connect(where, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
            db.execute("PRAGMA synchronous = FULL")
            self._local.db = db
            self._connections.append(db)
        return db

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one write transaction: all of it or, on any exception, nothing."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def shrink(self) -> None:
        """Give back the room of what was deleted; takes as much again on the disk meanwhile."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every thread's connection; the catalog is not used afterwards."""
        while self._connections:
            self._connections.pop().close()

    @property
    def folder(self) -> Path:
        """The library's folder."""
        return self._path.parent

    def setting(self, name: str) -> str:
        """The value of a setting, "" when it was never set."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set(self, name: str, value: str) -> None:
        """Store a setting."""
        self._db.execute("REPLACE INTO settings VALUES (?, ?)", (name, value))

    @property
    def generation(self) -> int:
        """How many changes of the documents the library has seen."""
        return int(self.setting("generation") or 0)

    def document(self, doc_id: str) -> Document:
        """A whole document; NotFoundError when the id is unknown."""
        row = self._db.execute(f"{_WHOLE} WHERE id = ?", (doc_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"文库里没有文件 {doc_id}")
        title, text, meta, outline, pages = row
        source = self._db.execute("SELECT min(path) FROM sources WHERE doc_id = ?", (doc_id,)).fetchone()[0]
        known = {**json.loads(meta), "source": source or ""}
        return Document(doc_id, title, text, known, tuple(Heading(*h) for h in json.loads(outline)), _pages(pages))

    def documents(self) -> list[Document]:
        """All documents by title, without text and outline."""
        rows = self._db.execute("SELECT id, title, meta FROM documents ORDER BY title, id")
        return [Document(i, title, "", json.loads(meta)) for i, title, meta in rows]

    def document_by_text(self, digest: str) -> str | None:
        """The id of the document whose present text has this digest."""
        row = self._db.execute("SELECT id FROM documents WHERE digest = ?", (digest,)).fetchone()
        return str(row[0]) if row else None

    def has_document(self, doc_id: str) -> bool:
        """Whether a document has this id."""
        return self._db.execute("SELECT 1 FROM documents WHERE id = ?", (doc_id,)).fetchone() is not None

    def sources(self) -> dict[str, Source]:
        """Every known source by path."""
        rows = self._db.execute("SELECT path, doc_id, size, mtime, digest, file FROM sources ORDER BY path")
        return {row[0]: Source(*row) for row in rows}

    def passages(self, doc_id: str) -> list[Passage]:
        """A document's passages in order; [] when the id is unknown."""
        return [_passage(row) for row in self._db.execute(f"{_SELECT} WHERE doc_id = ? ORDER BY start", (doc_id,))]

    def find_passage(self, passage_id: str) -> Passage | None:
        """A passage by id, None when the library does not hold it now."""
        row = self._db.execute(f"{_SELECT} WHERE id = ?", (passage_id,)).fetchone()
        return _passage(row) if row else None

    def retired(self, passage_id: str) -> Retired | None:
        """What is kept of a passage that is gone; None when there was no such passage or it is there."""
        row = self._db.execute(
            f"SELECT title, successor, retired_at, {_COLUMNS} FROM retired WHERE id = ?", (passage_id,)
        ).fetchone()
        return Retired(_passage(row[3:]), *row[:3]) if row else None

    def passage(self, passage_id: str) -> Passage:
        """A passage by id; NotFoundError says what became of one that is gone."""
        passage = self.find_passage(passage_id)
        if passage is not None:
            return passage
        gone = self.retired(passage_id)
        if gone is None:
            raise NotFoundError(f"文库里没有段落 {passage_id}；请核对编号，或用 yinde search 找到它")
        where = f"《{gone.title}》{gone.passage.address}"
        if gone.successor:
            raise NotFoundError(f"段落 {passage_id}（{where}）已改动，现为 {gone.successor}")
        if self.has_document(gone.passage.doc_id):
            raise NotFoundError(f"段落 {passage_id}（{where}）已从文件中删去")
        raise NotFoundError(f"段落 {passage_id}（{where}）已随文件删除")

    def records(self, rows: Sequence[int]) -> dict[int, Record]:
        """Passages by row with title and windows; rows that are gone are absent."""
        windows: dict[int, list[Span]] = {}
        query = f"SELECT row, start, end FROM windows WHERE row IN ({_marks(rows)}) ORDER BY row, number"
        for row, start, end in self._db.execute(query, list(rows)):
            windows.setdefault(row, []).append((start, end))
        columns = f"p.row, d.title, json_extract(d.meta, '$.date'), p.{_COLUMNS.replace(', ', ', p.')}"
        query = f"SELECT {columns} FROM passages p JOIN documents d ON d.id = p.doc_id WHERE p.row IN ({_marks(rows)})"
        return {
            row: Record(_passage(rest), title, tuple(windows.get(row, ())), date or "")
            for row, title, date, *rest in self._db.execute(query, list(rows))
        }

    def neighbours(self, passage: Passage, *, before: int, after: int) -> tuple[list[Passage], list[Passage]]:
        """Up to so many passages right before and right after one, both in document order."""
        earlier = self._db.execute(
            f"{_SELECT} WHERE doc_id = ? AND start < ? ORDER BY start DESC LIMIT ?",
            (passage.doc_id, passage.start, before),
        )
        later = self._db.execute(
            f"{_SELECT} WHERE doc_id = ? AND start > ? ORDER BY start LIMIT ?", (passage.doc_id, passage.start, after)
        )
        return [_passage(row) for row in earlier][::-1], [_passage(row) for row in later]

    def places(self, rows: Sequence[int]) -> dict[int, tuple[str, int, int]]:
        """Passage row → its document's id and where it stands there; passages that are gone are absent."""
        query = f"SELECT row, doc_id, start, end FROM passages WHERE row IN ({_marks(rows)})"
        return {row: (doc_id, start, end) for row, doc_id, start, end in self._db.execute(query, list(rows))}

    def document_ids(self, rows: Sequence[int]) -> list[str]:
        """The ids of documents by row, in the rows' order; those that are gone are left out."""
        query = f"SELECT row, id FROM documents WHERE row IN ({_marks(rows)})"
        ids = dict(self._db.execute(query, list(rows)).fetchall())
        return [ids[row] for row in rows if row in ids]

    def sketch(self, doc_id: str) -> bytes:
        """A document's sketch (`index.versions`), b"" when it has none or the id is unknown."""
        query = "SELECT sketch FROM sketches JOIN documents USING (row) WHERE id = ?"
        row = self._db.execute(query, (doc_id,)).fetchone()
        return bytes(row[0]) if row else b""

    def near(self, bands: Iterable[tuple[int, int]]) -> list[tuple[str, bytes]]:
        """(document id, sketch) of the documents that share one of these bands, those that share most first."""
        shared = Counter(
            row
            for band in bands
            for (row,) in self._db.execute("SELECT row FROM bands WHERE band = ? AND key = ? LIMIT 1000", band)
        )
        query = "SELECT id, sketch FROM documents JOIN sketches USING (row) WHERE row = ?"
        found = (self._db.execute(query, (row,)).fetchone() for row, _ in shared.most_common(500))
        return [(str(row[0]), bytes(row[1])) for row in found if row]

    def stretch(self, doc_id: str, start: int, end: int) -> str:
        """A document's text from `start` to `end`, cut where the text ends; "" when the id is unknown."""
        query = "SELECT substr(text, ? + 1, ?) FROM documents WHERE id = ?"
        row = self._db.execute(query, (start, end - start, doc_id)).fetchone()
        return str(row[0]) if row else ""

    def passage_at(self, doc_id: str, offset: int) -> Passage:
        """The passage that holds the offset or, between passages, the next one, else the last; the id must be known."""
        for which in ("end > ? ORDER BY start", "start <= ? ORDER BY start DESC"):
            row = self._db.execute(f"{_SELECT} WHERE doc_id = ? AND {which} LIMIT 1", (doc_id, offset)).fetchone()
            if row is not None:
                return _passage(row)
        raise NotFoundError(f"文库里没有文件 {doc_id}")

    def owners(self) -> list[tuple[int, str, str]]:
        """(row, document id, headings as JSON) of every passage, within a document in order."""
        return self._db.execute("SELECT row, doc_id, path FROM passages ORDER BY doc_id, start").fetchall()

    def counts(self) -> tuple[int, int, int]:
        """How many documents, passages and windows."""
        count = "(SELECT count(*) FROM {})".format
        row = self._db.execute(f"SELECT {count('documents')}, {count('passages')}, {count('windows')}").fetchone()
        return row[0], row[1], row[2]

    # what a derived generation is built from

    def passages_after(self, generation: int) -> Iterator[tuple[int, str, str]]:
        """(row, words, text) of every passage added after `generation`; its words are title, headings and text."""
        query = (
            "SELECT p.row, d.title, p.path, p.text FROM passages p JOIN documents d ON d.id = p.doc_id "
            "WHERE p.born > ? ORDER BY p.row"
        )
        for row, title, path, text in self._db.execute(query, (generation,)):
            yield row, "\n".join([title, *json.loads(path), text]), text

    def documents_after(self, generation: int) -> Iterator[tuple[int, str, str]]:
        """(row, words, "") of every document added or changed after `generation`: its title and its whole text."""
        query = "SELECT row, title, text FROM documents WHERE born > ? ORDER BY row"
        for row, title, text in self._db.execute(query, (generation,)):
            yield row, f"{title}\n{text}", ""

    def died_after(self, generation: int, kind: Kind) -> list[int]:
        """Rows of the passages or documents removed after `generation`."""
        found = self._db.execute("SELECT row FROM graves WHERE generation > ? AND kind = ?", (generation, kind))
        return [row for (row,) in found]

    def order(self) -> list[tuple[int, int]]:
        """(passage row, document row) of every passage, document by document, in reading order."""
        query = "SELECT p.row, d.row FROM passages p JOIN documents d ON d.id = p.doc_id ORDER BY p.doc_id, p.start"
        return self._db.execute(query).fetchall()

    def vectors_after(self, generation: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(passage row, unit vector) of every window of the passages added after `generation`, in window order."""
        query = (
            "SELECT w.row, v.vector FROM passages p JOIN windows w ON w.row = p.row JOIN vectors v ON v.key = w.key "
            "WHERE p.born > ? ORDER BY w.row, w.number"
        )
        for row, vector in self._db.execute(query, (generation,)):
            yield row, np.frombuffer(vector, dtype=np.float16).astype(np.float32)

    def unknown(self, keys: Iterable[bytes]) -> list[bytes]:
        """Those of `keys`, in order and once each, that have no vector yet."""
        has = "SELECT 1 FROM vectors WHERE key = ?"
        return [key for key in dict.fromkeys(keys) if self._db.execute(has, (key,)).fetchone() is None]

    def remember(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Keep vectors by key, half precision."""
        with self.transaction() as db:
            rows = [(key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()]
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


_COLUMNS = "id, doc_id, start, end, text, path, address, page, turns"
_SELECT = f"SELECT {_COLUMNS} FROM passages"
_WHOLE = "SELECT title, text, meta, outline, pages FROM documents"


def _marks(rows: Sequence[int]) -> str:
    return ",".join("?" * len(rows))


def _passage(row: Sequence[Any]) -> Passage:
    i, doc_id, start, end, text, path, address, page, turns = row
    return Passage(i, doc_id, start, end, text, tuple(json.loads(path)), address, page, _pages(turns))


def _pages(stored: str) -> tuple[PageStart, ...]:
    return tuple((start, page) for start, page in json.loads(stored))
