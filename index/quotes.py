"""Where a quotation stands in the library, exact or not, and what was done to it.

An exact place has the quotation's key (`index.key`) whole; those are all found, through the rarest clause. Otherwise
the passages nearest in words are merged into stretches and aligned, and words no one place has are looked for again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from index.align import Alignment, Edit, align
from index.catalog import Catalog
from index.difference import Difference, differences
from index.errors import QueryError
from index.generation import Generation
from index.key import Keyed
from index.places import Places, Stretch
from index.splice import claimed, embedded
from index.types import Passage
from index.verdict import FAR, PART, Judgement, Verdict, judge, loose, same_text

MAX_QUOTE = 20_000

_AGAIN = 4  # stretches in which further places are looked for
# Characters at a part's ends that chance may have given it.
_TRIMS = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (2, 1), (1, 2), (2, 2))
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


@dataclass(frozen=True, slots=True)
class QuoteReport:
    """A quotation and its places, best verdict first, then the nearer words, then the earlier document.

    Places with the same words stand together; undated documents come last. When spliced, the parts' places are
    in the order of the quotation. No matches when not found.
    """

    quote: str
    verdict: Verdict
    matches: tuple[QuoteMatch, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A place before it is shown."""

    stretch: Stretch
    alignment: Alignment
    judgement: Judgement
    moved: int = 0  # words that stand there in another order

    @property
    def explained(self) -> int:
        """How many of the quotation's characters stand there."""
        return self.alignment.matched + self.moved


class QuoteFinder:
    """Finds quotations in one generation of a library."""

    def __init__(self, generation: Generation, catalog: Catalog) -> None:
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
        for start in _finds(source.text, quote.text):
            found.add(start)
            yield self._shown("verbatim", stretch, start, start + len(quote.text), 1.0, (same,))
        for at in _finds(source.key, quote.key):
            alignment = Alignment((Edit("equal", 0, len(quote.key), at, at + len(quote.key)),))
            if _with_marks(quote, source, alignment)[0] not in found:
                yield self._match(quote, _Found(stretch, alignment, Judgement("typographic", 1.0)))

    def _inexact(self, quote: Keyed, limit: int) -> tuple[Verdict, tuple[QuoteMatch, ...]]:
        near = self._near(quote)
        exact = [match for found in near if _whole(found) for match in self._occurrences(quote, found.stretch)]
        exact = exact or [
            m for stretch in self._places.documents_with(quote) for m in self._occurrences(quote, stretch)
        ]
        if exact:
            return self._ordered(exact, limit)
        if not near:
            return "not_found", ()
        parts = self._parts(quote, near[0])
        if len(parts) > 1:
            return "spliced", tuple(self._match(quote, part) for part in parts)[:limit]
        best = parts[0] if parts else near[0]
        if best.judgement.verdict == "not_found":
            return "not_found", ()
        floor = best.judgement.similarity - 0.1
        others = [found for found in near[1:] if found.judgement.verdict == best.judgement.verdict]
        kept = [best, *(found for found in others if found.judgement.similarity >= floor)]
        return self._ordered([self._match(quote, found) for found in kept], limit)

    def _near(self, quote: Keyed) -> list[_Found]:
        """The places nearest in words, the one with the most of them first."""
        found: list[_Found] = []
        most = 0
        for stretch in self._places.near(quote):
            one = _aligned(quote, stretch, least=0.8 * most)
            if one is not None:
                found.append(one)
                most = max(most, one.explained)
        most = max((one.explained for one in found if one.judgement.verdict != "not_found"), default=0)
        best = [one for one in found if one.judgement.verdict != "not_found" and one.explained == most]
        for one in best[:_AGAIN]:
            found += _again(quote, one)
        return sorted(found, key=lambda f: (-f.explained, -f.judgement.similarity, self._places.age(f.stretch)))

    def _parts(self, quote: Keyed, best: _Found) -> list[_Found]:
        """The places that together account for the quotation, in its order; one for a single place, [] for none."""
        if best.judgement.verdict == "spliced":
            parts = claimed(quote, [(part.stretch, part.alignment) for part in _apart(quote, best)])
            return [_Found(stretch, part, _share(quote, part.matched)) for stretch, part in parts]
        foreign = list(loose(best.alignment.edits))
        if not foreign:
            return [best]
        elsewhere: list[_Found] = []
        for first, last in foreign:
            placed = self._elsewhere(quote, first, last, best)
            if not placed:
                return [best]
            elsewhere += placed
        start, end = _span(best)
        near = max(FAR, len(quote.text))
        if all(
            part.stretch.doc_id == best.stretch.doc_id and start - near <= a and b <= end + near
            for part in elsewhere
            for a, b in [_span(part)]
        ):
            return [replace(best, judgement=Judgement("altered", best.judgement.similarity))]
        parts = claimed(quote, [(part.stretch, part.alignment) for part in [best, *elsewhere]])
        if len(parts) < 2 or sum(part.matched for _, part in parts) < 0.85 * len(quote.key):
            return [best]
        return [_Found(stretch, part, _share(quote, part.matched)) for stretch, part in parts]

    def _elsewhere(self, quote: Keyed, first: int, last: int, best: _Found, depth: int = 2) -> list[_Found]:
        """The place, or two, of a stretch of the quotation, as alignments of the whole; [] when it is nowhere."""
        part = Keyed(quote.text[quote.at[first] : quote.at[last]])
        if len(part.key) != last - first or len(part.key) < PART:
            return []
        for head, tail in _TRIMS:
            exact = self._somewhere(quote, first + head, last - tail, best)
            if exact is not None:
                return [exact]
        for found in self._near(part)[:1]:
            edits = [Edit(e.op, e.q1 + first, e.q2 + first, e.s1, e.s2) for e in found.alignment.edits]
            placed = _Found(found.stretch, embedded(quote, edits), _share(quote, found.alignment.matched))
            rest = list(loose(edits)) if depth > 1 else []
            others = [self._elsewhere(quote, a, b, found, depth - 1) for a, b in rest]
            held = found.alignment.matched + sum(other.alignment.matched for group in others for other in group)
            if found.alignment.matched >= PART and held >= 0.7 * (last - first):
                return [placed, *(other for group in others for other in group)]
        return []

    def _somewhere(self, quote: Keyed, first: int, last: int, best: _Found) -> _Found | None:
        """The exact place of a part, the nearest to `best` in its stretch before any other."""
        part = Keyed(quote.text[quote.at[first] : quote.at[last - 1] + 1])
        if len(part.key) != last - first or len(part.key) < PART:
            return None
        middle = sum(best.alignment.source) // 2
        for stretch in chain([best.stretch], self._places.with_rarest_clause(part)):
            places = list(_finds(stretch.keyed.key, part.key))
            if places:
                at = min(places, key=lambda at: abs(at - middle)) if stretch is best.stretch else places[0]
                edit = Edit("equal", first, last, at, at + last - first)
                return _Found(stretch, embedded(quote, [edit]), _share(quote, last - first))
        return None

    def _match(self, quote: Keyed, found: _Found) -> QuoteMatch:
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


def _aligned(quote: Keyed, stretch: Stretch, *, least: float) -> _Found | None:
    alignment = align(quote, stretch.keyed, least=least)
    if alignment is None:
        return None
    alignment, moved = _with_moved(quote, stretch.keyed, alignment)
    return _Found(stretch, alignment, judge(quote, stretch.keyed, alignment, moved=moved), moved)


def _again(quote: Keyed, found: _Found) -> Iterator[_Found]:
    """Further places in the same stretch that are as near: the best before and the best after, each once."""
    doc_id, keyed = found.stretch.doc_id, found.stretch.keyed
    start, end = (at - keyed.base for at in _span(found))
    for text, base in ((keyed.text[:start], keyed.base), (keyed.text[end:], keyed.base + end)):
        other = _aligned(quote, Stretch(doc_id, Keyed(text, base)), least=found.explained)
        if other is not None and other.explained >= found.explained and other.judgement.verdict != "not_found":
            yield other


def _finds(text: str, words: str) -> Iterator[int]:
    """Every place of `words`, none overlapping the one before; none of no words."""
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + len(words))


def _whole(found: _Found) -> bool:
    return all(edit.op == "equal" for edit in found.alignment.edits)


def _span(found: _Found) -> tuple[int, int]:
    """Where a place stands in its document."""
    equal = [edit for edit in found.alignment.edits if edit.s2 > edit.s1]
    start, end = found.stretch.keyed.span(equal[0].s1, equal[-1].s2)
    return found.stretch.keyed.base + start, found.stretch.keyed.base + end


def _share(quote: Keyed, matched: int) -> Judgement:
    return Judgement("spliced", matched / len(quote.key))


def _apart(quote: Keyed, best: _Found) -> list[_Found]:
    """One alignment with far gaps as several places of one document."""
    groups: list[list[Edit]] = [[]]
    for edit in best.alignment.edits:
        if edit.op == "delete" and edit.s2 - edit.s1 > FAR:
            groups.append([])
        else:
            groups[-1].append(edit)
    return [
        _Found(best.stretch, embedded(quote, group), _share(quote, Alignment(tuple(group)).matched))
        for group in groups
        if group
    ]


def _with_moved(quote: Keyed, source: Keyed, alignment: Alignment) -> tuple[Alignment, int]:
    """Words added that stand left out or right beyond the other end were moved: the place takes them in.

    Also how many they are.
    """
    first, last = alignment.source
    reach, edits, moved = len(quote.key), list(alignment.edits), 0
    for edit in alignment.edits:
        if edit.op not in ("insert", "replace") or edit.q2 - edit.q1 < 3:
            continue
        words = quote.key[edit.q1 : edit.q2]
        at = source.key.find(words, max(first - reach, 0), last + reach)
        if at < 0 or moved:
            continue
        moved = len(words)
        if at >= last:
            edits.append(Edit("delete", reach, reach, last, at + len(words)))
        elif at + len(words) <= first:
            edits.insert(0, Edit("delete", 0, 0, at, first))
    return Alignment(tuple(edits)), moved


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
