"""Work that nobody waits for gives way to questions: its engine is its own and, on Linux, its processor time too.

The thread that does such work stays as it is: whenever it holds the interpreter's lock, the questions wait for it, and
a nice thread would keep them waiting. Nice are the threads of its engine and the process that reads its files.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_NICE = 10  # a tenth of the share that a question's thread gets of a busy processor
_modest = ContextVar("modest", default=False)


def give_way() -> None:
    """Let this thread's work give way from now on, and that of threads begun in a copy of its context."""
    _modest.set(True)


def gives_way() -> bool:
    """Whether this thread's work gives way."""
    return _modest.get()


def begun_nicely(begin: Callable[[], T]) -> T:
    """What `begin` gives, called in a nice thread where this one's work gives way: what it starts is as nice.

    Elsewhere than on Linux niceness is a whole process's, and nothing is nice.
    """
    if not gives_way() or sys.platform != "linux":
        return begin()
    with ThreadPoolExecutor(1, initializer=os.nice, initargs=(_NICE,)) as apart:  # on Linux of the calling thread
        return apart.submit(begin).result()
