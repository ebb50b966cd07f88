"""Many clients at once against `yinde serve`, while documents are taken in: errors, latency, memory, time to start.

    .venv/bin/python tests/load.py [--documents DIR] [--clients 50] [--seconds 60] [--pace 1] [--requests 20000]

Every client has a key of its own and one connection, and asks again `pace` seconds, on average, after its answer: while
documents are taken in, and then for half as long without; in the requests that follow, whose memory is watched, at
once. There clients do nothing but wait: 50 of them with 100 answers a second wait 50 / 100 s each, whatever a search
takes (Little, 1961), so that this measures answers a second and not how long a reader waits. Status 1 when anything but
200 comes back, a connection breaks, or memory grows.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx

from ui.keys import Keys

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ROOT / "eval" / "sets" / "jianglan" / "documents"
QUESTIONS = ROOT / "eval" / "sets" / "jianglan" / "cases.jsonl"
P95 = 0.150  # seconds, of a search
READY = 6.0  # seconds from start to the first answer, the model unpacked already
GROWTH = 0.05  # share by which memory may grow once it is warm
_WARM = 0.25  # share of the requests before memory is held to be warm
_LOOKS = 20
_TOGETHER = 10  # documents an upload


@dataclass(slots=True)
class Tally:
    """What came of the requests."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str, took: float, status: int) -> None:
        """Note one answer."""
        self.seconds.setdefault(kind, []).append(took)
        if status != 200:
            self.wrong[f"{kind} {status}"] += 1

    @property
    def total(self) -> int:
        """Answers in all."""
        return sum(map(len, self.seconds.values()))


class Connection:
    """One client: as much of HTTP/1.1 as keeps the measuring from being what is measured."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """The status of the answer, its body read."""
        if self._streams is None or self._streams[0].at_eof():  # the server lets go of who is silent for long
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._key}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
        await reader.readexactly(int(length or 0))
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


def asked(questions: Sequence[str], chance: random.Random) -> tuple[str, str]:
    """(kind, path) of a request; nine of ten are searches, mostly of words nobody asked for just before."""
    question = chance.choice(questions)
    if chance.random() < 0.9:
        year = chance.choice(["", "", f"{chance.randint(2018, 2026)}年"])
        return "search", f"/api/v1/search?k=10&q={quote(f'{year}{question}')}"
    kind = chance.choice(["suggest", "facets"])
    return kind, f"/api/v1/{kind}?q={quote(question[: chance.randint(2, 12)])}"


async def client(
    port: int, key: str, tally: Tally, stop: asyncio.Event, options: argparse.Namespace, seed: int
) -> None:
    """Ask until it is time to stop."""
    chance, connection = random.Random(seed), Connection(port, key)
    await asyncio.sleep(chance.random() * options.pace)
    while not stop.is_set():
        kind, path = asked(options.questions, chance)
        began = time.perf_counter()
        try:
            status = await connection.get(path)
        except (OSError, EOFError, ValueError, IndexError) as error:
            tally.wrong[f"{kind} {type(error).__name__}"] += 1
            connection.close()
            connection = Connection(port, key)
            continue
        tally.count(kind, time.perf_counter() - began, status)
        if options.pace:
            await asyncio.sleep(chance.expovariate(1 / options.pace))
    connection.close()


async def taking_in(port: int, key: str, tally: Tally, stop: asyncio.Event) -> int:
    """Upload documents, a job after another, until it is time to stop; how many were taken in."""
    taken = 0
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as http:
        while not stop.is_set():
            files = [("file", (f"通知{taken + n}.txt", notice(taken + n).encode())) for n in range(_TOGETHER)]
            answer = await http.post("/api/v1/documents?wait=60", files=files)
            added = len(answer.json()["report"]["added"]) if answer.status_code == 200 else 0
            if added != _TOGETHER:
                tally.wrong[f"upload {answer.status_code} {answer.text[:200]}"] += 1
            taken += added
    return taken


def notice(number: int) -> str:
    """A notice unlike the others."""
    chance = random.Random(number)
    points = [
        f"{'一二三四五六七八'[n]}、第{chance.randint(100, 999)}项工作由第{chance.randint(1, 99)}处牵头，"
        f"{chance.randint(1, 12)}月底前完成{chance.randint(2, 98)}%，经费{chance.randint(10, 900)}万元由市财政安排。"
        for n in range(8)
    ]
    return f"关于第{number}号重点任务的通知\n\n" + "\n\n".join(points) + "\n\n江澜市人民政府\n2026年3月1日\n"


async def under_load(
    port: int, keys: Sequence[str], writer: str, options: argparse.Namespace, seconds: float
) -> tuple[Tally, int]:
    """All clients for so many seconds; documents taken in meanwhile, where there is a key for that."""
    tally, stop = Tally(), asyncio.Event()
    clients = [client(port, key, tally, stop, options, seed) for seed, key in enumerate(keys)]
    taking = [taking_in(port, writer, tally, stop)] if writer else []
    work = asyncio.gather(*taking, *clients)
    await asyncio.sleep(seconds)
    stop.set()
    results = await work
    return tally, results[0] if writer else 0


async def in_a_row(
    port: int, keys: Sequence[str], pid: int, options: argparse.Namespace
) -> tuple[Tally, list[tuple[int, int]]]:
    """So many requests by all clients without pause; (requests, bytes of memory) every now and then."""
    options = argparse.Namespace(**{**vars(options), "pace": 0})
    tally, stop, looks = Tally(), asyncio.Event(), [(0, memory(pid))]
    work = asyncio.gather(*(client(port, key, tally, stop, options, seed) for seed, key in enumerate(keys, 1000)))
    while tally.total < options.requests and not work.done():
        await asyncio.sleep(0.2)
        if tally.total - looks[-1][0] >= options.requests / _LOOKS:
            looks.append((tally.total, memory(pid)))
    stop.set()
    await work
    return tally, [*looks, (tally.total, memory(pid))]


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used; by a busy machine it is the figure that still compares."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def tell(what: str, tally: Tally, seconds: float, used: float) -> None:
    """Answers a second, how many were asked for at once, processor time, and how long each kind took."""
    rate, waited = tally.total / seconds, sum(map(sum, tally.seconds.values()))
    print(
        f"{what}：{tally.total} 次请求，每秒 {rate:.0f} 次，平均同时 {waited / seconds:.1f} 个，"
        f"每次用处理器 {used / max(1, tally.total) * 1000:.1f} ms"
    )
    for kind, took in sorted(tally.seconds.items()):
        marks = "  ".join(
            f"p{round(share * 100)} {percentile(took, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99)
        )
        print(f"  {kind:8} {len(took):6} 次  {marks}  最长 {max(took) * 1000:.0f} ms")
    for wrong, times in tally.wrong.most_common():
        print(f"  出错 {times} 次：{wrong}")


def started(library: Path) -> tuple["subprocess.Popen[str]", int, float]:
    """The server, its port, and seconds from its start to its first answer."""
    command = [str(Path(sys.executable).with_name("yinde")), "serve", "--port", "0", "--library", str(library)]
    began = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert server.stdout
    line = server.stdout.readline()
    if "已就绪" not in line:
        raise SystemExit("服务没有启动")
    port = int(line.split()[0].rpartition(":")[2])
    httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=60).raise_for_status()
    return server, port, time.perf_counter() - began


def main() -> int:
    """Measure and tell; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pace", type=float, default=1.0, help="mean seconds from an answer to the next request")
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    options.questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with TemporaryDirectory(prefix="yinde-load-") as folder:
        library = Path(folder) / "library"
        yinde = str(Path(sys.executable).with_name("yinde"))
        subprocess.run([yinde, "index", str(options.documents), "--library", str(library)], stdout=subprocess.DEVNULL)
        keys = Keys(library)
        readers = [keys.add(f"客户端{n}", "read") for n in range(options.clients)]
        writer = keys.add("收录", "write")
        server, port, ready = started(library)
        try:
            passed = measured(server.pid, port, readers, writer, options)
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(f"启动到能检索：{ready:.1f} 秒（目标 ≤ {READY:.0f} 秒，{'达到' if ready <= READY else '未达到'}）")
    return 0 if passed else 1


def measured(pid: int, port: int, readers: Sequence[str], writer: str, options: argparse.Namespace) -> bool:
    """All measurements, told; whether nothing failed and memory stayed."""
    who = f"{options.clients} 个客户端，答后平均停 {options.pace:g} 秒"
    wrong = 0
    for key, seconds in ((writer, options.seconds), ("", options.seconds / 2)):
        began, used = time.perf_counter(), processor(pid)
        tally, taken = asyncio.run(under_load(port, readers, key, options, seconds))
        took = time.perf_counter() - began
        tell(f"{who}，{f'同时收录 {taken} 篇' if key else '不收录'}，{took:.0f} 秒", tally, took, processor(pid) - used)
        p95 = percentile(tally.seconds.get("search", []), 0.95)
        print(f"  检索 p95：{p95 * 1000:.0f} ms（目标 ≤ {P95 * 1000:.0f} ms，{'达到' if p95 <= P95 else '未达到'}）")
        wrong += tally.wrong.total()
    began, used = time.perf_counter(), processor(pid)
    more, looks = asyncio.run(in_a_row(port, readers, pid, options))
    tell(f"{options.clients} 个客户端，一答就问", more, time.perf_counter() - began, processor(pid) - used)
    warm = next(size for count, size in looks if count >= _WARM * options.requests)
    growth = looks[-1][1] / warm - 1
    steady = growth <= GROWTH
    told = "，".join(f"{count} 次 {size >> 20} MB" for count, size in looks[:: max(1, len(looks) // 6)])
    print(f"内存：{told}；热身后增长 {growth:.1%}（目标 ≤ {GROWTH:.0%}，{'达到' if steady else '未达到'}）")
    return steady and not wrong and not more.wrong


if __name__ == "__main__":
    sys.exit(main())
