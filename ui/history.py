"""What was asked on the page, kept in the library's folder for the reader who asked, until switched off or cleared."""

import json
import logging
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from index.errors import LibraryError

log = logging.getLogger(__name__)

FILE = "history.json"
_LONGEST = 200  # questions of one reader, the oldest forgotten first
_READERS = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the view it was asked in, and when (ISO 8601, local)."""

    question: str
    view: str
    at: str


@dataclass(slots=True)
class Questions:
    """The latest questions by reader; a reader is a key's name, or "" while there are no keys.

    Without a folder nothing is kept, and what was kept is neither shown nor touched. A damaged file counts as empty
    and is replaced by the next question.
    """

    folder: Path | None
    _lock: Lock = field(default_factory=Lock)

    def add(self, reader: str, question: str, view: str) -> None:
        """Keep a question as the latest, once; nothing where the reader has switched this off.

        A search is not refused because its question cannot be kept: on a full or read-only disk that is logged.
        """
        with self._lock:
            kept = self._read()
            one = kept.setdefault(reader, {"off": False, "asked": []})
            if self.folder is None or one["off"] or not question.strip():
                return
            new = {"question": question.strip(), "view": view, "at": datetime.now().isoformat(timespec="seconds")}
            others = [old for old in one["asked"] if (old["question"], old["view"]) != (new["question"], view)]
            one["asked"] = [new, *others][:_LONGEST]
            try:
                self._write(kept)
            except LibraryError as error:
                log.warning("%s", error)

    def latest(self, reader: str) -> list[Asked]:
        """A reader's questions, the latest first."""
        with self._lock:
            return [Asked(**old) for old in self._read().get(reader, {"asked": []})["asked"]]

    def all(self) -> list[str]:
        """What all readers asked, once each."""
        with self._lock:
            return list(dict.fromkeys(old["question"] for one in self._read().values() for old in one["asked"]))

    def keeping(self, reader: str) -> bool:
        """Whether this reader's questions are kept."""
        with self._lock:
            return self.folder is not None and not self._read().get(reader, {"off": False})["off"]

    def switch(self, reader: str, *, on: bool) -> None:
        """Keep a reader's questions from now on, or no longer; what was kept is then forgotten.

        LibraryError when the disk refuses, as for `clear`.
        """
        with self._lock:
            kept = self._read()
            kept[reader] = {"off": not on, "asked": kept.get(reader, {"asked": []})["asked"] if on else []}
            self._write(kept)

    def clear(self, reader: str) -> None:
        """Forget what a reader asked."""
        with self._lock:
            kept = self._read()
            if reader in kept:
                kept[reader]["asked"] = []
                self._write(kept)

    def _read(self) -> dict[str, Any]:
        if self.folder is None:
            return {}
        try:
            kept = json.loads((self.folder / FILE).read_text(encoding="utf-8"))
            for one in kept.values():
                one["off"], one["asked"] = bool(one["off"]), [_parts(old) for old in one["asked"]]
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}
        return dict(kept)

    def _write(self, kept: dict[str, Any]) -> None:
        """Replace the file in one step, so that no reader of it meets half a file; LibraryError when it cannot be."""
        if self.folder is None:
            return
        while len(kept) > _READERS:
            kept.pop(next(iter(kept)))
        new = self.folder / f"{FILE}.new"
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
                json.dump(kept, file, ensure_ascii=False)
            new.replace(self.folder / FILE)
        except OSError as error:
            raise LibraryError(f"{self.folder / FILE} 写不进去（{error.strerror}）；请检查磁盘空间和权限") from error


def _parts(old: dict[str, Any]) -> dict[str, str]:
    """A kept question's three parts; KeyError where one is missing."""
    return {name: str(old[name]) for name in ("question", "view", "at")}
