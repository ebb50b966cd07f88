"""Searches in turn: a few at a time, first come first served.

Forty threads that search at once slow each other down, and whoever comes last may be served first; and while they do,
nothing else gets a thread.
"""

import os
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 2 * (os.cpu_count() or 1)


class Turns:
    """A queue in front of worker threads of its own, `most` at work at once."""

    def __init__(self, most: int = AT_ONCE) -> None:
        """Nobody waits yet."""
        from anyio import CapacityLimiter

        self._limiter = CapacityLimiter(most)

    def __call__(self, work: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """The same function, to be awaited: it runs in a thread when its turn comes."""

        @wraps(work)
        async def waited(*args: P.args, **kwargs: P.kwargs) -> T:
            from anyio.to_thread import run_sync

            return await run_sync(partial(work, *args, **kwargs), limiter=self._limiter)

        return waited
