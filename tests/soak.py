"""Mixed load on `yinde serve`, its process killed at random: no lost document, no wrong citation, nothing that grows.

    .venv/bin/python tests/soak.py [--minutes 30] [--seed 9] [--model hash] [--life 20 60]

Readers search, ask, look quotations up and have drafts checked, and hold every span they are given against the
document's text; a writer uploads and deletes. Every 20 to 60 seconds the server is killed (SIGKILL, one time in five
SIGTERM) and started again. Status 1 on anything wrong.
"""

import argparse
import atexit
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Lock

import httpx
from load import DOCUMENTS, QUESTIONS, memory, notice

from index.doctor import examine
from ui.client import ApiError, Yinde
from ui.keys import Keys
from ui.schema import CitationModel, DocumentLine, HitModel, QuoteMatchModel

READERS = 4
MOST = 150  # documents held beside the ground, so that what grows is not the library
GROWTH = 1.25  # times the memory of the first lives that the last may have
HANDLES = 32  # more open files in the last lives than in the first
_NUMBER = re.compile(r"关于第(\d+)号重点任务的通知")


@dataclass
class Ledger:
    """What the server has acknowledged, and what was under way when it died."""

    held: dict[str, int] = field(default_factory=dict)  # document id → number of its notice
    received: set[int] = field(default_factory=set)  # numbers whose upload was answered, its job not seen to end
    sent: set[int] = field(default_factory=set)  # numbers whose upload was not answered
    leaving: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def count(self, what: str, by: int = 1) -> None:
        """Note work that was done."""
        with self.lock:
            self.done[what] += by

    def blame(self, what: str) -> None:
        """Note something wrong."""
        with self.lock:
            self.wrong[what] += 1

    def leaves(self, doc_id: str) -> bool:
        """Whether a document may rightly be missing."""
        with self.lock:
            return doc_id in self.leaving or doc_id in self.gone


class Life:
    """A server from its start to its end; a process group of its own."""

    def __init__(self, library: Path) -> None:
        command = [str(Path(sys.executable).with_name("yinde")), "serve", "--port", "0", "--library", str(library)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
        )
        atexit.register(self.process.kill)  # does nothing to one that has ended
        assert self.process.stdout
        line = self.process.stdout.readline()
        if "已就绪" not in line:
            raise SystemExit("服务没有启动")
        self.address = "http://127.0.0.1:" + line.split()[0].rpartition(":")[2].rstrip("/")
        self.ending = Event()
        self.looks: list[tuple[int, int]] = []  # bytes of memory, open files

    def look(self) -> None:
        """Note memory and open files."""
        pid = self.process.pid
        self.looks.append((memory(pid), len(os.listdir(f"/proc/{pid}/fd"))))

    def end(self, how: signal.Signals) -> list[str]:
        """End the server; the command lines of what it left behind."""
        self.ending.set()
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        deadline = time.monotonic() + 10
        while (left := _session(self.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return list(left.values())


def _session(leader: int) -> dict[int, str]:
    """The living processes of a session: number → command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, _, session, *_ = (path / "stat").read_text().rpartition(")")[2].split()
            if int(session) == leader and state != "Z":
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ").strip()
    return found


class Patient(httpx.HTTPTransport):
    """Asks again a little later when told that it asks too often."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is none of that kind."""
        while (answer := super().handle_request(request)).status_code == 429:
            answer.close()
            time.sleep(0.2)
        return answer


class Reader:
    """One who asks and holds every span against its document."""

    def __init__(self, yinde: Yinde, ledger: Ledger, questions: Sequence[str], choose: random.Random) -> None:
        self._yinde, self._ledger, self._questions, self._choose = yinde, ledger, questions, choose

    def turn(self) -> None:
        """One request of any kind, verified."""
        kind = self._choose.choice(("search", "search", "ask", "ask", "quote", "check"))
        getattr(self, f"_{kind}")()
        self._ledger.count(kind)

    def _search(self) -> None:
        self._held(self._yinde.search(self._choose.choice(self._questions), k=5).hits)

    def _ask(self) -> None:
        answer = self._yinde.ask(self._choose.choice(self._questions))
        self._held([*answer.citations, *answer.evidence])

    def _quote(self) -> None:
        number, line = self._known()
        report = self._yinde.quote(line)
        self._held(report.matches)
        if report.verdict != "verbatim" and number in self._ledger.held.values():
            self._ledger.blame(f"第{number}号的原句核对为 {report.verdict}")

    def _check(self) -> None:
        text = f"会议指出：“{self._known()[1]}”各处室要照此办理。"
        if self._yinde.check(text).characters != len(text):
            self._ledger.blame("核查的稿件不是送去的稿件")

    def _known(self) -> tuple[int, str]:
        """A paragraph of a document that is held."""
        with self._ledger.lock:
            number = self._choose.choice([*self._ledger.held.values()] or [0])
        return number, self._choose.choice(notice(number).split("\n\n")[1:-1])

    def _held(self, places: Iterable[HitModel | CitationModel | QuoteMatchModel]) -> None:
        for place in places:
            told = place.quote if isinstance(place, CitationModel) else place.text
            try:
                text = self._yinde.document(place.doc_id).text
            except ApiError as error:
                if error.status == 404 and self._ledger.leaves(place.doc_id):
                    continue
                raise
            self._ledger.count("span")
            if text[place.start : place.end] != told:
                self._ledger.blame(f"{place.doc_id} 的 {place.start}–{place.end} 不是“{told[:20]}”")


class Writer:
    """One who uploads and deletes, and writes down what was acknowledged."""

    def __init__(self, yinde: Yinde, ledger: Ledger, choose: random.Random) -> None:
        self._yinde, self._ledger, self._choose = yinde, ledger, choose

    def settle(self) -> None:
        """After a start: wait for what was received, then see that nothing acknowledged is missing."""
        ledger = self._ledger
        for job in self._yinde.jobs():
            self._yinde.wait(job.id)
        there = {line.id: _number(line.title) for line in self._listed()}
        missing = [i for i in ledger.held if i not in there and i not in ledger.leaving]
        missing += [str(number) for number in ledger.received if number not in there.values()]
        for one in missing:
            ledger.blame(f"丢了 {one}")
        with ledger.lock:
            ledger.gone |= {i for i in ledger.leaving if i not in there}
            ledger.held = {i: number for i, number in there.items() if number is not None}
            ledger.leaving.clear()
            ledger.received.clear()
            ledger.sent.clear()
        ledger.count("settled")

    def turn(self) -> None:
        """Upload some, delete some when there are many."""
        ledger = self._ledger
        with ledger.lock:
            last = max([*ledger.held.values(), *ledger.sent, *ledger.received, ledger.done["number"]], default=0)
            ledger.done["number"] = last + 5
            numbers = set(range(last + 1, last + 1 + self._choose.randint(1, 5)))
            ledger.sent |= numbers
        job = self._yinde.upload([(f"通知{n}.txt", notice(n).encode()) for n in sorted(numbers)])
        with ledger.lock:
            ledger.sent -= numbers
            ledger.received |= numbers
        job = self._yinde.wait(job.id)
        if job.state != "done" or job.report is None or len(job.report.added) != len(numbers):
            ledger.blame(f"收录：{job.state} {job.error}")
            return
        for doc_id in job.report.added:
            self._take(doc_id)
        ledger.count("upload", len(numbers))
        if len(ledger.held) > MOST:
            self._delete(self._choose.sample(sorted(ledger.held), self._choose.randint(2, 6)))

    def _take(self, doc_id: str) -> None:
        """Hold a document that was acknowledged, whole."""
        document = self._yinde.document(doc_id)
        number = _number(document.title)
        if number is None or any(part not in document.text for part in notice(number).split("\n\n")[1:-1]):
            self._ledger.blame(f"{doc_id} 不是送去的文件")
            return
        with self._ledger.lock:
            self._ledger.held[doc_id] = number
            self._ledger.received.discard(number)

    def _delete(self, ids: Sequence[str]) -> None:
        ledger = self._ledger
        with ledger.lock:
            ledger.leaving |= set(ids)
            ledger.held = {i: number for i, number in ledger.held.items() if i not in ids}
        job = self._yinde.wait(self._yinde.delete(ids).id)
        if job.state != "done" or job.report is None or set(job.report.removed) != set(ids):
            ledger.blame(f"删除：{job.state} {job.error}")
            return
        with ledger.lock:
            ledger.leaving -= set(ids)
            ledger.gone |= set(ids)
        ledger.count("delete", len(ids))

    def verify(self) -> None:
        """Every document that is held, whole."""
        for doc_id in list(self._ledger.held):
            self._take(doc_id)
        self._ledger.count("verified", len(self._ledger.held))

    def _listed(self) -> list[DocumentLine]:
        lines: list[DocumentLine] = []
        while True:
            page = self._yinde.documents(offset=len(lines), limit=200)
            lines += page.documents
            if len(lines) >= page.total or not page.documents:
                return lines


def _number(title: str) -> int | None:
    """The number of a notice by its title, None for another document."""
    found = _NUMBER.search(title)
    return int(found[1]) if found else None


def live(
    life: Life, seconds: float, keys: Sequence[str], ledger: Ledger, questions: Sequence[str], choose: random.Random
) -> None:
    """Load a server for so long and end it; what is asked of a server that has ended may fail, nothing else."""

    def keep_on(turn: "Reader | Writer") -> None:
        while not life.ending.is_set():
            try:
                turn.turn()
            except ApiError as error:
                if not life.ending.is_set():
                    ledger.blame(f"{type(turn).__name__} {error.status} {error}")

    first, *others = [Yinde(life.address, key=key, transport=Patient()) for key in keys]
    writer = Writer(first, ledger, choose)
    writer.settle()
    life.look()
    readers = [Reader(yinde, ledger, questions, random.Random(choose.random())) for yinde in others]
    pool = ThreadPoolExecutor(len(keys))
    busy: list[Reader | Writer] = [*readers, writer]
    working = [pool.submit(keep_on, one) for one in busy]
    stop = time.monotonic() + seconds
    while time.monotonic() < stop and life.process.poll() is None:
        time.sleep(0.5)
        with suppress(FileNotFoundError):
            life.look()
    if life.process.poll() is not None:
        ledger.blame(f"服务自己停了：{life.process.returncode}")
    for line in life.end(signal.SIGTERM if choose.random() < 0.2 else signal.SIGKILL):
        ledger.blame(f"留下了进程：{line[:80]}")
    for work in working:
        if error := work.exception():
            ledger.blame(f"{type(error).__name__} {error}")
    pool.shutdown()
    for yinde in (first, *others):
        yinde.close()


def last(library: Path, key: str, ledger: Ledger, choose: random.Random) -> None:
    """Start once more: every document whole; then the library examined as it was left."""
    life = Life(library)
    with Yinde(life.address, key=key, transport=Patient()) as yinde:
        writer = Writer(yinde, ledger, choose)
        writer.settle()
        writer.turn()
        writer.verify()
    for line in life.end(signal.SIGTERM):
        ledger.blame(f"留下了进程：{line[:80]}")
    for finding in examine(library):
        ledger.blame(f"doctor：{finding.what}")


def grown(lives: Sequence[Life], ledger: Ledger) -> None:
    """Tell memory and open files of the first and the last lives; growth is wrong."""
    for number, life in enumerate(lives, 1):
        (first, open_first), (end, open_last) = life.looks[0], life.looks[-1]
        print(f"  第{number}次：内存 {first >> 20} → {end >> 20} MB，打开的文件 {open_first} → {open_last}")
    share = max(1, len(lives) // 4)
    early, late = lives[:share], lives[-share:]
    sizes = [median(life.looks[-1][0] for life in some) for some in (early, late)]
    files = [median(life.looks[-1][1] for life in some) for some in (early, late)]
    print(f"内存：{int(sizes[0]) >> 20} → {int(sizes[1]) >> 20} MB；打开的文件：{files[0]:.0f} → {files[1]:.0f}")
    if sizes[1] > GROWTH * sizes[0]:
        ledger.blame("内存在增长")
    if files[1] > files[0] + HANDLES:
        ledger.blame("打开的文件在增多")


def main() -> int:
    """Keep on for `--minutes`; status 1 when anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--model", default="hash", help="'' for the bundled one")
    parser.add_argument("--life", type=float, nargs=2, default=(20, 60), metavar="SECONDS")
    options = parser.parse_args()
    choose, ledger = random.Random(options.seed), Ledger()
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    lives: list[Life] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server ends with this
    with TemporaryDirectory(prefix="yinde-soak-") as folder:
        library = Path(folder) / "library"
        command = [str(Path(sys.executable).with_name("yinde")), "index", str(DOCUMENTS), "--library", str(library)]
        model = ["--model", options.model] if options.model else []
        subprocess.run([*command, *model], stdout=subprocess.DEVNULL, check=True)
        keys = [Keys(library).add(name, "write") for name in ("收录", *(f"读者{n}" for n in range(READERS)))]
        began = time.monotonic()
        while time.monotonic() < began + 60 * options.minutes:
            lives.append(Life(library))
            live(lives[-1], choose.uniform(*options.life), keys, ledger, questions, choose)
            for finding in examine(library):
                if not finding.mendable:
                    ledger.blame(f"doctor：{finding.what}")
        last(library, keys[0], ledger, choose)
    kills = sum(life.process.returncode == -signal.SIGKILL for life in lives)
    print(f"{(time.monotonic() - began) / 60:.1f} 分钟，{len(lives)} 次启动，其中 {kills} 次被 kill -9")
    print("，".join(f"{what} {count}" for what, count in ledger.done.items() if what != "number"))
    grown(lives, ledger)
    for what, times in ledger.wrong.most_common():
        print(f"错 {times} 次：{what}")
    print("没有错。" if not ledger.wrong else f"共 {ledger.wrong.total()} 处错。")
    return 1 if ledger.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
