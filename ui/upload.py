"""Files from outside on their way into a library's folder: bounded, under safe names, whole or not at all.

    uploads/
      .incoming-<id>/            being received; nobody else looks into it
      20260305-093000-<id>/      a batch: the files of one upload, each with its sidecar if it has one
        .upload.json             while its files are not yet in the library

A batch appears by one rename, so that a server which is killed leaves all of it or nothing.
"""

import json
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self

from index.errors import LibraryError, LoadError
from index.listing import left_aside
from index.reading import READABLE
from index.sidecar import SIDECAR, read_sidecar
from index.sniff import true_suffix
from index.types import Failure

MANIFEST = ".upload.json"
_INCOMING = ".incoming-"
_ABANDONED = 24 * 3600  # seconds after which what was being received is given up
_LONGEST = 180  # bytes of a name: sidecar's suffix and a mark included it stays below 255
# What some system or our own patterns read as more than a letter: wider twins look the same and mean nothing.
_WIDE = str.maketrans('\\/:*?"<>|[]#%', "＼／：＊？＂＜＞｜［］＃％")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class TooLargeError(LoadError):
    """A file or a whole upload is larger than is taken."""


class DiskFullError(LibraryError):
    """There is not enough room on the disk to take files in."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one upload may hold: bytes of a file, bytes in all, files; `spare` bytes stay free on the disk."""

    file: int = 256 << 20
    total: int = 512 << 20
    files: int = 500
    spare: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """The files of one upload as they lie in their folder, by name; `refused` were not taken, with the reason.

    With `replace` a file takes the place of the one uploaded last under the same name.
    """

    folder: Path
    names: tuple[str, ...]
    refused: tuple[Failure, ...] = ()
    replace: bool = False
    by: str = ""

    def discard(self) -> None:
        """Remove it with all its files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Uploads:
    """The folder in which uploaded files are kept; made when the first one comes."""

    def __init__(self, folder: Path, limits: UploadLimits = UploadLimits()) -> None:
        self.folder = folder.absolute()
        self.limits = limits

    def receive(self, *, expected: int = 0) -> "Incoming":
        """A place to receive the files of one upload, `expected` bytes in all if that is known.

        TooLargeError, DiskFullError or LibraryError when they cannot be taken.
        """
        if expected > self.limits.total + (1 << 20):
            raise TooLargeError(_too_large(self.limits.total, "一次上传"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < expected + self.limits.spare:
                raise DiskFullError("磁盘空间不足，没有接收文件；请清理磁盘后重试")
            self._clear()
            folder = self.folder / f"{_INCOMING}{secrets.token_hex(8)}"
            folder.mkdir()
        except OSError as error:
            raise LibraryError(f"上传文件夹写不进去（{error.strerror or error}）；请检查权限和磁盘空间") from error
        return Incoming(self, folder)

    def pending(self) -> list[Batch]:
        """Batches that have not come into the library yet, oldest first."""
        found = []
        for manifest in sorted(self.folder.glob(f"[0-9]*/{MANIFEST}")):
            with suppress(OSError, ValueError, TypeError):
                stored = json.loads(manifest.read_text(encoding="utf-8"))
                names = tuple(sorted(_documents(manifest.parent)))
                found.append(Batch(manifest.parent, names, (), bool(stored["replace"]), str(stored.get("by", ""))))
        return found

    def settle(self, batch: Batch) -> None:
        """Note that a batch has come into the library; an empty one leaves no folder."""
        with suppress(OSError):
            (batch.folder / MANIFEST).unlink(missing_ok=True)
            batch.folder.rmdir()

    def shown(self, path: str) -> str:
        """A path as readers see it, without the folders above the file: 包.zip/内/文.docx for a part of a container."""
        folder = f"{self.folder}{os.sep}"
        if path.startswith(folder):
            return path[len(folder) :].partition(os.sep)[2] or path[len(folder) :]
        return PurePosixPath(path.replace("\\", "/")).name

    def holds(self, file: str) -> bool:
        """Whether a file lies in this folder."""
        return file.startswith(f"{self.folder}{os.sep}")

    def _clear(self) -> None:
        """Remove what a killed server was receiving long ago."""
        for folder in self.folder.glob(f"{_INCOMING}*"):
            with suppress(OSError):
                if folder.stat().st_mtime < time.time() - _ABANDONED:
                    shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Arriving:
    name: str
    file: BinaryIO
    size: int = 0


class Incoming:
    """One upload being received, a file after another; a context that removes everything unless `finish` was called."""

    def __init__(self, uploads: Uploads, folder: Path) -> None:
        """Use `Uploads.receive`."""
        self._uploads = uploads
        self._folder = folder
        self._names: list[str] = []
        self._refused: list[Failure] = []
        self._open: _Arriving | None = None
        self._total = 0
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._open:
            self._open.file.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def begin(self, name: str) -> None:
        """Begin the next file, under a safe name made of this one. TooLargeError when there are too many."""
        self._count += 1
        if self._count > self._uploads.limits.files:
            raise TooLargeError(f"一次最多上传 {self._uploads.limits.files} 个文件；请分批上传")
        safe = _unused(safe_name(name), self._names)
        self._open = _Arriving(safe, (self._folder / safe).open("xb"))
        self._names.append(safe)

    def write(self, chunk: bytes | memoryview) -> None:
        """Add bytes to the file begun. TooLargeError, DiskFullError."""
        if self._open is None:
            return
        limits = self._uploads.limits
        self._open.size += len(chunk)
        self._total += len(chunk)
        if self._open.size > limits.file:
            raise TooLargeError(f"{self._open.name}：{_too_large(limits.file, '单个文件')}")
        if self._total > limits.total:
            raise TooLargeError(_too_large(limits.total, "一次上传"))
        try:
            self._open.file.write(chunk)
        except OSError as error:
            raise DiskFullError(f"文件存不下（{error.strerror or error}）；请清理磁盘后重试") from error

    def end(self) -> None:
        """End the file begun; one that is no document is refused and the rest goes on."""
        if self._open is None:
            return
        arrived, self._open = self._open, None
        try:
            arrived.file.flush()
            os.fsync(arrived.file.fileno())
        except OSError as error:
            raise DiskFullError(f"文件存不下（{error.strerror or error}）；请清理磁盘后重试") from error
        finally:
            arrived.file.close()
        if not arrived.name.endswith(SIDECAR):
            try:
                _check(self._folder / arrived.name)
            except LoadError as error:
                self._refuse(arrived.name, str(error))

    def finish(self, *, meta: Mapping[str, str] | None = None, replace: bool = False, by: str = "") -> Batch:
        """The upload as a batch in the library's folder, on the disk for good.

        `meta` says of every file what a sidecar would (`index.sidecar.KEYS`); a sidecar sent with a file goes before.
        LoadError when there is no file, none is a document, or `meta` is wrong.
        """
        for name in [name for name in self._names if name.endswith(SIDECAR)]:
            self._names.remove(name)
            if name.removesuffix(SIDECAR) not in self._names:
                self._refuse(name, "旁注文件没有对应的文件；它的名字应为 文件名.docx.meta.json")
        if not self._names:
            told = [f"{one.path}：{one.reason}" for one in self._refused[:5]]
            raise LoadError("；".join(told) or "没有收到文件；请在表单里用 file 这一项上传")
        for name in self._names:
            self._describe(name, meta or {})
        stored = {"replace": replace, "by": by}
        batch = self._folder.with_name(f"{datetime.now():%Y%m%d-%H%M%S}-{self._folder.name[-8:]}")
        try:
            with (self._folder / MANIFEST).open("w", encoding="utf-8") as file:
                json.dump(stored, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            self._folder.rename(batch)
            _sync_folder(batch.parent)
        except OSError as error:
            raise DiskFullError(f"文件存不下（{error.strerror or error}）；请清理磁盘后重试") from error
        return Batch(batch, tuple(self._names), tuple(self._refused), replace, by)

    def _describe(self, name: str, meta: Mapping[str, str]) -> None:
        sidecar = self._folder / f"{name}{SIDECAR}"
        own = read_sidecar(sidecar) if sidecar.exists() else {}
        if meta:
            sidecar.write_text(json.dumps({**meta, **own}, ensure_ascii=False), encoding="utf-8")
            read_sidecar(sidecar)

    def _refuse(self, name: str, reason: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        with suppress(ValueError):
            self._names.remove(name)
        self._refused.append(Failure(name, reason))


def safe_name(name: str) -> str:
    """A name under which a file can be kept on any system: no folders, no control or direction signs, not too long.

    `..\\..\\关于〔2024〕5号.docx` is 关于〔2024〕5号.docx; what is nothing without them is 未命名.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C")  # also zero-width and lone surrogates
    name = name.translate(_WIDE).strip(" .~")
    stem, dot, suffix = name.rpartition(".")
    if name.endswith(SIDECAR):
        stem, dot, suffix = name.removesuffix(SIDECAR), "", SIDECAR
    if not dot and suffix != SIDECAR:
        stem, suffix = suffix, ""
    suffix = suffix[:20]
    room = _LONGEST - len(f"{dot}{suffix}".encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").strip(" .") or "未命名"
    name = f"{stem}{dot}{suffix}"
    return f"_{name}" if _DEVICES.fullmatch(name) or left_aside(name) else name


def _unused(name: str, taken: Sequence[str]) -> str:
    """`name`, or 通知〔2〕.docx where the upload holds a 通知.docx already; names differ by more than case."""
    known = {one.casefold() for one in taken}
    stem, dot, suffix = name.rpartition(".")
    number, candidate = 1, name
    while candidate.casefold() in known:
        number += 1
        candidate = f"{stem}〔{number}〕{dot}{suffix}" if dot else f"{name}〔{number}〕"
    return candidate


def _check(path: Path) -> None:
    """Refuse with LoadError what is no document by its suffix and first bytes.

    What is in a zip is looked at in the reading process alone: listing a hostile one takes all memory.
    """
    suffix = path.suffix.lower()
    if left_aside(path.name):
        raise LoadError("这是临时文件或系统文件，不收录")
    with path.open("rb") as file:
        head = file.read(4)
    if suffix not in READABLE:
        what = f" {suffix} 文件" if suffix else "没有扩展名的文件"
        raise LoadError(f"暂不支持{what}；支持：{'、'.join(sorted(READABLE))}")
    if head[:2] == b"MZ" or head == b"\x7fELF":
        raise LoadError(f"扩展名是 {suffix}，内容却是可执行程序，没有接收")
    found = suffix if head[:2] == b"PK" else true_suffix(path)
    if found not in READABLE:
        raise LoadError(f"扩展名是 {suffix}，内容其实是 {found} 文件，暂不支持")


def _documents(folder: Path) -> list[str]:
    return [entry.name for entry in os.scandir(folder) if not (left_aside(entry.name) or entry.name.endswith(SIDECAR))]


def _sync_folder(folder: Path) -> None:
    """Have a rename reach the disk; elsewhere than on POSIX a folder cannot be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _too_large(most: int, what: str) -> str:
    return f"{what}最多 {most >> 20} MB；请拆分后再上传"
