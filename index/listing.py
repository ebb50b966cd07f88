"""Which files are meant by paths, folders and patterns, found without opening any."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.sidecar import SIDECAR
from index.types import Failure

_MAGIC = re.compile(r"[*?\[]")
_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_TEMPORARY = (".tmp", ".swp", ".crdownload", ".part", "~")


@dataclass(frozen=True, slots=True)
class Root:
    """A file or folder asked for; `pattern` says which files below it are meant, None all of them."""

    path: Path
    pattern: re.Pattern[str] | None = None

    def covers(self, file: str) -> bool:
        """Whether the file belongs to what was asked for, be it there or not."""
        if self.pattern:
            return self.pattern.fullmatch(file) is not None
        return file == str(self.path) or file.startswith(f"{self.path}{os.sep}".replace(os.sep * 2, os.sep))


@dataclass(slots=True)
class Listing:
    """The files found, absolute, sorted, each with its sidecar if there is one, and what could not be listed.

    `roots` are what the listing speaks for: a file that they cover and that is not listed is gone. `kept` are paths
    below which nothing is known, for they are missing or unreadable.
    """

    files: dict[Path, Path | None] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    apart: Path | None = None
    roots: list[Root] = field(default_factory=list)
    kept: list[Root] = field(default_factory=list)

    def tells_gone(self, file: str) -> bool:
        """Whether the file, which is not listed, is known to be gone."""
        return any(root.covers(file) for root in self.roots) and not any(root.covers(file) for root in self.kept)

    def refuse(self, path: Path, reason: str) -> None:
        """Note a path that is not taken in; what the library holds below it stays."""
        self.failed.append(Failure(str(path), reason))
        self.kept.append(Root(path))


def find_files(paths: Sequence[Path], *, apart: Path | None = None) -> Listing:
    """The files meant by `paths`; a folder means all files in it but hidden, temporary and the system's own.

    A path that does not exist and holds * ? or [ is a pattern, ** for any depth. Links to files are followed, links to
    folders are not: they are told, as are pipes, devices and names that are no text. The folder `apart`, the library's
    own, is passed over.
    """
    listing = Listing(apart=apart)
    for path in paths:
        path = path.expanduser()
        path = Path(os.path.normpath(path.absolute()))
        if path.name.endswith(SIDECAR):
            path = path.with_name(path.name.removesuffix(SIDECAR))
        if not os.path.lexists(path) and _MAGIC.search(str(path)):
            _find_pattern(path, listing)
            continue
        listing.roots.append(Root(path))
        if path.is_dir():
            _walk(path, None, listing)
        elif not os.path.lexists(path):
            listing.refuse(path, "没有这个文件或文件夹")
        elif _usable(path, listing):
            _add(path, path.with_name(path.name + SIDECAR).exists(), listing)
    listing.files = dict(sorted(listing.files.items()))
    return listing


def left_aside(name: str) -> bool:
    """Whether a file or folder of this name is never a document: hidden, temporary (~$x.docx) or the system's own."""
    return name[:1] in ".~" or name.lower() in _SYSTEM or name.lower().endswith(_TEMPORARY)


def _find_pattern(path: Path, listing: Listing) -> None:
    parts = path.parts
    fixed = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    base, pattern = Path(*parts[:fixed]), re.compile(_expression(path.parts), re.DOTALL)
    listing.roots.append(Root(base, pattern))
    if not base.is_dir():
        listing.refuse(base, "没有这个文件夹")
        return
    before = len(listing.files)
    _walk(base, pattern, listing)
    if len(listing.files) == before:
        listing.failed.append(Failure(str(path), '没有文件符合这个通配符；请检查写法，如 "文件夹/**/*.docx"'))


def _expression(parts: Sequence[str]) -> str:
    """A pattern as a regular expression over whole paths: ** any folders, * and ? within a name, [..] of characters."""
    result = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            result += r".*" if last else rf"(?:[^{re.escape(os.sep)}]+{re.escape(os.sep)})*"
            continue
        for piece in re.findall(r"\[!?\]?[^\]]*\]|.", part, re.DOTALL):
            if piece == "*":
                result += f"[^{re.escape(os.sep)}]*"
            elif piece == "?":
                result += f"[^{re.escape(os.sep)}]"
            elif len(piece) > 1:
                inner = piece[1:-1].replace("\\", r"\\")
                result += f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
            else:
                result += re.escape(piece)
        result += "" if last or part.endswith(os.sep) else re.escape(os.sep)
    return result


def _walk(folder: Path, pattern: re.Pattern[str] | None, listing: Listing) -> None:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            listing.refuse(here, f"文件夹读不了：{error.strerror or error}")
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            path = here / entry.name
            if left_aside(entry.name) or (pattern and not entry.is_dir() and not pattern.fullmatch(str(path))):
                continue
            if entry.is_dir(follow_symlinks=False):
                if path != listing.apart:
                    waiting.append(path)
                else:  # what was uploaded into it is looked for there alone
                    listing.kept.append(Root(path))
            elif entry.name.endswith(SIDECAR):
                if entry.name.removesuffix(SIDECAR) not in names:
                    listing.failed.append(
                        Failure(str(path), "旁注文件没有对应的文件；它的名字应为 文件名.docx.meta.json")
                    )
            elif (entry.is_file(follow_symlinks=False) and _is_text(str(path))) or _usable(path, listing):
                _add(path, entry.name + SIDECAR in names, listing)


def _add(path: Path, has_sidecar: bool, listing: Listing) -> None:
    listing.files[path] = path.with_name(path.name + SIDECAR) if has_sidecar else None


def _usable(path: Path, listing: Listing) -> bool:
    """Whether a path leads to an ordinary file; notes why not."""
    reason = ""
    if not _is_text(str(path)):
        reason = "文件名不是 UTF-8 编码，请改名后再试"
    elif path.is_dir():
        reason = "是指向文件夹的链接，没有跟进；需要时请直接写出它指向的文件夹"
    elif path.is_symlink() and not _exists(path):
        reason = "链接失效或循环"
    elif not path.is_file():
        reason = "不是普通文件（管道、设备或套接字）"
    if reason:
        listing.refuse(path, reason)
    return not reason


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, RuntimeError):  # a loop of links
        return False


def _is_text(path: str) -> bool:
    """Whether a path can be stored and shown: undecodable bytes in a name become lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in path)


def below(path: str, container: str) -> bool:
    """Whether a source's path is the container itself or lies in it: archive.zip/inner/文件.docx, records.csv#12."""
    return path == container or path.startswith((f"{container}/", f"{container}#"))


def unique(names: Iterator[str]) -> Iterator[str]:
    """The names, repeats told apart: 甲/函.txt, 甲/函〔2〕.txt."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        suffix = Path(name).suffix
        yield name if seen[name] == 1 else f"{name.removesuffix(suffix)}〔{seen[name]}〕{suffix}"


def watched_folder(path: Path) -> Path:
    """The folder in which changes concern a path asked for: itself, a file's own, or where a pattern begins."""
    if path.is_dir():
        return path
    parts = path.parts
    fixed = next((number for number, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    if fixed == len(parts) or os.path.lexists(path):
        return path.parent if os.path.lexists(path) or path.suffix else path
    return Path(*parts[:fixed])
