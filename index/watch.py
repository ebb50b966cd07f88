"""A library that follows its folders: synced at the start, and again after every quiet moment that follows a change."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Event

from index.errors import BusyError
from index.listing import left_aside, watched_folder
from index.load.abilities import abilities
from index.types import SyncReport

_QUIET = 1600  # milliseconds without a change before a sync: editors save in several steps
_LOOK = 2000  # milliseconds between looks whether a folder has gone or come


def watch(
    paths: Sequence[Path],
    *,
    apart: Path,
    sync: Callable[[Sequence[Path]], SyncReport],
    tell: Callable[[SyncReport], None],
    note: Callable[[str], None],
    stop: Event,
    quiet: int = _QUIET,
    look: int = _LOOK,
) -> None:
    """Sync `paths` now and whenever something below them changes, until `stop` is set or on KeyboardInterrupt.

    What was refused for lack of LibreOffice or of the extra `ocr` is tried again when that is installed, and all while
    another process writes. `tell` gets every report that says something new, `note` a sentence when a folder goes or
    comes, or another process is waited for. A folder that is gone, or whose mount is, is left out until it returns, and
    the library keeps what it has of it. Changes in `apart`, the library's own folder, are nobody's. `quiet` and `look`
    are in milliseconds.
    """
    from watchfiles import Change
    from watchfiles import watch as watch_files

    def matters(_change: Change, path: str) -> bool:
        return not left_aside(os.path.basename(path)) and not Path(path).is_relative_to(apart)

    roots = _Roots(paths, note)
    told: SyncReport | None = None
    able, busy = abilities(), False
    while not stop.is_set():
        here = roots.present()
        if not here:
            stop.wait(look / 1000)
            continue
        due = True  # what happened before the watching began
        try:
            for changes in watch_files(
                *sorted({watched_folder(path) for path in here}),
                watch_filter=matters,
                debounce=quiet,
                rust_timeout=look,
                yield_on_timeout=True,
                stop_event=stop,
                ignore_permission_denied=True,
            ):
                if roots.present() != here:
                    break
                if (now := abilities()) != able:
                    able, due = now, True
                if due or changes:
                    try:
                        report = sync(here)
                    except BusyError:  # an upload, say: no reason to stop watching
                        if not busy:
                            note("另一个程序正在写入文库，等它结束后更新。")
                        due = busy = True
                        continue
                    busy = False
                    if told is None or _news(told, report):
                        tell(report)
                    told, due = report, False
        except FileNotFoundError:  # a folder that went between the look and the watching
            continue


def _news(before: SyncReport, now: SyncReport) -> bool:
    return bool(now.added or now.changed or now.removed) or now.failed != before.failed


class _Roots:
    """The paths asked for, and which of them are there; remembers the file system each was on."""

    def __init__(self, paths: Iterable[Path], note: Callable[[str], None]) -> None:
        self._paths = [Path(os.path.abspath(path.expanduser())) for path in paths]
        self._devices: dict[Path, int] = {}
        self._away: set[Path] = set()
        self._note = note

    def present(self) -> list[Path]:
        """The paths that are there now; says so when one has gone or come."""
        here = []
        for path in self._paths:
            if self._is_there(path):
                here.append(path)
                if path in self._away:
                    self._away.discard(path)
                    self._note(f"{path} 回来了，继续监视。")
            elif path not in self._away:
                self._away.add(path)
                self._note(f"{path} 不见了；文库里已有的内容保留，等它回来。")
        return here

    def _is_there(self, path: Path) -> bool:
        """Whether a path can be listed: an empty folder on another file system than before is a mount that is gone."""
        folder = watched_folder(path)
        try:
            device = folder.stat().st_dev
            if self._devices.get(path, device) != device and not any(folder.iterdir()):
                return False
        except OSError:
            return False
        self._devices[path] = device
        return True
