"""Keyword search over passages or whole documents: tantivy (BM25, k1 1.2, b 0.75) over our own segmentation.

Tantivy ships no Chinese tokenizer, so it is fed terms that `index.fold.tokens` has already separated. Segments are
immutable files; a commit adds files and replaces small lists atomically, so a copy by hard links is a snapshot.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from math import log
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from index.connect import linked
from index.fold import query_tokens, signs, tokens

Mask = NDArray[np.bool_]

_TERMS = 50_000  # whose frequencies are remembered: words recur from one question to the next
_WRITER_BYTES = 64_000_000
_FEW = 20  # of so many passages one: fewer are named to tantivy, more are picked from a longer list


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("signs", stored=False, tokenizer_name="whitespace", index_option="position")
    return builder.build()


class LexicalIndex:
    """An opened keyword index of passages or of documents. Rows are the catalog's; they never leave `index`."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`; ValueError when there is none."""
        self._links = linked(folder)
        self._index = tantivy.Index.open(self._links.name if self._links else str(folder))
        self._searcher = self._index.searcher()
        self.holders: Callable[[str], int] = lru_cache(_TERMS)(partial(self._searcher.doc_freq, "body"))
        """How many entries hold a term: one or two Han characters, a number, a Latin word."""

    @staticmethod
    def write(folder: Path, *, add: Iterable[tuple[int, str, str]], remove: Sequence[int] = ()) -> None:
        """Remove entries by row and add (row, words, text) in one commit; makes the index if `folder` holds none.

        All words are searched, phrases are found in `text` alone. OSError when the disk refuses.
        """
        folder.mkdir(parents=True, exist_ok=True)
        try:
            LexicalIndex._write(folder, add, remove)
        except ValueError as error:  # tantivy's word for a file it cannot write
            raise OSError(f"{folder}: {error}") from error

    @staticmethod
    def _write(folder: Path, add: Iterable[tuple[int, str, str]], remove: Sequence[int]) -> None:
        index = tantivy.Index(_schema(), path=str(folder))
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        if remove:
            writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "row", list(remove)))
        for row, words, text in add:
            passage = tantivy.Document()
            passage.add_unsigned("row", row)
            passage.add_text("body", " ".join(token.term for token in tokens(words)))
            passage.add_text("signs", " ".join(signs(text)))
            writer.add_document(passage)
        writer.commit()
        writer.wait_merging_threads()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, query: str, k: int, *, only: Mask | None = None) -> list[tuple[int, float]]:
        """The best `k` (row, BM25) for any of the query's terms, best first, ties by row; [] when no term matches.

        `only` tells by row which entries may be found, those beyond its end may not.
        """
        wanted = self._terms(query)
        if wanted is None:
            return []
        if only is None:
            return self._run(wanted, k)
        passing = int(only.sum())
        if passing * _FEW <= len(self):
            return self._best(self._only(wanted, np.flatnonzero(only).tolist()), k)
        asked = 2 * k * len(self) // max(passing, 1)
        while True:
            found = self._run(wanted, asked)
            inside = [(row, score) for row, score in found if row < len(only) and only[row]]
            if len(inside) >= k or len(found) < min(asked, len(self)):
                return inside[:k]
            asked *= 4

    def scores(self, query: str, rows: Sequence[int]) -> dict[int, float]:
        """BM25 of the given rows only; those without any term are absent."""
        wanted = self._terms(query)
        return {} if wanted is None else self._only(wanted, rows)

    def holding(self, terms: Iterable[str], k: int) -> list[int]:
        """Up to `k` rows that hold every one of `terms`, ascending; [] for no terms."""
        must = [(tantivy.Occur.Must, tantivy.Query.const_score_query(self._term(term), 1.0)) for term in terms]
        return [row for row, _ in self._run(tantivy.Query.boolean_query(must), k)] if must else []

    def sharing(self, terms: Iterable[str], *, least: int, k: int) -> list[int]:
        """Up to `k` rows that hold at least `least` of `terms`, most terms first, then ascending; [] for no terms."""
        some = [(tantivy.Occur.Should, tantivy.Query.const_score_query(self._term(term), 1.0)) for term in terms]
        return [row for row, _ in self._run(tantivy.Query.boolean_query(some, least), k)] if some else []

    def with_phrase(self, phrases: Iterable[str]) -> list[int]:
        """The rows whose text holds one of `phrases` sign by sign, folded, white space aside; ascending."""
        parts = [self._phrase(signs(phrase)) for phrase in phrases]
        some = [(tantivy.Occur.Should, tantivy.Query.const_score_query(part, 1.0)) for part in parts]
        return sorted(row for row, _ in self._run(tantivy.Query.boolean_query(some), len(self)))

    def coverage(self, query: str, rows: Sequence[int]) -> dict[int, float]:
        """The share in [0, 1] of the query's terms, weighted by rarity, that each given row holds; 0 is left out."""
        rarity = self.rarity(query)
        total = sum(rarity.values())
        if not total:
            return {}
        parts = [
            (tantivy.Occur.Should, tantivy.Query.const_score_query(self._term(term), weight / total))
            for term, weight in rarity.items()
        ]
        return self._only(tantivy.Query.boolean_query(parts), rows)

    def rarity(self, query: str) -> dict[str, float]:
        """Each term of the query with its inverse document frequency, BM25's: ln(1 + (N - n + 0.5) / (n + 0.5))."""
        total = len(self)
        terms = _terms_of(query)
        # Deleted entries count in frequencies until their segment is merged, so n may exceed N.
        found = {term: min(self.holders(term), total) for term in terms}
        return {term: log(1 + (total - n + 0.5) / (n + 0.5)) for term, n in found.items()}

    def _terms(self, query: str) -> tantivy.Query | None:
        terms = _terms_of(query)
        if not terms:
            return None
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, self._term(term)) for term in terms])

    def _term(self, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._index.schema, "body", term, "freq")

    def _phrase(self, found: list[str]) -> tantivy.Query:
        if len(found) == 1:
            return tantivy.Query.term_query(self._index.schema, "signs", found[0], "freq")
        return tantivy.Query.phrase_query(self._index.schema, "signs", [*found])

    def _only(self, query: tantivy.Query, rows: Sequence[int]) -> dict[int, float]:
        if not rows:
            return {}
        among = tantivy.Query.term_set_query(self._index.schema, "row", list(rows))
        weightless = tantivy.Query.const_score_query(among, 0.0)
        both = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, weightless)])
        return dict(self._run(both, len(rows)))

    @staticmethod
    def _best(found: dict[int, float], k: int) -> list[tuple[int, float]]:
        return sorted(found.items(), key=_order)[:k]

    def _run(self, query: tantivy.Query, k: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit=max(1, min(k, len(self))), count=False).hits
        if not hits:
            return []
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found = [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True) if row is not None]
        return sorted(found, key=_order)


@lru_cache(16)  # a question is asked of several indexes, and of each several times
def _terms_of(query: str) -> tuple[str, ...]:
    """The query's terms, each once, in order."""
    return tuple(dict.fromkeys(token.term for token in query_tokens(query)))


def _order(found: tuple[int, float]) -> tuple[float, int]:
    return -found[1], found[0]
