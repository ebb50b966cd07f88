"""How files are opened whose libraries write beside them to be read, where that cannot be: on a read-only medium."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory


def writable(folder: Path) -> bool:
    """Whether files can be made in `folder`, as far as its rights and its file system tell."""
    return os.access(folder, os.W_OK)


def located(path: Path, *, reading: bool = False) -> str:
    """The URI for `sqlite3.connect(…, uri=True)`; only to be read with `reading`, or in a folder one cannot write to.

    SQLite makes two files beside a database to read it. Where it cannot, the database is read as one that nobody
    changes; if another process is writing to it from elsewhere, those files are there and are used.
    """
    where = path.absolute().as_uri()
    if writable(path.parent):
        return f"{where}?mode=ro" if reading else where
    log = path.with_name(f"{path.name}-wal")
    return f"{where}?mode=ro" if log.exists() and log.stat().st_size else f"{where}?mode=ro&immutable=1"


def linked(folder: Path) -> "TemporaryDirectory[str] | None":
    """A folder that can be written to, with links to the files of `folder`, until it is let go; None if that can be.

    Tantivy locks the folder it opens an index in, also to read it.
    """
    if writable(folder):
        return None
    links = TemporaryDirectory(prefix="yinde-", ignore_cleanup_errors=True)
    for file in folder.absolute().iterdir():
        if not file.name.endswith(".lock"):
            (Path(links.name) / file.name).symlink_to(file)
    return links
