"""What happens to one file in the reading process: told apart by content, loaded, composed, split, weighed.

Everything a file gives is a message: one a document or refusal, `Began` before each part of a container, `Done` last.
"""

import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from index.arrival import arrival
from index.containers import DEEPEST, Budget, extract, members, put, records, table
from index.errors import LoadError
from index.gongwen import compose
from index.listing import left_aside, unique
from index.load import LOADERS, load, loader_for
from index.load.eml import attachments
from index.sidecar import SIDECAR, read_sidecar
from index.sniff import true_suffix
from index.textcheck import warnings
from index.types import Loaded

_RECORDS = frozenset({".csv", ".tsv", ".json", ".jsonl"})
READABLE = frozenset({*LOADERS, *_RECORDS, ".zip"})  # suffixes of what is read, containers and records included


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `digest` is what its content was at the last reading, b"" when it is read in any case.

    `skip` are parts of a container that are not read: they were, or they ended the process that read them.
    """

    file: str
    sidecar: str = ""
    digest: bytes = b""
    skip: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Began:
    """A part of a container is being read."""

    path: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A document read. `packed` is its `Arrival`, pickled, `digest` that of its text."""

    path: str
    digest: str
    packed: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A file or part that cannot be taken in, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """A file is read. `size` and `mtime` as in `Source`; `same` when its content was the one known."""

    file: str
    size: int = 0
    mtime: int = 0
    digest: bytes = b""
    same: bool = False


@dataclass(frozen=True, slots=True)
class Turned:
    """A page of a file is being read; told about once a second."""

    page: int
    pages: int


Message = Began | Taken | Refused | Done | Turned


def stamp(file: Path, sidecar: Path | None) -> tuple[int, int]:
    """Size and modification time of a file and its sidecar, summed, so that any change of either shows."""
    found = [path.stat() for path in (file, sidecar) if path]
    return sum(status.st_size for status in found), sum(status.st_mtime_ns for status in found)


def read_file(task: Task, *, model: str) -> Iterator[Message]:
    """The documents of a file, windows keyed for the model of that name; ends with `Done`.

    Raises:
        LoadError, OSError: the file as a whole cannot be read.
    """
    file, sidecar = Path(task.file), Path(task.sidecar) if task.sidecar else None
    before = stamp(file, sidecar)
    digest = _digest(file, sidecar)
    if digest == task.digest:
        yield Done(task.file, *before, digest, same=True)
        return
    with TemporaryDirectory(prefix="yinde-") as folder:
        reader = _Reader(model, Path(folder), task.skip)
        for message in reader.read(file, task.file, read_sidecar(sidecar) if sidecar else {}, depth=0):
            if stamp(file, sidecar) != before:
                raise LoadError("读取期间文件有改动；请稍后重新运行")
            yield message
    yield Done(task.file, *before, digest)


def _digest(file: Path, sidecar: Path | None) -> bytes:
    digest = sha256()
    for path in (file, sidecar):
        if path:
            with path.open("rb") as content:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
    return digest.digest()


@dataclass(slots=True)
class _Reader:
    model: str
    folder: Path
    skip: frozenset[str]
    budget: Budget = field(default_factory=Budget)

    def read(self, file: Path, path: str, meta: Mapping[str, str], *, depth: int) -> Iterator[Message]:
        """The documents of one file or member; LoadError or OSError when there is none to be had."""
        suffix = _suffix(file)
        if suffix in (".zip", ".eml") and depth == DEEPEST:
            raise LoadError(f"套了超过 {DEEPEST} 层；请解压后收入")
        if suffix == ".zip":
            yield from self._archive(file, path, depth=depth)
            return
        if suffix != file.suffix.lower():
            # Loaders go by the suffix; the name stays what it was.
            file = Path(shutil.copyfile(file, self.folder / f"renamed{suffix}"))
        if suffix in _RECORDS and (found := records(file)) is not None:
            for number, loaded in found:
                loaded = replace(loaded, meta={**loaded.meta, "format": suffix[1:]})
                yield from self._part(f"{path}#{number}", loaded, f"{Path(path).stem}第{number}条")
            return
        if suffix in _RECORDS:
            loaded = table(file)
            yield self._taken(
                path, replace(loaded, meta={**loaded.meta, "format": suffix[1:], **meta}), Path(path).stem
            )
            return
        enclosed = attachments(file) if suffix == ".eml" else iter(())
        try:
            loaded = load(file)
            yield self._taken(path, replace(loaded, meta={**loaded.meta, **meta}), Path(path).stem)
        except LoadError:
            # A letter without words brings its attachments.
            first = next(enclosed, None)
            if first is None:
                raise
            enclosed = chain([first], enclosed)
        yield from self._enclosed(enclosed, path, depth=depth)

    def _archive(self, file: Path, path: str, *, depth: int) -> Iterator[Message]:
        with zipfile.ZipFile(file) as archive:
            for member in members(archive, self.budget):
                extracted = partial(extract, archive, member, budget=self.budget)
                yield from self._member(f"{path}/{member.name}", extracted, depth=depth)

    def _enclosed(self, enclosed: Iterator[tuple[str, bytes]], path: str, *, depth: int) -> Iterator[Message]:
        names = ((name or "附件", content) for name, content in enclosed)
        shown = [(name, content) for name, content in names if not left_aside(name)]
        for name, (_, content) in zip(unique(name for name, _ in shown), shown, strict=True):
            yield from self._member(f"{path}/{name}", partial(put, name, content, budget=self.budget), depth=depth)

    def _member(self, path: str, extracted: Callable[[Path], Path], *, depth: int) -> Iterator[Message]:
        """What one file within a file gives; it is written to a folder of its own while it is read."""
        if path in self.skip:
            return
        yield Began(path)
        try:
            with TemporaryDirectory(dir=self.folder) as folder:
                file = extracted(Path(folder))
                sidecar = file.with_name(file.name + SIDECAR)
                meta = read_sidecar(sidecar) if sidecar.exists() else {}
                yield from self.read(file, path, meta, depth=depth + 1)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a parser that fails over one member spares the others
            yield Refused(path, reason(error))

    def _part(self, path: str, loaded: Loaded, name: str) -> Iterator[Message]:
        if path not in self.skip:
            yield Began(path)
            try:
                yield self._taken(path, loaded, name)
            except LoadError as error:
                yield Refused(path, str(error))

    def _taken(self, path: str, loaded: Loaded, name: str) -> Taken:
        document = compose(loaded, name=name)
        if not document.text.strip():
            raise LoadError("没有可收入的正文：内容是空的，或只有导航、链接等页面杂项")
        noted = warnings(document)
        if noted:
            document = replace(document, meta={**document.meta, "warnings": "；".join(noted)})
        found = arrival(document, model=self.model)
        return Taken(path, found.digest, pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


def _suffix(file: Path) -> str:
    """The suffix by whose rules a file is read; LoadError when there are none."""
    own = file.suffix.lower()
    known = own in LOADERS or own in _RECORDS or own == ".zip"
    try:
        suffix = true_suffix(file)
    except LoadError:
        if not known:
            loader_for(file)
        raise
    if suffix == own and not known:
        loader_for(file)
    if suffix not in LOADERS and suffix not in _RECORDS and suffix != ".zip":
        raise LoadError(f"扩展名是 {own}，内容其实是 {suffix} 文件，暂不支持")
    return suffix


def reason(error: Exception) -> str:
    """Why a file was refused, in Chinese, from the error that said so."""
    if isinstance(error, LoadError):
        return str(error)
    if isinstance(error, OSError):
        return f"读不了：{error.strerror or error}"
    if isinstance(error, RecursionError):
        return "结构嵌套过深，读不了；文件可能已损坏"
    return f"解析出错（{type(error).__name__}：{str(error)[:200]}）；文件可能已损坏，请用原来的软件另存一份再试"
