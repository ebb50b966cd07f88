"""Series of numbered paragraphs: which are headings, and which are items of a list."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.letterhead import is_date, is_signatory
from index.numbering import ARTICLE, CHINESE, SECTION, Label
from index.types import Block

_SENTENCE = re.compile("[。！？!?]")
_STOP = re.compile("[。！？!?；;：:]")
_CLAUSE = re.compile("[，,。！？!?；;：:]")
_TOPIC = 32  # the first sentence of a point that names it is no longer


@dataclass(frozen=True, slots=True)
class _Series:
    """Paragraphs numbered one after the other, nothing of a higher rank between them."""

    rank: float
    positions: tuple[int, ...]
    inner: bool  # stands within a series of a higher rank


def items(blocks: Sequence[Block], labels: Sequence[Label | None], ranks: Sequence[float]) -> set[int]:
    """The numbered paragraphs that are items of a list and no headings; neighbours of one series are alike.

    What has something below it, a line that is nothing but a heading above all, is no item. The others of a series are
    headings when most begin with a sentence of their own that can name the point and go on after it, or when the
    numbering runs on below the next heading: （三） under 二、 after （二） under 一、. No list does.
    """
    found: set[int] = set()
    running: dict[float, list[_Series]] = {}
    for series in _all_series(blocks, labels, ranks):
        before = running.get(series.rank)
        if before and _number(labels, series.positions[0]) == _number(labels, before[-1].positions[-1]) + 1 > 1:
            before.append(series)
            continue
        if before:
            found |= _listed(blocks, labels, before)
        running[series.rank] = [series]
    for group in running.values():
        found |= _listed(blocks, labels, group)
    return found


def _number(labels: Sequence[Label | None], position: int) -> int:
    label = labels[position]
    return label.number if label else 0


def _all_series(blocks: Sequence[Block], labels: Sequence[Label | None], ranks: Sequence[float]) -> Iterator[_Series]:
    """The series of a document in the order they end; a missing number begins another."""
    unfinished: dict[float, list[int]] = {}
    for position, label in enumerate(labels):
        if label is None or label.rank <= SECTION or label.rank == ARTICLE:
            if label or blocks[position].heading:
                yield from _ended(unfinished, -1.0)
            continue
        rank = ranks[position]
        yield from _ended(unfinished, rank)
        series = unfinished.get(rank, [])
        if series and label.number != _number(labels, series[-1]) + 1:
            yield from _ended(unfinished, rank - 0.1)
        unfinished.setdefault(rank, []).append(position)
    yield from _ended(unfinished, -1.0)


def _ended(unfinished: dict[float, list[int]], rank: float) -> Iterator[_Series]:
    """The series below a rank, taken out: nothing goes on with them."""
    for below in sorted((r for r in unfinished if r > rank), reverse=True):
        positions = unfinished.pop(below)
        yield _Series(below, tuple(positions), any(r < below for r in unfinished))


def _listed(blocks: Sequence[Block], labels: Sequence[Label | None], group: Sequence[_Series]) -> set[int]:
    """Those paragraphs of a numbering that are items: all that head nothing, or none."""
    doubtful: list[int] = []
    heads = needed = 0
    for series in group:
        alone = [position for position in series.positions if not _has_below(blocks, labels, position)]
        if _ends_list(blocks, labels, series.positions) and series.positions[-1] not in alone:
            alone.append(series.positions[-1])
        heads += sum(_is_run_in(blocks[at].text, labels[at], inner=series.inner) for at in alone)
        needed += len(alone) + series.inner
        doubtful += alone
    first = labels[group[0].positions[0]]
    outermost = first is not None and first.rank == CHINESE and not group[0].inner
    listed = any(blocks[position].text[-1] in "；;" for position in doubtful)
    return set(doubtful) if listed or (len(group) == 1 and not outermost and 2 * heads < needed) else set()


def _ends_list(blocks: Sequence[Block], labels: Sequence[Label | None], positions: Sequence[int]) -> bool:
    """Whether the last of a series closes a list: （四）…； （五）其他情形。 What follows it is not its own."""
    last = positions[-1]
    if len(positions) < 2 or last + 1 >= len(labels) or labels[last + 1] is not None:
        return False
    return blocks[positions[-2]].text[-1] in "；;"


def _has_below(blocks: Sequence[Block], labels: Sequence[Label | None], position: int) -> bool:
    """Whether a numbered paragraph heads what follows: a deeper numbering, or text below a line without a sentence."""
    label, text = labels[position], blocks[position].text
    if label is None or position + 1 >= len(blocks) or text[-1] in "；;":
        return False
    below, following = labels[position + 1], blocks[position + 1]
    if below:
        return below.rank > label.rank or (below.rank == ARTICLE and is_line(text))
    ended = following.heading or is_date(following.text) or is_signatory(following.text)
    return not ended and (text[-1] not in "。！？" or len(text) <= _TOPIC)


def _is_run_in(text: str, label: Label | None, *, inner: bool) -> bool:
    """Whether a numbered paragraph goes on after its first sentence; an inner one's must be able to name it."""
    if label is None or not _SENTENCE.search(text[:-1], label.end):
        return False
    stop = _STOP.search(text, label.end)
    first = text[label.end : stop.start() if stop else len(text)]
    clause = _CLAUSE.split(first)[0]
    return not inner or (len(first) <= 100 and len(clause) <= _TOPIC and not re.search("的[，,]|以下|如下", first))


def is_line(text: str) -> bool:
    """Whether a line is short and holds no sentence: nothing but a heading."""
    return len(text) <= 40 and not re.search("[，。；：！？]", text)
