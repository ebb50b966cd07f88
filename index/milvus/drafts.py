"""What the catalog holds, read out as the entities that Milvus gets."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from index.connect import located
from index.filters import number_key, solid
from index.milvus.demands import place, plain, written
from index.milvus.server import Row
from index.milvus.shelf import SAMPLES, band_number
from index.milvus.tables import WINDOWS_A_PASSAGE, clipped, fits
from index.milvus.words import counted, held, weighted
from index.sketch import bands

_SIGNS = 65_000  # bytes
_FIELD = 60_000

_DOCUMENTS = """
SELECT d.row, d.id, d.digest, d.title, d.text, d.meta, d.outline, d.pages, s.sketch
FROM documents d LEFT JOIN sketches s ON s.row = d.row WHERE d.row > ? AND d.born > ? ORDER BY d.row
"""
_PASSAGES = """
SELECT row, id, doc_id, start, end, text, path, address, page, turns, born FROM passages WHERE doc_id = ? ORDER BY start
"""
_WINDOWS = """
SELECT w.row, w.number, w.start, w.end, w.key, v.vector FROM passages p JOIN windows w ON w.row = p.row
JOIN vectors v ON v.key = w.key WHERE p.doc_id = ? ORDER BY w.row, w.number
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as Milvus gets it: its own entity, its passages and windows in order, its whole text as JSON.

    `born` tells by passage row since which generation it is there.
    """

    row: int
    document: Row
    passages: list[Row]
    windows: list[Row]
    whole: str
    born: dict[int, int]


class Drafts:
    """Reads a catalog for publication; the caller holds the writer's lock. The tables are those of `index.catalog`."""

    def __init__(self, path: Path, *, document_length: float) -> None:
        """`document_length` is the mean tokens that documents are weighted with."""
        self._db = sqlite3.connect(located(path, reading=True), uri=True)
        self.document_length = document_length

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def documents(self, *, beyond: int, born_after: int) -> Iterator[Draft]:
        """The documents added or changed after a generation, whose row is beyond one, by row."""
        for found in self._db.execute(_DOCUMENTS, (beyond, born_after)):
            yield self._draft(*found)

    def document(self, doc_id: str) -> Draft | None:
        """One document by id, None when it is not there."""
        query = _DOCUMENTS.replace("ORDER BY d.row", "AND d.id = ?")
        found = self._db.execute(query, (0, -1, doc_id)).fetchone()
        return self._draft(*found) if found else None

    def mean_length(self, most: int) -> float:
        """The mean tokens of up to so many documents, the first of them."""
        texts = self._db.execute("SELECT title, text FROM documents ORDER BY row LIMIT ?", (most,))
        lengths = [sum(counted(f"{title}\n{text}").values()) for title, text in texts]
        return sum(lengths) / len(lengths) if lengths else 1.0

    def rows(self, kind: str) -> set[int]:
        """The rows of all "passages" or "documents"."""
        return {row for (row,) in self._db.execute(f"SELECT row FROM {kind}")}

    def last_rows(self) -> tuple[int, int]:
        """The highest row of a passage and of a document that there ever was."""
        rows = dict(self._db.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        return int(rows.get("passages", 0)), int(rows.get("documents", 0))

    def sources(self) -> Iterator[tuple[str, str, str]]:
        """(path, its document's id, all that is known of it as JSON) of every source."""
        for found in self._db.execute("SELECT path, doc_id, size, mtime, digest, file FROM sources ORDER BY path"):
            yield found[0], found[1], _json([*found[:4], found[4].hex(), found[5]])

    def retired(self) -> Iterator[tuple[str, str]]:
        """(id, all that is kept of it as JSON) of every retired passage."""
        query = (
            "SELECT id, doc_id, start, end, text, address, page, path, turns, title, successor, retired_at FROM retired"
        )
        for found in self._db.execute(query):
            passage = [*found[:7], json.loads(found[7]), json.loads(found[8])]
            yield found[0], _json({"passage": passage, "title": found[9], "successor": found[10], "when": found[11]})

    def _draft(
        self, row: int, doc_id: str, digest: str, title: str, text: str, meta: str, outline: str, pages: str,
        sketched: bytes | None,
    ) -> Draft:  # fmt: skip
        known = json.loads(meta)
        paths = [p for (p,) in self._db.execute("SELECT path FROM sources WHERE doc_id = ? ORDER BY path", (doc_id,))]
        asked = _asked(title, known, paths)
        counts = counted(f"{title}\n{text}")
        found = self._db.execute(_PASSAGES, (doc_id,)).fetchall()
        spans: dict[int, list[tuple[int, int]]] = {}
        vectors = self._db.execute(_WINDOWS, (doc_id,)).fetchall()
        for owner, _, start, end, _, _ in vectors:
            spans.setdefault(owner, []).append((start, end))
        rows = [one[0] for one in found]
        passages = [
            {**asked, **_passage(one, title, spans.get(one[0], [])), "doc": row, "before": before, "after": after}
            for one, before, after in zip(found, [0, *rows], [*rows[1:], 0], strict=False)
        ]
        headings = {one["row"]: one["headings"] for one in passages}
        document = {
            **asked,
            "row": row,
            "id": doc_id,
            "digest": digest,
            "shown": clipped(title, _FIELD),
            "meta": meta if fits(meta) else "{}",
            "inner": _inner([json.loads(one[6]) for one in found]),
            "sketch": (sketched or b"").hex(),
            "bands": [band_number(*band) for band in bands(sketched or b"")],
            "length": sum(counts.values()),
            "words": held(counts),
            "weights": weighted(counts, self.document_length),
        }
        whole = {
            "title": title, "text": text, "meta": {**known, "source": paths[0] if paths else ""},
            "outline": json.loads(outline), "pages": json.loads(pages),
        }  # fmt: skip
        windows = [{**asked, **_window(one), "doc": row, "headings": headings[one[0]]} for one in vectors]
        return Draft(row, document, passages, windows, _json(whole), {one[0]: one[10] for one in found})


def _asked(title: str, meta: dict[str, str], paths: Sequence[str]) -> Row:
    folders = dict.fromkeys(place(PurePath(path.replace("\\", "/")).parent.as_posix()) for path in paths)
    return {
        "title": clipped(plain(solid(title)), _FIELD),
        "issuer": clipped(plain(solid(meta.get("issuer", ""))), _FIELD),
        "number": clipped(plain(number_key(meta.get("number", ""))), _FIELD),
        "kind": clipped(plain(solid(meta.get("kind", ""))), _FIELD),
        "date": clipped(meta.get("date", ""), _FIELD),
        "format": clipped(meta.get("format", ""), _FIELD),
        "folders": clipped("\n".join(folders), _FIELD),
    }


def _passage(found: Sequence[Any], title: str, spans: Sequence[tuple[int, int]]) -> Row:
    row, passage_id, doc_id, start, end, text, path, address, page, turns, _ = found
    counts = counted("\n".join([title, *json.loads(path), text]))
    return {
        "row": row,
        "id": passage_id,
        "doc_id": doc_id,
        "start": start,
        "stop": end,
        "text": text if fits(text) else "",
        "shown": clipped(title, _FIELD),
        "path": path if fits(path) else "[]",
        "address": clipped(address, _FIELD),
        "page": page,
        "turns": turns if fits(turns) else "[]",
        "spans": _json(spans),
        "headings": clipped("\n".join(plain(solid(part)) for part in json.loads(path)), _FIELD),
        "signs": clipped(written(text), _SIGNS),
        "length": sum(counts.values()),
        "words": held(counts),
    }


def _window(found: Sequence[Any]) -> Row:
    row, number, start, end, key, vector = found
    return {
        "key": row * WINDOWS_A_PASSAGE + number,
        "row": row,
        "part": number,
        "start": start,
        "stop": end,
        "sample": int.from_bytes(blake2b(key, digest_size=6).digest(), "little") % SAMPLES,
        "digest": key.hex(),
        "vector": np.frombuffer(vector, dtype=np.float16).astype(np.float32).tolist(),
    }


def _inner(paths: Sequence[list[str]]) -> str:
    """The innermost headings as JSON, as many as a field takes."""
    inner = list(dict.fromkeys(path[-1] for path in paths if path))
    while not fits(stored := _json(inner)):
        inner = inner[: len(inner) // 2]
    return stored


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
