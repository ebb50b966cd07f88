"""The process in which files are read: tasks come in by standard input, messages go out by standard output.

It can be ended at any moment without harm: by its own clock when a file takes too long, by the system when it takes too
much memory, by a parser that crashes. Nothing heavy is imported before a file needs it.
"""

import faulthandler
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from index.load.pace import heard
from index.reading import Done, Message, Refused, Task, Turned, read_file, reason

TIMED_OUT = "Timeout ("  # what faulthandler prints when it ends a process
NO_MEMORY = 3  # the exit status of a process that met its limit

_TELLING = 1.0  # seconds from one page told of to the next

# Drawn, recognised or converted by another program before there is any text.
_SLOW = frozenset({".pdf", ".ofd", ".doc", ".wps", ".rtf", ".xls", ".et", ".ppt", ".dps", ".pptx", ".docx"})
_SLOW |= {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".zip", ".eml", ".odt", ".ods", ".odp"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one document may cost: seconds, more for a large file and five times as many for slow formats.

    A document that turns its pages has `seconds_per_page` from each turn, however long it takes as a whole.
    `memory` is in bytes of the reading process, kept on Linux only; a process left with more than `resting` bytes after
    a file is replaced.
    """

    seconds: float = 60.0
    seconds_per_megabyte: float = 20.0
    seconds_per_page: float = 120.0
    most_seconds: float = 1800.0
    memory: int = 2 << 30
    resting: int = 768 << 20

    def of(self, file: str) -> float:
        """Seconds for one document of this file."""
        try:
            megabytes = os.path.getsize(file) / 2**20
        except OSError:
            megabytes = 0.0
        slow = 5 if Path(file).suffix.lower() in _SLOW else 1
        return min(self.most_seconds, slow * (self.seconds + megabytes * self.seconds_per_megabyte))


@dataclass(frozen=True, slots=True)
class Begin:
    """The first thing a worker is told."""

    model: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Ready:
    """The first thing a worker says."""


Read = Callable[[Task], Iterator[Message]]


def serve(read: Callable[..., Iterator[Message]], tasks: IO[bytes], messages: IO[bytes]) -> None:
    """Answer each task by its messages until there are no more; `read` gets a task and the model's name."""
    begin: Begin = pickle.load(tasks)
    _limit_memory(begin.limits.memory)
    _send(Ready(), messages)
    while True:
        try:
            task: Task = pickle.load(tasks)
        except EOFError:
            return
        _answer(task, partial(read, model=begin.model), begin.limits, messages)
        if _resident() > begin.limits.resting:
            return


def _answer(task: Task, read: Read, limits: Limits, messages: IO[bytes]) -> None:
    """Send what a file gives; a file that cannot be read as a whole is refused."""
    clock = _Clock(limits.of(task.file), limits.seconds_per_page, messages)
    stream = read(task)
    message: Message | None = None
    while not isinstance(message, Done):
        clock.start()
        try:
            with heard(clock.turn):
                message = next(stream)
        except MemoryError:
            sys.exit(NO_MEMORY)
        except Exception as error:  # noqa: BLE001 - whatever a parser raises over a file is said of that file
            traceback.print_exc()
            _send(Refused(task.file, reason(error)), messages)
            message = Done(task.file)
        faulthandler.cancel_dump_traceback_later()
        _send(message, messages)


class _Clock:
    """A clock in C: it ends the process also when a parser never comes back to Python."""

    def __init__(self, seconds: float, per_page: float, messages: IO[bytes]) -> None:
        self._seconds = seconds
        self._per_page = per_page
        self._messages = messages
        self._end = self._told = 0.0

    def start(self) -> None:
        """Give a document its time."""
        self._end = time.monotonic() + self._seconds
        faulthandler.dump_traceback_later(self._seconds, exit=True)

    def turn(self, page: int, pages: int) -> None:
        """Give a page its time where the document's is nearly over, and tell of it."""
        now = time.monotonic()
        faulthandler.dump_traceback_later(max(self._end - now, self._per_page), exit=True)
        if pages > 1 and now - self._told >= _TELLING:
            self._told = now
            _send(Turned(page, pages), self._messages)


def _send(message: Message | Ready, messages: IO[bytes]) -> None:
    pickle.dump(message, messages, pickle.HIGHEST_PROTOCOL)
    messages.flush()


def _limit_memory(size: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _resident() -> int:
    """Bytes of memory in use; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def main(read: Callable[..., Iterator[Message]] = read_file) -> None:
    """Serve on the standard streams; what parsers print there goes to standard error."""
    with os.fdopen(os.dup(0), "rb") as tasks, os.fdopen(os.dup(1), "wb") as messages:
        os.dup2(2, 1)
        serve(read, tasks, messages)
