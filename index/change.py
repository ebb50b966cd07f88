"""One change of a library's documents, written to the catalog in one transaction."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from rapidfuzz import fuzz, process

from index.arrival import Arrival
from index.catalog import Catalog, Source
from index.sketch import bands
from index.types import Passage, Span

_ALIKE = 50.0  # rapidfuzz ratio, 0 to 100, from which a new passage counts as the old one's new wording
_NEAREST = 400  # new passages that are looked through for the new wording of one that is gone


@dataclass(frozen=True, slots=True)
class Change:
    """Documents that arrive, ids that leave, and the sources as they are afterwards.

    `arrivals` is gone through once, so they need not be in memory together; `count` tells how many they are.
    """

    arrivals: Iterable[Arrival]
    count: int
    removed: tuple[str, ...]
    sources: tuple[Source, ...]
    lost_sources: tuple[str, ...]


def apply(catalog: Catalog, change: Change, derive: Callable[[], None]) -> None:
    """Write a change, whole or not at all; every window's vector must be remembered before.

    `derive` writes what is searched, from the catalog as it will be, so that next to nothing lies between the commit
    and the switch.
    """
    with catalog.transaction() as db:
        generation = catalog.generation
        if change.count or change.removed:
            generation += 1
            db.execute("UPDATE settings SET value = ? WHERE name = 'generation'", (str(generation),))
        for doc_id in change.removed:
            old = catalog.passages(doc_id)
            _retire(db, old, [], generation, catalog.document(doc_id).title)
            _drop_document(db, doc_id, generation)
        for arrival in change.arrivals:
            _write_document(db, catalog, arrival, generation)
        db.executemany("DELETE FROM sources WHERE path = ?", [(path,) for path in change.lost_sources])
        db.executemany("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?)", [astuple(s) for s in change.sources])
        derive()


def _write_document(db: sqlite3.Connection, catalog: Catalog, arrival: Arrival, generation: int) -> None:
    document = arrival.document
    old = {p.id: p for p in catalog.passages(document.id)}
    new = {p.id: p for p in arrival.passages}
    kept: set[str] = set()
    if catalog.has_document(document.id):
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
    row = db.execute(
        "INSERT INTO documents (id, digest, title, text, meta, outline, pages, born) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document.id, arrival.digest, document.title, document.text, meta, outline, json.dumps(document.pages),
            generation,
        ),
    ).lastrowid  # fmt: skip
    if arrival.sketch:
        db.execute("INSERT INTO sketches VALUES (?, ?)", (row, arrival.sketch))
        db.executemany("INSERT INTO bands VALUES (?, ?, ?)", [(*band, row) for band in bands(arrival.sketch)])
    for passage, keys in zip(arrival.passages, arrival.keys, strict=True):
        _write_passage(db, passage, keys, generation, kept=passage.id in kept)
    db.executemany("DELETE FROM retired WHERE id = ?", [(i,) for i in new])


def _write_passage(
    db: sqlite3.Connection, passage: Passage, keys: Sequence[tuple[Span, bytes]], generation: int, *, kept: bool
) -> None:
    place = (passage.start, passage.end, passage.address, passage.page, json.dumps(passage.turns))
    if kept:
        query = "UPDATE passages SET start = ?, end = ?, address = ?, page = ?, turns = ? WHERE id = ?"
        db.execute(query, (*place, passage.id))
        return
    row = db.execute(
        "INSERT INTO passages (start, end, address, page, turns, id, doc_id, text, path, born) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*place, passage.id, passage.doc_id, passage.text, json.dumps(passage.path, ensure_ascii=False), generation),
    ).lastrowid
    parts = [(row, n, *span, key) for n, (span, key) in enumerate(keys)]
    db.executemany("INSERT INTO windows VALUES (?, ?, ?, ?, ?)", parts)


def _drop_document(db: sqlite3.Connection, doc_id: str, generation: int) -> None:
    found = db.execute("SELECT row, sketch FROM documents JOIN sketches USING (row) WHERE id = ?", (doc_id,)).fetchone()
    if found:
        row, sketch = found
        db.executemany("DELETE FROM bands WHERE band = ? AND key = ? AND row = ?", [(*b, row) for b in bands(sketch)])
        db.execute("DELETE FROM sketches WHERE row = ?", (row,))
    db.execute("INSERT INTO graves SELECT 'document', row, ? FROM documents WHERE id = ?", (generation, doc_id))
    db.execute("DELETE FROM documents WHERE id = ?", (doc_id,))


def _retire(
    db: sqlite3.Connection, gone: Sequence[Passage], fresh: Sequence[Passage], generation: int, title: str
) -> None:
    """Take passages out of the catalog and keep what a permanent link needs: then, where, and what came after."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for position, passage in enumerate(gone):
        # A rewritten book has tens of thousands; the new wording stands near the old one's place.
        middle = position * len(fresh) // len(gone)
        near = fresh[max(0, middle - _NEAREST // 2) :][:_NEAREST]
        db.execute("INSERT INTO graves SELECT 'passage', row, ? FROM passages WHERE id = ?", (generation, passage.id))
        db.execute("DELETE FROM windows WHERE row = (SELECT row FROM passages WHERE id = ?)", (passage.id,))
        db.execute("DELETE FROM passages WHERE id = ?", (passage.id,))
        db.execute(
            "INSERT OR REPLACE INTO retired (id, doc_id, title, start, end, text, path, address, successor, "
            "retired_at, page, turns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                passage.id, passage.doc_id, title, passage.start, passage.end, passage.text,
                json.dumps(passage.path, ensure_ascii=False), passage.address, _successor(passage, near), now,
                passage.page, json.dumps(passage.turns),
            ),
        )  # fmt: skip


def _successor(passage: Passage, fresh: Sequence[Passage]) -> str:
    """The id of the new passage most like a retired one, "" when none is."""
    best = process.extractOne(passage.text, [p.text for p in fresh], scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return fresh[best[2]].id if best else ""
