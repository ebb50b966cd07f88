"""Folding: one form for what readers take to be the same writing, and the tokens that the lexical index holds.

Folded on both sides, never shown: full width → half width, 繁 → 简, upper → lower case, compatibility and variant
characters (○ 〇 ◯ → 〇, “ ” 「 」 → "). Each character folds by itself, so every folded character knows its origin.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import add
from typing import NamedTuple

from index.types import Span

# Signs that no standard table unites but that Chinese texts use for one another.
_VARIANTS = {
    **dict.fromkeys("○◯Ο", "〇"),
    **dict.fromkeys("“”„‟「」『』＂", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("—–―‐‑‒−─－", "-"),
    **dict.fromkeys("·•・‧⋅∙", "·"),
    **dict.fromkeys("〔［【", "["),
    **dict.fromkeys("〕］】", "]"),
}

# Han (with extensions, compatibility forms and 〇) in runs; Latin letters and digits in runs, 3.5 and 7.5 kept whole.
_RUNS = re.compile(r"[〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]+|[a-z0-9]+(?:\.[0-9]+)*")


_SIGNS = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|\n|\S")


class Token(NamedTuple):
    """A term and where it stands, in code points of the text it was read from."""

    term: str
    start: int
    end: int


class _Table(dict[int, str]):
    """Code point → folded string, filled as characters are met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        plain = _VARIANTS.get(char) or unicodedata.normalize("NFKC", char).lower()
        folded = "".join(_VARIANTS.get(c, c if c.isascii() else _simplified(c)) for c in plain)
        self[point] = folded
        return folded


@cache
def _simplifier() -> Callable[[str], str]:
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


def _simplified(char: str) -> str:
    """繁 → 简 by the character alone: what a phrase would decide otherwise (乾隆) is decided alike on both sides."""
    return _simplifier()(char)


_TABLE = _Table()


def fold(text: str) -> str:
    """Fold `text`; the empty string stays empty. Lengths may differ where a sign stands for several: ㈠ → (一)."""
    return text.translate(_TABLE)


def origins(text: str) -> list[int]:
    """For each character of `fold(text)`, the offset in `text` of the character it came from, ascending."""
    return [at for at, char in enumerate(text) for _ in _TABLE[ord(char)]]


def tokens(text: str) -> Iterator[Token]:
    """Yield single characters and bigrams of each Han run, and each Latin or number run whole, with true offsets.

    2024年新质 → 2024 年 新 质 年新 新质, in order of their start. No stop words: 坚持 and 人民 *are* what users search.
    """
    folded = fold(text)
    at = range(len(text) + 1) if len(folded) == len(text) else [*origins(text), len(text)]
    for run in _RUNS.finditer(folded):
        start, end = run.span()
        if folded[start].isascii():
            yield Token(run.group(), at[start], at[end - 1] + 1)
            continue
        for i in range(start, end):
            yield Token(folded[i], at[i], at[i] + 1)
            if i + 1 < end:
                yield Token(folded[i : i + 2], at[i], at[i + 1] + 1)


def terms(text: str) -> frozenset[str]:
    """The terms of `tokens` without their places, several times as fast."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        if run[0].isascii():
            found.add(run)
        else:
            found.update(run)
            found.update(map(add, run, run[1:]))
    return frozenset(found)


def query_tokens(text: str) -> list[Token]:
    """The tokens a query asks for: bigrams and whole words; a single Han character only where it stands alone."""
    found = list(tokens(text))
    pairs = {start for _, start, end in found if end - start > 1}
    ends = {end for term, _, end in found if len(term) == 2 and not term.isascii()}
    return [
        token
        for token in found
        if len(token.term) > 1 or token.term.isascii() or (token.start not in pairs and token.end not in ends)
    ]


def signs(text: str) -> list[str]:
    """What a phrase is compared by, folded: every character but white space, Latin and number runs whole.

    A line's end is a sign of its own, so that no phrase runs from one paragraph into the next.
    """
    return ["¶" if sign == "\n" else sign for sign in _SIGNS.findall(fold(text).strip())]


def places(text: str, terms: Iterable[str]) -> list[Token]:
    """Every place of every one of `terms` (folded, as `tokens` gives them) in `text`, in order of their start.

    Latin and number terms match whole runs only: 5 does not match 2025.
    """
    folded = fold(text)
    at = range(len(text) + 1) if len(folded) == len(text) else [*origins(text), len(text)]
    found: list[Token] = []
    whole = frozenset(term for term in terms if term.isascii())
    if whole:
        runs = (run for run in _RUNS.finditer(folded) if run.group() in whole)
        found = [Token(run.group(), at[run.start()], at[run.end() - 1] + 1) for run in runs]
    for term in terms:
        i = -1 if term in whole else folded.find(term)
        while i >= 0:
            found.append(Token(term, at[i], at[i + len(term) - 1] + 1))
            i = folded.find(term, i + 1)
    return sorted(found, key=lambda place: (place.start, place.end))


def joined(found: Iterable[Token]) -> list[Span]:
    """Places in order of their start as disjoint ascending spans, touching ones joined."""
    spans: list[Span] = []
    for _, start, end in found:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
