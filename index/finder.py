"""What a library finds: passages for a query, their spread over issuers and years, and what to ask instead."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from index.catalog import Catalog
from index.cohort import spread
from index.collapse import Collapse, collapsed
from index.embed import Embedder
from index.errors import LibraryError, QueryError
from index.filters import Filter
from index.fold import query_tokens
from index.generation import Generation
from index.lexical import Mask
from index.query import Query, parse
from index.register import Register
from index.rerank import Reranker, reread
from index.search import Ranking, explained, hits, rank
from index.suggest import Suggestion, Suggestions, corrected
from index.terms import FILE, Terms, TermsFile
from index.topic import topic
from index.types import Hit, Mode, Passage

MAX_K = 1000
MAX_QUERY = 2000

Sort = Literal["relevance", "date"]

_SHARE = 0.5  # of a query's terms that a passage must hold to be counted

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """Documents with matching passages: how many, and by issuer, kind, year and format, the most frequent first.

    Years come latest first. What a document does not tell is not counted; one issued jointly counts for each issuer.
    """

    documents: int = 0
    passages: int = 0
    issuer: Counts = ()
    kind: Counts = ()
    year: Counts = ()
    format: Counts = ()


class Models(Protocol):
    """What a finder asks of the library that it finds in."""

    reranker: Reranker | None

    @property
    def embedder(self) -> Embedder:
        """The library's model, loaded at first use."""
        ...


class Finder:
    """Finds in one generation of a library; what it reads of the catalog is kept while the generation lasts."""

    def __init__(self, generation: Generation, catalog: Catalog, folder: Path, models: Models) -> None:
        """Nothing is read and no model is loaded before it is needed."""
        self.generation = generation
        self._catalog = catalog
        self._models = models
        self._terms_file = TermsFile(folder / FILE)
        self._register: Register | None = None
        self._suggestions: tuple[Terms, Suggestions] | None = None
        self._cohort: tuple[float, float] | None = None
        self._opened: Embedder | None = None

    def search(
        self,
        text: str,
        *,
        k: int,
        mode: Mode,
        filters: Filter,
        sort: Sort,
        collapse: Collapse,
        per_document: int | None,
    ) -> list[Hit]:
        """The best `k` passages for a query (`index.query`); where it only makes demands, the newest documents'."""
        query = parse(text)
        wanted = query.filters + filters
        only = self.register.mask(wanted, self.generation.lexical, self.terms.names) if wanted else None
        if not query.words:
            return self._newest(only, k) if only is not None else []
        variants = self.terms.variants(topic(query.words))
        vector = None if mode == "lexical" else self._embedder.query(query.words)
        ranking = rank(self.generation, variants, vector, k=k, mode=mode, only=only)
        if (reranker := self._models.reranker) is None:
            return self._hits(ranking, variants, k, sort, collapse, per_document)
        found = self._hits(ranking, variants, max(k, reranker.depth), "relevance", collapse, per_document)
        best = reread(query.words, found, reranker)[:k]
        return sorted(best, key=lambda hit: hit.date, reverse=True) if sort == "date" else best

    def similar(self, passage: Passage, *, k: int, filters: Filter) -> list[Hit]:
        """The `k` passages nearest to a passage in words and meaning, the passage itself left out."""
        words = passage.text[:MAX_QUERY]
        only = self.register.mask(filters, self.generation.lexical, self.terms.names) if filters else None
        vector = self._embedder.passages([words])[0]
        ranking = rank(self.generation, (words,), vector, k=k + 1, mode="hybrid", only=only)
        found = self._hits(ranking, (words,), k + 1, "relevance", "nothing", None)
        return [hit for hit in found if hit.passage.id != passage.id][:k]

    def cohort(self) -> tuple[float, float]:
        """As `Library.cohort`."""
        if self._cohort is None:
            dense = self.generation.dense
            if not len(dense):
                return 0.0, 1.0
            self._cohort = spread(self._embedder, lambda vector: dense.search(vector, 1)[0][1])
        return self._cohort

    def facets(self, text: str, *, filters: Filter) -> Facets:
        """How what a query matches is spread: passages that pass its demands and hold half of its terms or more."""
        query = parse(text) if text.strip() else Query("", Filter())
        mask = self.register.mask(query.filters + filters, self.generation.lexical, self.terms.names)
        terms = {token.term for token in query_tokens(topic(query.words))}
        if terms:
            least = max(1, round(len(terms) * _SHARE))
            lexical = self.generation.lexical
            mask &= self.register.rows(lexical.sharing(terms, least=least, k=len(lexical)))
        return self._counted(mask)

    def suggest(self, typed: str, *, k: int) -> list[Suggestion]:
        """What can be typed to its end: terms, titles, issuers, recurring headings; [] for nothing typed."""
        terms = self.terms
        if self._suggestions is None or self._suggestions[0] is not terms:
            known = [term for group in terms.groups for term in group]
            self._suggestions = terms, Suggestions(self._catalog, self.register.headings(), known)
        return self._suggestions[1].starting(typed, k)

    def corrected(self, text: str) -> str | None:
        """The query with its likely typing mistakes put right (`index.suggest.corrected`), None for none."""
        known = [term for group in self.terms.groups for term in group]
        return corrected(text, self.generation.lexical, known)

    @property
    def _embedder(self) -> Embedder:
        """The model of this generation's vectors, also after the library was switched to another."""
        if self._opened is None:
            opened = self._models.embedder
            if opened.model != (self.generation.manifest.model or opened.model):
                raise LibraryError("文库正在换模型；请再试一次")
            self._opened = opened
        return self._opened

    @property
    def register(self) -> Register:
        """The documents' particulars."""
        if self._register is None:
            self._register = Register(self._catalog)
        return self._register

    @property
    def terms(self) -> Terms:
        """The user's dictionary as it is now."""
        return self._terms_file.read()

    def _hits(
        self,
        ranking: Ranking,
        variants: Sequence[str],
        k: int,
        sort: Sort,
        collapse: Collapse,
        per_document: int | None,
    ) -> list[Hit]:
        found = hits(self._catalog, ranking, ranking.rows)
        kept = collapsed(found, k, collapse=collapse, per_document=per_document)
        rarity = {term: weight for query in variants for term, weight in self.generation.lexical.rarity(query).items()}
        best = [explained(hit, rarity) for hit in kept]
        return sorted(best, key=lambda hit: hit.date, reverse=True) if sort == "date" else best

    def _newest(self, only: Mask, k: int) -> list[Hit]:
        first = self.register.first_passages(only)
        documents = sorted(first, key=lambda place: (self.register.documents[place].date, -place), reverse=True)[:k]
        return list(hits(self._catalog, Ranking((), {}, {}, {}), [first[place] for place in documents]))

    def _counted(self, mask: Mask) -> Facets:
        counts = self.register.count(mask)
        issuer: Counter[str] = Counter()
        kind: Counter[str] = Counter()
        year: Counter[str] = Counter()
        suffix: Counter[str] = Counter()
        for place in counts:
            document = self.register.documents[place]
            issuer.update(name for name in document.issuer.split("、") if name)
            kind.update([document.kind] if document.kind else [])
            year.update([document.date[:4]] if document.date else [])
            suffix.update([document.format] if document.format else [])
        return Facets(
            len(counts),
            sum(counts.values()),
            _ordered(issuer),
            _ordered(kind),
            tuple(sorted(year.items(), reverse=True)),
            _ordered(suffix),
        )


def checked(text: str, k: int) -> None:
    """QueryError for a query that cannot be asked: empty, undecodable or too long, or `k` out of range."""
    if not text.strip():
        raise QueryError("请输入要查找的内容")
    if re.search("[\ud800-\udfff]", text):
        raise QueryError("查询里有无法识别的字符，请重新输入")
    if len(text) > MAX_QUERY:
        raise QueryError(f"查询太长（{len(text)} 字），请缩短到 {MAX_QUERY} 字以内")
    if not 1 <= k <= MAX_K:
        raise QueryError(f"k = {k} 不行，请取 1 到 {MAX_K}")


def _ordered(counts: Counter[str]) -> Counts:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
