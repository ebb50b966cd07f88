"""What a face does to a library's documents: take in, read again, delete. Each is a job (`ui.jobs`)."""

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from index.catalog import Source
from index.errors import NotFoundError, YindeError
from index.listing import below
from index.sidecar import SIDECAR
from index.staging import Progress
from index.types import Failure, SyncReport
from ui.jobs import Cancelled, Job, Jobs, Kind, Work
from ui.upload import Batch, Uploads

# Hidden beside the files: a folder with the last good version while the one that replaces it is read; what is deleted.
_BEFORE = ".before-"
_LEAVING = ".leaving-"


class ConflictError(YindeError):
    """A document cannot be deleted in this way; the message says why and how it can."""


class Written(Protocol):
    """What is asked of a library that takes documents in."""

    def sync(self, paths: Sequence[Path], *, progress: Progress = ..., afresh: Collection[str] = ...) -> SyncReport:
        """As in `index.library`."""

    def sources(self) -> list[Source]:
        """As in `index.library`."""

    def interrupt(self) -> None:
        """As in `index.library`."""


class Keeper:
    """Keeps a served library's documents: uploads, deletions and readings, one at a time."""

    def __init__(self, library: Written, folder: Path) -> None:
        """Keep uploaded files in `folder`; goes on with what an earlier run had received and not taken in."""
        self.uploads = Uploads(folder)
        self.jobs = Jobs()
        self._library = library
        for batch in self.uploads.pending():
            self.upload(batch)
        if self._hidden(_LEAVING):
            self._submit("delete", (), lambda progress: self._delete((), progress), by="")

    def close(self) -> None:
        """End the work at hand; what was received is taken in by the next start."""
        self.jobs.close()

    def add(
        self,
        files: Sequence[tuple[str, Path]],
        *,
        meta: Mapping[str, str] | None = None,
        replace: bool = False,
        by: str = "",
    ) -> Job:
        """Take in files that lie elsewhere on this machine, given as (name, path); they are copied.

        As in `Incoming.finish`: LoadError when none is a document, TooLargeError, DiskFullError, CrowdedError.
        """
        with self.uploads.receive(expected=sum(path.stat().st_size for _, path in files)) as incoming:
            for name, path in files:
                incoming.begin(name)
                with path.open("rb") as file:
                    while chunk := file.read(1 << 20):
                        incoming.write(chunk)
                incoming.end()
            return self.upload(incoming.finish(meta=meta, replace=replace, by=by))

    def upload(self, batch: Batch) -> Job:
        """Take in a batch that was received. CrowdedError, and the batch is removed, when too much waits."""
        try:
            return self._submit("upload", batch.names, lambda progress: self._take_in(batch, progress), by=batch.by)
        except YindeError:
            batch.discard()
            raise

    def reindex(self, doc_ids: Sequence[str] = (), *, by: str = "") -> Job:
        """Read documents' files again, changed or not; without ids all files of the library that have changed.

        NotFoundError for an id that is unknown. A file that is gone is told in the report and its document stays.
        """
        sources = self._library.sources()
        if doc_ids:
            files = sorted({source.file for id in doc_ids for source in _of(id, sources)})
            paths, afresh = [Path(file) for file in files], files
        else:
            elsewhere = sorted({source.file for source in sources if not self.uploads.holds(source.file)})
            paths, afresh = [Path(file) for file in elsewhere], []
            if self.uploads.folder.is_dir():
                paths.append(self.uploads.folder)
        names = sorted({self.uploads.shown(file) for file in afresh})
        return self._submit(
            "reindex", names, lambda progress: self._library.sync(paths, progress=progress, afresh=afresh), by=by
        )

    def delete(self, doc_ids: Sequence[str], *, container: bool = False, by: str = "") -> Job:
        """Delete uploaded documents, files and all; `container` allows the others in the same archive to go with them.

        NotFoundError for an id that is unknown; ConflictError for a document that was not uploaded, or lies in an
        archive with others.
        """
        sources = self._library.sources()
        files = sorted({file for id in doc_ids for file in self._deletable(id, sources, container, set(doc_ids))})
        names = [self.uploads.shown(file) for file in files]
        return self._submit("delete", names, lambda progress: self._delete(files, progress), by=by)

    def _submit(self, kind: Kind, names: Sequence[str], work: Work, *, by: str) -> Job:
        def shown(progress: Progress) -> SyncReport:
            report = work(progress)
            return replace(report, failed=tuple(self._shown(failure) for failure in report.failed))

        return self.jobs.submit(kind, names, shown, by=by, interrupt=self._library.interrupt)

    def _shown(self, failure: Failure) -> Failure:
        above = f"{self.uploads.folder.parent}{os.sep}"
        return Failure(self.uploads.shown(failure.path), failure.reason.replace(above, ""))

    def _take_in(self, batch: Batch, progress: Progress) -> SyncReport:
        """Sync a batch; what is refused leaves no file, what it replaced comes back."""
        replaced: list[Path] = []
        try:
            progress("", 0, 0)
            same = self._drop_known(batch)
            replaced = self._replace(batch) if batch.replace else []
            # Also those of an earlier run that was killed here.
            aside = [kept.with_name(kept.name.removeprefix(_BEFORE)) for kept in self._hidden(_BEFORE)]
            report = self._library.sync([batch.folder, *aside], progress=progress)
        except BaseException as error:
            for target in replaced:
                for new in filter(Path.exists, (target, _sidecar(target))):
                    new.replace(batch.folder / new.name)
                _restore(target)
            if isinstance(error, Cancelled):
                batch.discard()
            raise
        refused = {failure.path for failure in report.failed}
        for target in aside:
            if str(target) in refused:
                _restore(target)
            shutil.rmtree(_before(target), ignore_errors=True)
        failed = [*batch.refused, *report.failed, *self._clear(batch, refused)]
        self.uploads.settle(batch)
        unchanged = tuple(dict.fromkeys((*report.unchanged, *same)))
        return replace(report, unchanged=unchanged, failed=tuple(failed))

    def _clear(self, batch: Batch, refused: Collection[str]) -> list[Failure]:
        """Remove the files of a batch that gave no document; those about which nothing was said yet, such as 空.zip."""
        held = {source.file for source in self._library.sources()}
        silent = []
        for file in (batch.folder / name for name in batch.names):
            if str(file) in held or not file.exists():
                continue
            _remove(file)
            if not any(below(path, str(file)) for path in refused):
                silent.append(Failure(str(file), "里面没有可以收录的文件"))
        return silent

    def _drop_known(self, batch: Batch) -> list[str]:
        """Drop files that were uploaded before, byte for byte; the ids of their documents."""
        known: dict[bytes, list[Source]] = {}
        for source in self._library.sources():
            if self.uploads.holds(source.file) and Path(source.file).parent != batch.folder and source.digest:
                known.setdefault(source.digest, []).append(source)
        same: list[str] = []
        for name in batch.names:
            file = batch.folder / name
            if not file.exists() or _sidecar(file).exists():
                continue
            with file.open("rb") as content:
                held = known.get(hashlib.file_digest(content, "sha256").digest(), [])
            if any(Path(source.file).is_file() for source in held):
                same += [source.doc_id for source in held]
                file.unlink()
        return same

    def _replace(self, batch: Batch) -> list[Path]:
        """Put files in the places of those uploaded under their names, the old ones kept aside; the places."""
        latest = {Path(s.file).name: Path(s.file) for s in self._library.sources() if self.uploads.holds(s.file)}
        replaced = []
        for name in batch.names:
            file, target = batch.folder / name, latest.get(name)
            if target is None or target.parent == batch.folder or not (file.exists() and target.exists()):
                continue
            if not _before(target).exists():
                _before(target).mkdir()
                for old in filter(Path.exists, (target, _sidecar(target))):
                    shutil.copy2(old, _before(target))
            for new, place in ((_sidecar(file), _sidecar(target)), (file, target)):
                if new.exists():
                    new.replace(place)
            replaced.append(target)
        return replaced

    def _hidden(self, mark: str) -> list[Path]:
        return sorted(self.uploads.folder.glob(f"[0-9]*/{mark}*"))

    def _deletable(self, id: str, sources: Sequence[Source], container: bool, going: Collection[str]) -> set[str]:
        files = set()
        for source in _of(id, sources):
            name = self.uploads.shown(source.file)
            if not self.uploads.holds(source.file):
                raise ConflictError(
                    f"{name} 不是上传的，收自服务器上的文件夹；请从那里移走它，再重新收录那个文件夹：yinde index 文件夹"
                )
            others = {one.doc_id for one in sources if one.file == source.file} - set(going)
            if others and not container:
                raise ConflictError(f"它在 {name} 里，同一文件还含另外 {len(others)} 篇；要一起删除请加 container=true")
            files.add(source.file)
        return files

    def _delete(self, files: Sequence[str], progress: Progress) -> SyncReport:
        """Hide the files, have their documents leave, remove the files; nothing is gone when that is broken off."""
        going = [each for file in map(Path, files) for each in (file, _sidecar(file)) if each.exists()]
        try:
            progress("", 0, 0)
            for file in going:
                file.replace(file.with_name(f"{_LEAVING}{file.name}"))
            leaving = self._hidden(_LEAVING)
            report = self._library.sync(sorted({file.parent for file in leaving}), progress=progress)
        except BaseException:
            for file in going:
                with suppress(OSError):
                    file.with_name(f"{_LEAVING}{file.name}").replace(file)
            raise
        for file in leaving:
            file.unlink(missing_ok=True)
            with suppress(OSError):  # others are left in the folder
                file.parent.rmdir()
        return report


def _before(target: Path) -> Path:
    return target.with_name(f"{_BEFORE}{target.name}")


def _restore(target: Path) -> None:
    """Put back the file, and its sidecar, that stood here before."""
    _remove(target)
    for old in _before(target).iterdir():
        old.replace(target.with_name(old.name))
    _before(target).rmdir()


def _sidecar(file: Path) -> Path:
    return file.with_name(f"{file.name}{SIDECAR}")


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    _sidecar(file).unlink(missing_ok=True)


def _of(id: str, sources: Sequence[Source]) -> list[Source]:
    found = [source for source in sources if source.doc_id == id]
    if not found:
        raise NotFoundError(f"文库里没有文件 {id}")
    return found
