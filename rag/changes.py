"""What was changed in a quotation, in pieces that a reader recognises: whole numbers, not digits."""

import re
from collections.abc import Sequence

from index.key import key

Step = tuple[str, str, str]  # op (equal or replace), quoted, source

_NUMBER_END = re.compile(r"[0-9０-９][0-9０-９.．,]*$")
_NUMBER_START = re.compile(r"^[.．,]?[0-9０-９][0-9０-９.．,]*[%％]?|^[%％]")


def readable(diff: Sequence[Step]) -> list[Step]:
    """The same difference in pieces for people; the pieces still join to the quotation and to the source.

    Changes with one or two equal characters between them are one; a change inside a number takes the number in:
    35.4 for 34.5 is one change. What differs only in marks counts as equal.
    """
    merged: list[Step] = []
    for op, quoted, source in diff:
        kind = "equal" if op == "equal" or key(quoted) == key(source) else "replace"
        if merged and merged[-1][0] == kind:
            merged[-1] = _joined(merged[-1], quoted, source)
        elif kind == "replace" and len(merged) > 1 and len(key(merged[-1][1])) <= 2:
            _, between, original = merged.pop()
            merged[-1] = _joined(merged[-1], between + quoted, original + source)
        else:
            merged.append((kind, quoted, source))
    for at in range(len(merged)):
        if merged[at][0] == "replace":
            _take_numbers(merged, at)
    return [step for step in merged if step[1] or step[2]]


def changes(diff: Sequence[Step]) -> list[tuple[str, str]]:
    """(quoted, source) of each changed place, in order, one of them empty where words were added or left out."""
    return [(quoted, source) for op, quoted, source in readable(diff) if op == "replace"]


def _joined(step: Step, quoted: str, source: str) -> Step:
    return step[0], step[1] + quoted, step[2] + source


def _take_numbers(steps: list[Step], at: int) -> None:
    """Move the rest of a number that a change stands in from the equal neighbours into the change."""
    op, quoted, source = steps[at]
    if at and re.match("[0-9０-９.．,]", quoted or source):
        _, mine, theirs = steps[at - 1]
        head = _NUMBER_END.search(mine)
        if head and theirs.endswith(head[0]):
            steps[at - 1] = "equal", mine[: head.start()], theirs[: len(theirs) - len(head[0])]
            quoted, source = head[0] + quoted, head[0] + source
    if at + 1 < len(steps) and re.search("[0-9０-９.．,]$", quoted or source):
        _, mine, theirs = steps[at + 1]
        tail = _NUMBER_START.match(mine)
        if tail and theirs.startswith(tail[0]):
            steps[at + 1] = "equal", mine[tail.end() :], theirs[tail.end() :]
            quoted, source = quoted + tail[0], source + tail[0]
    steps[at] = op, quoted, source
