"""Between the set's own texts and the library's: where gold stands in documents, and what a hit found of it.

The library repairs a text as it takes it in, so offsets differ from the file's; quotations are located anew in the
library's documents. Rankings are lists of unit ids: corpus ids of a BEIR set, pieces of evidence of our own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.cases import Case, CaseSet, Source
from eval.measures import Located
from eval.spans import Haystack, overlaps, shared
from index.types import Document, Hit, Span

Places = Mapping[str, Sequence[tuple[Span, str]]]  # document id → spans of it with their units' ids


@dataclass(frozen=True, slots=True)
class Placed:
    """A set laid over the library's documents. `lost` units are in no document: the program left their words out."""

    units: Places
    haystacks: Mapping[str, tuple[str, Haystack]]  # source name → document id, its text
    lost: frozenset[str]

    def gold(self, case: Case) -> dict[str, list[Located]]:
        """Unit → its places in the library's documents, for each piece of a case's evidence; [] where it is lost."""
        return {piece.unit: self._where(piece.source, piece.unit, piece.quote) for piece in case.evidence}

    def places(self, case: Case) -> Places:
        """The units that a hit may find for this case: the corpus's, or the case's own evidence."""
        if self.units:
            return self.units
        places: dict[str, list[tuple[Span, str]]] = {}
        for unit, located in self.gold(case).items():
            for document, span in located:
                places.setdefault(document, []).append((span, unit))
        return places

    def _where(self, source: str, unit: str, quote: str) -> list[Located]:
        if source not in self.haystacks:
            return []
        document, haystack = self.haystacks[source]
        if self.units:
            return [(document, span) for span, name in self.units[document] if name == unit]
        return [(document, span) for span in haystack.find_all(quote)]


def place(case_set: CaseSet, documents: Mapping[str, Document]) -> Placed:
    """Lay a set over the library's documents, given by source name; sources without a document are lost."""
    units: dict[str, list[tuple[Span, str]]] = {}
    haystacks = {name: (document.id, Haystack(document.text)) for name, document in documents.items()}
    lost: set[str] = set()
    for name, source in case_set.sources.items():
        found: list[tuple[Span, str]] = []
        if name in haystacks:
            document, haystack = haystacks[name]
            found = _units(source, haystack)
            # Two sources with the same text are one document, which then bears the units of both.
            units.setdefault(document, []).extend(found)
        lost |= {unit.id for unit in source.units} - {unit for _, unit in found}
    if not any(source.units for source in case_set.sources.values()):
        units = {}
    return Placed(units, haystacks, frozenset(lost | _lost_evidence(case_set, haystacks, whole=not units)))


def unit_ranking(hits: Iterable[Hit], places: Places, *, k: int = 100) -> list[str]:
    """The first `k` units found, best first, each once.

    A hit stands for the units it shares half of the shorter span with, most shared characters first; a hit that holds
    none stands for itself, by its passage's id.
    """
    ranked: dict[str, None] = {}
    for hit in hits:
        ranked |= dict.fromkeys(units_of(hit, places) or [hit.passage.id])
    return list(ranked)[:k]


def units_of(hit: Hit, places: Places) -> list[str]:
    """The units a hit holds, most shared characters first."""
    span = (hit.passage.start, hit.passage.end)
    held = [(at, unit) for at, unit in places.get(hit.passage.doc_id, ()) if overlaps(span, [at])]
    return [unit for at, unit in sorted(held, key=lambda pair: -shared(span, pair[0]))]


def _units(source: Source, haystack: Haystack) -> list[tuple[Span, str]]:
    """Where the source's units stand in the library's text, in order; a lone unit is the whole document."""
    if len(source.units) == 1:
        return [((0, len(haystack.text)), source.units[0].id)]
    found = []
    after = 0
    for unit in source.units:
        quote = source.text[unit.start : unit.end]
        # 各位代表： may be repeated: look behind the paragraph before it first.
        span = haystack.find(quote, after=after) or haystack.find(quote)
        if span is not None:
            found.append((span, unit.id))
            after = span[1]
    return found


def _lost_evidence(case_set: CaseSet, haystacks: Mapping[str, tuple[str, Haystack]], *, whole: bool) -> set[str]:
    if not whole:
        return set()
    return {
        piece.unit
        for case in case_set.cases
        for piece in case.evidence
        if piece.source not in haystacks or not haystacks[piece.source][1].find_all(piece.quote)
    }
