"""Where a quotation stands in the library, exact or not, and what was done to it.

An exact place has the quotation's key (`index.key`) whole; those are all found, through the rarest clause. Otherwise
the passages nearest in words are merged into stretches and aligned, and words no one place has are looked for again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.align import Alignment, Edit
from index.difference import Difference, differences, reversal
from index.errors import QueryError
from index.found import Found, near, occurrences
from index.key import Keyed
from index.parts import Parts
from index.places import Places, Stretch
from index.retrieval import Indexed, Texts
from index.types import Passage
from index.verdict import Judgement, Verdict, same_text

MAX_QUOTE = 20_000

_RANK: dict[Verdict, int] = {"verbatim": 0, "typographic": 1}
_PAUSES = frozenset(",，、;；:：.。．!！?？…⋯—-")
_QUOTES = frozenset("\"'“”‘’「」『』＂＇")
_ENCLOSING = {"“": "”", "「": "」", "『": "』", "‘": "’", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class QuoteMatch:
    """One place of a quotation: document.text[start:end] == text, `passage` the one that holds `start`.

    `diff` leads from the source to the quotation as (op, quoted, source), op one of equal, replace, delete (source
    words left out) and insert (words the source has not); its parts join to the quotation and to `text`.
    `similarity` in [0, 1] is over words: 1 when at most typography differs or words were left out.
    """

    verdict: Verdict
    passage: Passage
    title: str
    start: int
    end: int
    text: str
    similarity: float
    diff: tuple[Difference, ...]

    @property
    def reversal(self) -> str:
        """The denial (不得) that an elided quotation left out of a clause it goes on with; "" for none."""
        return reversal(self.diff) if self.verdict == "elided" else ""


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """A quotation and its places, best verdict first, then the nearer words, then the earlier document.

    Places with the same words stand together; undated documents come last. When spliced, the parts' places are
    in the order of the quotation. No matches when not found.
    """

    quote: str
    verdict: Verdict
    matches: tuple[QuoteMatch, ...]


class QuoteFinder:
    """Finds quotations in one generation of a library."""

    def __init__(self, generation: Indexed, catalog: Texts) -> None:
        self.generation = generation
        self._catalog = catalog

    @cached_property
    def _places(self) -> Places:
        return Places(self.generation, self._catalog)

    def find(self, quote: str, *, limit: int = 20) -> QuoteReport:
        """Every place of `quote`, at most `limit`. QueryError for less than 2 characters, no words, or too many.

        White space around it and one pair of quotation marks that encloses it are not part of the quotation.
        """
        forms = [Keyed(form) for form in _forms(checked(quote))]
        exact = [self._exact(form, limit) for form in forms]
        found = next((one for one in exact if one[0] == "verbatim"), exact[0])
        return QuoteReport(quote, *(found if found[1] else self._inexact(forms[-1], limit)))

    def _exact(self, quote: Keyed, limit: int) -> tuple[Verdict, tuple[QuoteMatch, ...]]:
        matches: list[QuoteMatch] = []
        for stretch in self._places.with_rarest_clause(quote):
            matches += self._occurrences(quote, stretch)
            if len(matches) >= limit and any(match.verdict == "verbatim" for match in matches):
                break
        return self._ordered(matches, limit)

    def _occurrences(self, quote: Keyed, stretch: Stretch) -> Iterator[QuoteMatch]:
        """The places in a stretch where the texts or at least the keys are equal."""
        source = stretch.keyed
        found = set()
        same: Difference = ("equal", quote.text, quote.text)
        for start in occurrences(source.text, quote.text):
            found.add(start)
            yield self._shown("verbatim", stretch, start, start + len(quote.text), 1.0, (same,))
        for at in occurrences(source.key, quote.key):
            alignment = Alignment((Edit("equal", 0, len(quote.key), at, at + len(quote.key)),))
            if _with_marks(quote, source, alignment)[0] not in found:
                yield self._match(quote, Found(stretch, alignment, Judgement("typographic", 1.0)))

    def _inexact(self, quote: Keyed, limit: int) -> tuple[Verdict, tuple[QuoteMatch, ...]]:
        places = near(self._places, quote)
        exact = [match for found in places if found.whole for match in self._occurrences(quote, found.stretch)]
        exact = exact or [
            m for stretch in self._places.documents_with(quote) for m in self._occurrences(quote, stretch)
        ]
        if exact:
            return self._ordered(exact, limit)
        if not places:
            return "not_found", ()
        parts = Parts(self._places).of(quote, places[0])
        if len(parts) > 1:
            return "spliced", tuple(self._match(quote, part) for part in parts)[:limit]
        best = parts[0] if parts else places[0]
        if best.judgement.verdict == "not_found":
            return "not_found", ()
        floor = best.judgement.similarity - 0.1
        others = [found for found in places[1:] if found.judgement.verdict == best.judgement.verdict]
        kept = [best, *(found for found in others if found.judgement.similarity >= floor)]
        return self._ordered([self._match(quote, found) for found in kept], limit)

    def _match(self, quote: Keyed, found: Found) -> QuoteMatch:
        source, edits = found.stretch.keyed, found.alignment.edits
        start, end = _with_marks(quote, source, found.alignment)
        text, verdict = source.text[start:end], found.judgement.verdict
        if verdict == "typographic" and same_text(quote.text, text):
            return self._shown("verbatim", found.stretch, start, end, 1.0, (("equal", quote.text, text),))
        diff = differences(quote, source, edits, start, end)
        return self._shown(verdict, found.stretch, start, end, found.judgement.similarity, diff)

    def _shown(
        self, verdict: Verdict, stretch: Stretch, start: int, end: int, similarity: float, diff: tuple[Difference, ...]
    ) -> QuoteMatch:
        base, text = stretch.keyed.base, stretch.keyed.text[start:end]
        passage = self._catalog.passage_at(stretch.doc_id, base + start)
        return QuoteMatch(
            verdict, passage, self._places.title(stretch), base + start, base + end, text, similarity, diff
        )

    def _ordered(self, matches: Sequence[QuoteMatch], limit: int) -> tuple[Verdict, tuple[QuoteMatch, ...]]:
        """Each place once, equal sources together by their earliest document."""
        once = {(match.passage.doc_id, match.start): match for match in matches}

        def age(match: QuoteMatch) -> tuple[str, str, int]:
            return *self._places.age_of(match.passage.doc_id), match.start

        earliest: dict[str, tuple[str, str, int]] = {}
        for match in sorted(once.values(), key=age):
            earliest.setdefault(match.text, age(match))
        ordered = sorted(
            once.values(),
            key=lambda match: (
                _RANK.get(match.verdict, 2),
                -round(match.similarity, 3),
                earliest[match.text],
                age(match),
            ),
        )
        return (ordered[0].verdict if ordered else "not_found"), tuple(ordered[:limit])


def checked(quote: str) -> str:
    """The quotation without white space around it; QueryError when it cannot be looked for."""
    text = quote.strip()
    if len(text) < 2:
        raise QueryError("引文太短，请至少给出两个字")
    if len(text) > MAX_QUOTE:
        raise QueryError(f"引文太长（{len(text)} 字），请缩短到 {MAX_QUOTE} 字以内，或用 yinde check 核查整篇")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise QueryError("引文里有无法识别的字符，请重新输入")
    if not Keyed(text).key:
        raise QueryError("引文里没有文字，只有标点；请给出原话")
    return text


def _forms(text: str) -> list[str]:
    """The quotation as given and, when one pair of quotation marks encloses it, without them."""
    closing = _ENCLOSING.get(text[0])
    inner = text[1:-1].strip()
    if closing != text[-1] or closing in inner or not Keyed(inner).key:
        return [text]
    return [text, inner]


def _with_marks(quote: Keyed, source: Keyed, alignment: Alignment) -> tuple[int, int]:
    """The place's offsets in the stretch, with the marks around it that answer to the quotation's own."""
    edits = [edit for edit in alignment.edits if edit.s2 > edit.s1]
    start, end = source.span(edits[0].s1, edits[-1].s2)
    if edits[0].q1 == 0 and edits[0] is alignment.edits[0]:
        start -= _answering(reversed(quote.text[: quote.at[0]]), source.text[:start][::-1])
    if edits[-1].q2 == len(quote.key) and edits[-1] is alignment.edits[-1]:
        end += _answering(iter(quote.text[quote.at[-2] + 1 :]), source.text[end:])
    return start, end


def _answering(marks: Iterable[str], text: str) -> int:
    """How far into `text` the marks, one by one, meet a mark of their kind; white space between is passed over."""
    reach = at = 0
    for mark in marks:
        if mark.isspace():
            continue
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text) or not _kin(mark, text[at]):
            break
        at += 1
        reach = at
    return reach


def _kin(mark: str, other: str) -> bool:
    return mark == other or any(mark in kind and other in kind for kind in (_PAUSES, _QUOTES)) or _folded(mark, other)


def _folded(mark: str, other: str) -> bool:
    from index.fold import fold

    return fold(mark) == fold(other)
