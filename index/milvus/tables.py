"""The collections of a library in Milvus, and the state that tells which of them are to be read.

`<name>_passages`     one entity a passage: its text, place and neighbours, what filters ask for, its words (sparse)
`<name>_documents`    one entity a document: its particulars, its words as they are and weighted for BM25 (sparse)
`<name>_windows_<n>`  one entity a window: its vector and what filters ask for; `<name>_windows` is the alias in use
`<name>_records`      everything that is only looked up: whole texts in parts, sources, retired passages, how many
                      passages hold a term, the writer's lease, and the state
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from index.errors import LibraryError
from index.milvus.server import Consistency, Row, Server, quoted

FORMAT = 1
STATE = "state"
LEASE = "lease"
WINDOWS_A_PASSAGE = 65_536  # a window's key is its passage's row times this, and its number
NO_WORDS = 0  # Milvus refuses a sparse vector of nothing; this dimension stands for it

# What filters ask for, folded; the same in passages, windows and documents.
ASKED = ("title", "issuer", "number", "kind", "date", "format", "folders")

LONGEST_FIELD = 65_535  # bytes
_BYTES = 60_000
_CUT = 15_000  # characters of four bytes at most


@dataclass(frozen=True, slots=True)
class State:
    """What readers must know, written as one entity and so at once: a change is published when this is.

    Rows beyond `last_row` and `last_document` are of a change that is not published yet. `length` and
    `document_length` are mean tokens, the latter as the documents' weights were made with. While `since` ≥ 0 the change
    from that generation on is not cleared up: `gone` records name the rows of documents that are not to be read.
    """

    generation: int
    library: str
    model: str
    model_name: str
    dimension: int
    windows: str
    passages: int
    documents: int
    window_count: int
    last_row: int
    last_document: int
    length: float
    document_length: float
    since: int = -1
    gone: int = 0
    format: int = FORMAT


class Tables:
    """The names of a library's collections on a server, and how they are made."""

    def __init__(self, server: Server) -> None:
        self.server = server
        name = server.address.name
        self.passages = f"{name}_passages"
        self.documents = f"{name}_documents"
        self.records = f"{name}_records"
        self.windows_alias = f"{name}_windows"

    def windows(self, number: int) -> str:
        """The name of the collection of windows with this number."""
        return f"{self.windows_alias}_{number}"

    def create(self) -> None:
        """Make the collections that are not there."""
        words = [_index("words", "SPARSE_INVERTED_INDEX")]
        both = [*words, _index("weights", "SPARSE_INVERTED_INDEX")]
        self.server.create(self.records, _record_fields(), [_index("none")])
        self.server.create(self.documents, _document_fields(), both)
        self.server.create(self.passages, _passage_fields(), words)

    def create_windows(self, name: str, dimension: int) -> None:
        """Make a collection for windows of this dimension, indexed as Milvus sees fit; Lite searches it exactly."""
        kind = "FLAT" if self.server.address.lite else "AUTOINDEX"
        self.server.create(name, _window_fields(dimension), [_index("vector", kind)])

    def state(self, consistency: Consistency = "Bounded") -> State | None:
        """The state as it is, None where there is no library; LibraryError for one of another format."""
        if not self.server.has(self.records):
            return None
        return self.read_state(consistency)

    def read_state(self, consistency: Consistency) -> State | None:
        """The same where the collections are known to be there."""
        body = self.record(STATE, consistency)
        if not body:
            return None
        stored = json.loads(body)
        if stored.get("format") != FORMAT:
            shown = self.server.address.shown
            raise LibraryError(f"{shown} 的格式版本是 {stored.get('format')}，本程序只认 {FORMAT}；请升级引得")
        return State(**stored)

    def write_state(self, state: State) -> None:
        """Publish: readers go by this state from their next look on."""
        self.put("state", {STATE: json.dumps(asdict(state))})

    def record(self, key: str, consistency: Consistency = "Bounded") -> str:
        """What is kept under a key, "" for nothing."""
        found = self.server.query(self.records, f"key == {quoted(key)}", ["body"], consistency=consistency)
        return str(found[0]["body"]) if found else ""

    def put(self, kind: str, records: Mapping[str, str], *, owners: Mapping[str, int] | None = None) -> None:
        """Keep texts under their keys, replacing what was there; `owners` tells the documents that they go with."""
        owners = owners or {}
        rows = [
            {"key": key, "kind": kind, "owner": owners.get(key, 0), "body": body, "none": [1.0, 0.0]}
            for key, body in records.items()
        ]
        size = 3 * sum(map(len, records.values())) // max(1, len(records)) + 300
        self.server.upsert(self.records, rows, size=size)


def parts(text: str) -> list[str]:
    """A text cut so that each part fits into a field."""
    return [text[start : start + _CUT] for start in range(0, len(text), _CUT)] or [""]


def fits(text: str) -> bool:
    """Whether a text fits into a field whole."""
    return len(text) <= _CUT or len(text.encode()) <= _BYTES


def clipped(text: str, most: int) -> str:
    """The text's beginning, as long as a field of so many bytes takes."""
    return text.encode()[:most].decode(errors="ignore")


def _record_fields() -> list[Row]:
    # Milvus wants a vector in every collection.
    return [_text("key", 512, key=True), _text("kind", 16), _number("owner"), _text("body"), _vector("none", 2)]


def _document_fields() -> list[Row]:
    return [
        _number("row", key=True),
        *_asked(),
        *(_text(name) for name in ("id", "shown", "meta", "inner", "sketch")),
        _text("digest", 128),
        _many("bands"),
        _number("length"),
        _sparse("words"),
        _sparse("weights"),
    ]


def _passage_fields() -> list[Row]:
    return [
        _number("row", key=True),
        *_asked(),
        _text("headings"),
        *(_text(name) for name in ("id", "doc_id", "text", "shown", "path", "address", "turns", "spans", "signs")),
        *(_number(name) for name in ("doc", "start", "stop", "page", "before", "after", "length")),
        _sparse("words"),
    ]


def _window_fields(dimension: int) -> list[Row]:
    return [
        _number("key", key=True),
        *_asked(),
        _text("headings"),
        *(_number(name) for name in ("row", "doc", "part", "sample", "start", "stop")),
        _text("digest", 64),
        _vector("vector", dimension),
    ]


def _asked() -> list[Row]:
    return [_text(name) for name in ASKED]


def _text(name: str, most: int = LONGEST_FIELD, *, key: bool = False) -> Row:
    from pymilvus import DataType

    return {"field_name": name, "datatype": DataType.VARCHAR, "max_length": most, "is_primary": key}


def _number(name: str, *, key: bool = False) -> Row:
    from pymilvus import DataType

    return {"field_name": name, "datatype": DataType.INT64, "is_primary": key}


def _many(name: str) -> Row:
    from pymilvus import DataType

    return {"field_name": name, "datatype": DataType.ARRAY, "element_type": DataType.INT64, "max_capacity": 256}


def _vector(name: str, dimension: int) -> Row:
    from pymilvus import DataType

    return {"field_name": name, "datatype": DataType.FLOAT_VECTOR, "dim": dimension}


def _sparse(name: str) -> Row:
    from pymilvus import DataType

    return {"field_name": name, "datatype": DataType.SPARSE_FLOAT_VECTOR}


def _index(field: str, kind: str = "FLAT") -> Row:
    return {"field_name": field, "index_type": kind, "metric_type": "IP"}
