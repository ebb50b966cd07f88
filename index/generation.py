"""Generations: the derived, searchable part of a library, one folder each.

A generation is made beside the one in use, from immutable files: what stays is linked, what is new is written, and
CURRENT is switched by one atomic rename. A reader keeps the files it has opened, so nothing is pulled from under it.
"""

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from index.catalog import Catalog
from index.dense import SEGMENT, DenseIndex, Rows, full_segments, live_owners
from index.errors import LibraryError
from index.intact import facts, torn
from index.lexical import LexicalIndex
from index.order import Order

FORMAT = 3  # of a generation's files; those of another number are made anew from the catalog

_MAX_SMALL = 8  # segments, before they are made one
_MAX_DEAD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself: the catalog's generation it reflects, and its vector segments in order.

    `files` tells size and digest of each of its files (`index.intact`), `model` whose vectors it holds; both empty in
    one made before they were kept.
    """

    generation: int
    segments: tuple[str, ...]
    format: int = FORMAT
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    model: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """An opened generation: windows by meaning, passages by words, whole documents by words."""

    manifest: Manifest
    dense: DenseIndex
    lexical: LexicalIndex
    documents: LexicalIndex
    order: Order


def current(library: Path) -> str | None:
    """The name of the generation in use, None before the first."""
    try:
        return (library / "CURRENT").read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation's folder; LibraryError when a part of it is gone or was cut off."""
    try:
        stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files = {name: (int(size), str(digest)) for name, (size, digest) in stored.get("files", {}).items()}
        manifest = Manifest(
            stored["generation"], tuple(stored["segments"]), stored.get("format", 1), files, stored.get("model", "")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, "manifest.json") from error
    wrong = torn(folder, manifest.files)
    if wrong:
        raise _damaged(folder, wrong[0])
    return manifest


def open_generation(folder: Path) -> Generation:
    """Open a generation's folder for searching; LibraryError when a part of it is gone or damaged."""
    manifest = read_manifest(folder)
    try:
        return Generation(
            manifest,
            DenseIndex(folder, manifest.segments),
            LexicalIndex(folder / "passages"),
            LexicalIndex(folder / "documents"),
            Order(folder / "order.npy"),
        )
    except (OSError, ValueError, RuntimeError, EOFError) as error:  # what numpy, FAISS and tantivy say of a bad file
        raise _damaged(folder, str(error)) from error


def _damaged(folder: Path, part: str) -> LibraryError:
    return LibraryError(f"{folder} 不完整或已损坏（{part}）；请运行 yinde doctor --mend，由原文重新生成，原文不受影响")


def advance(library: Path, catalog: Catalog) -> None:
    """Bring the derived part up to the catalog and switch to it. The caller holds the writer's lock.

    LibraryError when the part in use is damaged; `rebuild` makes another.
    """
    if name := derive(library, catalog):
        use(library, name)


def derive(library: Path, catalog: Catalog) -> str | None:
    """Write what is derived of the catalog as this thread sees it, also in a transaction, beside the one in use.

    Gives the name for `use`, None when the one in use is as it should be; LibraryError when that one is damaged.
    """
    name = current(library)
    previous = library / name if name else None
    manifest = read_manifest(previous) if previous else None
    if manifest and (manifest.generation, manifest.format) == (catalog.generation, FORMAT):
        return None
    if manifest and not _same_model(manifest, catalog):
        return remade(library, catalog)
    return _make(library, catalog, previous, manifest)


def _same_model(manifest: Manifest, catalog: Catalog) -> bool:
    """Whether a generation's vectors can stand beside those that the catalog has for its windows."""
    if manifest.model:
        return manifest.model == catalog.setting("model")
    return not catalog.setting("former_model")


def use(library: Path, name: str) -> None:
    """Switch to the generation of this name; the one before stays for those who read it, older ones go."""
    before = current(library)
    switch(library, name)
    prune(library, keep={name, before})


def rebuild(library: Path, catalog: Catalog) -> None:
    """Make the whole derived part from the catalog, whatever the one in use is. The caller holds the writer's lock."""
    use(library, remade(library, catalog))


def remade(library: Path, catalog: Catalog) -> str:
    """Write the whole derived part as this thread sees the catalog, also in a transaction; its name, for `use`."""
    return _make(library, catalog, None, None)


def _make(library: Path, catalog: Catalog, previous: Path | None, manifest: Manifest | None) -> str:
    target, name = catalog.generation, current(library)
    making = library / f"gen-{target:06d}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    if previous and manifest and manifest.format == FORMAT:
        since = manifest.generation
        removed, removed_documents = catalog.died_after(since, "passage"), catalog.died_after(since, "document")
        _link(previous, making)
        segments = _extend(previous, making, catalog, manifest, removed)
    else:
        segments, since, removed, removed_documents = _rewrite(making, catalog), 0, [], []
    DenseIndex.write_codes(making, segments)
    LexicalIndex.write(making / "passages", add=catalog.passages_after(since), remove=removed)
    LexicalIndex.write(making / "documents", add=catalog.documents_after(since), remove=removed_documents)
    Order.write(making / "order.npy", catalog)
    files = facts(making, previous, manifest.files if manifest else {})
    stored = {
        "generation": target,
        "segments": segments,
        "format": FORMAT,
        "files": files,
        "model": catalog.setting("model"),
    }
    _write_durably(making / "manifest.json", json.dumps(stored))
    # Readers tell generations by name, so one that is made again has another.
    names = (f"gen-{target:06d}-{FORMAT}-{n}" for n in count(1))
    folder = next(library / one for one in names if one != name and not (library / one).exists())
    making.rename(folder)
    return folder.name


def _link(previous: Path, making: Path) -> None:
    """A snapshot of a generation: its files are never written in place, so links serve as copies."""
    shutil.copytree(previous, making, copy_function=_link_or_copy, dirs_exist_ok=True)
    for replaced in ("manifest.json", "owners.npy", "order.npy"):
        (making / replaced).unlink()
    # tantivy writes its lock files in place, so they are not shared.
    for lock in making.glob("*/.tantivy-*.lock"):
        lock.unlink()


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _extend(previous: Path, making: Path, catalog: Catalog, manifest: Manifest, removed: list[int]) -> list[str]:
    owners: Rows = np.load(previous / "owners.npy")
    fresh, added = _write_segments(making, catalog, manifest.generation)
    owners = np.concatenate([live_owners(owners, removed), *fresh])
    np.save(making / "owners.npy", owners)
    segments = [*manifest.segments, *added]
    if (owners < 0).sum() > _MAX_DEAD_SHARE * len(owners):
        return DenseIndex.merge(making, segments, first=0, name=f"dense-{catalog.generation:06d}-whole")
    full = full_segments(making, segments)
    if len(segments) - full > _MAX_SMALL:
        return DenseIndex.merge(making, segments, first=full, name=f"dense-{catalog.generation:06d}-tail")
    return segments


def _rewrite(making: Path, catalog: Catalog) -> list[str]:
    owners, segments = _write_segments(making, catalog, 0)
    np.save(making / "owners.npy", np.concatenate([np.zeros(0, dtype=np.int64), *owners]))
    return segments


def _write_segments(making: Path, catalog: Catalog, since: int) -> tuple[list[Rows], list[str]]:
    """Write the vectors of all passages born after `since`, some tens of thousands a file; their owners and names."""
    owners: list[Rows] = []
    names: list[str] = []
    rows: list[int] = []
    vectors: list[np.ndarray] = []

    def flush() -> None:
        if rows:
            names.append(f"dense-{catalog.generation:06d}-{len(names)}.faiss")
            DenseIndex.write_segment(making / names[-1], np.stack(vectors))
            owners.append(np.asarray(rows, dtype=np.int64))
            rows.clear()
            vectors.clear()

    for row, vector in catalog.vectors_after(since):
        # A passage's windows stay in one run, so that a position tells the window's number.
        if len(rows) >= SEGMENT and row != rows[-1]:
            flush()
        rows.append(row)
        vectors.append(vector)
    flush()
    return owners, names


def switch(library: Path, name: str) -> None:
    """Have readers use the generation of this name from their next search on, by one rename."""
    making = library / "CURRENT.making"
    _write_durably(making, name)
    making.replace(library / "CURRENT")


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def prune(library: Path, *, keep: Collection[str | None]) -> None:
    """Drop every generation but these, and what a killed writer left. The caller holds the writer's lock."""
    for folder in library.glob("gen-*"):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
