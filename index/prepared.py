"""Folders that are costly to make: written once, whole or not at all, checked on every later use."""

import errno
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from index.errors import ModelError

MANIFEST = "manifest.json"
Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


def silent(step: str, done: int, total: int) -> None:
    """Report progress to nobody."""


def models_folder() -> Path:
    """Where prepared models are kept: `yinde/models` in the user's cache folder."""
    return user_cache_path("yinde") / "models"


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds exactly what was written: sizes and times of change, else digests, agree."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return all(_unchanged(folder / name, *facts) for name, facts in manifest.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def prepared(folder: Path, write: Callable[[Path], None]) -> Path:
    """`folder`, whole; where it is missing or damaged, `write` fills a sibling that then takes its place.

    Processes that ask at the same time wait for the one that writes. Raises ModelError when the disk is full or
    the folder cannot be written; nothing half-written is left in its place.
    """
    if is_whole(folder):
        return folder
    with _disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f".{folder.name}.lock"):
            if not is_whole(folder):
                _replace(folder, write)
    return folder


def _replace(folder: Path, write: Callable[[Path], None]) -> None:
    for left_over in folder.parent.glob(f".{folder.name}.*.tmp"):  # of a run that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    fresh = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.tmp"
    fresh.mkdir()
    try:
        write(fresh)
        facts = {path.relative_to(fresh).as_posix(): _facts(path) for path in _files(fresh)}
        (fresh / MANIFEST).write_text(json.dumps(facts, indent=1), "utf-8")
        if folder.exists():
            damaged = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.tmp"
            folder.rename(damaged)
            shutil.rmtree(damaged, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _facts(path: Path) -> tuple[int, int, str]:
    """Size, time of change in ns, SHA-256; the file is on disk when they are taken."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    status = path.stat()
    return status.st_size, status.st_mtime_ns, digest


def _unchanged(path: Path, size: int, changed: int, digest: str) -> bool:
    status = path.stat()
    if status.st_size != size:
        return False
    # A copied folder has new times and the same content.
    return status.st_mtime_ns == changed or _facts(path)[2] == digest


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            free = shutil.disk_usage(_existing(folder)).free >> 20
            raise ModelError(
                f"磁盘空间不足，无法准备模型：{folder}（剩余 {free} MB，约需 1.2 GB）。请清理磁盘后重试。"
            ) from error
        raise ModelError(
            f"无法写入模型缓存目录 {folder.parent}：{error.strerror or error}。"
            "请修改其权限，或用环境变量 XDG_CACHE_HOME 指定可写的目录。"
        ) from error


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
