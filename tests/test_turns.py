"""Searches in turn."""

from threading import Lock
from time import monotonic

import anyio

from ui.turns import Turns


def test_no_more_than_so_many_work_at_once() -> None:
    turns, lock = Turns(2), Lock()
    at_work, most, began = 0, 0, []

    @turns
    def work(number: int) -> int:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
            began.append(number)
        until = monotonic() + 0.005
        while monotonic() < until:
            pass
        with lock:
            at_work -= 1
        return number

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for number in range(12):
                group.start_soon(work, number)

    anyio.run(all_at_once)
    assert most <= 2
    assert sorted(began) == list(range(12))


def test_who_came_first_is_served_first() -> None:
    served: list[int] = []
    work = Turns(1)(served.append)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(work, number)

    anyio.run(all_at_once)
    assert served == list(range(20))
