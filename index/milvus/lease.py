"""One writer at a time over all machines: a lease in Milvus, taken for two minutes and renewed while writing.

Milvus has no compare-and-set: whoever writes the lease waits a moment and reads whose it is.
"""

import json
import time
from uuid import uuid4

from index.errors import LibraryError
from index.milvus.tables import LEASE, Tables

_SECONDS = 120.0
_RENEWED = 30.0
_MOMENT = 0.3


class Lease:
    """The right to write, from `take` to `release`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._me = uuid4().hex
        self._until = 0.0

    def take(self) -> None:
        """Take the lease; LibraryError when another writer holds it."""
        self._refuse_other()
        self._write()
        if not self._tables.server.address.lite:  # one process holds a Lite file
            time.sleep(_MOMENT)
            self._refuse_other()

    def renew(self) -> None:
        """Keep the lease; LibraryError when another writer has taken it, so that nothing more is written."""
        if time.time() > self._until - _SECONDS + _RENEWED:
            self._refuse_other()
            self._write()

    def release(self) -> None:
        """Give the lease back."""
        self._tables.put("lease", {LEASE: json.dumps({"holder": "", "until": 0})})

    def _write(self) -> None:
        self._until = time.time() + _SECONDS
        self._tables.put("lease", {LEASE: json.dumps({"holder": self._me, "until": self._until})})

    def _refuse_other(self) -> None:
        held = json.loads(self._tables.record(LEASE, "Strong") or "{}")
        if held.get("holder") not in (None, "", self._me) and held["until"] > time.time():
            raise LibraryError(
                f"另一台机器正在写入 {self._tables.server.address.shown}；请等它结束后再试"
                f"（那个程序若已中断，{round(held['until'] - time.time())} 秒后即可写入）"
            )
