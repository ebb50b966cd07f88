"""Sentences of a text, and groups of them: the windows that are embedded."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.types import Span

_CLOSERS = "”’』」）)》】〕\"'"
# 他说：“好。” keeps its closing quote.
# A half-width stop ends a sentence only after an English word, never 3.5 or 1.目标.
_END = re.compile(rf"(?:[。！？!?]|…+)[。！？!?…]*[{_CLOSERS}]*|(?<=[a-z])\.(?=\s+[A-Z\u4e00-\u9fff])|\n")
_PAUSE = (re.compile(rf"[；;][{_CLOSERS}]*"), re.compile(rf"[，,：:、][{_CLOSERS}]*"))
_WINDOW = 250
_LONGEST = 300


def sentences(text: str) -> list[Span]:
    """Spans of the sentences, stripped, disjoint, in order, covering all but white space; [] for a blank text."""
    return _stripped(text, _pieces(text, _END, 0, len(text)))


def windows(text: str) -> list[Span]:
    """Spans of whole sentences of about 100 to 250 characters, alike in length; one when the text has at most 250.

    A sentence beyond 300 characters is cut at its semicolons, else at its commas, else anywhere.
    """
    if len(text) <= _WINDOW:
        return _stripped(text, [(0, len(text))])
    return balanced(text, -(-len(text) // 200))


def balanced(text: str, count: int) -> list[Span]:
    """At most `count` spans of whole sentences, alike in length, covering all but white space."""
    units = [part for span in _pieces(text, _END, 0, len(text)) for part in _short(text, span)]
    ends: list[int] = []
    position = 0
    for cut in range(1, count):
        ideal = len(text) * cut // count
        while position < len(units) - 1 and abs(units[position + 1][1] - ideal) <= abs(units[position][1] - ideal):
            position += 1
        end = units[position][1]
        if end < len(text) and (not ends or end > ends[-1]):
            ends.append(end)
    edges = [0, *ends, len(text)]
    return _stripped(text, list(pairwise(edges)))


def _short(text: str, span: Span) -> Iterator[Span]:
    """The span, or its clauses when it is longer than a window may be."""
    if span[1] - span[0] <= _LONGEST:
        yield span
        return
    for part in _pieces(text, _PAUSE[0], *span):
        if part[1] - part[0] <= _LONGEST:
            yield part
            continue
        for clause in _pieces(text, _PAUSE[1], *part):
            yield from ((at, min(at + _WINDOW, clause[1])) for at in range(clause[0], clause[1], _WINDOW))


def _pieces(text: str, end: re.Pattern[str], start: int, stop: int) -> list[Span]:
    """Adjacent spans from `start` to `stop`, each but the last ending with a match of `end`."""
    edges = [start, *(match.end() for match in end.finditer(text, start, stop))]
    if edges[-1] < stop:
        edges.append(stop)
    return list(pairwise(edges))


def _stripped(text: str, spans: Sequence[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in spans:
        words = text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        if start < end:
            kept.append((start, end))
    return kept
