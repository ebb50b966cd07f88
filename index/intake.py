"""Files read ahead in a process of their own, so that nothing a file does can stop a sync."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import IO, Self

from index.courtesy import begun_nicely
from index.listing import below
from index.reading import Began, Done, Message, Refused, Taken, Task, Turned
from index.worker import NO_MEMORY, TIMED_OUT, Begin, Limits

_AHEAD = 8  # tasks sent before the first is answered; their bytes stay below what a pipe holds
_WEIGHT = 64 << 20  # bytes of documents that wait to be taken
_DEATHS = 3  # parts of one container that may end the process before the rest of it is given up
_ROOM = Path(__file__).resolve().parent.parent
WORKER = (sys.executable, "-P", "-c", "from index.worker import main; main()")

log = logging.getLogger(__name__)


class Reader:
    """The process in which files are read, kept from one sync to the next; started when there is something to read."""

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = command
        self._worker: _Worker | None = None
        self._begin: Begin | None = None
        self._finalizer = weakref.finalize(self, _stop, [])

    def read(self, tasks: Sequence[Task], *, model: str, limits: Limits) -> "Intake":
        """Read files one after another, ahead of the one who takes their messages; one intake at a time."""
        return Intake(self, tasks, Begin(model, limits))

    def worker(self, begin: Begin) -> "tuple[_Worker, bool]":
        """A process that works under these terms, and whether it is a new one."""
        if self._worker and self._begin == begin:
            return self._worker, False
        self.close()
        self._worker, self._begin = _Worker(self._command, begin), begin
        self._finalizer = weakref.finalize(self, _stop, [self._worker])
        return self._worker, True

    @property
    def pid(self) -> int:
        """The process's number, 0 while there is none."""
        return self._worker.pid if self._worker else 0

    def kill(self) -> None:
        """End the process now; whoever waits for its messages gets none any more."""
        if self._worker:
            self._worker.kill()

    def close(self) -> None:
        """End the process, if there is one; another is started when needed."""
        self._worker = None
        self._finalizer()


def _stop(workers: "list[_Worker]") -> None:
    for worker in workers:
        worker.kill()
        worker.end()


class Intake:
    """Messages about files that a process reads ahead; a context, at whose early end the process is ended.

    A file over which the process dies is refused with the reason, and the next goes on in a new one.
    """

    def __init__(self, reader: Reader, tasks: Sequence[Task], begin: Begin) -> None:
        """Use `Reader.read`."""
        self._reader = reader
        self._waiting = deque(tasks)
        self._begin = begin
        self._mail = _Mail()
        self._deaths = 0
        self._page = 0  # last told of, of the first task
        self._thread = Thread(target=copy_context().run, args=(self._run,), name="intake", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mail.close()
        if not self._mail.ended:
            self._reader.kill()
        self._thread.join()

    def __iter__(self) -> Iterator[Message]:
        """The messages in the order of the tasks, `Done` last for each; `Began` is kept back."""
        while (message := self._mail.take()) is not None:
            yield message

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            while self._waiting and not self._mail.closed:
                self._serve()
        except BaseException as failed:  # noqa: BLE001 - raised again where the messages are taken
            error = failed
        finally:
            self._mail.end(error)

    def _serve(self) -> None:
        """Have one process read until it ends or nothing is left."""
        sent: deque[Task] = deque()
        answered: list[str] = []  # parts of the first task
        worker, heard = self._reader.worker(self._begin)
        served = False
        while (sent or self._waiting) and not self._mail.closed:
            try:
                while self._waiting and len(sent) < _AHEAD:
                    worker.send(self._waiting[0])
                    sent.append(self._waiting.popleft())
                message = worker.receive()
            except (EOFError, OSError, pickle.UnpicklingError):
                break
            heard = True
            if isinstance(message, Began):
                answered.append(message.path)
                continue
            self._page = message.page if isinstance(message, Turned) else 0
            self._mail.put(message)
            if isinstance(message, Done):
                sent.popleft()
                answered.clear()
                served = True
                self._deaths = 0
        else:
            if not sent:
                return
        worker.end()
        self._reader.close()
        # A process that has grown large leaves by itself, with status 0, between two files; an idle one may be gone.
        if sent and heard and (worker.status or not served) and not self._mail.closed:
            self._bury(sent, answered, self._cause(worker, sent[0]))
        self._waiting.extendleft(reversed(sent))

    def _bury(self, sent: deque[Task], answered: Sequence[str], cause: str) -> None:
        """Refuse what the worker died over; a container goes on behind it, a plain file is done."""
        task = sent.popleft()
        # An archive within the archive is entered again, for what comes after the part that ended the process.
        skip = task.skip | {path for path in answered if path == answered[-1] or not below(answered[-1], path)}
        self._page = 0
        self._mail.put(Refused(answered[-1] if answered else task.file, cause))
        log.debug("%s: %s", answered[-1] if answered else task.file, cause)
        self._deaths += 1
        if answered and self._deaths <= _DEATHS:
            sent.appendleft(replace(task, skip=skip))
            return
        if answered:
            self._mail.put(Refused(task.file, "里面有多个文件读到一半就出错，其余的没有读"))
        self._mail.put(Done(task.file))
        self._deaths = 0

    def _cause(self, worker: "_Worker", task: Task) -> str:
        limits, status = self._begin.limits, worker.status
        if TIMED_OUT in worker.printed:
            if self._page:
                return f"读到第 {self._page} 页附近停住了，已停止；请拆分后再试，或用原来的软件另存一份"
            return f"读了 {limits.of(task.file):.0f} 秒还没读完，已停止；请拆分后再试，或用原来的软件另存一份"
        if status == NO_MEMORY:
            return f"读它需要的内存超过 {limits.memory / 2**30:.1f} GB，已停止；请拆分后再试"
        if status == -9:  # SIGKILL
            return "读它的进程被系统终止，多半是内存不够；请拆分后再试"
        return f"读它的进程崩溃了（{status}）；文件可能已损坏，请用原来的软件另存一份再试"


class _Worker:
    """One process and its two pipes."""

    def __init__(self, command: Sequence[str], begin: Begin) -> None:
        # What parsers print may be anything; it is kept for the log alone.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        path = os.pathsep.join(filter(None, [str(_ROOM), os.environ.get("PYTHONPATH")]))
        self._process: subprocess.Popen[bytes] = begun_nicely(
            lambda: subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # its own children, such as LibreOffice, end with it; Ctrl-C is ours to handle
            )
        )
        self.status = 0  # once it has ended
        self.printed = ""
        try:
            self.send(begin)
            pickle.load(self._pipes[1])  # Ready
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self.end()
            raise RuntimeError(f"the reading process does not start ({self.status}): {self.printed}") from error

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        tasks, messages = self._process.stdin, self._process.stdout
        if tasks is None or messages is None:
            raise EOFError
        return tasks, messages

    def send(self, what: Task | Begin) -> None:
        """Pass something to the process."""
        pickle.dump(what, self._pipes[0], pickle.HIGHEST_PROTOCOL)
        self._pipes[0].flush()

    def receive(self) -> Message:
        """The next thing it says; EOFError when it has ended."""
        message: Message = pickle.load(self._pipes[1])
        return message

    def kill(self) -> None:
        """End the process and its children now, unless it has ended; the pipes are left to whoever reads them."""
        with suppress(OSError):
            if self._process.returncode is not None:
                return
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def end(self) -> None:
        """Have the process end, as it does when its tasks do, and let go of it; a second call does nothing."""
        if self._errors.closed:
            return
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()
        _await(self._process, seconds=10)
        self.kill()
        self.status = self._process.wait()
        self._errors.seek(0)
        self.printed = self._errors.read()[-65536:].decode("utf-8", "replace")
        self._errors.close()
        if self.status:
            log.debug("reading process ended with %d: %s", self.status, self.printed)


def _await(process: "subprocess.Popen[bytes]", *, seconds: float) -> None:
    """Wait for a process to end, on POSIX without taking its number away, so that its group can still be ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if hasattr(os, "waitid"):
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return
        elif process.poll() is not None:
            return
        time.sleep(0.005)


class _Mail:
    """Messages between two threads, at most so many bytes of them."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._messages: deque[Message] = deque()
        self._weight = 0
        self.ended = False
        self._error: BaseException | None = None
        self.closed = False

    def put(self, message: Message) -> None:
        """Add a message, once there is room."""
        with self._changed:
            self._changed.wait_for(lambda: self._weight < _WEIGHT or self.closed)
            self._messages.append(message)
            self._weight += _weight(message)
            self._changed.notify_all()

    def take(self) -> Message | None:
        """The next message, None after the last. Raises what the sender failed with."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self.ended)
            if self._messages:
                message = self._messages.popleft()
                self._weight -= _weight(message)
                self._changed.notify_all()
                return message
            if self._error:
                raise self._error
            return None

    def end(self, error: BaseException | None) -> None:
        """No more messages come."""
        with self._changed:
            self.ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody takes messages any more."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()


def _weight(message: Message) -> int:
    return len(message.packed) if isinstance(message, Taken) else 0
