"""A quotation and its source side by side: every character of both, what is equal and what is not."""

from collections.abc import Iterable, Sequence

from index.align import Edit
from index.key import Keyed

Difference = tuple[str, str, str]  # (op, quoted, source)


def differences(quote: Keyed, source: Keyed, edits: Sequence[Edit], start: int, end: int) -> tuple[Difference, ...]:
    """`edits` as (op, quoted, source) over the whole quotation and source.text[start:end], marks and spaces included.

    The quoted parts joined are the quotation, the source parts joined the source; neighbours with one op are joined.
    Inside equal words a sign written otherwise (，→。, 發→发) is a `replace` of its own.
    """
    q_cuts, s_cuts = _cuts(quote, 0, len(quote.text)), _cuts(source, start, end)
    s_cuts[edits[-1].s2] = end
    marks = quote.text[: q_cuts[0]], source.text[start : s_cuts[edits[0].s1]]  # before the first word
    pieces = _signs(*marks)
    for edit in edits:
        if edit.op == "equal":
            for i in range(edit.q2 - edit.q1):
                q, s = edit.q1 + i, edit.s1 + i
                pieces += _character(quote.text[q_cuts[q] : q_cuts[q + 1]], source.text[s_cuts[s] : s_cuts[s + 1]])
        else:
            quoted = quote.text[q_cuts[edit.q1] : q_cuts[edit.q2]]
            pieces.append((edit.op, quoted, source.text[s_cuts[edit.s1] : s_cuts[edit.s2]]))
    return _joined(pieces)


def _cuts(text: Keyed, start: int, end: int) -> list[int]:
    """Where each character of the key begins, the marks behind it being its own; within start:end."""
    cuts = [min(max(at, start), end) for at in text.at]
    cuts[-1] = end
    return cuts


def _character(quoted: str, source: str) -> list[Difference]:
    if quoted == source:
        return [("equal", quoted, source)]
    if not quoted or not source:
        return _signs(quoted, source)
    same = [("equal" if quoted[0] == source[0] else "replace", quoted[0], source[0])]
    return same + _signs(quoted[1:], source[1:])


def _signs(quoted: str, source: str) -> list[Difference]:
    if quoted == source:
        return [("equal", quoted, source)] if quoted else []
    return [("replace" if quoted and source else "insert" if quoted else "delete", quoted, source)]


def _joined(pieces: Iterable[Difference]) -> tuple[Difference, ...]:
    joined: list[Difference] = []
    for op, quoted, source in pieces:
        if not quoted and not source:
            continue
        if joined and joined[-1][0] == op:
            _, before, above = joined.pop()
            quoted, source = before + quoted, above + source
        joined.append((op, quoted, source))
    return tuple(_named(piece) for piece in joined)


def _named(piece: Difference) -> Difference:
    """The op that fits what is there: an edit of the key may have carried marks along."""
    op, quoted, source = piece
    if op == "equal":
        return piece
    return ("replace" if quoted and source else "insert" if quoted else "delete", quoted, source)
