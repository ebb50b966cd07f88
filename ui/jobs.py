"""Long work on a library, one at a time: queued, followed, cancelled; it goes on when whoever asked for it has left."""

import logging
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Condition, Event, Thread
from typing import Literal

from index.courtesy import give_way
from index.errors import BusyError, NotFoundError, YindeError
from index.staging import Progress
from index.types import SyncReport

Kind = Literal["upload", "delete", "reindex"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
Work = Callable[[Progress], SyncReport]

MOST_WAITING = 200
_REMEMBERED = 1000
_PATIENCE = 600.0  # seconds that another program's writing is waited for
_AGAIN = 0.5
WRITING = "写入"  # the stage of a sync that is not broken off: the catalog has changed already
WAITING = "等待其他程序写完"

log = logging.getLogger(__name__)


class Cancelled(Exception):  # noqa: N818 - asked for, no error
    """Raised inside the work when somebody has cancelled it: whoever does it undoes what it has begun."""


class Stopped(Exception):  # noqa: N818
    """Raised inside the work when the program ends: what was received stays, for the next start to go on with."""


class CrowdedError(YindeError):
    """So much waits already that no more is taken."""


@dataclass(frozen=True, slots=True)
class Job:
    """Some long work as it stands. `stage`, `done` and `total` are those of a sync's progress.

    `files` are what it is about, by name; `by` whose key asked; `made`, `ended` ISO 8601, the latter "" until then.
    `report` is there once it is done, `error` tells why it failed. `version` grows with each change.
    """

    id: str
    kind: Kind
    files: tuple[str, ...]
    by: str
    made: str
    state: State = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    ended: str = ""
    error: str = ""
    report: SyncReport | None = None
    version: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(slots=True)
class _Order:
    work: Work
    interrupt: Callable[[], None]
    cancelled: Event = field(default_factory=Event)


class Jobs:
    """A queue with one worker, a thread that starts with the first job. The latest thousand are remembered."""

    def __init__(self) -> None:
        """Nothing to do yet."""
        self._changed = Condition()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._orders: dict[str, _Order] = {}
        self._waiting: deque[str] = deque()
        self._stopping = Event()
        self._thread: Thread | None = None

    def submit(
        self,
        kind: Kind,
        files: Sequence[str],
        work: Work,
        *,
        by: str = "",
        interrupt: Callable[[], None] = lambda: None,
    ) -> Job:
        """Queue some work; CrowdedError when too much waits.

        `work` reports its progress, which raises `Cancelled` or `Stopped` when it is to break off. A cancelled job that
        has not begun is still called, to undo. `interrupt` cuts short a step that takes long.
        """
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise CrowdedError(f"已有 {MOST_WAITING} 件收录工作在排队；请稍后再试")
            if self._stopping.is_set():
                raise CrowdedError("服务正在停止；请稍后再试")
            job = Job(secrets.token_hex(8), kind, tuple(files), by, _now())
            self._jobs[job.id] = job
            self._orders[job.id] = _Order(work, interrupt)
            self._waiting.append(job.id)
            self._forget()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="jobs", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return job

    def get(self, id: str) -> Job:
        """A job as it stands now; NotFoundError when it is unknown or long forgotten."""
        with self._changed:
            job = self._jobs.get(id)
        if job is None:
            raise NotFoundError(f"没有编号为 {id} 的工作，或记录已清除")
        return job

    def all(self) -> list[Job]:
        """Every job that is remembered, the latest first."""
        with self._changed:
            return list(reversed(self._jobs.values()))

    def cancel(self, id: str) -> Job:
        """Have a job break off at its next step; one that is over stays as it is. NotFoundError as in `get`."""
        job = self.get(id)
        with self._changed:
            order = self._orders.get(id)
            if order is None:
                return self._jobs.get(id, job)
            order.cancelled.set()
            self._changed.notify_all()
            running = self._jobs[id].state == "running"
            if not running:
                self._change(id, state="cancelled", ended=_now())
            job = self._jobs[id]
        if running:
            order.interrupt()
        return job

    def wait(self, id: str, *, version: int = -1, seconds: float = 15.0) -> Job:
        """The job once it is at another version than this, or as it is after so many seconds."""
        self.get(id)
        with self._changed:
            self._changed.wait_for(lambda: id not in self._jobs or self._jobs[id].version != version, timeout=seconds)
        return self.get(id)

    def follow(self, id: str) -> Iterator[Job]:
        """The job now and at each change, until it is over; the reader may leave at any time."""
        job = self.get(id)
        yield job
        while not job.over:
            later = self.wait(id, version=job.version)
            if later.version != job.version:
                job = later
                yield job

    def close(self, *, seconds: float = 10.0) -> None:
        """Have the work break off and wait for it so long; no more is taken."""
        self._stopping.set()
        with self._changed:
            running = [self._orders[id] for id, job in self._jobs.items() if job.state == "running"]
            self._changed.notify_all()
        for order in running:
            order.interrupt()
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        give_way()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
                if self._stopping.is_set():
                    return
                id = self._waiting.popleft()
                order = self._orders[id]
                if not order.cancelled.is_set():
                    self._change(id, state="running")
            try:
                self._work(id, order)
            finally:
                with self._changed:
                    self._orders.pop(id, None)

    def _work(self, id: str, order: _Order) -> None:
        try:
            report = self._patiently(id, order)
            self._end(id, "done", report=report)
        except Cancelled:
            self._end(id, "cancelled")
        except Stopped:
            self._end(id, "queued")
        except YindeError as error:
            self._end(id, "failed", error=str(error))
        except Exception:  # a bug must not end the worker; the log has its traceback
            log.exception("job %s", id)
            self._end(id, "failed", error="程序内部出错，详情见服务的日志；文库未受影响")

    def _patiently(self, id: str, order: _Order) -> SyncReport:
        """Do the work, waiting while another program writes."""
        until = time.monotonic() + _PATIENCE

        def progress(stage: str, done: int, total: int) -> None:
            if stage != WRITING and order.cancelled.is_set():
                raise Cancelled
            if stage != WRITING and self._stopping.is_set():
                raise Stopped
            with self._changed:
                job = self._jobs[id]
                if (stage, done, total) != (job.stage, job.done, job.total):
                    self._change(id, stage=stage, done=done, total=total)

        while True:
            try:
                return order.work(progress)
            except BusyError:
                if time.monotonic() > until:
                    raise
                with self._changed:
                    self._change(id, stage=WAITING, done=0, total=0)
                    # Then it is called again, also to undo.
                    self._changed.wait_for(lambda: order.cancelled.is_set() or self._stopping.is_set(), timeout=_AGAIN)

    def _end(self, id: str, state: State, *, error: str = "", report: SyncReport | None = None) -> None:
        with self._changed:
            self._orders.pop(id, None)
            if not self._jobs[id].over:
                ended = "" if state == "queued" else _now()
                self._change(id, state=state, ended=ended, error=error, report=report)

    def _change(self, id: str, **changes: object) -> None:
        job = self._jobs[id]
        self._jobs[id] = replace(job, **changes, version=job.version + 1)  # type: ignore[arg-type]
        self._changed.notify_all()

    def _forget(self) -> None:
        """Keep the latest; what is not over is never forgotten."""
        over = (id for id, job in list(self._jobs.items()) if job.over and id not in self._orders)
        for id in over:
            if len(self._jobs) <= _REMEMBERED:
                return
            del self._jobs[id]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
