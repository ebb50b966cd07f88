"""Alignment of a quotation with one stretch of a document: common blocks, chained in order, and the edits between.

Blocks come first because plain edit distance scatters a quotation over whatever was left out; inside the small gaps
between blocks edit distance (rapidfuzz) is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

from index.key import Keyed

Op = Literal["equal", "replace", "delete", "insert"]

_MAX_BLOCKS = 100
_MAX_MEETINGS = 20_000
_WIDE = 40  # characters left out, from which on the words beyond must be dense
_DENSE = 0.6  # the share of the quotation's remaining words that they must hold
_FOREIGN = 3  # words at an end that the source does not have
_MOVED = 5  # words at an end that stand elsewhere in the source as they are: moved, not changed
_LAST = 3  # clauses at a quotation's end that are tried as moved words
_AFAR = 150  # characters left out before the last clauses, from which on nearer ones are likelier
_SLACK = 3  # characters by which an end of the source may be longer than the quotation's


class Edit(NamedTuple):
    """One step from the source to the quotation, in characters of their keys: quoted q1:q2, source s1:s2.

    `delete`: the quotation leaves source words out; `insert`: it has words that the source has not.
    """

    op: Op
    q1: int
    q2: int
    s1: int
    s2: int


class Block(NamedTuple):
    """Equal characters of two keys: q:q+size and s:s+size."""

    q: int
    s: int
    size: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The quotation from its first to its last character against the source from s1 to s2, as edits in order."""

    edits: tuple[Edit, ...]

    @property
    def source(self) -> tuple[int, int]:
        """The source's part, in characters of its key."""
        return self.edits[0].s1, self.edits[-1].s2

    @property
    def matched(self) -> int:
        """How many characters are equal."""
        return sum(edit.q2 - edit.q1 for edit in self.edits if edit.op == "equal")


def align(quote: Keyed, source: Keyed, *, least: float = 0) -> Alignment | None:
    """The best single place of `quote` in `source`, its parts in their order.

    None when they share no run of words, or when all that they share is fewer than `least` characters.
    """
    blocks = _blocks(quote.key, source.key)
    if len({at for block in blocks for at in range(block.q, block.q + block.size)}) < least:
        return None
    chain = _dense(quote, _chain(quote, source, blocks))
    if not chain:
        return None
    separate = _without_moved(quote, source, _separate(quote, source, chain))
    return Alignment(tuple(_edits(quote, source, _within_clauses(quote, source, separate))))


def _blocks(quote: str, source: str) -> list[Block]:
    """The maximal common runs of some length, the longest first if there are too many."""
    size = 2 if len(quote) <= 24 else 3 if len(quote) <= 200 else 5
    grams = _grams(quote, size)
    while size < len(quote) // 2 and _meetings(grams, source, size) > _MAX_MEETINGS:  # a table, a list, a formula
        size *= 2
        grams = _grams(quote, size)
    found = [
        Block(q, s, _common(quote, q, source, s))
        for s in range(len(source) - size + 1)
        for q in grams.get(source[s : s + size], ())
        if not (q and s and quote[q - 1] == source[s - 1])
    ]
    if len(found) > _MAX_BLOCKS:
        found = sorted(found, key=lambda block: -block.size)[:_MAX_BLOCKS]
    return sorted(found, key=lambda block: (block.s, block.q))


def _grams(quote: str, size: int) -> dict[str, list[int]]:
    grams: dict[str, list[int]] = {}
    for q in range(len(quote) - size + 1):
        grams.setdefault(quote[q : q + size], []).append(q)
    return grams


def _meetings(grams: Mapping[str, Sequence[int]], source: str, size: int) -> int:
    """How often the quotation's runs of `size` characters meet the source's."""
    return sum(len(grams.get(source[s : s + size], ())) for s in range(len(source) - size + 1))


def _common(quote: str, q: int, source: str, s: int) -> int:
    size, most = 0, min(len(quote) - q, len(source) - s)
    step = 1
    while size < most:  # by leaps, since a true quotation is one long block
        step = min(step, most - size)
        if quote[q + size : q + size + step] == source[s + size : s + size + step]:
            size += step
            step *= 2
        elif step == 1:
            break
        else:
            step = max(step // 4, 1)
    return size


def _chain(quote: Keyed, source: Keyed, blocks: Sequence[Block]) -> list[Block]:
    """The blocks, ascending in both keys, that hold most characters after what their gaps cost."""
    best: list[float] = []
    before: list[int] = []
    for i, block in enumerate(blocks):
        best.append(float(block.size))
        before.append(-1)
        for j in range(i):
            earlier = blocks[j]
            if earlier.q >= block.q or earlier.s >= block.s:
                continue
            overlap = max(earlier.q + earlier.size - block.q, earlier.s + earlier.size - block.s, 0)
            if overlap >= block.size:
                continue
            score = best[j] + block.size - overlap - _cost(quote, source, earlier, block)
            if score > best[i]:
                best[i], before[i] = score, j
    if not blocks:
        return []
    at = max(range(len(blocks)), key=lambda i: best[i])
    chain = []
    while at >= 0:
        chain.append(blocks[at])
        at = before[at]
    return chain[::-1]


def _cost(quote: Keyed, source: Keyed, earlier: Block, later: Block) -> float:
    """What it takes to believe that two blocks belong to one quotation, in characters."""
    quoted = max(later.q - earlier.q - earlier.size, 0)
    passed = max(later.s - earlier.s - earlier.size, 0)
    left_out = max((later.s - earlier.s) - (later.q - earlier.q), 0)
    overlap = max(earlier.q + earlier.size - later.q, 0)  # the gap may lie anywhere in it
    joints = range(min(earlier.q + earlier.size, later.q), max(earlier.q + earlier.size, later.q) + 1)
    if left_out and any(i in quote.ellipses for i in joints):
        return min(0.5 + 0.002 * left_out, 3)
    if left_out and not quoted:
        ends = range(later.s, later.s + overlap + 1)
        if any(source.broken(end) and source.broken(end - left_out) for end in ends):
            return min(0.5 + 0.02 * left_out, 4)
    return 0.3 * min(quoted, passed) + min(0.15 * left_out, 5)


def _dense(quote: Keyed, chain: list[Block]) -> list[Block]:
    """The chain without sparse ends beyond a wide gap: common words that happen to follow, not the quotation's own."""
    groups: list[list[Block]] = []
    for block in chain:
        if groups and (block.s - groups[-1][-1].s) - (block.q - groups[-1][-1].q) <= _WIDE:
            groups[-1].append(block)
        else:
            groups.append([block])
    while len(groups) > 1:
        head = _size(groups[0]), groups[1][0].q
        tail = _size(groups[-1]), len(quote.key) - groups[-2][-1].q - groups[-2][-1].size
        end, (size, room) = min((0, head), (-1, tail), key=lambda end: end[1][0])
        if size >= _DENSE * room:
            end, (size, room) = (-1, tail) if end == 0 else (0, head)
        if size >= _DENSE * room:
            break
        groups.pop(end)
    return [block for group in groups for block in group]


def _size(group: Sequence[Block]) -> int:
    return sum(block.size for block in group)


def _without_moved(quote: Keyed, source: Keyed, blocks: list[Block]) -> list[Block]:
    """The blocks without the last clauses where those, as they are, stand before or amid the others: moved words.

    Otherwise stray characters, or the same words far on, would stand for them.
    """
    length, end = len(quote.key), blocks[-1].s + blocks[-1].size
    breaks = [i for i in range(length - _MOVED, 0, -1) if quote.broken(i)][:_LAST]
    for cut in [] if quote.ellipses else breaks:
        kept = [block._replace(size=min(block.size, cut - block.q)) for block in blocks if block.q < cut]
        if not kept:
            break
        words, last = quote.key[cut:], kept[-1].s + kept[-1].size
        whole = sum(block.size for block in blocks) - sum(block.size for block in kept) == len(words)
        if whole and end - last - len(words) <= _AFAR:
            continue
        if source.key.find(words, max(kept[0].s - length, 0), last + len(words) + _SLACK) >= 0:
            return kept
    return blocks


def _within_clauses(quote: Keyed, source: Keyed, blocks: list[Block]) -> list[Block]:
    """Blocks whose outer ends do not reach a character or two into the next clause where other words go on."""
    first, last = blocks[0], blocks[-1]
    for n in (2, 1):
        if first.q >= _FOREIGN and first.size > n and quote.broken(first.q + n) and source.broken(first.s + n):
            blocks[0] = Block(first.q + n, first.s + n, first.size - n)
            break
    first, last = blocks[0], blocks[-1]
    for n in (2, 1):
        q, s = last.q + last.size - n, last.s + last.size - n
        if len(quote.key) - q - n >= _FOREIGN and last.size > n and quote.broken(q) and source.broken(s):
            blocks[-1] = last._replace(size=last.size - n)
            break
    return blocks


def _separate(quote: Keyed, source: Keyed, chain: Sequence[Block]) -> list[Block]:
    """The chain without overlaps. Where a gap could lie here or there (甲的乙的 → 甲的), clauses stay whole."""
    separate = [chain[0]]
    for block in chain[1:]:
        last = separate.pop()
        overlap = max(last.q + last.size - block.q, last.s + last.size - block.s, 0)
        cuts = range(min(overlap, last.size - 1) + 1)  # characters that go to the later block

        def whole(cut: int, last: Block = last, block: Block = block, overlap: int = overlap) -> int:
            ends, begins = last.s + last.size - cut, block.s + overlap - cut
            marked = 4 * (block.q + overlap - cut in quote.ellipses)
            return marked + 2 * (source.broken(ends) and source.broken(begins)) + source.broken(ends)

        cut = max(cuts, key=lambda cut: (whole(cut), -cut))
        separate.append(last._replace(size=last.size - cut))
        moved = overlap - cut
        separate.append(Block(block.q + moved, block.s + moved, block.size - moved))
    return [block for block in separate if block.size > 0]


def _edits(quote: Keyed, source: Keyed, blocks: Sequence[Block]) -> list[Edit]:
    edits = _head(quote, source, blocks[0])
    q, s = blocks[0].q, blocks[0].s
    for block in blocks:
        edits += between(quote.key, source.key, q, block.q, s, block.s)
        q, s = block.q + block.size, block.s + block.size
        edits.append(Edit("equal", block.q, q, block.s, s))
    return edits + _tail(quote, source, q, s)


def between(quote: str, source: str, q1: int, q2: int, s1: int, s2: int) -> list[Edit]:
    """Edits between two equal runs. A few words against many stand at one end of them; the rest was left out."""
    quoted, left_out = q2 - q1, (s2 - s1) - (q2 - q1)
    if not quoted or left_out <= 6:
        return levenshtein(quote, source, q1, q2, s1, s2)
    head = Levenshtein.distance(quote[q1:q2], source[s1 : s1 + quoted])
    tail = Levenshtein.distance(quote[q1:q2], source[s2 - quoted : s2])
    if head <= tail:
        return [
            *levenshtein(quote, source, q1, q2, s1, s1 + quoted),
            Edit("delete", q2, q2, s1 + quoted, s2),
        ]
    return [
        Edit("delete", q1, q1, s1, s2 - quoted),
        *levenshtein(quote, source, q1, q2, s2 - quoted, s2),
    ]


def levenshtein(quote: str, source: str, q1: int, q2: int, s1: int, s2: int) -> list[Edit]:
    """The fewest edits from source s1:s2 to quote q1:q2."""
    steps = Levenshtein.opcodes(source[s1:s2], quote[q1:q2])
    return [
        Edit(step.tag, q1 + step.dest_start, q1 + step.dest_end, s1 + step.src_start, s1 + step.src_end)  # type: ignore[arg-type]
        for step in steps
    ]


def _head(quote: Keyed, source: Keyed, first: Block) -> list[Edit]:
    """Edits for the words before the first block: against as many of the source, not beyond its clause."""
    count, start = first.q, first.s
    if not count:
        return []
    if count >= _MOVED and quote.key[:count] in source.key:
        return [Edit("insert", 0, count, start, start)]
    low = start
    inside = not any(quote.broken(i) for i in range(1, count + 1))
    while low > max(start - count - _SLACK, 0) and not (inside and source.broken(low)):
        low -= 1
    lengths = _lengths(count, start - low)
    length = min(lengths, key=lambda n: Levenshtein.distance(quote.key[:count], source.key[start - n : start]))
    edits = levenshtein(quote.key, source.key, 0, count, start - length, start)
    while edits and edits[0].op == "delete":
        edits.pop(0)
    return edits if _alike(edits, count) else [Edit("insert", 0, count, start, start)]


def _tail(quote: Keyed, source: Keyed, q: int, s: int) -> list[Edit]:
    """Edits for the words after the last block, in the manner of `_head`."""
    count, end = len(quote.key) - q, len(source.key)
    if not count:
        return []
    if count >= _MOVED and quote.key[q:] in source.key:
        return [Edit("insert", q, q + count, s, s)]
    high = s
    inside = not any(quote.broken(i) for i in range(q, q + count))
    while high < min(s + count + _SLACK, end) and not (inside and source.broken(high)):
        high += 1
    lengths = _lengths(count, high - s)
    length = min(lengths, key=lambda n: Levenshtein.distance(quote.key[q:], source.key[s : s + n]))
    edits = levenshtein(quote.key, source.key, q, q + count, s, s + length)
    while edits and edits[-1].op == "delete":
        edits.pop()
    return edits if _alike(edits, count) else [Edit("insert", q, q + count, s, s)]


def _lengths(count: int, room: int) -> list[int]:
    """How many source characters an end of `count` may answer to, the likeliest first."""
    near = sorted(range(max(count - _SLACK, 0), count + _SLACK + 1), key=lambda n: abs(n - count))
    return list(dict.fromkeys(min(n, room) for n in near))


def _alike(edits: Sequence[Edit], count: int) -> bool:
    """Whether words at an end replace the source's words rather than being added to them."""
    equal = sum(edit.q2 - edit.q1 for edit in edits if edit.op == "equal")
    added = sum(edit.q2 - edit.q1 for edit in edits if edit.op == "insert")
    return added < count and (count <= 3 or equal >= count / (3 if count <= 8 else 2))
