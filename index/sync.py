"""Documents in: files → load → structure → split → embed what is new → one catalog change → derived generation."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from pathlib import Path

import numpy as np

from index.arrival import Arrival, Window, arrival
from index.catalog import Catalog, Source
from index.change import Change, apply
from index.dense import Vectors
from index.embed import Embedder
from index.errors import LoadError
from index.gongwen import compose, document_id
from index.load import load, loader_for
from index.types import Document, Failure, SyncReport

Progress = Callable[[str, int, int], None]

_EMBED_AT_ONCE = 128


def silent(_stage: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""


@dataclass(slots=True)
class _Plan:
    """What a sync is about to do, filled file by file. Arrivals are keyed by document id."""

    arrivals: dict[str, Arrival] = field(default_factory=dict)
    outcome: dict[str, str] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def sync(catalog: Catalog, embedder: Embedder, paths: Sequence[Path], *, progress: Progress) -> SyncReport:
    """Make the library hold the files under `paths` as they are now; files elsewhere stay as they were.

    A file that fails keeps its last good version, if it had one. The caller holds the writer's lock.
    """
    known = catalog.sources()
    plan = _Plan()
    files = _files(paths, plan.failed)
    for done, file in enumerate(files):
        progress("读取", done, len(files))
        _read(file, catalog, known, plan, embedder.model)
    progress("读取", len(files), len(files))
    removed = _vanished(files, paths, known, plan)
    embedded = _embed(catalog, embedder, plan.arrivals.values(), progress)
    change = Change(
        plan.arrivals.values(), len(plan.arrivals), tuple(removed), tuple(plan.sources.values()), tuple(plan.lost)
    )
    apply(catalog, change)
    return SyncReport(
        added=tuple(i for i, outcome in plan.outcome.items() if outcome == "added"),
        changed=tuple(i for i, outcome in plan.outcome.items() if outcome == "changed"),
        unchanged=tuple(i for i, outcome in plan.outcome.items() if outcome == "unchanged"),
        removed=tuple(removed),
        failed=tuple(plan.failed),
        passages=catalog.counts()[1],
        embedded=embedded,
    )


def _files(paths: Sequence[Path], failed: list[Failure]) -> list[Path]:
    """Every file meant by `paths`, absolute, sorted, once; a folder means all files in it but hidden and ~ ones."""
    found: set[Path] = set()
    for path in paths:
        path = path.expanduser().absolute()
        if path.is_dir():
            for folder, subfolders, names in os.walk(path):
                subfolders[:] = [name for name in subfolders if not name.startswith(".")]
                found |= {Path(folder, name) for name in names if name[0] not in ".~"}
        elif path.exists():
            found.add(path)
        else:
            failed.append(Failure(str(path), "没有这个文件或文件夹"))
    return sorted(found)


def _read(file: Path, catalog: Catalog, known: dict[str, Source], plan: _Plan, model: str) -> None:
    path, before = str(file), known.get(str(file))
    if not _is_text(path):
        plan.failed.append(Failure(path, "文件名不是 UTF-8 编码，请改名后再试"))
        return
    try:
        loader_for(file)
        status = file.stat()
        if before and (before.size, before.mtime) == (status.st_size, status.st_mtime_ns):
            plan.outcome.setdefault(before.doc_id, "unchanged")
            return
        with file.open("rb") as content:
            digest = file_digest(content, "sha256").digest()
        if before and before.digest == digest:
            doc_id = before.doc_id
        else:
            doc_id = _place(compose(load(file), name=file.stem), file, before, catalog, known, plan, model)
    except LoadError as error:
        plan.failed.append(Failure(path, str(error)))
        return
    except OSError as error:
        plan.failed.append(Failure(path, f"读不了：{error.strerror or error}"))
        return
    plan.outcome.setdefault(doc_id, "unchanged")
    plan.sources[path] = Source(path, doc_id, status.st_size, status.st_mtime_ns, digest, path)


def _is_text(path: str) -> bool:
    """Whether a path can be stored and shown: undecodable bytes in a name become lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in path)


def _place(
    document: Document,
    file: Path,
    before: Source | None,
    catalog: Catalog,
    known: dict[str, Source],
    plan: _Plan,
    model: str,
) -> str:
    """The id under which a document that was read stands in the library; notes it as arriving where it is new."""
    digest = document_id(document.text)
    same = catalog.document_by_text(digest) or next((i for i, a in plan.arrivals.items() if a.digest == digest), None)
    if same is not None and not _leaves(same, plan):
        return same
    alone = before is not None and sum(source.doc_id == before.doc_id for source in known.values()) == 1
    if before is not None and alone:
        doc_id, outcome = before.doc_id, "changed"
    else:
        doc_id, outcome = _unused(document.id, catalog, plan), "added"
    meta = {**document.meta, "format": file.suffix.lower().lstrip(".")}
    document = replace(document, id=doc_id, meta=meta)
    plan.arrivals[doc_id] = arrival(document, model=model)
    plan.outcome[doc_id] = outcome
    return doc_id


def _leaves(doc_id: str, plan: _Plan) -> bool:
    """Whether this sync gives the document another text, so that its old text needs a document of its own."""
    return plan.outcome.get(doc_id) == "changed"


def _unused(doc_id: str, catalog: Catalog, plan: _Plan) -> str:
    """`doc_id`, or with -2, -3 … where a document that has changed since its birth holds it."""
    number, candidate = 1, doc_id
    while candidate in plan.arrivals or catalog.has_document(candidate):
        number += 1
        candidate = f"{doc_id}-{number}"
    return candidate


def _vanished(files: Sequence[Path], paths: Sequence[Path], known: dict[str, Source], plan: _Plan) -> list[str]:
    """Note the sources under `paths` that are gone; ids of the documents that have no source left."""
    present = {str(file) for file in files}
    roots = [path.expanduser().absolute() for path in paths]
    for path in known:
        if path not in present and any(Path(path).is_relative_to(root) for root in roots):
            plan.lost.append(path)
    lost = set(plan.lost)
    kept = {source.doc_id for path, source in known.items() if path not in lost and path not in plan.sources}
    kept |= {source.doc_id for source in plan.sources.values()}
    return sorted({known[path].doc_id for path in [*lost, *plan.sources] if path in known} - kept)


def _embed(catalog: Catalog, embedder: Embedder, arrivals: Iterable[Arrival], progress: Progress) -> int:
    """Embed the windows that were never embedded; their number. Each batch is kept, so a broken run resumes."""
    windows: dict[bytes, Window] = {}
    for arriving in arrivals:
        windows.update((window.key, window) for window in arriving.windows())
    # Longest first: batches of like lengths waste no padding, and the remaining time is never underestimated.
    new = sorted(catalog.unknown(windows), key=lambda key: -len(windows[key].text))
    for done in range(0, len(new), _EMBED_AT_ONCE):
        progress("向量化", done, len(new))
        keys = new[done : done + _EMBED_AT_ONCE]
        vectors = _vectors(embedder, [windows[key] for key in keys])
        catalog.remember(dict(zip(keys, vectors, strict=True)))
    progress("向量化", len(new), len(new))
    return len(new)


def _vectors(embedder: Embedder, windows: Sequence[Window]) -> Vectors:
    """Unit vectors, shape (len(windows), dimension): the middle between a window by itself and below its headings.

    Either alone ranks worse: by itself it lacks what only the headings name, below them it drowns among its siblings.
    """
    alone = embedder.passages([window.text for window in windows])
    placed = embedder.passages([f"{window.context}\n{window.text}" for window in windows])
    middle = alone + placed
    vectors: Vectors = middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
    return vectors
