"""A query's way through Milvus: candidates by meaning and by words → judged by the same signals → fused → hits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.cohort import spread
from index.collapse import Collapse, collapsed
from index.filters import Filter
from index.finder import MAX_QUERY, Counts, Facets, Models, Sort
from index.fold import query_tokens
from index.fuse import Signals, fuse
from index.milvus.demands import demands
from index.milvus.server import LONGEST_LIST, Row, among
from index.milvus.shelf import Entry, Shelf
from index.milvus.words import asked, frequencies, held, saturated
from index.query import Query, parse
from index.rerank import reread
from index.search import WEIGHTS, Ranking, explained, hits
from index.suggest import Suggestion, Suggestions, corrected
from index.terms import FILE, Terms, TermsFile
from index.topic import topic
from index.types import Hit, Mode, Passage

_CANDIDATES = 100
_SHARE = 0.5  # of a query's terms that a passage must hold to be counted
_DEEPER = 4  # BM25 alone decides in lexical mode: so many times as many are looked at as share most rarity
_FEW = 4_000  # passages that are named to Milvus one by one
_WINDOWS = 4  # to a passage, when windows of certain passages are asked for

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may be found, as expressions over passages and over windows; both "" for everything."""

    passages: str = ""
    windows: str = ""


class MilvusWords:
    """Passages, or documents, by words: what quotations, copies and wordings ask of `LexicalIndex`."""

    def __init__(self, shelf: Shelf, table: str) -> None:
        self._shelf = shelf
        self._table = table

    def __len__(self) -> int:
        state = self._shelf.state
        return state.documents if self._table == self._shelf.tables.documents else state.passages

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """The best `k` passages (row, BM25) for any of the query's terms, of those that share most of their rarity."""
        rare = self.rarity(query)
        rows = [row for row, _ in self._shelf.sparse(self._table, "words", asked(rare), k * _DEEPER)]
        scores = bm25(self._shelf.entries(rows), rare, self._shelf.state.length)
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]

    def rarity(self, query: str) -> dict[str, float]:
        """Each term of the query with its inverse document frequency, as `LexicalIndex.rarity`."""
        return self._shelf.rarity(token.term for token in query_tokens(query))

    def holding(self, terms: Iterable[str], k: int) -> list[int]:
        """Up to `k` rows that hold every one of `terms`, ascending; [] for no terms."""
        wanted = list(dict.fromkeys(terms))
        return sorted(self.sharing(wanted, least=len(wanted), k=k))

    def sharing(self, terms: Iterable[str], *, least: int, k: int) -> list[int]:
        """Up to `k` rows that hold at least `least` of `terms`, most terms first, then ascending; [] for no terms."""
        wanted = dict.fromkeys(terms)
        counts = self._shelf.holders(wanted)
        place = 1 if self._table == self._shelf.tables.documents else 0
        if not wanted or sum(counts[term][place] > 0 for term in wanted) < least:
            return []
        found = self._shelf.sparse(self._table, "words", held(wanted), min(k, LONGEST_LIST))
        enough = [(row, round(score)) for row, score in found if round(score) >= least]
        return [row for row, _ in sorted(enough, key=lambda item: (-item[1], item[0]))]

    def holders(self, term: str) -> int:
        """How many entries hold a term: one or two Han characters, a number, a Latin word."""
        return self._shelf.holders([term])[term][0]


@dataclass(frozen=True, slots=True)
class MilvusGeneration:
    """What stands in for a folder's generation: passages and documents by words."""

    lexical: MilvusWords
    documents: MilvusWords


class MilvusFinder:
    """Finds in one published state of a library."""

    def __init__(self, shelf: Shelf, folder: Path, models: Models) -> None:
        """Nothing is read and no model is loaded before it is needed; `folder` may hold the user's dictionary."""
        self.shelf = shelf
        tables = shelf.tables
        self.generation = MilvusGeneration(MilvusWords(shelf, tables.passages), MilvusWords(shelf, tables.documents))
        self._models = models
        self._terms_file = TermsFile(folder / FILE)
        self._suggestions: tuple[Terms, Suggestions] | None = None
        self._cohort: tuple[float, float] | None = None

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
        demanded = query.filters + filters
        if not query.words:
            return self._newest(demanded, k) if demanded else []
        wanted = self._wanted(demanded)
        if wanted is None:
            return []
        variants = self._terms.variants(topic(query.words))
        vector = None if mode == "lexical" else self._models.embedder.query(query.words)
        ranking = self._rank(variants, vector, k=k, mode=mode, wanted=wanted)
        if (reranker := self._models.reranker) is None:
            return self._hits(ranking, variants, k, sort, collapse, per_document)
        found = self._hits(ranking, variants, max(k, reranker.depth), "relevance", collapse, per_document)
        best = reread(query.words, found, reranker)[:k]
        return sorted(best, key=lambda hit: hit.date, reverse=True) if sort == "date" else best

    def similar(self, passage: Passage, *, k: int, filters: Filter) -> list[Hit]:
        """The `k` passages nearest to a passage in words and meaning, the passage itself left out."""
        words = passage.text[:MAX_QUERY]
        wanted = self._wanted(filters)
        if wanted is None:
            return []
        vector = self._models.embedder.passages([words])[0]
        ranking = self._rank((words,), vector, k=k + 1, mode="hybrid", wanted=wanted)
        found = self._hits(ranking, (words,), k + 1, "relevance", "nothing", None)
        return [hit for hit in found if hit.passage.id != passage.id][:k]

    def cohort(self) -> tuple[float, float]:
        """As `Library.cohort`."""
        if self._cohort is None:
            if not self.shelf.state.window_count:
                return 0.0, 1.0
            self._cohort = spread(self._models.embedder, lambda vector: self.shelf.windows(vector, 1)[0][1])
        return self._cohort

    def facets(self, text: str, *, filters: Filter) -> Facets:
        """How what a query matches is spread; of a query's matches the 16,384 that hold most of its terms count."""
        query = parse(text) if text.strip() else Query("", Filter())
        demanded = demands(query.filters + filters, self._terms.names)
        terms = {token.term for token in query_tokens(topic(query.words))}
        where = demanded.passage
        if terms:
            least = max(1, round(len(terms) * _SHARE))
            table = self.shelf.tables.passages
            found = self.shelf.sparse(table, "words", held(terms), LONGEST_LIST, where=where)
            rows = [row for row, score in found if round(score) >= least]
            passing = [
                one
                for start in range(0, len(rows), _FEW)
                for one in self.shelf.passing(among("row", rows[start : start + _FEW]), [])
            ]
        else:
            passing = self.shelf.passing(where, [])
        return self._counted(passing)

    def suggest(self, typed: str, *, k: int) -> list[Suggestion]:
        """What can be typed to its end: terms, titles, issuers, recurring headings; [] for nothing typed."""
        terms = self._terms
        if self._suggestions is None or self._suggestions[0] is not terms:
            known = [term for group in terms.groups for term in group]
            self._suggestions = terms, Suggestions(self.shelf, self.shelf.headings(), known)
        return self._suggestions[1].starting(typed, k)

    def corrected(self, text: str) -> str | None:
        """The query with its likely typing mistakes put right (`index.suggest.corrected`), None for none."""
        known = [term for group in self._terms.groups for term in group]
        return corrected(text, self.generation.lexical, known)

    @property
    def _terms(self) -> Terms:
        return self._terms_file.read()

    def _wanted(self, filters: Filter) -> Wanted | None:
        """What filters let pass, None when that is nothing. Windows hold no text: passages are looked up first."""
        if not filters:
            return Wanted()
        demanded = demands(filters, self._terms.names)
        if not demanded.text:
            return Wanted(demanded.passage, demanded.about)
        rows = [row["row"] for row in self.shelf.passing(demanded.passage, [], limit=_FEW)]
        if len(rows) < _FEW:
            return Wanted(among("row", rows), among("row", rows)) if rows else None
        return Wanted(demanded.passage, demanded.about)

    def _rank(self, variants: Sequence[str], vector: Vector | None, *, k: int, mode: Mode, wanted: Wanted) -> Ranking:
        """As `index.search.rank`."""
        depth = max(_CANDIDATES, k)
        near = self._nearest(vector, depth, wanted) if vector is not None else {}
        rares = [self.generation.lexical.rarity(query) for query in variants]
        found: list[int] = []
        if mode != "dense":
            deep = depth * _DEEPER if mode == "lexical" else depth
            for rare in rares:
                table = self.shelf.tables.passages
                found += [row for row, _ in self.shelf.sparse(table, "words", asked(rare), deep, where=wanted.passages)]
        entries = self.shelf.entries(sorted({*near, *found}))
        if wanted.passages != wanted.windows and near:
            # Filtered by what windows hold, their passages have still to pass by their texts.
            passing = self.shelf.passing(f"{among('row', list(near))} and {wanted.passages}", [])
            out = near.keys() - {row["row"] for row in passing} - set(found)
            entries = {row: entry for row, entry in entries.items() if row not in out}
        contrast = self._contrast(vector, near, entries, with_neighbours=mode == "hybrid")
        signals = self._signals(rares, entries, near, contrast)
        if mode == "hybrid":
            scores = fuse(signals, WEIGHTS)
        else:
            scores = {row: s.dense if mode == "dense" else s.lexical for row, s in signals.items()}
        kept = [row for row in signals if mode != "lexical" or scores[row] > 0]
        return Ranking(sorted(kept, key=lambda row: (-scores[row], row)), scores, signals, near)

    def _nearest(self, vector: Vector, depth: int, wanted: Wanted) -> dict[int, tuple[float, int]]:
        """The passages of the nearest windows, `depth` of them or more: row → (cosine, window's number)."""
        asked_for = 2 * depth
        while True:
            found = self.shelf.windows(vector, asked_for, where=wanted.windows)
            best: dict[int, tuple[float, int]] = {}
            for row, cosine, number in found:
                best.setdefault(row, (cosine, number))
            if len(best) >= depth or len(found) < asked_for or asked_for >= LONGEST_LIST:
                return dict(list(best.items())[:depth])
            asked_for *= 4

    def _contrast(
        self,
        vector: Vector | None,
        near: dict[int, tuple[float, int]],
        entries: dict[int, Entry],
        *,
        with_neighbours: bool,
    ) -> dict[int, float]:
        """Row → its best window's cosine in standard deviations; adds to `near` the candidates found by words alone."""
        if vector is None:
            return {}
        others = {row for e in entries.values() for row in (e.before, e.after) if row} if with_neighbours else set()
        missing = sorted((entries.keys() | others) - near.keys())
        cosines: dict[int, tuple[float, int]] = {}
        if missing:
            found = self.shelf.windows(vector, _WINDOWS * len(missing), where=among("row", missing))
            for row, cosine, number in found:
                cosines.setdefault(row, (cosine, number))
        near |= {row: best for row, best in cosines.items() if row in entries}
        sample = self.shelf.sample @ vector if len(self.shelf.sample) > 1 else np.zeros(0)
        mean, deviation = (float(sample.mean()), max(float(sample.std()), 1e-6)) if len(sample) else (0.0, 1.0)
        return {row: (cosine - mean) / deviation for row, (cosine, _) in {**cosines, **near}.items()}

    def _signals(
        self,
        rares: Sequence[dict[str, float]],
        entries: dict[int, Entry],
        near: dict[int, tuple[float, int]],
        contrast: dict[int, float],
    ) -> dict[int, Signals]:
        every = dict.fromkeys(term for rare in rares for term in rare)
        counts = {row: frequencies(entry.words, every) for row, entry in entries.items()}
        owners = sorted({entry.doc for entry in entries.values()})
        about: dict[int, float] = {}
        for rare in rares:
            for owner, score in self.shelf.document_scores(rare, owners).items():
                about[owner] = max(score, about.get(owner, 0.0))
        mean = self.shelf.state.length
        signals = {}
        for row, entry in entries.items():
            beside = [contrast[other] for other in (entry.before, entry.after) if other in contrast]
            signals[row] = Signals(
                dense=near[row][0] if row in near else 0.0,
                contrast=contrast.get(row, 0.0),
                lexical=max(_score(counts[row], rare, entry.length, mean) for rare in rares),
                coverage=max(_covered(counts[row], rare) for rare in rares),
                document=about.get(entry.doc, 0.0),
                neighbours=sum(beside) / len(beside) if beside else 0.0,
            )
        return signals

    def _hits(
        self,
        ranking: Ranking,
        variants: Sequence[str],
        k: int,
        sort: Sort,
        collapse: Collapse,
        per_document: int | None,
    ) -> list[Hit]:
        found = hits(self.shelf, ranking, ranking.rows)
        kept = collapsed(found, k, collapse=collapse, per_document=per_document)
        rare = {term: weight for query in variants for term, weight in self.generation.lexical.rarity(query).items()}
        best = [explained(hit, rare) for hit in kept]
        return sorted(best, key=lambda hit: hit.date, reverse=True) if sort == "date" else best

    def _newest(self, demanded: Filter, k: int) -> list[Hit]:
        """The first passing passage of each of the newest documents."""
        where = demands(demanded, self._terms.names).passage
        first: dict[int, Row] = {}
        for row in self.shelf.passing(where, ["date", "start", "doc_id"]):
            if row["doc"] not in first or row["start"] < first[row["doc"]]["start"]:
                first[row["doc"]] = row
        newest = sorted(first.values(), key=lambda row: row["doc_id"])
        newest.sort(key=lambda row: row["date"], reverse=True)
        return list(hits(self.shelf, Ranking((), {}, {}, {}), [row["row"] for row in newest[:k]]))

    def _counted(self, passing: Sequence[Row]) -> Facets:
        known = self.shelf.particulars
        counts = Counter(row["doc"] for row in passing if row["doc"] in known)
        issuer: Counter[str] = Counter()
        kind: Counter[str] = Counter()
        year: Counter[str] = Counter()
        suffix: Counter[str] = Counter()
        for row in counts:
            document = known[row]
            issuer.update(name for name in document["issuer"].split("、") if name)
            kind.update([document["kind"]] if document["kind"] else [])
            year.update([document["date"][:4]] if document["date"] else [])
            suffix.update([document["format"]] if document["format"] else [])
        years = tuple(sorted(year.items(), reverse=True))
        return Facets(len(counts), sum(counts.values()), ordered(issuer), ordered(kind), years, ordered(suffix))


def ordered(counts: Counter[str]) -> Counts:
    """The counted, most frequent first, ties in their own order."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def bm25(entries: dict[int, Entry], rare: dict[str, float], mean: float) -> dict[int, float]:
    """BM25 of passages by row, those without any term left out."""
    scores = {row: _score(frequencies(entry.words, rare), rare, entry.length, mean) for row, entry in entries.items()}
    return {row: score for row, score in scores.items() if score > 0}


def _score(counts: dict[str, int], rare: dict[str, float], length: int, mean: float) -> float:
    return sum(weight * saturated(counts[term], length, mean) for term, weight in rare.items() if term in counts)


def _covered(counts: dict[str, int], rare: dict[str, float]) -> float:
    total = sum(rare.values())
    return sum(weight for term, weight in rare.items() if term in counts) / total if total else 0.0
