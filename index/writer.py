"""The one who writes to a library's folder, and what is told when that cannot be."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import BusyError, LibraryError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one who writes in `folder`: BusyError when another process is, LibraryError when the disk refuses.

    The folder is made where it is not there.
    The system lets go of a lock with the process that holds it, so a killed writer keeps nobody out.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "writer.lock", timeout=0):
            yield
    except Timeout:
        raise BusyError(f"另一个程序正在写入 {folder}；请等它结束后再试") from None
    except (OSError, sqlite3.OperationalError) as error:
        raise LibraryError(
            f"{folder} 写不进去（{error}）；请检查磁盘空间和权限后重新运行，已有的内容不受影响"
        ) from error
