"""Whether a generation's files are those that were written: sizes at every opening, digests when asked."""

import os
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

Facts = Mapping[str, tuple[int, str]]  # file, relative to the generation's folder → its size and digest

_LOCK = ".tantivy-"  # tantivy's locks are made anew by whoever opens; their content means nothing
_MANIFEST = "manifest.json"


def facts(folder: Path, previous: Path | None, known: Facts) -> dict[str, tuple[int, str]]:
    """Size and digest of every file of a generation, each on disk when it returns.

    A file that is linked from `previous` keeps the digest it has in `known`, so what is unchanged is not read again.
    """
    found = {}
    for name, path in _files(folder).items():
        size = path.stat().st_size
        same = previous is not None and (previous / name).exists() and (previous / name).samefile(path)
        if same and name in known and known[name][0] == size:
            found[name] = known[name]
            continue
        with path.open("rb") as file:
            os.fsync(file.fileno())
            found[name] = size, file_digest(file, "blake2b").hexdigest()[:32]
    return found


def torn(folder: Path, known: Facts) -> list[str]:
    """The files that are gone or have another size than was written, by name; looks at no content."""
    return [name for name, (size, _) in known.items() if _size(folder / name) != size]


def spoiled(folder: Path, known: Facts) -> list[str]:
    """The files that are not what was written, by name: gone, cut off, or with a bit that has flipped."""
    wrong = []
    for name, (size, digest) in known.items():
        try:
            with (folder / name).open("rb") as file:
                if _size(folder / name) != size or file_digest(file, "blake2b").hexdigest()[:32] != digest:
                    wrong.append(name)
        except OSError:
            wrong.append(name)
    return wrong


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _files(folder: Path) -> dict[str, Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in paths)
    return {name: path for name, path in named if name != _MANIFEST and not path.name.startswith(_LOCK)}
