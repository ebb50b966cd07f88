"""What readers look up in Milvus: passages, documents and what became of them, as one published state has them."""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.catalog import Record, Retired, Source
from index.errors import NotFoundError
from index.milvus.server import LONGEST_LIST, Consistency, Row, among, quoted
from index.milvus.tables import State, Tables
from index.milvus.words import Sparse, asked, rarity
from index.types import Document, Heading, PageStart, Passage, Span

_KEPT = 64  # whole documents
_ENTRIES = 20_000  # passages
_TERMS = 200_000
_SAMPLE = 2000
SAMPLES = 1_000_000
_AT_ONCE = 2_000  # keys in one expression
LOOK = (
    "row", "doc", "id", "doc_id", "start", "stop", "text", "shown", "path", "address", "page", "turns", "spans",
    "date", "before", "after", "length",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as Milvus holds it. `before` and `after` are its neighbours' rows, 0 for none; `doc` its document's."""

    record: Record
    doc: int
    before: int
    after: int
    length: int

    @property
    def words(self) -> str:
        """What is searched by words: title, headings and text."""
        return "\n".join([self.record.title, *self.record.passage.path, self.record.passage.text])


class Shelf:
    """The passages and documents of one state. What was read is kept, within bounds. Thread-safe."""

    def __init__(self, tables: Tables, state: State, consistency: Consistency) -> None:
        self.tables = tables
        self.state = state
        self._server = tables.server
        self._consistency = consistency
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._texts: OrderedDict[str, Document] = OrderedDict()
        self._holders: dict[str, tuple[int, int]] = {}
        self._lock = Lock()

    # passages

    def entries(self, rows: Iterable[int]) -> dict[int, Entry]:
        """Passages by row; those that are gone, or not published yet, are absent."""
        wanted = list(dict.fromkeys(rows))
        with self._lock:
            found = {row: self._entries[row] for row in wanted if row in self._entries}
        missing = [row for row in wanted if row not in found]
        for start in range(0, len(missing), _AT_ONCE):
            found |= dict(self._read(among("row", missing[start : start + _AT_ONCE])))
        with self._lock:
            self._entries.update(found)
            while len(self._entries) > _ENTRIES:
                self._entries.popitem(last=False)
        return {row: found[row] for row in wanted if row in found}

    def records(self, rows: Sequence[int]) -> dict[int, Record]:
        """Passages by row with title and windows; rows that are gone are absent."""
        return {row: entry.record for row, entry in self.entries(rows).items()}

    def places(self, rows: Sequence[int]) -> dict[int, tuple[str, int, int]]:
        """Passage row → its document's id and where it stands there; passages that are gone are absent."""
        passages = {row: record.passage for row, record in self.records(rows).items()}
        return {row: (p.doc_id, p.start, p.end) for row, p in passages.items()}

    def find_passage(self, passage_id: str) -> Passage | None:
        """A passage by id, None when the library does not hold it now."""
        found = self._read(f"id == {quoted(passage_id)}")
        return found[0][1].record.passage if found else None

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
        if self._row_of(gone.passage.doc_id):
            raise NotFoundError(f"段落 {passage_id}（{where}）已从文件中删去")
        raise NotFoundError(f"段落 {passage_id}（{where}）已随文件删除")

    def passages(self, doc_id: str) -> list[Passage]:
        """A document's passages in order; [] when the id is unknown."""
        row = self._row_of(doc_id)
        found = self._every_passage(f"doc == {row}") if row else []
        return sorted((entry.record.passage for entry in found), key=lambda passage: passage.start)

    def passage_at(self, doc_id: str, offset: int) -> Passage:
        """The passage that holds the offset or, between passages, the next one, else the last; the id must be known."""
        passages = self.passages(doc_id)
        if not passages:
            raise NotFoundError(f"文库里没有文件 {doc_id}")
        return next((passage for passage in passages if passage.end > offset), passages[-1])

    def neighbours(self, passage: Passage, *, before: int, after: int) -> tuple[list[Passage], list[Passage]]:
        """Up to so many passages right before and right after one, both in document order."""
        passages = self.passages(passage.doc_id)
        at = next((i for i, other in enumerate(passages) if other.id == passage.id), len(passages))
        return passages[max(0, at - before) : at], passages[at + 1 : at + 1 + after]

    def retired(self, passage_id: str) -> Retired | None:
        """What is kept of a passage that is gone; None when there was no such passage or it is there."""
        body = self.whole(f"r:{passage_id}")
        if not body:
            return None
        stored = json.loads(body)
        i, doc_id, start, end, text, address, page, path, turns = stored["passage"]
        passage = Passage(i, doc_id, start, end, text, tuple(path), address, page, _pages(turns))
        return Retired(passage, stored["title"], stored["successor"], stored["when"])

    # documents

    def document(self, doc_id: str) -> Document:
        """A whole document; NotFoundError when the id is unknown."""
        with self._lock:
            if doc_id in self._texts:
                self._texts.move_to_end(doc_id)
                return self._texts[doc_id]
        row = self._row_of(doc_id)
        if not row:
            raise NotFoundError(f"文库里没有文件 {doc_id}")
        stored = json.loads(self.whole(f"d:{row}"))
        outline = tuple(Heading(*heading) for heading in stored["outline"])
        document = Document(doc_id, stored["title"], stored["text"], stored["meta"], outline, _pages(stored["pages"]))
        with self._lock:
            self._texts[doc_id] = document
            while len(self._texts) > _KEPT:
                self._texts.popitem(last=False)
        return document

    def documents(self) -> list[Document]:
        """All documents by title, without text and outline."""
        found = [Document(row["id"], row["shown"], "", json.loads(row["meta"])) for row in self.particulars.values()]
        return sorted(found, key=lambda document: (document.title, document.id))

    @cached_property
    def particulars(self) -> dict[int, Row]:
        """What filters ask of each document, with its id, title, meta and innermost headings, by row."""
        fields = ["row", "id", "shown", "meta", "inner", *("issuer", "kind", "date", "format")]
        batches = self._server.every(self.tables.documents, f"row <= {self.state.last_document}", fields)
        return {row["row"]: row for batch in batches for row in batch if row["row"] not in self.gone}

    def document_ids(self, rows: Sequence[int]) -> list[str]:
        """The ids of documents by row, in the rows' order; those that are gone are left out."""
        ids = {row["row"]: row["id"] for row in self._documents(among("row", list(rows)), ["row", "id"])}
        return [ids[row] for row in rows if row in ids]

    def stretch(self, doc_id: str, start: int, end: int) -> str:
        """A document's text from `start` to `end`, cut where the text ends; "" when the id is unknown."""
        return self.document(doc_id).text[start:end] if self._row_of(doc_id) else ""

    def sources(self) -> list[Source]:
        """What each document came from, by path."""
        batches = self._server.every(self.tables.records, 'kind == "source"', ["key"])
        keys = [row["key"] for batch in batches for row in batch if "#" not in row["key"]]
        found = []
        for key in keys:
            path, doc_id, size, mtime, digest, file = json.loads(self.whole(key))
            found.append(Source(path, doc_id, size, mtime, bytes.fromhex(digest), file))
        return sorted(found, key=lambda source: source.path)

    def sketch(self, doc_id: str) -> bytes:
        """A document's sketch (`index.versions`), b"" when it has none or the id is unknown."""
        found = self._documents(f"id == {quoted(doc_id)}", ["row", "sketch"])
        return bytes.fromhex(found[0]["sketch"]) if found else b""

    def near(self, bands: Iterable[tuple[int, int]]) -> list[tuple[str, bytes]]:
        """(document id, sketch) of the documents that share one of these bands, those that share most first."""
        wanted = [band_number(*band) for band in bands]
        if not wanted:
            return []
        fields = ["row", "id", "sketch", "bands"]
        found = self._documents(f"array_contains_any(bands, {wanted})", fields, limit=1000)
        found.sort(key=lambda row: (-len(set(wanted) & set(row["bands"])), row["id"]))
        return [(row["id"], bytes.fromhex(row["sketch"])) for row in found[:500]]

    # words and vectors

    def holders(self, terms: Iterable[str]) -> dict[str, tuple[int, int]]:
        """How many passages and how many documents hold each term."""
        wanted = list(dict.fromkeys(terms))
        missing = [term for term in wanted if term not in self._holders]
        if len(self._holders) > _TERMS:
            self._holders.clear()
            missing = wanted
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            keys = among("key", [f"w:{term}" for term in part])
            found = self._server.query(self.tables.records, keys, ["key", "body"], consistency=self._consistency)
            counts = {row["key"][2:]: row["body"].split() for row in found}
            self._holders.update({t: (int(counts[t][0]), int(counts[t][1])) if t in counts else (0, 0) for t in part})
        return {term: self._holders[term] for term in wanted}

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """Each term with its inverse document frequency among passages."""
        return {term: rarity(self.state.passages, n) for term, (n, _) in self.holders(terms).items()}

    def document_scores(self, terms: Iterable[str], rows: Sequence[int]) -> dict[int, float]:
        """BM25 of whole documents by row, those without any term left out."""
        rare = {term: rarity(self.state.documents, n) for term, (_, n) in self.holders(terms).items()}
        return self.products(self.tables.documents, "weights", asked(rare), rows)

    def products(self, table: str, field: str, query: Sparse, rows: Sequence[int]) -> dict[int, float]:
        """The inner product of a sparse query with these rows, those without any left out."""
        if not query or not rows:
            return {}
        found = self.sparse(table, field, query, len(rows), where=among("row", list(rows)))
        return {int(row): score for row, score in found if score > 0}

    def sparse(self, table: str, field: str, query: Sparse, k: int, *, where: str = "") -> list[tuple[int, float]]:
        """The `k` published rows with the highest product with a sparse query, best first."""
        if not query:
            return []
        last = self.state.last_document if table == self.tables.documents else self.state.last_row
        everything = f"row <= {last}" + (f" and ({where})" if where else "")
        found = self._server.search(
            table, field, query, k, where=everything, fields=["row"], consistency=self._consistency
        )
        return [(int(entity["row"]), score) for score, entity in found]

    def windows(self, vector: NDArray[np.float32], k: int, *, where: str = "") -> list[tuple[int, float, int]]:
        """(passage row, cosine, window's number) of the `k` published windows nearest to a vector, best first."""
        everything = f"row <= {self.state.last_row}" + (f" and ({where})" if where else "")
        found = self._server.search(
            self.state.windows, "vector", vector.tolist(), k,
            where=everything, fields=["row", "part"], consistency=self._consistency,
        )  # fmt: skip
        return [(int(entity["row"]), score, int(entity["part"])) for score, entity in found]

    @cached_property
    def sample(self) -> NDArray[np.float32]:
        """About 2,000 windows' vectors, chosen by chance of their texts, shape (n, dimension)."""
        share = min(SAMPLES, _SAMPLE * SAMPLES // max(1, self.state.window_count))
        found = self._server.query(
            self.state.windows, f"sample < {share}", ["vector"], limit=2 * _SAMPLE, consistency=self._consistency
        )
        return np.array([row["vector"] for row in found], np.float32).reshape(-1, self.state.dimension)

    @cached_property
    def gone(self) -> frozenset[int]:
        """Rows of documents that the last change removed or replaced, while they may still be there."""
        keys = [f"gone:{self.state.generation}:{number}" for number in range(self.state.gone)]
        records = [self.tables.record(key, self._consistency) for key in keys]
        return frozenset(row for body in records for row in json.loads(body or "[]"))

    def every_passage(self) -> Iterator[tuple[int, Passage]]:
        """Every passage with its row, by row, a few in memory at a time."""
        for batch in self._server.every(self.tables.passages, f"row <= {self.state.last_row}", LOOK):
            for row in batch:
                if row["doc"] not in self.gone:
                    yield row["row"], self._entry(row).record.passage

    def passing(self, where: str, fields: Sequence[str], *, limit: int = LONGEST_LIST) -> list[Row]:
        """Published passages that satisfy an expression, in no order."""
        wanted = f"row <= {self.state.last_row}" + (f" and ({where})" if where else "")
        fields = list(dict.fromkeys(["row", "doc", *fields]))
        found = self._server.query(self.tables.passages, wanted, fields, limit=limit, consistency=self._consistency)
        return [row for row in found if row["doc"] not in self.gone]

    # how

    def _documents(self, where: str, fields: Sequence[str], *, limit: int = LONGEST_LIST) -> list[Row]:
        wanted = f"row <= {self.state.last_document} and ({where})"
        found = self._server.query(self.tables.documents, wanted, fields, limit=limit, consistency=self._consistency)
        return [row for row in found if row["row"] not in self.gone]

    def _row_of(self, doc_id: str) -> int:
        """The document's row, 0 when the id is unknown."""
        return max((row["row"] for row in self._documents(f"id == {quoted(doc_id)}", ["row"])), default=0)

    def _read(self, where: str, *, limit: int = LONGEST_LIST) -> list[tuple[int, Entry]]:
        return [(row["row"], self._entry(row)) for row in self.passing(where, LOOK, limit=limit)]

    def _every_passage(self, where: str) -> list[Entry]:
        batches = self._server.every(self.tables.passages, f"row <= {self.state.last_row} and ({where})", LOOK)
        return [self._entry(row) for batch in batches for row in batch]

    def _entry(self, row: Row) -> Entry:
        text = row["text"]
        if len(text) != row["stop"] - row["start"]:  # too long for a field
            text = self.document(row["doc_id"]).text[row["start"] : row["stop"]]
        passage = Passage(
            row["id"], row["doc_id"], row["start"], row["stop"], text, tuple(json.loads(row["path"])), row["address"],
            row["page"], _pages(json.loads(row["turns"])),
        )  # fmt: skip
        spans: list[Span] = [(a, b) for a, b in json.loads(row["spans"])]
        record = Record(passage, row["shown"], tuple(spans), row["date"])
        return Entry(record, row["doc"], row["before"], row["after"], row["length"])

    def whole(self, key: str) -> str:
        """A text that was kept in parts, "" when there is none."""
        first = self.tables.record(key, self._consistency)
        number, _, text = first.partition(":")
        return text + "".join(
            self.tables.record(f"{key}#{part}", self._consistency) for part in range(1, int(number or 1))
        )

    def headings(self) -> Mapping[str, int]:
        """The innermost headings that stand above passages, with the number of documents they stand in."""
        return Counter(heading for row in self.particulars.values() for heading in json.loads(row["inner"]))


def band_number(band: int, key: int) -> int:
    """One number for a band and its key."""
    return (band << 32) | key


def _pages(stored: Iterable[Sequence[int]]) -> tuple[PageStart, ...]:
    return tuple((start, page) for start, page in stored)
