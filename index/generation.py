"""Generations: the derived, searchable part of a library, one folder each.

A generation is made beside the one in use, from immutable files: what stays is linked, what is new is written, and
CURRENT is switched by one atomic rename. A reader keeps the files it has opened, so nothing is pulled from under it.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.catalog import Catalog
from index.dense import SEGMENT, DenseIndex, Rows, full_segments, live_owners
from index.lexical import LexicalIndex
from index.order import Order

FORMAT = 3  # of a generation's files; those of another number are made anew from the catalog

_MAX_SMALL = 8  # segments, before they are made one
_MAX_DEAD_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself: the catalog's generation it reflects, and its vector segments in order."""

    generation: int
    segments: tuple[str, ...]
    format: int = FORMAT


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
    """The manifest of a generation's folder."""
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Manifest(stored["generation"], tuple(stored["segments"]), stored.get("format", 1))


def open_generation(folder: Path) -> Generation:
    """Open a generation's folder for searching."""
    manifest = read_manifest(folder)
    return Generation(
        manifest,
        DenseIndex(folder, manifest.segments),
        LexicalIndex(folder / "passages"),
        LexicalIndex(folder / "documents"),
        Order(folder / "order.npy"),
    )


def advance(library: Path, catalog: Catalog) -> None:
    """Bring the derived part up to the catalog and switch to it. The caller holds the writer's lock."""
    target = catalog.generation
    name = current(library)
    previous = library / name if name else None
    manifest = read_manifest(previous) if previous else Manifest(0, ())
    if previous and (manifest.generation, manifest.format) == (target, FORMAT):
        return
    folder = library / f"gen-{target:06d}-{FORMAT}"
    making = library / f"gen-{target:06d}.making"
    for leftover in (making, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    making.mkdir()
    since = manifest.generation
    removed = catalog.died_after(since, "passage")
    if previous and manifest.format == FORMAT:
        _link(previous, making)
        segments = _extend(previous, making, catalog, manifest, removed)
        removed_documents = catalog.died_after(since, "document")
    else:
        segments, since, removed, removed_documents = _rewrite(making, catalog), 0, [], []
    DenseIndex.write_codes(making, segments)
    LexicalIndex.write(making / "passages", add=catalog.passages_after(since), remove=removed)
    LexicalIndex.write(making / "documents", add=catalog.documents_after(since), remove=removed_documents)
    Order.write(making / "order.npy", catalog)
    stored = {"generation": target, "segments": segments, "format": FORMAT}
    (making / "manifest.json").write_text(json.dumps(stored), encoding="utf-8")
    making.rename(folder)
    _switch(library, folder.name)
    _prune(library, keep={folder.name, name})


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


def _switch(library: Path, name: str) -> None:
    making = library / "CURRENT.making"
    with making.open("w", encoding="ascii") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    making.replace(library / "CURRENT")


def _prune(library: Path, *, keep: set[str | None]) -> None:
    for folder in library.glob("gen-*"):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
