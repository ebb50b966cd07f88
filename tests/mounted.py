"""A library on a medium that cannot be written to, and on one that is full; run where mounting is allowed.

`tests/test_mounted.py` runs this in a mount namespace of its own, with a folder to mount on: nothing is left behind.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index.backup import back_up, restore  # noqa: E402
from index.compact import compact  # noqa: E402
from index.doctor import examine, leftovers, mend  # noqa: E402
from index.embed import HashEmbedder  # noqa: E402
from index.errors import LibraryError  # noqa: E402
from index.exchange import export, take_over  # noqa: E402
from index.library import LocalLibrary  # noqa: E402
from index.moving import move  # noqa: E402
from index.reembed import prepare  # noqa: E402
from index.sync import silent  # noqa: E402
from rag.pipeline import Pipeline  # noqa: E402
from ui.history import Questions  # noqa: E402
from ui.keys import Keys  # noqa: E402

FREE = (0, 4, 16, 40, 80, 160, 320, 640)  # KiB that are left when an operation begins


class Backwards(HashEmbedder):
    """Another model."""

    model = "backwards"


def opened(place: Path, *, create: bool = False) -> LocalLibrary:
    return LocalLibrary.open(place, embedder=HashEmbedder(), create=create)


def written(folder: Path, numbers: range, words: str = "") -> None:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        text = f"关于第{number}项工作的通知\n\n一、第{number}项工作{words}由第{number}科负责，{number}日以前完成。\n"
        (folder / f"{number}.txt").write_text(text * 20, encoding="utf-8")


def told(work: Callable[[], object]) -> str:
    """What is said when something cannot be done, "" when it is done."""
    try:
        work()
    except LibraryError as error:
        return str(error)
    return ""


def read_only(folder: Path) -> dict[str, object]:
    """What can be done with a library that cannot be written to, and what is said of the rest."""
    files, place = folder / "files", folder / "medium" / "library"
    written(files, range(1, 4))
    with opened(place, create=True) as library:
        library.sync([files])
    Keys(place).add("张三", "read")
    medium = str(folder / "medium")
    subprocess.run(["mount", "--bind", medium, medium], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", medium], check=True)
    with opened(place) as library:
        hits = library.search("第二项工作由谁负责", k=3)
        answer = Pipeline(library).ask("第2项工作由第几科负责？")
        history = Questions(place)
        history.add("", "问过的", "search")
        report = {
            "hits": len(hits),
            "cited": len(answer.citations),
            "quoted": library.find_quote("第2项工作由第2科负责").verdict,
            "kept questions": [one.question for one in history.latest("")],
            "examined": [finding.what for finding in examine(place)],
            "exported": export(place, folder / "exported").documents,
            "kept": back_up(place, folder / "kept").total > 0,
            "moved": move(place, folder / "moved", progress=silent).documents,
            "refused": {
                "sync": told(lambda: library.sync([files])),
                "compact": told(lambda: compact(place)),
                "mend": told(lambda: mend(place)),
                "restore": told(lambda: restore(folder / "kept", place)),
                "reembed": told(lambda: prepare(place, Backwards(), silent)),
                "key": told(lambda: Keys(place).add("李四", "read")),
            },
        }
    subprocess.run(["umount", "-l", medium], check=True)
    return report


def full(folder: Path) -> dict[str, object]:
    """What operations begun with so much room left say; whether the library is whole then, and they can be done."""
    files, disk, base = folder / "files", folder / "disk", folder / "base"
    disk.mkdir()
    written(files, range(1, 6))
    _synced(base, files)
    export(base, folder / "out")
    before = _state(base)
    written(files, range(1, 12), "（修订）")
    shutil.copytree(base, folder / "later")
    _synced(folder / "later", files)
    after = _state(folder / "later")
    operations: dict[str, Callable[[Path], object]] = {
        "sync": lambda place: _synced(place, files),
        "compact": compact,
        "backup": lambda place: back_up(place, disk / "kept"),
        "export": lambda place: export(place, disk / "exported"),
        "import": lambda place: take_over(folder / "out", disk / "new", lambda _: HashEmbedder()),
        "move": lambda place: move(place, disk / "moved", progress=silent),
        "reembed": lambda place: prepare(place, Backwards(), silent),
    }
    said: dict[str, list[str]] = {name: [] for name in operations}
    wrong: list[str] = []
    for name, operation in operations.items():
        for free in FREE:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
            place = disk / "library"
            shutil.copytree(base, place)
            _fill(disk, free)
            said[name].append(told(lambda run=operation, at=place: run(at)))  # type: ignore[misc]
            (disk / "filler").unlink()
            if leftovers(place):
                mend(place)
            if _state(place) not in (before, after if name == "sync" else before):
                wrong.append(f"{name}, {free} KiB: neither all nor none")
            if said[name][-1] and (again := _again(operation, place, disk)):
                wrong.append(f"{name}, {free} KiB, again: {again}")
            if found := examine(place):
                wrong.append(f"{name}, {free} KiB: {found}")
            subprocess.run(["umount", "-l", str(disk)], check=True)
    refused = {name: sum(map(bool, lines)) for name, lines in said.items()}
    return {"begun": len(FREE) * len(operations), "refused": refused, "wrong": wrong}


def _again(operation: Callable[[Path], object], place: Path, disk: Path) -> str:
    shutil.rmtree(disk / "exported", ignore_errors=True)  # an export asks for an empty folder
    return told(lambda: operation(place))


def _synced(place: Path, files: Path) -> None:
    with opened(place, create=True) as library:
        library.sync([files])


def _state(place: Path) -> list[tuple[str, str]]:
    with opened(place) as library:
        assert library.search("工作由谁负责", k=3)
        return [(one.id, library.document(one.id).text) for one in library.documents()]


def _fill(disk: Path, free: int) -> None:
    """Leave so many KiB."""
    with (disk / "filler").open("wb") as file:
        room = os.statvfs(disk)
        file.write(b"\0" * max(0, room.f_bavail * room.f_frsize - free * 1024))


if __name__ == "__main__":
    report = {"read_only": read_only, "full": full}[sys.argv[1]](Path(sys.argv[2]).absolute())
    print(json.dumps(report, ensure_ascii=False))
    sys.exit(1 if report.get("wrong") else 0)
