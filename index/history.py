"""Permanent links: what became of a passage id, then and now, character by character."""

from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

from index.errors import NotFoundError
from index.retrieval import Texts
from index.types import Passage

Fate = Literal["live", "changed", "removed"]
Step = tuple[str, str, str]  # (equal, replace, delete or insert; words then; words now)

_ISLAND = 2  # equal characters between two changes that are too few to help a reader


@dataclass(frozen=True, slots=True)
class History:
    """A passage as its id first named it and as it is now.

    `fate`: "live" (then is now), "changed" (now has other words and another id), "removed" (now is None).
    `title` is its document's at that time. `when` tells in ISO 8601 (UTC, seconds) since when the words are changed, or
    since when nothing of the passage is left; "" while live. The parts of `diff` joined are then's and now's text.
    """

    fate: Fate
    then: Passage
    title: str
    when: str
    now: Passage | None
    diff: tuple[Step, ...]


def history(catalog: Texts, passage_id: str) -> History:
    """What became of a passage, through all its changes; NotFoundError when no passage ever had this id."""
    live = catalog.find_passage(passage_id)
    if live is not None:
        return History("live", live, catalog.document(live.doc_id).title, "", live, differences(live.text, live.text))
    retired = catalog.retired(passage_id)
    if retired is None:
        raise NotFoundError(f"文库里没有段落 {passage_id}；请核对编号，或用 yinde search 找到它")
    last = retired
    # A successor lived when its predecessor was retired, so each step of the chain is later than the one before.
    while last.successor:
        now = catalog.find_passage(last.successor)
        if now is not None:
            diff = differences(retired.passage.text, now.text)
            return History("changed", retired.passage, retired.title, retired.when, now, diff)
        following = catalog.retired(last.successor)
        if following is None:
            break
        last = following
    diff = differences(retired.passage.text, "")
    return History("removed", retired.passage, retired.title, last.when, None, diff)


def differences(then: str, now: str) -> tuple[Step, ...]:
    """The steps from one text to another, few and readable; () when both are empty.

    One or two equal characters between changes count as changed, so that a new clause is not shown in crumbs.
    """
    steps: list[Step] = [
        (code.tag, then[code.src_start : code.src_end], now[code.dest_start : code.dest_end])
        for code in Levenshtein.opcodes(then, now)
    ]
    joined: list[Step] = []
    for number, (tag, before, after) in enumerate(steps):
        island = tag == "equal" and len(before) <= _ISLAND and 0 < number < len(steps) - 1
        if (tag != "equal" or island) and joined and joined[-1][0] != "equal":
            _, earlier, fresh = joined.pop()
            before, after = earlier + before, fresh + after
            tag = "replace" if before and after else "delete" if before else "insert"
        joined.append((tag, before, after))
    return tuple(joined)
