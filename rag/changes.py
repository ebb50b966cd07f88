"""What was changed in a quotation, in pieces that a reader recognises: whole numbers, not digits."""

import re
from collections.abc import Sequence

from index.key import key

_NUMBER_END = re.compile(r"[0-9０-９][0-9０-９.．,%％]*$")
_NUMBER_START = re.compile(r"^[.．,]?[0-9０-９][0-9０-９.．,]*[%％]?|^[%％]")


def changes(diff: Sequence[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """(quoted, source) of each changed place, in order, one of them empty where words were added or left out.

    Changes with one or two equal characters between them are one; a change inside a number takes the number in:
    35.4 for 34.5 is one change. What differs only in marks is none.
    """
    merged: list[list[str]] = []  # op, quoted, source; equal and changed pieces in turn
    for op, quoted, source in diff:
        kind = "equal" if op == "equal" or key(quoted) == key(source) else "change"
        if merged and merged[-1][0] == kind:
            merged[-1][1] += quoted
            merged[-1][2] += source
        elif kind == "change" and len(merged) > 1 and len(key(merged[-1][1])) <= 2 and merged[-2][0] == "change":
            _, between, original = merged.pop()
            merged[-1][1] += between + quoted
            merged[-1][2] += original + source
        else:
            merged.append([kind, quoted, source])
    found = []
    for at, (kind, quoted, source) in enumerate(merged):
        if kind == "change":
            before = merged[at - 1][2] if at else ""
            after = merged[at + 1][2] if at + 1 < len(merged) else ""
            found.append(_whole_numbers(before, quoted, source, after))
    return found


def _whole_numbers(before: str, quoted: str, source: str, after: str) -> tuple[str, str]:
    if not re.search("[0-9０-９]", quoted + source):
        return quoted, source
    head = _NUMBER_END.search(before) if re.match("[0-9０-９.．,]", quoted or source) else None
    tail = _NUMBER_START.match(after) if re.search("[0-9０-９.．,]$", quoted or source) else None
    front, back = head[0] if head else "", tail[0] if tail else ""
    return front + quoted + back, front + source + back
