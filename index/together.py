"""Calls from several threads, done together: what costs little more for eight than for one is done for all who wait."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """One call at a time of `work`, with the items of those that came while the last was under way, `most` at most.

    First come, first served. Nobody waits for company: who comes alone is served alone.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], most: int) -> None:
        """`work` gives a result for each item, in order."""
        self._work = work
        self._most = most
        self._busy = False
        self._waiting: deque[_Place[Item, Result]] = deque()
        self._changed = Condition()

    def __call__(self, item: Item) -> Result:
        """The result of an item. What `work` raises is raised to who called it; the others' items are tried again."""
        mine: _Place[Item, Result] = _Place(item)
        with self._changed:
            self._waiting.append(mine)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: mine.results or not self._busy)
                if mine.results:
                    return mine.results[0]
                self._busy = True
                taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            self._serve(mine, taken)

    def _serve(self, mine: "_Place[Item, Result]", taken: "Sequence[_Place[Item, Result]]") -> None:
        results: Sequence[Result] = ()
        try:
            results = self._work([place.item for place in taken])
        finally:
            with self._changed:
                if results:
                    for place, result in zip(taken, results, strict=True):
                        place.results.append(result)
                else:
                    self._waiting.extendleft(reversed(taken))
                    self._waiting.remove(mine)
                self._busy = False
                self._changed.notify_all()


class _Place(Generic[Item, Result]):
    """A place in the queue; `results` holds one once there is one."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.results: list[Result] = []
