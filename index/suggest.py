"""What the reader may have meant or is about to type: a word that was mistyped, titles, issuers, frequent phrases."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

from index.fold import fold, query_tokens
from index.numbering import label_at
from index.pinyin import alike
from index.query import demanded
from index.retrieval import Texts, Words

Source = Literal["term", "title", "issuer", "phrase"]

_ORDER: tuple[Source, ...] = ("term", "title", "issuer", "phrase")
_LEAST = 2  # passages that hold what is proposed
_LONGEST_PHRASE = 20
_LONGEST_QUERY = 100  # a whole paragraph was copied, not typed
_MISTAKES = 3
# Between words they stand beside anything, so a rare neighbour tells nothing: 的了和….
_PARTICLES = frozenset("的了着和与及或在是为对有不也都就而之以其等把被将从到由上下中里")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to search for, as it is written, and what it is."""

    text: str
    source: Source


class Suggestions:
    """What can be typed in one library, ready to be looked through at every key."""

    def __init__(self, catalog: Texts, headings: Mapping[str, int], terms: Iterable[str] = ()) -> None:
        """Read titles and issuers of the catalog; `headings` tell in how many documents each stands."""
        found: dict[Source, Counter[str]] = {source: Counter() for source in _ORDER}
        found["term"].update(terms)
        for document in catalog.documents():
            found["title"][document.title] += 1
            if issuer := document.meta.get("issuer", ""):
                found["issuer"].update(issuer.split("、"))
        found["phrase"].update(_phrases(headings))
        self._entries = [
            Suggestion(text, source)
            for source in _ORDER
            for text, _ in sorted(found[source].items(), key=lambda item: (-item[1], len(item[0]), item[0]))
        ]
        folded = [fold(entry.text).replace("\n", " ") for entry in self._entries]
        self._text = "\n" + "\n".join(folded) + "\n"
        self._starts = [1]
        for text in folded:
            self._starts.append(self._starts[-1] + len(text) + 1)

    def starting(self, typed: str, k: int) -> list[Suggestion]:
        """Up to `k`: what begins with `typed` before what holds it, terms before titles, issuers, phrases."""
        wanted = fold(" ".join(typed.split()))
        if not wanted:
            return []
        found: dict[str, Suggestion] = {}
        for needle, shift in ((f"\n{wanted}", 1), (wanted, 0)):
            at = self._text.find(needle)
            while at >= 0 and len(found) < k:
                position = bisect_right(self._starts, at + shift) - 1
                entry = self._entries[position]
                if fold(entry.text) != wanted:
                    found.setdefault(fold(entry.text), entry)
                at = self._text.find(needle, self._starts[position + 1] - 1)
        return list(found.values())


def corrected(query: str, lexical: Words, known: Sequence[str] = ()) -> str | None:
    """The query with mistyped characters replaced by those the library writes there, None when it seems right.

    A character is doubted when the library holds none of the pairs it makes with its neighbours, and replaced by the
    one alike in sound or shape whose pairs are the most frequent: 题纲 → 提纲. Words of `known` are never doubted,
    nor is what an operator demands: 年份 in 年份:2026, "精简会议".
    """
    if len(query) > _LONGEST_QUERY:
        return None
    folded = fold(query)
    written = {term for term in map(fold, known) if term in folded}
    sure = {at for term in written for at in _covered(folded, term)}
    sure.update(at for start, end in demanded(folded) for at in range(start, end))
    characters = list(folded)
    for _ in range(_MISTAKES):
        best = max(_repairs(characters, sure, lexical), default=None)
        if best is None:
            break
        characters[best[1]] = best[2]
        sure.add(best[1])
    if characters == list(folded):
        return None
    if len(folded) != len(query):
        return "".join(characters)
    return "".join(new if new != old else char for new, old, char in zip(characters, folded, query, strict=True))


def _repairs(characters: list[str], sure: set[int], lexical: Words) -> Iterable[tuple[float, int, str]]:
    """(how much speaks for it, place, character) for every doubtful character."""
    text = "".join(characters)
    pairs = {
        token.start: token.term for token in query_tokens(text) if len(token.term) == 2 and not token.term.isascii()
    }
    for at, char in enumerate(text):
        around = [start for start in (at - 1, at) if start in pairs]
        if at in sure or char in _PARTICLES or not around or any(lexical.holders(pairs[start]) for start in around):
            continue
        for other in alike(char):
            if other in _PARTICLES:
                continue
            held = [lexical.holders((text[:at] + other + text[at + 1 :])[start : start + 2]) for start in around]
            if max(held) >= _LEAST:
                yield sum(log(1 + count) for count in held), at, other


def _covered(text: str, term: str) -> Iterable[int]:
    at = text.find(term)
    while at >= 0:
        yield from range(at, at + len(term))
        at = text.find(term, at + 1)


def _phrases(headings: Mapping[str, int]) -> Counter[str]:
    """The headings' own words that stand in several documents, with how many."""
    found: Counter[str] = Counter()
    for heading, documents in headings.items():
        label = label_at(heading)
        words = (heading[label.end :] if label else heading).strip("，。、；： ")
        if 4 <= len(words) <= _LONGEST_PHRASE:
            found[words] += documents
    return Counter({words: documents for words, documents in found.items() if documents > 1})
