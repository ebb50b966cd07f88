"""published.sqlite in the writer's workspace: what Milvus holds of the catalog, and how far a publication has come.

It is derived: without it everything is published again. Each step is one transaction, made after Milvus has confirmed
what belongs to it, so that a publication that was cut off goes on where it was and nothing is counted twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FILE = "published.sqlite"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS terms (term TEXT PRIMARY KEY, passages INTEGER NOT NULL, documents INTEGER NOT NULL,
                                  written INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS terms_to_write ON terms (term) WHERE written = 0;
CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""


class Ledger:
    """The opened file; one process writes it, under the workspace's lock."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / FILE, isolation_level=None, timeout=30, check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run a block as one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def fact(self, name: str) -> int:
        """A number that is kept, -1 when it never was."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else -1

    def note(self, name: str, value: int) -> None:
        """Keep a number."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def clear(self) -> None:
        """Forget everything."""
        with self.step():
            for table in ("facts", "terms", "records"):
                self._db.execute(f"DELETE FROM {table}")

    def count(self, kind: str, terms: Mapping[str, int]) -> None:
        """Add to how many passages, or documents, hold each term."""
        self._db.executemany(
            f"INSERT INTO terms (term, {kind}, {'documents' if kind == 'passages' else 'passages'}) VALUES (?, ?, 0) "
            f"ON CONFLICT (term) DO UPDATE SET {kind} = max(0, {kind} + excluded.{kind}), written = 0",
            list(terms.items()),
        )

    def add(self, name: str, by: int) -> None:
        """Add to a number that is kept."""
        self.note(name, max(0, self.fact(name)) + by)

    def terms_to_write(self, most: int) -> dict[str, str]:
        """Up to so many terms whose counts Milvus does not have, with "passages documents"."""
        found = self._db.execute("SELECT term, passages, documents FROM terms WHERE written = 0 LIMIT ?", (most,))
        return {term: f"{passages} {documents}" for term, passages, documents in found}

    def terms_written(self, terms: Iterable[str]) -> None:
        """Note that Milvus has these."""
        self._db.executemany("UPDATE terms SET written = 1 WHERE term = ?", [(term,) for term in terms])

    def bodies(self) -> dict[str, str]:
        """What Milvus has of the records that are compared: key → digest of the body."""
        return dict(self._db.execute("SELECT key, body FROM records").fetchall())

    def records_written(self, written: Mapping[str, str], gone: Iterable[str]) -> None:
        """Note that Milvus has these, and no longer those."""
        self._db.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", list(written.items()))
        self._db.executemany("DELETE FROM records WHERE key = ?", [(key,) for key in gone])
