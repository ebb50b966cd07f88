"""Kill a writer at every kind of moment and see that its library has all or none of the change: `make kill-test`.

Each operation runs in a process of its own that ends itself by SIGKILL at a chosen call, of Python or of C, counted
from the operation's beginning; a seed spreads the moments. Then the library is opened, examined and searched, and the
operation is done again.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from index.backup import back_up, backups, restore  # noqa: E402
from index.catalog import Catalog  # noqa: E402
from index.compact import compact  # noqa: E402
from index.dense import Vectors  # noqa: E402
from index.doctor import examine, leftovers, mend  # noqa: E402
from index.embed import HashEmbedder  # noqa: E402
from index.exchange import export, take_over  # noqa: E402
from index.generation import rebuild  # noqa: E402
from index.library import LocalLibrary  # noqa: E402
from index.reembed import prepare, switch  # noqa: E402
from index.sync import silent  # noqa: E402
from index.writer import writing  # noqa: E402

State = dict[str, tuple[str, tuple[str, ...]]]  # document id → its text and the files it came from


@dataclass(frozen=True)
class Place:
    """The folders of one trial: files, the library of them, and backups of it."""

    root: Path

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def kept(self) -> Path:
        return self.root / "kept"


class Backwards(HashEmbedder):
    """Another model."""

    model = "backwards"
    dimension = 256

    def query(self, text: str) -> Vectors:
        return super().query(text[::-1])


def _opened(folder: Path) -> LocalLibrary:
    """The library by the model it has now."""
    with closing(Catalog(folder / "catalog.sqlite")) as catalog:
        model = catalog.setting("model")
    return LocalLibrary.open(folder, embedder=Backwards() if model == Backwards.model else HashEmbedder())


def _sync(place: Place) -> None:
    with LocalLibrary.open(place.library, embedder=HashEmbedder(), create=True) as library:
        library.sync([place.files])


def _rebuild(place: Place) -> None:
    with writing(place.library):
        rebuild(place.library, Catalog(place.library / "catalog.sqlite"))


def _restore(place: Place) -> None:
    restore(place.kept, place.library, at=backups(place.kept)[0].name)


def _restore_elsewhere(place: Place) -> None:
    restore(place.kept, place.root / "new", at=backups(place.kept)[0].name)


def _import(place: Place) -> None:
    take_over(place.root / "exported", place.root / "new", lambda _: HashEmbedder())


def _reembed(place: Place) -> None:
    prepare(place.library, Backwards(), silent)
    switch(place.library, Backwards(), "backwards", silent)


def _compact(place: Place) -> None:
    compact(place.library)


def _back_up(place: Place) -> None:
    back_up(place.library, place.kept)


def _write(place: Place, number: int, changed: str = "") -> None:
    text = f"关于第{number}项工作的通知\n\n一、第{number}项工作{changed}由第{number}科负责，{number}月底以前完成。\n"
    (place.files / f"{number}.txt").write_text(text + "二、各单位按时报送进展情况。\n", encoding="utf-8")


def _nothing(place: Place) -> None: ...


def _added(place: Place) -> None:
    for number in range(6, 10):
        _write(place, number)


def _changed(place: Place) -> None:
    _write(place, 2, "（修订）")
    _write(place, 3, "（修订）")


def _deleted(place: Place) -> None:
    (place.files / "1.txt").unlink()
    (place.files / "4.txt").unlink()


def _moved(place: Place) -> None:
    (place.files / "1.txt").rename(place.files / "甲.txt")
    (place.files / "5.txt").rename(place.files / "乙.txt")


def _everything_changed(place: Place) -> None:
    """Enough of it that the vectors are written anew."""
    for number in range(1, 6):
        _write(place, number, "（再次修订）")


Step = Callable[[Place], None]
OPERATIONS: Mapping[str, tuple[Step, Step]] = {
    "add": (_added, _sync),
    "change": (_changed, _sync),
    "delete": (_deleted, _sync),
    "move": (_moved, _sync),
    "compaction": (_everything_changed, _sync),
    "compact": (_nothing, _compact),
    "rebuild": (_nothing, _rebuild),
    "restore": (_nothing, _restore),
    "restore elsewhere": (_nothing, _restore_elsewhere),
    "backup": (_nothing, _back_up),
    "import": (_nothing, _import),
    "another model": (_nothing, _reembed),
}


def main() -> int:
    """Kill `--points` times over all operations; status 1 when a library was not what it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=270)
    parser.add_argument("--seed", type=int, default=9)
    options = parser.parse_args()
    began, failures, killed = time.monotonic(), [], 0
    memory = Path("/dev/shm")  # a killed process loses nothing that it has written, there or on a disk
    with tempfile.TemporaryDirectory(prefix="yinde-kill-", dir=memory if memory.is_dir() else None) as scratch:
        # A library knows its files by their whole paths, so every trial stands where the first was made.
        base, place = Place(Path(scratch) / "base"), Place(Path(scratch) / "one")
        _prepare(place)
        shutil.copytree(place.root, base.root)
        each = -(-options.points // len(OPERATIONS))
        for name in OPERATIONS:
            dead, wrong = trial(name, base, place, each, random.Random(f"{options.seed} {name}"))
            killed += dead
            failures += wrong
            print(f"{name}: killed {dead} times, {len(wrong)} wrong", flush=True)
    seconds = time.monotonic() - began
    print(f"killed {killed} times over {len(OPERATIONS)} operations in {seconds:.0f} s, {len(failures)} wrong")
    print(*failures, sep="\n")
    return 1 if failures else 0


def trial(name: str, base: Place, place: Place, points: int, choose: random.Random) -> tuple[int, list[str]]:
    """Kill one operation at so many moments; how often it died of that, and what was wrong then."""
    prepare, operate = OPERATIONS[name]
    _fresh(base, place, prepare)
    before = _in_child(lambda: _state(place.library))
    calls = int(_in_child(lambda: _run(lambda: operate(place), 0))[1])
    after = _in_child(lambda: _state(place.library))
    killed, wrong = 0, []
    for point in sorted(choose.sample(range(1, calls + 1), min(points, calls))):
        _fresh(base, place, prepare)
        status, _ = _in_child(lambda p=point: _run(lambda: operate(place), p))  # type: ignore[misc]
        killed += status == -signal.SIGKILL
        told = _in_child(lambda: _judge(place, operate, before[1], after[1]))
        if told != (0, ""):
            wrong.append(f"{name} at call {point} of {calls}: {told}")
    return killed, wrong


def _prepare(base: Place) -> None:
    base.files.mkdir(parents=True)
    for number in range(1, 6):
        _write(base, number)

    def build() -> str:
        _sync(base)
        back_up(base.library, base.kept)
        export(base.library, base.root / "exported")
        _write(base, 5, "（首次修订）")
        _sync(base)
        return ""

    assert _in_child(build) == (0, "")


def _fresh(base: Place, place: Place, prepare: Step) -> None:
    shutil.rmtree(place.root, ignore_errors=True)
    shutil.copytree(base.root, place.root)
    prepare(place)


def _run(operate: Callable[[], None], point: int) -> str:
    """Operate, ending this process at the given call; how many calls there were."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    operate()
    sys.setprofile(None)
    return str(calls)


def _state(library: Path) -> str:
    with _opened(library) as opened:
        sources: dict[str, list[str]] = {}
        for source in opened.sources():
            sources.setdefault(source.doc_id, []).append(source.path)
        ids = sorted(document.id for document in opened.documents())
        return repr([(i, opened.document(i).text, sorted(sources.get(i, []))) for i in ids])


def _judge(place: Place, operate: Step, before: str, after: str) -> str:
    """What is wrong with a library whose writer was killed; "" when nothing is."""
    state = _state(place.library)
    if state not in (before, after):
        return "neither all nor none of the change"
    if (place.root / "new" / "catalog.sqlite").exists():
        elsewhere = [finding for finding in examine(place.root / "new") if not finding.mendable]
        if elsewhere:
            return f"restored elsewhere: {elsewhere}"
    if leftovers(place.library):
        mend(place.library)
    if wrong := examine(place.library):
        return f"doctor: {wrong}"
    told = _searched(place.library)
    if told:
        return told
    with suppress(FileNotFoundError):
        shutil.rmtree(place.root / "new")
    operate(place)
    if _state(place.library) != after:
        return "done again, it is not the change"
    return f"doctor, done again: {wrong}" if (wrong := examine(place.library)) else ""


def _searched(library: Path) -> str:
    with _opened(library) as opened:
        for document in opened.documents():
            text = opened.document(document.id).text
            passages = opened.passages(document.id)
            hits = opened.search(passages[0].text[:40], k=50)
            if passages[0].id not in {hit.passage.id for hit in hits}:
                return f"{document.title} is not found"
            if any(
                opened.document(h.passage.doc_id).text[h.passage.start : h.passage.end] != h.passage.text for h in hits
            ):
                return f"a hit for {document.title} is not where it says"
            match = opened.find_quote(passages[0].text[:40]).matches[0]
            if opened.document(match.passage.doc_id).text[match.start : match.end] != match.text or text == "":
                return f"a quotation of {document.title} is not where it says"
    return ""


def _in_child(work: Callable[[], str]) -> tuple[int, str]:
    """Run in a process of its own: its status (minus the signal it died of) and what it returned."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(read)
            told = work().encode()
            with os.fdopen(write, "wb") as pipe:
                pipe.write(told)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


if __name__ == "__main__":
    sys.exit(main())
