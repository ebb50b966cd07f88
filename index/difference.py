"""A quotation and its source side by side: every character of both, what is equal and what is not."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from index.align import Edit
from index.key import Keyed, key

Difference = tuple[str, str, str]  # (op, quoted, source)

# 不断 and 未来 deny nothing.
_DENIAL = re.compile(
    "不(?!断|仅|但|同|少|久|管|论|动产|良|力|足|平衡|充分|确定|忘)[得准许能可应要予再]?|未(?!来|成年|必)|无(?!论|偿|障碍|线|人机|疑|息)"
    "|非(?!常|法|公有|物质|典|税|营利)|严禁|禁止|勿|免予|免除|停止|暂停|拒绝|取消|防止|避免|杜绝|反对"
)
_CLAUSE_END = re.compile("[，。；：！？、,;:!?\n]")


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


def reversal(diff: Sequence[Difference]) -> str:
    """The word of denial that an omission took from a clause whose end was kept; "" for none.

    任何单位不得以任何理由拖欠工资 quoted as 任何单位……拖欠工资 says the opposite; what is left out up to a clause's end
    takes its denial with it.
    """
    for step, following in pairwise([*diff, ("equal", "", "")]):
        left_out = step[2] if step[0] == "delete" else ""
        kept = following[0] == "equal" and key(following[2][:1])
        denial = _DENIAL.search(_CLAUSE_END.split(left_out)[-1]) if kept else None
        if denial:
            return denial[0]
    return ""
