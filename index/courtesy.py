"""Work that nobody waits for gives way to questions: on Linux its threads are nice, and its engine is its own."""

import os
import sys
from threading import get_native_id, local

_NICE = 10  # a tenth of the share that a question's thread gets of a busy processor
_own = local()


def give_way() -> None:
    """Let this thread's work give way from now on, with the threads and processes that it starts.

    Elsewhere than on Linux niceness is a whole process's, and only the engine knows (`gives_way`).
    """
    if not gives_way() and sys.platform == "linux":
        thread = get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + _NICE))
    _own.gives_way = True


def gives_way() -> bool:
    """Whether this thread's work gives way."""
    return getattr(_own, "gives_way", False)
