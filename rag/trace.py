"""提法演变: how a formulation is used over time: which documents, since when, how often, in which wordings."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Levenshtein

from index.library import Library
from index.types import Document
from index.wordings import Wording
from rag.reference import issuers

_YEAR = re.compile("((?:19|20)[0-9]{2})年(?!度)")
_ONE_WORDING = 0.88  # similarity from which two near wordings count as one variant


@dataclass(frozen=True, slots=True)
class Use:
    """One document and its places of a wording, in reading order. The document comes without its text."""

    document: Document
    places: tuple[Wording, ...]

    @property
    def date(self) -> str:
        """成文日期, else the year that opens the title (2025年…政府工作报告), else ""."""
        year = _YEAR.match(self.document.title)
        return self.document.meta.get("date", "") or (year[1] if year else "")


@dataclass(frozen=True, slots=True)
class Variant:
    """Near wordings that are nearly one another, under the most frequent of them; `uses` in time order."""

    text: str
    similarity: float
    wordings: tuple[str, ...]
    uses: tuple[Use, ...]

    @property
    def count(self) -> int:
        """How many places."""
        return sum(len(use.places) for use in self.uses)


@dataclass(frozen=True, slots=True)
class Count:
    """Places and documents of one year or one issuer; the name is "" where the documents do not tell."""

    name: str
    places: int
    documents: int


@dataclass(frozen=True, slots=True)
class Trace:
    """All uses of a phrase itself in time order, undated ones last, and its variants, most frequent first.

    `years` are ascending, the undated last, years without a use left out; `issuers` by places, descending, a document
    of several issuers counting for each. `complete` is False when the phrase's words stand in more passages than are
    read.
    """

    phrase: str
    uses: tuple[Use, ...]
    variants: tuple[Variant, ...]
    years: tuple[Count, ...]
    issuers: tuple[Count, ...]
    complete: bool

    @property
    def count(self) -> int:
        """How many places of the phrase itself."""
        return sum(len(use.places) for use in self.uses)

    @property
    def first(self) -> Use | None:
        """The earliest dated use, None when there is none."""
        return self.uses[0] if self.uses and self.uses[0].date else None

    @property
    def last(self) -> Use | None:
        """The latest dated use, None when there is none."""
        return next((use for use in reversed(self.uses) if use.date), None)


def trace(phrase: str, library: Library) -> Trace:
    """Trace a phrase through a library; QueryError for one too short or too long."""
    found = library.wordings(phrase)
    documents = {document.id: document for document in library.documents()}
    exact = _uses([place for place in found.places if place.similarity == 1.0], documents)
    return Trace(
        phrase=phrase,
        uses=exact,
        variants=_variants([place for place in found.places if place.similarity < 1.0], documents),
        years=tuple(sorted(_counts(exact, lambda use: (use.date[:4],)), key=lambda year: (not year.name, year.name))),
        issuers=tuple(_counts(exact, lambda use: issuers(use.document.meta.get("issuer", "")) or ("",))),
        complete=found.complete,
    )


def _uses(places: Iterable[Wording], documents: Mapping[str, Document]) -> tuple[Use, ...]:
    """By document, dated ones first in time order; a document that has just left the library is left out."""
    uses = [
        Use(documents[doc_id], tuple(same))
        for doc_id, same in groupby(places, key=lambda place: place.passage.doc_id)
        if doc_id in documents
    ]
    return tuple(sorted(uses, key=lambda use: (not use.date, use.date, use.document.title, use.document.id)))


def _variants(places: Sequence[Wording], documents: Mapping[str, Document]) -> tuple[Variant, ...]:
    """Wordings gathered under the most frequent one that they are nearly equal to."""
    counts = Counter(place.key for place in places)
    head_of: dict[str, str] = {}
    heads: list[str] = []
    for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        near = next((h for h in heads if Levenshtein.normalized_similarity(h, key) >= _ONE_WORDING), None)
        if near is None:
            heads.append(key)
        head_of[key] = near or key
    variants = []
    for head in heads:
        own = [place for place in places if head_of[place.key] == head]
        written = Counter(place.text for place in own if place.key == head)
        text = min(written, key=lambda words: (-written[words], words))
        others = sorted({place.key for place in own} - {head}, key=lambda key: (-counts[key], key))
        similarity = max(place.similarity for place in own if place.key == head)
        variants.append(Variant(text, similarity, (head, *others), _uses(own, documents)))
    return tuple(sorted(variants, key=lambda variant: (-variant.count, -variant.similarity, variant.text)))


def _counts(uses: Iterable[Use], names: Callable[[Use], Iterable[str]]) -> list[Count]:
    """Counts by name, most places first, then by name."""
    places: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for use in uses:
        for name in names(use):
            places[name] += len(use.places)
            documents[name] += 1
    return [Count(name, n, documents[name]) for name, n in sorted(places.items(), key=lambda item: (-item[1], item[0]))]
