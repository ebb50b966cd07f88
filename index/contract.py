"""What every engine's library can be asked: the protocol that answering and showing lean on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.collapse import Collapse
from index.copies import Copy
from index.filters import Filter
from index.finder import Facets, Sort
from index.history import History
from index.quotes import QuoteReport
from index.suggest import Suggestion
from index.sync import Progress
from index.types import Document, Hit, Mode, Passage, SyncReport
from index.versions import Version
from index.wordings import Wordings


@dataclass(frozen=True, slots=True)
class Stats:
    """What a library holds; `bytes` tells the disk used by each part."""

    documents: int
    passages: int
    windows: int
    model: str
    dimension: int
    generation: int
    bytes: Mapping[str, int]


class Library(Protocol):
    """What the other rooms ask of a library, whichever engine holds it."""

    def sync(self, paths: Sequence[Path], *, progress: Progress = ...) -> SyncReport:
        """Make the library hold the files under `paths` as they are now."""

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filter = ...,
        sort: Sort = "relevance",
        collapse: Collapse = "nothing",
        per_document: int | None = None,
    ) -> list[Hit]:
        """The best `k` passages that pass the query's demands (`index.query`) and `filters`; [] when nothing matches.

        `collapse` leaves out copies of better hits, `per_document` all but so many of one. QueryError for a bad query.
        """

    def similar(self, passage_id: str, *, k: int = 10, filters: Filter = ...) -> list[Hit]:
        """The passages nearest to one in words and meaning, itself left out; NotFoundError when the id is unknown."""

    def facets(self, query: str = "", *, filters: Filter = ...) -> Facets:
        """How many documents match, by issuer, kind, year and format; the whole library's for no query."""

    def suggest(self, typed: str, *, k: int = 8) -> list[Suggestion]:
        """What the reader may be typing: terms, titles, issuers, recurring headings; [] for nothing typed."""

    def corrected(self, query: str) -> str | None:
        """The query without its likely typing mistakes, for the reader to accept; None when it seems right."""

    def rarity(self, text: str) -> dict[str, float]:
        """Each search term of `text` with its inverse document frequency in this library, natural log, ≥ 0."""

    def likeness(self, query: str, texts: Sequence[str]) -> list[float]:
        """The cosine of each text with a query, by the library's model, in order; [] for none."""

    def reread(self, question: str, hits: Sequence[Hit], *, depth: int | None = None) -> list[Hit]:
        """The hits with the first `depth` (the reranker's) read again by the reranker of the library's model and put in
        order, its log odds as signal `read`; as they are where the model has none or they were read."""

    def cohort(self) -> tuple[float, float]:
        """Mean and deviation of the nearest window's cosine for questions it knows nothing of; (0, 1) while empty."""

    def find_quote(self, quote: str, *, limit: int = 20) -> QuoteReport:
        """Where a quotation stands, exact or not (`index.quotes`); QueryError for one that cannot be looked for."""

    def passage(self, passage_id: str) -> Passage:
        """A passage by id; NotFoundError says what became of one that is gone."""

    def history(self, passage_id: str) -> History:
        """What became of a passage id, then and now; NotFoundError only for one that never was."""

    def copies(self, text: str, *, least: int = 20) -> list[Copy]:
        """Stretches of `text` of at least `least` ≥ 20 characters that stand word for word in the library."""

    def wordings(self, phrase: str) -> Wordings:
        """Every place of a phrase and of wordings near it. QueryError for one too short or too long."""

    def passages(self, doc_id: str) -> list[Passage]:
        """A document's passages in order; NotFoundError when the id is unknown."""

    def document(self, doc_id: str) -> Document:
        """A whole document; NotFoundError when the id is unknown."""

    def versions(self, doc_id: str) -> list[Version]:
        """Documents with much of the same wording, likest first; NotFoundError when the id is unknown."""

    def documents(self) -> list[Document]:
        """All documents by title, without text and outline."""

    def context(self, passage_id: str, *, before: int = 1, after: int = 1) -> tuple[list[Passage], list[Passage]]:
        """The passages right before and right after one, each in document order."""

    def stats(self) -> Stats:
        """Counts, model and sizes."""

    def close(self) -> None:
        """Let go of files; the library is not used afterwards."""
