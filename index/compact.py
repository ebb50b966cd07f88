"""Giving back the room that a library no longer uses; what it holds, and every id, stays as it is."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.catalog import Catalog
from index.errors import LibraryError
from index.generation import current, prune, rebuild
from index.writer import writing


@dataclass(frozen=True, slots=True)
class Compacted:
    """Bytes of catalog and derived part before and after, and how many vectors no window used any more."""

    before: int
    after: int
    vectors: int


def compact(folder: Path) -> Compacted:
    """Drop vectors that no window uses, make the derived part anew without dead windows, and shrink the catalog.

    Text that comes back later is embedded again. Readers go on meanwhile. A killed one leaves a library that is whole,
    and is run again. LibraryError when there is no library or the disk is too full: as much room as the library takes
    is needed for the moment; BusyError while another process writes.
    """
    if not (folder / "catalog.sqlite").is_file():
        raise LibraryError(f"{folder} 里没有文库；先建立：yinde index 文件夹")
    with writing(folder), closing(Catalog(folder / "catalog.sqlite")) as catalog:
        before = _size(folder)
        with catalog.transaction() as db:
            dropped = db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM windows)").rowcount
        if catalog.generation:
            rebuild(folder, catalog)
        catalog.shrink()
        # Last, so that a reader who was about to open the generation before has had the time to.
        prune(folder, keep={current(folder)})
        return Compacted(before, _size(folder), dropped)


def _size(folder: Path) -> int:
    """Bytes of catalog and generations; a file that two generations share counts once."""
    paths = [*folder.glob("catalog.sqlite*"), *folder.glob("gen-*/**/*")]
    stats = [path.stat() for path in paths if path.is_file()]
    return sum({stat.st_ino: stat.st_size for stat in stats}.values())
