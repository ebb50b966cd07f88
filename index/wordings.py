"""Every place of a formulation, and of wordings near it: 新质生产力, and 新型生产力 where it stands in its stead.

Passages that hold all of the phrase's terms are read for the phrase itself, those that hold enough of them for a
wording with few other characters. Both lists are bounded, so a phrase of everyday words costs no more than a rare one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from index.errors import QueryError
from index.fold import query_tokens
from index.key import Keyed
from index.retrieval import Indexed, Texts
from index.types import Passage

LONGEST = 100  # characters of a phrase, without marks

_PASSAGES = 20_000  # read for the phrase itself
_NEAR_PASSAGES = 4_000  # read for wordings near it
_ALIKE = 0.75  # one other character in four
_AT_ONCE = 5_000
_STOP = re.compile("[。！？；!?;…\n]")
_PAUSE = re.compile("[。！？；，：、!?;,:…\n]")
_SHORT = 6  # a shorter phrase loses no character and runs across no comma: 提高质量，发展经济 is not 质量发展
_PARTICLES = frozenset("的了着")
_PREPOSITIONS = frozenset("和与及或在是为对等以把将被从向使让要到由")


@dataclass(frozen=True, slots=True)
class Wording:
    """A place of a phrase or of a wording near it: `document.text[start:end] == text`.

    `key` is the wording without marks, folded, the same for all that differ in typography alone; `similarity` to the
    phrase is 1 less the share of edited characters, 1.0 for the phrase itself.
    """

    passage: Passage
    start: int
    end: int
    text: str
    key: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Wordings:
    """Places by document and offset; `complete` is False when more passages hold the phrase's terms than are read."""

    places: tuple[Wording, ...]
    complete: bool


def find_wordings(generation: Indexed | None, catalog: Texts, phrase: str) -> Wordings:
    """Every place of `phrase` in the library, and of wordings near it where it has four characters or more.

    QueryError for a phrase of less than two or more than `LONGEST` characters, marks not counted.
    """
    wanted = Keyed(phrase)
    if len(wanted.key) < 2:
        raise QueryError("提法至少要有两个字")
    if len(wanted.key) > LONGEST:
        raise QueryError(f"提法太长（{len(wanted.key)} 字），请缩短到 {LONGEST} 字以内；查一段话的出处请用 yinde quote")
    if generation is None:
        return Wordings((), True)
    terms = list(dict.fromkeys(token.term for token in query_tokens(phrase)))
    rows = generation.lexical.sharing(terms, least=len(terms), k=_PASSAGES + 1)
    complete = len(rows) <= _PASSAGES
    edits = len(wanted.key) // 4
    near: list[int] = []
    if edits:
        known = set(rows)
        near = [
            row
            for row in generation.lexical.sharing(
                terms, least=max(1, len(terms) - 2 * edits), k=len(rows) + _NEAR_PASSAGES
            )
            if row not in known
        ]
    places = [place for passage in _passages(catalog, rows[:_PASSAGES] + near) for place in _places(passage, wanted)]
    return Wordings(tuple(sorted(places, key=lambda place: (place.passage.doc_id, place.start))), complete)


def _passages(catalog: Texts, rows: list[int]) -> Iterator[Passage]:
    for at in range(0, len(rows), _AT_ONCE):
        yield from (record.passage for record in catalog.records(rows[at : at + _AT_ONCE]).values())


def _places(passage: Passage, wanted: Keyed) -> Iterator[Wording]:
    text = Keyed(passage.text)
    mark = _STOP if len(wanted.key) >= _SHORT or _PAUSE.search(wanted.text) else _PAUSE
    last = 0
    at = text.key.find(wanted.key)
    while at >= 0:
        end = at + len(wanted.key)
        if not _crosses(text, at, end, mark):
            yield from _near(passage, text, wanted, last, at)
            yield _wording(passage, text, at, end, 1.0)
            last = end
        at = text.key.find(wanted.key, end)
    yield from _near(passage, text, wanted, last, len(text.key))


def _near(passage: Passage, text: Keyed, wanted: Keyed, low: int, high: int) -> Iterator[Wording]:
    """The wordings near enough to the phrase in a stretch of the passage's key, the nearest first, none overlapping."""
    if len(wanted.key) < 4:
        return
    mark = _STOP if _PAUSE.search(wanted.text) else _PAUSE
    stretches = [(low, high)]
    while stretches:
        low, high = stretches.pop()
        found = _nearest(wanted.key, text.key[low:high])
        if found is None:
            continue
        alike, start, end = found[0], low + found[1], low + found[2]
        stretches += [(low, start), (end, high)]
        if stands_alone(wanted.key, text.key[start:end]) and not _crosses(text, start, end, mark):
            yield _wording(passage, text, start, end, alike)


def _nearest(phrase: str, stretch: str) -> tuple[float, int, int] | None:
    """(similarity, start, end) of the stretch's part most like the phrase; None when no part is like it."""
    found = None
    if len(stretch) >= len(phrase) * _ALIKE:
        found = fuzz.partial_ratio_alignment(phrase, stretch, score_cutoff=100 * (_ALIKE - 0.1))
    if found is None:
        return None
    slack = max(1, len(phrase) // 4)
    windows = (
        (start, end)
        for start in range(max(found.dest_start - slack, 0), found.dest_start + slack + 1)
        for end in range(max(found.dest_end - slack, start + 1), min(found.dest_end + slack, len(stretch)) + 1)
    )
    # The longest of the nearest: 农村振兴 for 乡村振兴, not 村振兴.
    alike, _, before, end = max(
        (Levenshtein.normalized_similarity(phrase, stretch[start:end]), end - start, -start, end)
        for start, end in windows
    )
    return (alike, -before, end) if alike >= _ALIKE else None


def stands_alone(phrase: str, wording: str) -> bool:
    """Whether a near wording is one in its own right, and not the phrase cut short or other words beside a part of it.

    新的生产力 for 新质生产力 is; 依法向国 for 依法治国 is not, nor is 的质量发展 for 高质量发展.
    """
    if wording in phrase or phrase in wording or (len(wording) < len(phrase) < _SHORT):
        return False
    for step in Levenshtein.editops(phrase, wording):
        if step.tag == "delete":
            if step.src_pos in (0, len(phrase) - 1):
                return False
            continue
        char, at_edge = wording[step.dest_pos], step.dest_pos in (0, len(wording) - 1)
        if (char in _PREPOSITIONS and (at_edge or step.tag == "replace")) or (char in _PARTICLES and at_edge):
            return False
    return True


def _crosses(text: Keyed, first: int, last: int, mark: re.Pattern[str]) -> bool:
    start, end = text.span(first, last)
    return mark.search(text.text, start, end) is not None


def _wording(passage: Passage, text: Keyed, first: int, last: int, similarity: float) -> Wording:
    start, end = text.span(first, last)
    return Wording(
        passage, passage.start + start, passage.start + end, text.text[start:end], text.key[first:last], similarity
    )
