"""Measuring from the page: `yinde-eval` runs in a process of its own over a question set in the library's folder.

评测/sets/<name>/   question sets: what readers judged (`ui.judge`), and any other set that is put there
评测/runs/<name>/   runs, each with its report.html; the name is the time it began and the set's
评测/cache/         the library that a run builds, and its vectors
"""

import atexit
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Literal

from index.errors import LibraryError, NotFoundError
from index.library import Library
from ui.judge import NAME, Judgements

State = Literal["running", "done", "failed", "cancelled"]
_LONGEST = 3600.0  # seconds that a run may take
_LISTED = 50
_LOOK = 0.3


@dataclass(frozen=True, slots=True)
class Measuring:
    """A run that goes on, or how it ended; `done` of `total` questions are asked, 0 of them while it indexes."""

    name: str
    state: State
    done: int
    total: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class RunFound:
    """A finished run: what was asked, when (ISO 8601), and its measures by name, means in [0, 1]."""

    name: str
    set_name: str
    started: str
    cases: int
    measures: dict[str, float]


class Measurings:
    """The question sets and runs of a library, one run at a time."""

    def __init__(self, folder: Path, library: Library) -> None:
        """`folder` is the library's; nothing is made in it before something is written."""
        self._folder = folder / "评测"
        atexit.register(self.cancel)
        self._library = library
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._latest: Measuring | None = None
        self.judgements = Judgements(self._folder / "sets" / NAME)

    def sets(self) -> list[str]:
        """The names of the question sets, what was judged here first."""
        found = sorted(file.parent.name for file in self._folder.glob("sets/*/queries.jsonl"))
        found += sorted(file.parent.name for file in self._folder.glob("sets/*/cases.jsonl"))
        return sorted(found, key=lambda name: name != NAME)

    def runs(self) -> list[RunFound]:
        """The finished runs, the latest first, at most 50; what cannot be read is left out."""
        files = sorted(self._folder.glob("runs/*/summary.json"), reverse=True)[:_LISTED]
        return [run for file in files if (run := _run(file)) is not None]

    def report(self, name: str) -> bytes:
        """A run's report as HTML; NotFoundError when there is none."""
        for file in self._folder.glob("runs/*/report.html"):
            if file.parent.name == name:
                return file.read_bytes()
        raise NotFoundError(f"没有“{name}”这次评测的报告")

    def latest(self) -> Measuring | None:
        """The run that goes on or ended last, None before the first."""
        return self._latest

    def start(self, set_name: str, *, answers: bool) -> Measuring:
        """Begin a run. NotFoundError for an unknown set, LibraryError while another run goes on."""
        if set_name not in self.sets():
            raise NotFoundError(f"没有“{set_name}”这个问题集")
        with self._lock:
            if self._latest and self._latest.state == "running":
                raise LibraryError("一次评测正在进行，请等它完成，或先取消")
            name = f"{datetime.now():%Y%m%d-%H%M%S}-{set_name}"
            self._latest = Measuring(name, "running", 0, _count(self._folder / "sets" / set_name))
            Thread(target=self._work, args=(set_name, answers), daemon=True).start()
            return self._latest

    def cancel(self) -> None:
        """End the run that goes on; what it has written so far stays out of the list."""
        with self._lock:
            if self._latest and self._latest.state == "running":
                self._latest = replace(self._latest, state="cancelled")
                if self._process:
                    self._process.terminate()

    def _work(self, set_name: str, answers: bool) -> None:
        assert self._latest is not None
        run = self._folder / "runs" / self._latest.name
        folder, cache = self._folder / "sets" / set_name, self._folder / "cache"
        try:
            if set_name == NAME:
                self.judgements.write_corpus(self._library)
            before = next((found.name for found in self.runs() if found.set_name == set_name), None)
            asked = ["run", folder, "--out", run, "--cache", cache, "--answers" if answers else "--no-answers"]
            self._call(asked, lambda: self._look(run))
            self._report(run, run.parent / before if before else None)
            self._end("done")
        except (LibraryError, OSError) as error:
            self._end("failed", str(error))

    def _report(self, run: Path, before: Path | None) -> None:
        """Write a run's report, compared with the one before where that can still be read."""
        to = ["--out", run / "report.html"]
        if before:
            with suppress(LibraryError):
                self._call(["report", before, run, *to], lambda: None)
                return
        self._call(["report", run, *to], lambda: None)

    def _call(self, arguments: Sequence[object], look: Callable[[], None]) -> None:
        """Run yinde-eval to its end; LibraryError with what it said last when it fails or takes an hour."""
        with self._lock:
            if self._latest and self._latest.state != "running":
                raise LibraryError("已取消")
            command = [sys.executable, "-m", "eval", *map(str, arguments)]
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        said: list[bytes] = []
        with process:
            reading = Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
            reading.start()
            until = time.monotonic() + _LONGEST
            while process.poll() is None:
                look()
                if time.monotonic() > until:
                    process.kill()
                time.sleep(_LOOK)
            reading.join(5)
        if process.returncode:
            lines = b"".join(said).decode("utf-8", "replace").strip().splitlines()
            raise LibraryError(lines[-1] if lines else "评测没有完成；请看服务的日志")

    def _look(self, run: Path) -> None:
        try:
            lines = (run / "records.part.jsonl").read_bytes().count(b"\n") - 1
        except OSError:
            return
        with self._lock:
            if self._latest and self._latest.state == "running":
                self._latest = replace(self._latest, done=max(lines, 0))

    def _end(self, state: State, error: str = "") -> None:
        with self._lock:
            self._process = None
            if self._latest and self._latest.state == "running":
                done = self._latest.total if state == "done" else self._latest.done
                self._latest = replace(self._latest, state=state, done=done, error=error)


def _count(folder: Path) -> int:
    """How many questions a set asks."""
    file = next(file for file in (folder / "queries.jsonl", folder / "cases.jsonl") if file.is_file())
    return sum(bool(line.strip()) for line in file.read_text(encoding="utf-8", errors="replace").splitlines())


def _run(file: Path) -> RunFound | None:
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        means = {name: float(value["mean"]) for name, value in told["measures"].items() if value["n"]}
        return RunFound(file.parent.name, told["set"]["name"], told["started"], told["set"]["cases"], means)
    except (OSError, ValueError, KeyError, TypeError):
        return None
