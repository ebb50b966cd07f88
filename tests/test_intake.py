import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.intake import Reader
from index.reading import Done, Message, Refused, Taken, Task, Turned
from index.worker import Limits

# A worker whose files do what their names say.
STRANGE = """
import os, signal, sys, time
from index.load.pace import page_begins
from index.reading import Began, Done, Refused, Taken
from index.worker import main

def read(task, *, model):
    name = task.file
    print("a parser that talks")
    os.write(1, b"and one that writes")
    if "hangs" in name:
        while True:
            pass
    if "sleeps" in name:
        time.sleep(600)
    if "turns" in name:
        for page in range(1, 9):
            page_begins(page, 8)
            time.sleep(600 if "stuck" in name and page == 5 else 0.3)
    if "crashes" in name:
        os.abort()
    if "leaves" in name:
        sys.exit(0)
    if "killed" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    if "eats" in name:
        hoard = []
        while True:
            hoard.append(bytearray(50_000_000))
    if "raises" in name:
        raise KeyError("w:body")
    if "box" in name:
        for number in range(4):
            part = f"{name}/{number}"
            if part in task.skip:
                continue
            yield Began(part)
            if number in (1, 2) or "mined" in name:
                os.abort()
            yield Taken(part, "x", b"")
    else:
        yield Taken(name, model, b"")
    yield Done(name, 1, 2, b"3")

main(read)
"""
COMMAND = (sys.executable, "-P", "-c", STRANGE)
LIMITS = Limits(seconds=1.0, seconds_per_page=1.0, seconds_per_megabyte=0, memory=300 << 20)


@pytest.fixture
def reader() -> Iterator[Reader]:
    opened = Reader(COMMAND)
    yield opened
    opened.close()


def read(reader: Reader, *names: str, limits: Limits = LIMITS) -> list[Message]:
    with reader.read([Task(name) for name in names], model="m", limits=limits) as intake:
        return list(intake)


def test_messages_come_in_the_order_of_the_files(reader: Reader) -> None:
    names = [f"{number}.txt" for number in range(50)]
    messages = read(reader, *names)
    assert [m.path for m in messages if isinstance(m, Taken)] == names
    assert [m.file for m in messages if isinstance(m, Done)] == names
    assert isinstance(messages[0], Taken)
    assert messages[0].digest == "m"


def test_nothing_to_read_starts_nothing(reader: Reader) -> None:
    assert read(reader) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hangs", "1 秒还没读完"),
        ("sleeps", "1 秒还没读完"),
        ("crashes", "进程崩溃了（-6）"),
        ("leaves", "进程崩溃了（0）"),
        ("killed", "被系统终止"),
        ("raises", "解析出错（KeyError：'w:body'）"),
    ],
)
def test_a_file_that_ends_its_process_is_refused_and_the_next_are_read(reader: Reader, name: str, reason: str) -> None:
    messages = read(reader, "before.txt", name, "after.txt", "last.txt")
    assert [m.path for m in messages if isinstance(m, Taken)] == ["before.txt", "after.txt", "last.txt"]
    (refused,) = [m for m in messages if isinstance(m, Refused)]
    assert refused.path == name
    assert reason in refused.reason
    assert [m.file for m in messages if isinstance(m, Done)] == ["before.txt", name, "after.txt", "last.txt"]


def test_a_file_that_turns_its_pages_has_time_for_each_and_tells_of_them(reader: Reader) -> None:
    messages = read(reader, "turns", "turns but is stuck", "after.txt")
    assert [m.path for m in messages if isinstance(m, Taken)] == ["turns", "after.txt"]
    (refused,) = [m for m in messages if isinstance(m, Refused)]
    assert re.fullmatch(r"读到第 \d 页附近停住了，已停止；请拆分后再试，或用原来的软件另存一份", refused.reason)
    told = [(m.page, m.pages) for m in messages if isinstance(m, Turned)]
    assert (told[0], told[1][1]) == ((1, 8), 8)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_file_that_eats_memory_is_refused(reader: Reader) -> None:
    messages = read(reader, "eats", "after.txt", limits=replace(LIMITS, seconds=60.0))
    assert [m.reason for m in messages if isinstance(m, Refused)] == ["读它需要的内存超过 0.3 GB，已停止；请拆分后再试"]
    assert [m.path for m in messages if isinstance(m, Taken)] == ["after.txt"]


def test_a_container_goes_on_behind_the_parts_that_end_the_process(reader: Reader) -> None:
    messages = read(reader, "box", "after.txt")
    assert [m.path for m in messages if isinstance(m, Taken)] == ["box/0", "box/3", "after.txt"]
    assert [m.path for m in messages if isinstance(m, Refused)] == ["box/1", "box/2"]


def test_a_container_full_of_mines_is_given_up(reader: Reader) -> None:
    messages = read(reader, "mined box", "after.txt")
    refused = [m.path for m in messages if isinstance(m, Refused)]
    assert refused == ["mined box/0", "mined box/1", "mined box/2", "mined box/3", "mined box"]
    assert [m.path for m in messages if isinstance(m, Taken)] == ["after.txt"]


def test_one_process_reads_one_sync_after_another_and_a_lost_one_is_replaced(reader: Reader) -> None:
    read(reader, "1.txt")
    first = reader.pid
    assert [m.path for m in read(reader, "2.txt") if isinstance(m, Taken)] == ["2.txt"]
    assert reader.pid == first
    reader.kill()
    assert [type(m) for m in read(reader, "3.txt")] == [Taken, Done]
    assert reader.pid != first


def test_who_stops_taking_ends_the_process_whatever_it_does(reader: Reader) -> None:
    with reader.read([Task("1.txt"), Task("sleeps")], model="m", limits=Limits()) as intake:
        next(iter(intake))
    assert [m.path for m in read(reader, "2.txt") if isinstance(m, Taken)] == ["2.txt"]


def test_a_worker_that_cannot_start_is_a_fault_of_the_program_and_not_of_the_file() -> None:
    reader = Reader((sys.executable, "-c", "import nowhere"))
    with pytest.raises(RuntimeError, match="No module named 'nowhere'"):
        read(reader, "1.txt")
    reader.close()


def test_the_reading_process_imports_nothing_heavy() -> None:
    heavy = ("numpy", "faiss", "tantivy", "sqlite3", "openvino", "torch")
    program = f"import sys; import index.worker; print(*[name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == []


def test_slow_formats_and_large_files_get_more_time(tmp_path: Path) -> None:
    limits = Limits(seconds=60, seconds_per_megabyte=20, most_seconds=1800)
    small, large = tmp_path / "a.txt", tmp_path / "b.txt"
    small.write_bytes(b"")
    large.write_bytes(b"x" * (2 << 20))
    assert (limits.of(str(small)), limits.of(str(large)), limits.of("gone.txt")) == (60, 100, 60)
    assert (limits.of("scan.PDF"), limits.of(str(large.rename(tmp_path / "b.pdf")))) == (300, 500)
