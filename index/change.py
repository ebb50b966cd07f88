"""One change of a library's documents, written to the catalog in one transaction."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from rapidfuzz import fuzz, process

from index.catalog import Catalog, Source
from index.split import windows
from index.types import Document, Passage, Span

_ALIKE = 50.0  # rapidfuzz ratio, 0 to 100, from which a new passage counts as the old one's new wording


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage that is embedded as one vector, with the words it stands under.

    `span` is relative to the passage; `key` names its vector: a digest of the model's name, text and context.
    """

    span: Span
    text: str
    context: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document to take in or to replace, with its passages."""

    document: Document
    digest: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Documents that arrive, ids that leave, and the sources as they are afterwards."""

    arrivals: tuple[Arrival, ...]
    removed: tuple[str, ...]
    sources: tuple[Source, ...]
    lost_sources: tuple[str, ...]


def embedded_windows(passage: Passage, title: str, model: str) -> list[Window]:
    """The windows of a passage; their context is the document's title and the passage's headings."""
    context = "\n".join([title, *passage.path])
    result = []
    for start, end in windows(passage.text):
        text = passage.text[start:end]
        key = blake2b(f"{model}\0{context}\0{text}".encode(), digest_size=16).digest()
        result.append(Window((start, end), text, context, key))
    return result


def apply(catalog: Catalog, change: Change, *, model: str) -> None:
    """Write a change, whole or not at all; every window's vector must be remembered before."""
    with catalog.transaction() as db:
        generation = catalog.generation
        if change.arrivals or change.removed:
            generation += 1
            db.execute("UPDATE settings SET value = ? WHERE name = 'generation'", (str(generation),))
        for doc_id in change.removed:
            old = catalog.passages(doc_id)
            _retire(db, old, [], generation, catalog.document(doc_id).title)
            _drop_document(db, doc_id, generation)
        for arrival in change.arrivals:
            _write_document(db, catalog, arrival, generation, model)
        db.executemany("DELETE FROM sources WHERE path = ?", [(path,) for path in change.lost_sources])
        db.executemany("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)", [astuple(s) for s in change.sources])


def _write_document(db: sqlite3.Connection, catalog: Catalog, arrival: Arrival, generation: int, model: str) -> None:
    document = arrival.document
    old = {p.id: p for p in catalog.passages(document.id)}
    new = {p.id: p for p in arrival.passages}
    kept: set[str] = set()
    if old:
        title = catalog.document(document.id).title
        # What is searched of a passage is its text below its headings and its document's title.
        kept = {
            i
            for i, p in new.items()
            if i in old and (old[i].text, old[i].path, title) == (p.text, p.path, document.title)
        }
        gone = [p for i, p in old.items() if i not in kept]
        # A passage that was there before, under another heading perhaps, is no new wording of one that is gone.
        _retire(db, gone, [p for i, p in new.items() if i not in old], generation, title)
        _drop_document(db, document.id, generation)
    outline = json.dumps([astuple(h) for h in document.outline], ensure_ascii=False)
    meta = json.dumps(dict(document.meta), ensure_ascii=False)
    db.execute(
        "INSERT INTO documents (id, digest, title, text, meta, outline, pages, born) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            arrival.digest,
            document.title,
            document.text,
            meta,
            outline,
            json.dumps(document.pages),
            generation,
        ),
    )
    for i, passage in new.items():
        if i in kept:
            db.execute(
                "UPDATE passages SET start = ?, end = ?, address = ?, page = ?, turns = ? WHERE id = ?",
                (passage.start, passage.end, passage.address, passage.page, json.dumps(passage.turns), i),
            )
            continue
        path = json.dumps(passage.path, ensure_ascii=False)
        row = db.execute(
            "INSERT INTO passages (id, doc_id, start, end, text, path, address, page, turns, born) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                i,
                document.id,
                passage.start,
                passage.end,
                passage.text,
                path,
                passage.address,
                passage.page,
                json.dumps(passage.turns),
                generation,
            ),
        ).lastrowid
        parts = embedded_windows(passage, document.title, model)
        db.executemany(
            "INSERT INTO windows VALUES (?, ?, ?, ?, ?)", [(row, n, *w.span, w.key) for n, w in enumerate(parts)]
        )
    db.executemany("DELETE FROM retired WHERE id = ?", [(i,) for i in new])


def _drop_document(db: sqlite3.Connection, doc_id: str, generation: int) -> None:
    db.execute("INSERT INTO graves SELECT 'document', row, ? FROM documents WHERE id = ?", (generation, doc_id))
    db.execute("DELETE FROM documents WHERE id = ?", (doc_id,))


def _retire(
    db: sqlite3.Connection, gone: Sequence[Passage], fresh: Sequence[Passage], generation: int, title: str
) -> None:
    """Take passages out of the catalog and keep what a permanent link needs: then, where, and what came after."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for passage in gone:
        db.execute("INSERT INTO graves SELECT 'passage', row, ? FROM passages WHERE id = ?", (generation, passage.id))
        db.execute("DELETE FROM windows WHERE row = (SELECT row FROM passages WHERE id = ?)", (passage.id,))
        db.execute("DELETE FROM passages WHERE id = ?", (passage.id,))
        db.execute(
            "INSERT OR REPLACE INTO retired (id, doc_id, title, start, end, text, path, address, successor, "
            "retired_at, page, turns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                passage.id, passage.doc_id, title, passage.start, passage.end, passage.text,
                json.dumps(passage.path, ensure_ascii=False), passage.address, _successor(passage, fresh), now,
                passage.page, json.dumps(passage.turns),
            ),
        )  # fmt: skip


def _successor(passage: Passage, fresh: Sequence[Passage]) -> str:
    """The id of the new passage most like a retired one, "" when none is."""
    best = process.extractOne(passage.text, [p.text for p in fresh], scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return fresh[best[2]].id if best else ""
