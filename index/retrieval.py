"""What quotations, copies, wordings and links read of a library, whichever engine holds it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from index.catalog import Record, Retired
from index.types import Document, Passage


class Words(Protocol):
    """Passages, or documents, by words; see `index.lexical.LexicalIndex`."""

    def __len__(self) -> int: ...

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """The best `k` (row, BM25) for any of the query's terms, best first, ties by row."""
        ...

    def rarity(self, query: str) -> dict[str, float]:
        """Each term of the query with its inverse document frequency."""
        ...

    def holding(self, terms: Iterable[str], k: int) -> list[int]:
        """Up to `k` rows that hold every one of `terms`, ascending; [] for no terms."""
        ...

    def sharing(self, terms: Iterable[str], *, least: int, k: int) -> list[int]:
        """Up to `k` rows that hold at least `least` of `terms`, most terms first, then ascending."""
        ...

    def holders(self, term: str) -> int:
        """How many entries hold a term."""
        ...


class Indexed(Protocol):
    """Passages and documents by words, as one moment of the library has them; see `index.generation.Generation`."""

    @property
    def lexical(self) -> Words:
        """Passages."""
        ...

    @property
    def documents(self) -> Words:
        """Whole documents."""
        ...


class Texts(Protocol):
    """Passages and documents themselves; see the methods of the same names of `index.catalog.Catalog`."""

    def records(self, rows: Sequence[int]) -> dict[int, Record]:
        """Passages by row with title and windows; rows that are gone are absent."""
        ...

    def places(self, rows: Sequence[int]) -> dict[int, tuple[str, int, int]]:
        """Passage row → its document's id and where it stands there."""
        ...

    def document_ids(self, rows: Sequence[int]) -> list[str]:
        """The ids of documents by row, in the rows' order."""
        ...

    def stretch(self, doc_id: str, start: int, end: int) -> str:
        """A document's text from `start` to `end`, cut where the text ends."""
        ...

    def passage_at(self, doc_id: str, offset: int) -> Passage:
        """The passage that holds the offset or, between passages, the next one, else the last."""
        ...

    def document(self, doc_id: str) -> Document:
        """A whole document; NotFoundError when the id is unknown."""
        ...

    def documents(self) -> list[Document]:
        """All documents by title, without text and outline."""
        ...

    def find_passage(self, passage_id: str) -> Passage | None:
        """A passage by id, None when the library does not hold it now."""
        ...

    def retired(self, passage_id: str) -> Retired | None:
        """What is kept of a passage that is gone."""
        ...

    def sketch(self, doc_id: str) -> bytes:
        """A document's sketch, b"" when it has none."""
        ...

    def near(self, bands: Iterable[tuple[int, int]]) -> list[tuple[str, bytes]]:
        """(document id, sketch) of the documents that share one of these bands, those that share most first."""
        ...
