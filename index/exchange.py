"""A library as files that any program reads, JSONL for texts and Parquet for vectors, and made from them again."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import numpy as np

from index.arrival import Window
from index.catalog import Catalog
from index.connect import located
from index.embed import Embedder
from index.errors import LibraryError
from index.generation import remade, use
from index.sketch import bands
from index.staging import window_vectors
from index.writer import writing

FORMAT = 1
_ABOUT, _VECTORS = "library.json", "windows.parquet"
_SETTINGS = ("model", "model_name", "dimension")
_BATCH = 4096
_JSON = ("meta", "outline", "pages", "path", "turns")  # columns that hold JSON

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was written or taken over; `embedded` windows had no vector in the files."""

    documents: int
    passages: int
    retired: int
    vectors: int
    embedded: int = 0


def export(folder: Path, to: Path) -> Exchanged:
    """Write the library in `folder`, as of one moment, into the folder `to`, which must be empty or absent.

    documents.jsonl, passages.jsonl, retired.jsonl; windows.parquet (key, vector) where pyarrow is installed;
    library.json last, with counts and digests. LibraryError when there is no library or the disk refuses.
    """
    if not (folder / "catalog.sqlite").is_file():
        raise LibraryError(f"{folder} 里没有文库，没有可导出的")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise LibraryError(f"{to} 不是空文件夹；请换一个")
    with closing(Catalog(folder / "catalog.sqlite")):  # of an older format, brought up to this program's
        pass
    try:
        to.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(located(folder / "catalog.sqlite", reading=True), uri=True, timeout=30)) as db:
            db.execute("BEGIN")
            counts = {name: _write_lines(to / f"{name}.jsonl", lines(db)) for name, lines in _KINDS.items()}
            vectors = _write_vectors(to / _VECTORS, db)
            settings = dict(db.execute("SELECT name, value FROM settings").fetchall())
        digests = {path.name: _digest(path) for path in sorted(to.iterdir())}
        known = {name: settings[name] for name in _SETTINGS if name in settings}
        about = {"format": FORMAT, "settings": known, "counts": {**counts, "vectors": vectors}, "digests": digests}
        (to / _ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    except (OSError, sqlite3.OperationalError) as error:
        raise LibraryError(f"导不到 {to}（{error}）；请检查磁盘空间和权限") from error
    return Exchanged(**counts, vectors=vectors)


def take_over(source: Path, folder: Path, open_model: Callable[[str | None], Embedder]) -> Exchanged:
    """Make the library in `folder`, which must hold no documents, from an export: all ids as they were, or nothing.

    Windows whose vectors are not there are embedded, by the model that `open_model` opens by its name. What stands in
    the library is then held against the files by digest. LibraryError for files that are missing, changed or newer.
    """
    about = _about(source)
    with writing(folder), closing(Catalog(folder / "catalog.sqlite", create=True)) as catalog:
        if any(catalog.counts()) or catalog.generation:
            raise LibraryError(f"{folder} 已有文库；请用 --library 换一个空文件夹")
        try:
            with catalog.transaction() as db:
                for name, value in {**about["settings"], "generation": "1"}.items():
                    catalog.set(name, value)
                _take_documents(db, _lines(source / "documents.jsonl"))
                _take_passages(db, _lines(source / "passages.jsonl"))
                for line in _lines(source / "retired.jsonl"):
                    _insert(db, "retired", line)
                if _VECTORS in about["digests"]:
                    _take_vectors(db, source / _VECTORS)
                embedded = _embed(db, lambda: open_model(about["settings"].get("model_name")), about["settings"])
                _compare(db, about["digests"])
                made = remade(folder, catalog)
        except (ValueError, KeyError, TypeError, sqlite3.IntegrityError) as error:
            raise LibraryError(f"{source} 里的文件读不懂（{error}）；没有导入") from error
        use(folder, made)
    return Exchanged(**about["counts"], embedded=embedded)


def _about(source: Path) -> Line:
    try:
        about: Line = json.loads((source / _ABOUT).read_text(encoding="utf-8"))
        if about["format"] > FORMAT:
            raise LibraryError(f"{source} 是更新版本的引得导出的；请升级引得后再导入")
        wrong = [name for name, digest in about["digests"].items() if _digest(source / name) != digest]
    except FileNotFoundError as error:
        raise LibraryError(f"{source} 不是完整的导出（没有 {Path(error.filename).name}）；请重新导出") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryError(f"{source} 里的 {_ABOUT} 读不懂（{error}）；请重新导出") from error
    if wrong:
        raise LibraryError(f"{source / wrong[0]} 与导出时不同；没有导入，请重新导出或重新复制")
    return about


def _documents(db: sqlite3.Connection) -> Iterator[Line]:
    columns = "id, digest, title, text, meta, outline, pages"
    query = (
        "SELECT path AS source, size, mtime, hex(digest) AS digest, file FROM sources WHERE doc_id = ? ORDER BY path"
    )
    sketched = "SELECT hex(sketch) FROM sketches JOIN documents USING (row) WHERE id = ?"
    for line in _select(db, f"SELECT {columns} FROM documents ORDER BY row"):
        sketch = db.execute(sketched, (line["id"],)).fetchone()
        yield {**line, "sketch": sketch[0] if sketch else "", "sources": list(_select(db, query, line["id"]))}


def _passages(db: sqlite3.Connection) -> Iterator[Line]:
    columns = "row, id, doc_id, start, end, text, path, address, page, turns"
    query = "SELECT start, end, hex(key) FROM windows WHERE row = ? ORDER BY number"
    for line in _select(db, f"SELECT {columns} FROM passages ORDER BY row"):
        row = line.pop("row")
        yield {**line, "windows": [list(window) for window in db.execute(query, (row,))]}


def _retired(db: sqlite3.Connection) -> Iterator[Line]:
    return _select(db, "SELECT * FROM retired ORDER BY id")


_KINDS: Mapping[str, Callable[[sqlite3.Connection], Iterator[Line]]] = {
    "documents": _documents,
    "passages": _passages,
    "retired": _retired,
}


def _select(db: sqlite3.Connection, query: str, *values: object) -> Iterator[Line]:
    """The rows of a query by column; what the catalog keeps as JSON, read."""
    found = db.execute(query, values)
    names = [column[0] for column in found.description]
    for row in found:
        yield {name: json.loads(v) if name in _JSON else v for name, v in zip(names, row, strict=True)}


def _line(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _write_lines(path: Path, lines: Iterable[Line]) -> int:
    count = 0
    with path.open("wb") as file:
        for line in lines:
            file.write(_line(line))
            count += 1
    return count


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        yield from map(json.loads, file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()[:32]


def _write_vectors(path: Path, db: sqlite3.Connection) -> int:
    """Write the vectors that windows use; how many, 0 and no file without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return 0
    schema = pa.schema([("key", pa.binary()), ("vector", pa.list_(pa.float16()))])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        query = "SELECT key, vector FROM vectors WHERE key IN (SELECT key FROM windows) ORDER BY key"
        found = db.execute(query)
        while rows := found.fetchmany(_BATCH):
            vectors = [np.frombuffer(vector, np.float16) for _, vector in rows]
            writer.write_table(pa.table({"key": [key for key, _ in rows], "vector": vectors}, schema=schema))
            count += len(rows)
    return count


def _take_documents(db: sqlite3.Connection, lines: Iterable[Line]) -> None:
    for line in lines:
        sources, sketch = line.pop("sources"), bytes.fromhex(line.pop("sketch"))
        row = _insert(db, "documents", {**line, "born": 1})
        for source in sources:
            values = {"path": source["source"], "doc_id": line["id"], "digest": bytes.fromhex(source["digest"])}
            _insert(db, "sources", {**source, **values})
        if sketch:
            db.execute("INSERT INTO sketches VALUES (?, ?)", (row, sketch))
            db.executemany("INSERT INTO bands VALUES (?, ?, ?)", [(*band, row) for band in bands(sketch)])


def _take_passages(db: sqlite3.Connection, lines: Iterable[Line]) -> None:
    for line in lines:
        windows = line.pop("windows")
        row = _insert(db, "passages", {**line, "born": 1})
        parts = [(row, n, start, end, bytes.fromhex(key)) for n, (start, end, key) in enumerate(windows)]
        db.executemany("INSERT INTO windows VALUES (?, ?, ?, ?, ?)", parts)


def _insert(db: sqlite3.Connection, table: str, line: Line) -> int | None:
    names = _COLUMNS[table]
    values = [
        json.dumps(line[name], ensure_ascii=False) if isinstance(line[name], list | dict) else line[name]
        for name in names
    ]
    return db.execute(
        f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join('?' * len(names))})", values
    ).lastrowid


_PLACE = ("start", "end", "text", "path", "address", "page", "turns")
_COLUMNS = {
    "documents": ("id", "digest", "title", "text", "meta", "outline", "pages", "born"),
    "sources": ("path", "doc_id", "size", "mtime", "digest", "file"),
    "passages": ("id", "doc_id", *_PLACE, "born"),
    "retired": ("id", "doc_id", "title", *_PLACE, "successor", "retired_at"),
}


def _take_vectors(db: sqlite3.Connection, path: Path) -> None:
    try:
        import pyarrow.parquet as pq
    except ImportError:
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            keys, vectors = batch.column("key").to_pylist(), batch.column("vector")
            rows = [
                (key, vector.values.to_numpy(zero_copy_only=False).astype(np.float16).tobytes())
                for key, vector in zip(keys, vectors, strict=True)
            ]
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


def _embed(db: sqlite3.Connection, open_model: Callable[[], Embedder], settings: Mapping[str, str]) -> int:
    """Embed the windows that have no vector; how many."""
    query = (
        "SELECT w.start, w.end, p.text, d.title, p.path, w.key FROM windows w JOIN passages p USING (row) "
        "JOIN documents d ON d.id = p.doc_id WHERE w.key NOT IN (SELECT key FROM vectors) GROUP BY w.key"
    )
    missing = [
        Window((start, end), text[start:end], "\n".join([title, *json.loads(path)]), key)
        for start, end, text, title, path, key in db.execute(query)
    ]
    if not missing:
        return 0
    model = open_model()
    if model.model != settings.get("model"):
        raise LibraryError(f"导出的文库用模型 {settings.get('model')}，这里打开的是 {model.model}；没有导入")
    for done in range(0, len(missing), 128):
        some = missing[done : done + 128]
        vectors = window_vectors(model, some).astype(np.float16)
        rows = [(window.key, vector.tobytes()) for window, vector in zip(some, vectors, strict=True)]
        db.executemany("INSERT INTO vectors VALUES (?, ?)", rows)
    return len(missing)


def _compare(db: sqlite3.Connection, digests: Mapping[str, str]) -> None:
    """LibraryError unless what now stands in the library would be exported as the same files."""
    for name, lines in _KINDS.items():
        digest = blake2b()
        for line in lines(db):
            digest.update(_line(line))
        if digest.hexdigest()[:32] != digests[f"{name}.jsonl"]:
            raise LibraryError(f"导入的与 {name}.jsonl 对不上；没有导入，请重新导出")
