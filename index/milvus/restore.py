"""A library in Milvus back into a catalog: the same rows, ids, texts and vectors, nothing embedded."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import numpy as np

from index.catalog import Catalog
from index.milvus.drafts import Drafts
from index.milvus.ledger import Ledger
from index.milvus.publish import digest, records
from index.milvus.server import Row
from index.milvus.shelf import Shelf
from index.milvus.tables import State, Tables
from index.sketch import bands
from index.staging import Progress


def restore(tables: Tables, state: State, path: Path, *, progress: Progress) -> None:
    """Write the library of this state to a new catalog at `path`, which must not be there yet."""
    making = path.with_name(path.name + ".making")
    for leftover in path.parent.glob(making.name + "*"):
        leftover.unlink()
    shelf = Shelf(tables, state, "Strong")
    with closing(Catalog(making, create=True)) as catalog, catalog.transaction() as db:
        settings = {
            "generation": str(state.generation), "model": state.model, "model_name": state.model_name,
            "dimension": str(state.dimension), "library": state.library,
        }  # fmt: skip
        db.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", [(k, v) for k, v in settings.items() if v])
        for done, (row, doc_id, text_digest, sketched, stored) in enumerate(_documents(shelf)):
            meta = {key: value for key, value in stored["meta"].items() if key != "source"}
            db.execute(
                "INSERT INTO documents (row, id, digest, title, text, meta, outline, pages, born) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (row, doc_id, text_digest, stored["title"], stored["text"], _json(meta), _json(stored["outline"]),
                 json.dumps(stored["pages"]), state.generation),
            )  # fmt: skip
            if sketched:
                db.execute("INSERT INTO sketches VALUES (?, ?)", (row, sketched))
                db.executemany("INSERT INTO bands VALUES (?, ?, ?)", [(*band, row) for band in bands(sketched)])
            progress("取回文件", done + 1, state.documents)
        for number, (row, passage) in enumerate(shelf.every_passage()):
            db.execute(
                "INSERT INTO passages (row, id, doc_id, start, end, text, path, address, page, turns, born) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (row, passage.id, passage.doc_id, passage.start, passage.end, passage.text, _json(passage.path),
                 passage.address, passage.page, json.dumps(passage.turns), state.generation),
            )  # fmt: skip
            progress("取回段落", number + 1, state.passages)
        for row, number, start, end, key, vector in _windows(shelf):
            db.execute("INSERT OR IGNORE INTO vectors VALUES (?, ?)", (key, vector))
            db.execute("INSERT INTO windows VALUES (?, ?, ?, ?, ?)", (row, number, start, end, key))
        _records(shelf, db)
        for table, last in (("passages", state.last_row), ("documents", state.last_document)):
            # Rows are never used twice, not even those of what is gone.
            db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
    making.rename(path)


def restore_ledger(tables: Tables, state: State, ledger: Ledger, drafts: Drafts) -> None:
    """Note in an empty ledger that Milvus holds the catalog that was just restored."""
    ledger.clear()
    with ledger.step():
        for batch in tables.server.every(tables.records, 'kind == "term"', ["key", "body"]):
            counts = {one["key"][2:]: one["body"].split() for one in batch}
            ledger.count("passages", {term: int(passages) for term, (passages, _) in counts.items()})
            ledger.count("documents", {term: int(documents) for term, (_, documents) in counts.items()})
            ledger.terms_written(counts)
        ledger.records_written({key: digest(body) for key, _, _, body in records(drafts)}, ())
        facts = {
            "generation": state.generation, "target": state.generation, "records": 1,
            "tokens": round(state.length * state.passages), "windows": int(state.windows.rsplit("_", 1)[1]),
        }  # fmt: skip
        for name, value in facts.items():
            ledger.note(name, value)


def _documents(shelf: Shelf) -> Iterator[tuple[int, str, str, bytes, Row]]:
    """(row, id, digest, sketch, all the rest) of every document, by row."""
    fields = ["row", "id", "digest", "sketch"]
    for batch in shelf.tables.server.every(shelf.tables.documents, f"row <= {shelf.state.last_document}", fields):
        for one in batch:
            if one["row"] not in shelf.gone:
                stored = json.loads(shelf.whole(f"d:{one['row']}"))
                yield one["row"], one["id"], one["digest"], bytes.fromhex(one["sketch"]), stored


def _windows(shelf: Shelf) -> Iterator[tuple[int, int, int, int, bytes, bytes]]:
    fields = ["row", "doc", "part", "start", "stop", "digest", "vector"]
    for batch in shelf.tables.server.every(shelf.state.windows, f"row <= {shelf.state.last_row}", fields):
        for one in batch:
            if one["doc"] in shelf.gone:
                continue
            vector = np.asarray(one["vector"], np.float32).astype(np.float16).tobytes()
            yield one["row"], one["part"], one["start"], one["stop"], bytes.fromhex(one["digest"]), vector


def _records(shelf: Shelf, db: Connection) -> None:
    tables = shelf.tables
    for batch in tables.server.every(tables.records, 'kind == "source" or kind == "retired"', ["key", "kind"]):
        for one in batch:
            if "#" in one["key"][2:]:
                continue
            stored = json.loads(shelf.whole(one["key"]))
            if one["kind"] == "source":
                path, doc_id, size, mtime, digest, file = stored
                row = (path, doc_id, size, mtime, bytes.fromhex(digest), file)
                db.execute("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", row)
                continue
            i, doc_id, start, end, text, address, page, path, turns = stored["passage"]
            db.execute(
                "INSERT INTO retired (id, doc_id, title, start, end, text, path, address, successor, retired_at, "
                "page, turns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (i, doc_id, stored["title"], start, end, text, _json(path), address, stored["successor"],
                 stored["when"], page, json.dumps(turns)),
            )  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
