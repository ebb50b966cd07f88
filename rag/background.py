"""What an asynchronous source gives, taken by code that is not asynchronous and that may leave at any time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

_END = object()


def drawn(source: Callable[[], AsyncGenerator[str, None]], *, every: float) -> Generator[str, None, None]:
    """Yield what `source` does, made in a thread of its own; "" whenever nothing came for `every` seconds.

    Whoever takes can so leave while nothing comes. Closing cancels the source at once, wherever it waits. What the
    source raises is raised here.
    """
    queue: SimpleQueue[object] = SimpleQueue()
    loop = asyncio.new_event_loop()
    task = loop.create_task(_pump(source, queue))
    Thread(target=_run, args=(loop, task), name="yinde-drawn", daemon=True).start()
    try:
        while True:
            try:
                given = queue.get(timeout=every)
            except Empty:
                given = ""
            if given is _END:
                return
            if isinstance(given, BaseException):
                raise given
            yield str(given)
    finally:
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(task.cancel)


async def _pump(source: Callable[[], AsyncGenerator[str, None]], queue: "SimpleQueue[object]") -> None:
    given = source()
    try:
        async for one in given:
            queue.put(one)
    except Exception as error:  # noqa: BLE001 - raised again in the thread that takes
        queue.put(error)
    finally:
        await given.aclose()
        queue.put(_END)


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
