"""What went wrong, question by question."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.records import Record


@dataclass(frozen=True, slots=True)
class Fault:
    """A question that went wrong, and in which ways (names of `eval.words.FAULTS`), the gravest first.

    `rank` is the place of the first gold unit, from 1; None when it was not found at all or there is no gold.
    """

    record: Record
    ways: tuple[str, ...]
    rank: int | None


_GRAVITY = ("invented", "missed", "miscited", "refused", "late")


def faults(records: Sequence[Record]) -> list[Fault]:
    """The questions that went wrong, the gravest first, otherwise in the run's order."""
    found = [fault for record in records if (fault := _fault(record)).ways]
    return sorted(found, key=lambda fault: (_GRAVITY.index(fault.ways[0]), -len(fault.ways)))


def first_gold(record: Record) -> int | None:
    """The place of the first gold unit in the ranking, from 1; None when it is not there."""
    return next((rank for rank, unit in enumerate(record.ranking, start=1) if unit in record.gold), None)


def _fault(record: Record) -> Fault:
    rank = first_gold(record)
    answer = record.answer
    said = answer is not None and not answer.abstained
    ways = {
        "invented": said and not record.answerable,
        "missed": bool(record.gold) and (rank is None or rank > 10),
        "miscited": said and answer is not None and answer.precision == 0,
        "refused": answer is not None and answer.abstained and record.answerable,
        "late": bool(record.gold) and rank is not None and 1 < rank <= 10,
    }
    return Fault(record, tuple(way for way in _GRAVITY if ways[way]), rank)
