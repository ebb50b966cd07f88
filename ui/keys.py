"""Keys for those who may use a served library: made once, shown once, kept as digests in the library's folder."""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock

from index.errors import LibraryError, QueryError

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")  # each may do what those before it may

_FILE = "keys.json"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_KEY = re.compile(r"yd_(?P<id>[0-9a-f]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. `digest` is the SHA-256 of the whole key: it is 256 random bits, so needs no salt."""

    id: str
    name: str
    scope: Scope
    made: str
    digest: str

    def may(self, scope: Scope) -> bool:
        """Whether this key is good for what needs `scope`."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


class Keys:
    """The keys of one library; a change is seen by a running server at its next request."""

    def __init__(self, folder: Path) -> None:
        """The keys kept in a library's folder; none when there is no such folder or file."""
        self._file = folder / _FILE
        self._read: tuple[int, tuple[Key, ...]] = (-1, ())

    def all(self) -> tuple[Key, ...]:
        """Every key, oldest first. LibraryError when their file is damaged: better no door than an open one."""
        try:
            changed = self._file.stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            return ()
        if self._read[0] != changed:
            try:
                rows = json.loads(self._file.read_text(encoding="utf-8"))
                self._read = (changed, tuple(Key(**row) for row in rows))
            except (OSError, ValueError, TypeError) as error:
                raise LibraryError(
                    f"密钥文件 {self._file} 读不了（{error}）；请恢复它，或删除后重新发放密钥"
                ) from error
        return self._read[1]

    def add(self, name: str, scope: Scope) -> str:
        """Make a key and return it; it cannot be shown again. QueryError for a name that is taken or none."""
        name = name.strip()
        if not _NAME.fullmatch(name):
            raise QueryError("密钥要有名称（60 字以内），写明发给谁、作何用途")
        id = secrets.token_hex(4)
        key = f"yd_{id}_{secrets.token_urlsafe(32)}"
        with self._locked():
            known = self.all()
            if any(one.name == name for one in known):
                raise QueryError(f"已有名为 {name} 的密钥；请换一个名称，或先撤销：yinde keys remove {name}")
            made = datetime.now(UTC).isoformat(timespec="seconds")
            self._write((*known, Key(id, name, scope, made, _digest(key))))
        return key

    def remove(self, name: str) -> None:
        """Take a key back by its name or id. QueryError when there is none."""
        with self._locked():
            known = self.all()
            kept = tuple(one for one in known if name not in (one.name, one.id))
            if len(kept) == len(known):
                raise QueryError(f"没有名为 {name} 的密钥；现有的见 yinde keys list")
            self._write(kept)

    def holder(self, key: str) -> Key | None:
        """Whose key this is; None for no key of this library. Takes the same time wherever it differs."""
        match = _KEY.fullmatch(key)
        if match is None:
            return None
        digest = _digest(key)
        known = (one for one in self.all() if one.id == match["id"])
        return next((one for one in known if hmac.compare_digest(one.digest, digest)), None)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with FileLock(self._file.with_suffix(".lock"), timeout=10):
                yield
        except OSError as error:
            raise LibraryError(f"密钥文件 {self._file} 写不进去（{error}）；请检查权限和磁盘空间") from error

    def _write(self, keys: tuple[Key, ...]) -> None:
        """Whole or not at all, readable by its owner alone."""
        draft = self._file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(key) for key in keys], file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
