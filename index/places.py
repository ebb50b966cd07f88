"""Where in a library a quotation may stand: stretches of documents, found through the words of its clauses."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf

from index.fold import query_tokens, tokens
from index.key import Keyed
from index.retrieval import Indexed, Texts
from index.types import Document

_ROWS = 20_000  # passages with one clause that are looked at
_READ = 400_000  # characters of documents that one quotation may cost
_CHUNK = 24  # characters of a quotation that are searched for at once
_CHUNKS = 8
_CLAUSES = 12
_DEPTH = 12  # passages for each chunk
_NEAR = 10  # stretches that are aligned
_SHORT = 16  # characters of a quotation up to which four times as many of both are looked at
_HOLDING = 100  # passages with all words of a short quotation but those at one character, for each character
_HELD = 400  # such passages that are read
_AROUND = 4  # characters beside them, for marks
_ELIDED = 1200  # characters on both sides of a passage that a quotation with … may skip to


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a document; `keyed.base` is its offset there."""

    doc_id: str
    keyed: Keyed


class Places:
    """The stretches of one generation's documents, oldest document first wherever order is not by nearness."""

    def __init__(self, generation: Indexed, catalog: Texts) -> None:
        self._passages = generation.lexical
        self._whole = generation.documents
        self._catalog = catalog

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return {document.id: document for document in self._catalog.documents()}

    def age_of(self, doc_id: str) -> tuple[str, str]:
        """A key that sorts documents by date, undated ones last."""
        document = self._documents.get(doc_id)
        return (document.meta.get("date") or "~" if document else "~"), doc_id

    def age(self, stretch: Stretch) -> tuple[str, str, int]:
        """The same for stretches, within a document by offset."""
        return *self.age_of(stretch.doc_id), stretch.keyed.base

    def title(self, stretch: Stretch) -> str:
        """The title of a stretch's document."""
        document = self._documents.get(stretch.doc_id)
        return document.title if document else self._catalog.document(stretch.doc_id).title

    def with_rarest_clause(self, quote: Keyed) -> Iterator[Stretch]:
        """Stretches around all passages with every word of the quotation's most telling clause, oldest first."""
        longest = sorted(_clauses(quote), key=len, reverse=True)[:_CLAUSES]
        terms = max((_terms(clause) for clause in longest), key=self._telling, default=[])
        terms = terms or [token.term for token in query_tokens(quote.text)]
        places = self._catalog.places(self._passages.holding(terms, _ROWS)) if terms else {}
        read = 0
        for stretch in self._stretches(places.values(), _margin(quote)):
            yield stretch
            read += len(stretch.keyed.text)
            if read > _READ:
                return

    def documents_with(self, quote: Keyed) -> Iterator[Stretch]:
        """Whole documents with every word of the quotation, for what stands across two passages; oldest first."""
        terms = dict.fromkeys(term for clause in _clauses(quote) for term in _terms(clause) if not term[0].isascii())
        ids = self._catalog.document_ids(self._whole.holding(terms, 200)) if terms else list(self._documents)[:200]
        read = 0
        for doc_id in sorted(ids, key=self.age_of):
            stretch = self._stretch(doc_id, 0, 10**9)
            yield stretch
            read += len(stretch.keyed.text)
            if read > _READ // 2:
                return

    def near(self, quote: Keyed) -> list[Stretch]:
        """The stretches that share most of the quotation's words by rarity, the nearest first.

        Before them, of a short quotation, the places that have all of it but one character.
        """
        votes: dict[int, float] = {}
        short = len(quote.key) <= _SHORT
        for chunk in _chunks(quote):
            for row, score in self._passages.search(chunk, _DEPTH * 4 if short else _DEPTH):
                votes[row] = votes.get(row, 0.0) + score
        places = self._catalog.places(list(votes))
        held: dict[str, list[tuple[int, float]]] = {}
        for row, (doc_id, start, _) in places.items():
            held.setdefault(doc_id, []).append((start, votes[row]))

        def vote(doc_id: str, start: int, end: int) -> float:
            return sum(score for at, score in held[doc_id] if start <= at < end)

        spans = self._merged(places.values(), _margin(quote))
        best = sorted(spans, key=lambda span: (-vote(*span), *self.age_of(span[0]), span[1]))
        stretches = [self._stretch(*span) for span in best[: _NEAR * 3 if short else _NEAR]]
        return [*self._with_all_but_one(quote), *stretches] if short else stretches

    def _with_all_but_one(self, quote: Keyed) -> list[Stretch]:
        """Where a short quotation stands but for one of its characters, and a few characters around."""
        counts: Counter[int] = Counter()
        for terms in _all_but_one(quote):
            counts.update(self._passages.holding(terms, _HOLDING))
        key = quote.key
        form = re.compile("|".join(f"{re.escape(key[:i])}.{{0,3}}{re.escape(key[i + 1 :])}" for i in range(len(key))))
        found = []
        for record in self._catalog.records([row for row, _ in counts.most_common(_HELD)]).values():
            text, base = Keyed(record.passage.text), record.passage.start
            for match in form.finditer(text.key):
                start, end = text.span(*match.span())
                found.append((record.passage.doc_id, max(base + start - _AROUND, 0), base + end + _AROUND))
        oldest = sorted(found, key=lambda span: (*self.age_of(span[0]), span[1]))
        return [self._stretch(*span) for span in oldest[:_HOLDING]]

    def _telling(self, terms: Sequence[str]) -> float:
        return sum(self._passages.rarity(" ".join(terms)).values()) if terms else -inf

    def _stretches(self, places: Iterable[tuple[str, int, int]], margin: int) -> Iterator[Stretch]:
        for span in self._merged(places, margin):
            yield self._stretch(*span)

    def _merged(self, places: Iterable[tuple[str, int, int]], margin: int) -> list[tuple[str, int, int]]:
        """Places widened by `margin`, those that touch joined, oldest document first."""
        merged: list[tuple[str, int, int]] = []
        for doc_id, start, end in sorted(places, key=lambda place: (*self.age_of(place[0]), place[1])):
            low, high = max(start - margin, 0), end + margin
            if merged and merged[-1][0] == doc_id and low <= merged[-1][2]:
                merged[-1] = (doc_id, merged[-1][1], max(high, merged[-1][2]))
            else:
                merged.append((doc_id, low, high))
        return merged

    def _stretch(self, doc_id: str, start: int, end: int) -> Stretch:
        return Stretch(doc_id, Keyed(self._catalog.stretch(doc_id, start, end), start))


def _margin(quote: Keyed) -> int:
    return int(1.2 * len(quote.text)) + 64 + (_ELIDED if quote.ellipses else 0)


def _clauses(quote: Keyed) -> Iterator[str]:
    """The quotation cut at its marks, long clauses cut again."""
    cuts = [i for i in range(len(quote.key) + 1) if quote.broken(i)]
    for first, last in pairwise(cuts):
        for start in range(first, last, _CHUNK):
            a, b = quote.span(start, min(start + _CHUNK, last))
            yield quote.text[a:b]


def _terms(clause: str) -> list[str]:
    """The clause's terms but for a number or Latin word at its ends, which may be cut there: (20)26年."""
    return [
        term
        for term, start, end in query_tokens(clause)
        if not (term[0].isascii() and (start == 0 or end == len(clause)))
    ]


def _all_but_one(quote: Keyed) -> Iterator[list[str]]:
    """The terms of a short quotation without those that one character has part in, for each character."""
    pairs, every = query_tokens(quote.text), list(tokens(quote.text))
    for at in quote.at[:-1]:
        kept = [token for token in pairs if not token.start <= at < token.end]
        covered = {i for token in kept for i in range(token.start, token.end)}
        kept += [t for t in every if t.end - t.start == 1 and t.start != at and t.start not in covered]
        if kept:
            yield list(dict.fromkeys(token.term for token in kept))


def _chunks(quote: Keyed) -> list[str]:
    """What is searched for: the quotation, or pieces of it from everywhere in it."""
    length = len(quote.key)
    pieces = max(round(length / _CHUNK), 1)
    size = -(-length // pieces)
    starts = list(range(0, length, size))
    if len(starts) > _CHUNKS:
        starts = [starts[i * (len(starts) - 1) // (_CHUNKS - 1)] for i in range(_CHUNKS)]
    chunks = []
    for start in starts:
        a, b = quote.span(start, min(start + size, length))
        chunks.append(quote.text[a:b])
    return chunks
