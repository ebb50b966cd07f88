"""A document's way in: listed → read ahead in a worker → placed → embedded as it comes → one change of the catalog."""

import pickle
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.arrival import Arrival
from index.catalog import Catalog, Source
from index.change import Change, apply
from index.embed import Embedder
from index.intake import Reader
from index.listing import Listing, below, find_files
from index.load.abilities import abilities
from index.reading import Done, Refused, Taken, Task, Turned, stamp
from index.staging import Embedding, Progress, Staging
from index.types import Document, Failure, SyncReport
from index.worker import Limits

__all__ = ["Limits", "Progress", "Reader", "Setbacks", "preview", "silent", "sync"]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Setback:
    """A file not taken in whole, as it was then: not tried again while it, and what can be read here, stay the same."""

    size: int
    mtime: int
    failures: tuple[Failure, ...]
    able: frozenset[str]


Setbacks = dict[str, Setback]


def sync(
    catalog: Catalog,
    open_embedder: Callable[[], Embedder],
    paths: Sequence[Path],
    *,
    model: str,
    progress: Progress,
    setbacks: Setbacks,
    reader: Reader,
    limits: Limits,
    derive: Callable[[], None],
    afresh: Collection[str] = (),
) -> SyncReport:
    """Make the library hold the files under `paths` as they are now; files elsewhere stay as they were.

    A file that fails keeps its last good version, if it had one; `setbacks` remembers it for the next sync. Nothing
    leaves because a path is missing or unreadable. The model, named `model`, is opened when there is something new to
    embed. `derive` writes what is searched, before the change is committed (`index.change.apply`). The files `afresh`
    are read again though they are as they were. The caller holds the writer's lock.
    """
    embedding = Embedding(catalog, open_embedder, progress)
    with Staging(catalog.folder) as staging:

        def take(doc_id: str, arrival: Arrival, packed: bytes, share: float) -> None:
            staging.add(doc_id, packed)
            embedding.add(arrival, share=share)

        for file in afresh:
            setbacks.pop(file, None)
        plan = _survey(
            catalog,
            paths,
            take,
            model=model,
            progress=progress,
            setbacks=setbacks,
            reader=reader,
            limits=limits,
            afresh=afresh,
        )
        embedding.finish()
        removed = plan.removed()
        sources = tuple(plan.sources.values())
        apply(catalog, Change(staging, len(staging), tuple(removed), sources, tuple(sorted(plan.lost))), derive)
    return plan.report(removed, passages=catalog.counts()[1], embedded=embedding.embedded)


def preview(
    catalog: Catalog, paths: Sequence[Path], *, progress: Progress, reader: Reader, limits: Limits
) -> SyncReport:
    """What `sync` would report, found by reading all that is new; nothing is written."""
    passages = 0

    def take(doc_id: str, arrival: Arrival, _packed: bytes, _share: float) -> None:
        nonlocal passages
        passages += len(arrival.passages) - len(catalog.passages(doc_id))

    plan = _survey(catalog, paths, take, model="", progress=progress, setbacks={}, reader=reader, limits=limits)
    removed = plan.removed()
    passages += catalog.counts()[1] - sum(len(catalog.passages(doc_id)) for doc_id in removed)
    return plan.report(removed, passages=passages, embedded=0)


@dataclass(slots=True)
class _Plan:
    """What a sync is about to do, filled file by file."""

    catalog: Catalog
    known: dict[str, Source]
    outcome: dict[str, str] = field(default_factory=dict)  # document id → added, changed or unchanged
    texts: dict[str, str] = field(default_factory=dict)  # digest of a text that arrives → its document's id
    leaving: set[str] = field(default_factory=set)  # documents that get another text
    claimed: set[str] = field(default_factory=set)  # documents that something read in this sync is a source of
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)  # size and time of the files that are read
    sources: dict[str, Source] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    failed: list[Failure] = field(default_factory=list)

    def removed(self) -> list[str]:
        """Ids of the documents that have no source left."""
        kept = {s.doc_id for path, s in self.known.items() if path not in self.lost and path not in self.sources}
        kept |= {source.doc_id for source in self.sources.values()}
        return sorted({self.known[path].doc_id for path in [*self.lost, *self.sources] if path in self.known} - kept)

    def report(self, removed: Sequence[str], *, passages: int, embedded: int) -> SyncReport:
        """The plan as it is told; `passages` in the library afterwards."""
        ids: dict[str, tuple[str, ...]] = {
            name: tuple(i for i, outcome in self.outcome.items() if outcome == name)
            for name in ("added", "changed", "unchanged")
        }
        return SyncReport(
            **ids, removed=tuple(removed), failed=tuple(self.failed), passages=passages, embedded=embedded
        )


def _survey(
    catalog: Catalog,
    paths: Sequence[Path],
    take: Callable[[str, Arrival, bytes, float], None],
    *,
    model: str,
    progress: Progress,
    setbacks: Setbacks,
    reader: Reader,
    limits: Limits,
    afresh: Collection[str] = (),
) -> _Plan:
    """Read what is new under `paths` and decide about every file; `take` gets each document that arrives."""
    listing = find_files(paths, apart=catalog.folder)
    plan = _Plan(catalog, catalog.sources())
    files = _by_file(plan.known.values())
    tasks = _tasks(listing, files, plan, setbacks, afresh)
    total, read = len(listing.files), len(listing.files) - len(tasks)
    users = Counter(source.doc_id for source in plan.known.values())
    progress("读取", read, total)
    results: list[tuple[Taken, str]] = []
    refused: list[Refused] = []
    pages = 0  # of the file at hand, when it is long enough to be told of
    with reader.read(tasks, model=model, limits=limits) as messages:
        for message in messages:
            if isinstance(message, Taken):
                arrival: Arrival = pickle.loads(message.packed)
                doc_id, arrives = _place(message, arrival, plan, users)
                results.append((message, doc_id))
                if arrives:
                    take(doc_id, arrival.named(doc_id), message.packed, (read + 1) / max(1, total))
            elif isinstance(message, Refused):
                refused.append(message)
            elif isinstance(message, Turned):
                pages = message.pages
                progress("逐页读取", message.page - 1, pages)
            elif isinstance(message, Done):
                _settle(message, results, refused, files.get(message.file, []), plan, setbacks)
                results, refused = [], []
                read += 1
                if pages:
                    progress("逐页读取", pages, pages)
                    pages = 0
                progress("读取", read, total)
    _note_gone(listing, files, plan)
    return plan


def _by_file(sources: Iterable[Source]) -> dict[str, list[Source]]:
    files: dict[str, list[Source]] = {}
    for source in sources:
        files.setdefault(source.file, []).append(source)
    return files


def _tasks(
    listing: Listing, files: dict[str, list[Source]], plan: _Plan, setbacks: Setbacks, afresh: Collection[str]
) -> list[Task]:
    """What has to be read: the files that are not as they were at the last sync, and those wanted afresh."""
    tasks, able = [], abilities()
    for file, sidecar in listing.files.items():
        held = files.get(str(file), [])
        try:
            now = stamp(file, sidecar)
        except OSError as error:
            plan.failed.append(Failure(str(file), f"读不了：{error.strerror or error}"))
            continue
        setback = setbacks.get(str(file))
        if setback and (setback.size, setback.mtime) == now and able <= setback.able:
            plan.failed.extend(setback.failures)
        elif not held or str(file) in afresh or any((source.size, source.mtime) != now for source in held):
            known = held and str(file) not in afresh and all(source.mtime for source in held)
            digest = held[0].digest if known else b""
            tasks.append(Task(str(file), str(sidecar or ""), digest))
            plan.stamps[str(file)] = now
            continue
        for source in held:
            plan.outcome.setdefault(source.doc_id, "unchanged")
    return tasks


def _place(taken: Taken, arrival: Arrival, plan: _Plan, users: Counter[str]) -> tuple[str, bool]:
    """The id under which a document that was read stands in the library, and whether it is to be written."""
    doc_id, arrives = _placed(taken, arrival, plan, users)
    plan.claimed.add(doc_id)
    if arrives:
        plan.texts[taken.digest] = doc_id
    return doc_id, arrives


def _placed(taken: Taken, arrival: Arrival, plan: _Plan, users: Counter[str]) -> tuple[str, bool]:
    before = plan.known.get(taken.path)
    same = plan.catalog.document_by_text(taken.digest)
    if same is None or same in plan.leaving:
        same = plan.texts.get(taken.digest)
    if same is not None:
        renewed = before is not None and before.doc_id == same and plan.outcome.get(same) in (None, "unchanged")
        if not renewed or _equal(plan.catalog.document(same), arrival.document):
            plan.outcome.setdefault(same, "unchanged")
            return same, False
        plan.outcome[same] = "changed"
        return same, True
    # A file that was copied elsewhere and then edited leaves its document to the copy: identity follows the text.
    if before is not None and users[before.doc_id] == 1 and before.doc_id not in plan.claimed:
        plan.leaving.add(before.doc_id)
        plan.outcome[before.doc_id] = "changed"
        return before.doc_id, True
    doc_id = _unused(arrival.document.id, plan)
    plan.outcome[doc_id] = "added"
    return doc_id, True


def _equal(stored: Document, read: Document) -> bool:
    """Whether two documents of the same text also agree in what is said about it."""
    meta = {key: value for key, value in stored.meta.items() if key != "source"}
    return (stored.title, meta, stored.outline, stored.pages) == (read.title, dict(read.meta), read.outline, read.pages)


def _unused(doc_id: str, plan: _Plan) -> str:
    """`doc_id`, or with -2, -3 … where a document that has changed since its birth holds it."""
    number, candidate = 1, doc_id
    while candidate in plan.outcome or plan.catalog.has_document(candidate):
        number += 1
        candidate = f"{doc_id}-{number}"
    return candidate


def _settle(
    done: Done,
    results: Sequence[tuple[Taken, str]],
    refused: Sequence[Refused],
    held: Sequence[Source],
    plan: _Plan,
    setbacks: Setbacks,
) -> None:
    """Note what a file that was read is a source of now; its parts that are gone are lost, unless they were refused."""
    failures = tuple(Failure(one.path, one.reason) for one in refused)
    plan.failed.extend(failures)
    setbacks.pop(done.file, None)
    if failures:
        setbacks[done.file] = Setback(*plan.stamps[done.file], failures, abilities())
    if done.same:
        for source in held:
            plan.outcome.setdefault(source.doc_id, "unchanged")
            plan.sources[source.path] = replace(source, size=done.size, mtime=done.mtime)
        return
    # What was not read whole is read again by the next program that syncs.
    mtime, digest = (0, b"") if failures else (done.mtime, done.digest)
    for taken, doc_id in results:
        plan.sources[taken.path] = Source(taken.path, doc_id, done.size, mtime, digest, done.file)
    for source in held:
        if source.path in plan.sources:
            continue
        if any(below(source.path, one.path) for one in refused):
            plan.outcome.setdefault(source.doc_id, "unchanged")
        else:
            plan.lost.add(source.path)


def _note_gone(listing: Listing, files: dict[str, list[Source]], plan: _Plan) -> None:
    """Note the sources whose file is gone, and the failures of listing, with what is kept for them."""
    present = {str(file) for file in listing.files}
    gone = [file for file in files if file not in present]
    plan.lost |= {source.path for file in gone if listing.tells_gone(file) for source in files[file]}
    kept = [root for root in listing.kept if not root.path.exists()]
    counts = {str(root.path): sum(root.covers(file) for file in gone) for root in kept}
    for failure in listing.failed:
        count = counts.get(failure.path, 0)
        cure = f"；文库里它的 {count} 个文件保留，确已删除时请收入它的上级文件夹" if count else ""
        plan.failed.append(Failure(failure.path, failure.reason + cure))
