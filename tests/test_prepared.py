import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import ModelError
from index.prepared import is_whole, prepared

ROOT = Path(__file__).resolve().parent.parent


class Writer:
    """Writes two files and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "weights.bin").write_bytes(b"\x01\x02\x03")
        (folder / "part").mkdir()
        (folder / "part" / "names.txt").write_text("甲乙", "utf-8")


def test_a_folder_is_written_once(tmp_path: Path) -> None:
    write = Writer()
    folder = prepared(tmp_path / "deep" / "model", write)
    assert prepared(folder, write) == folder
    assert write.times == 1
    assert (folder / "part" / "names.txt").read_text("utf-8") == "甲乙"


def test_a_changed_byte_is_noticed_and_the_folder_written_anew(tmp_path: Path) -> None:
    write = Writer()
    folder = prepared(tmp_path / "model", write)
    (folder / "weights.bin").write_bytes(b"\x01\x02\x04")
    assert not is_whole(folder)
    prepared(folder, write)
    assert write.times == 2
    assert (folder / "weights.bin").read_bytes() == b"\x01\x02\x03"


@pytest.mark.parametrize("harm", ["truncate", "delete", "manifest"])
def test_a_damaged_folder_is_written_anew(tmp_path: Path, harm: str) -> None:
    write = Writer()
    folder = prepared(tmp_path / "model", write)
    if harm == "truncate":
        (folder / "weights.bin").write_bytes(b"\x01")
    elif harm == "delete":
        (folder / "part" / "names.txt").unlink()
    else:
        (folder / "manifest.json").write_text("{", "utf-8")
    prepared(folder, write)
    assert write.times == 2
    assert is_whole(folder)


def test_a_copy_with_new_times_is_still_whole(tmp_path: Path) -> None:
    write = Writer()
    folder = prepared(tmp_path / "model", write)
    os.utime(folder / "weights.bin", (1, 1))
    prepared(folder, write)
    assert write.times == 1


def test_a_failing_write_leaves_nothing_and_the_next_succeeds(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(b"\x01")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(tmp_path / "model", interrupted)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    assert is_whole(prepared(tmp_path / "model", Writer()))


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    code = f"""
import os, pathlib
from index.prepared import prepared
def write(folder):
    (folder / "weights.bin").write_bytes(b"half")
    os._exit(9)
prepared(pathlib.Path({str(tmp_path)!r}) / "model", write)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] != []
    folder = prepared(tmp_path / "model", Writer())
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]


def test_of_two_processes_one_writes_and_the_other_waits(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from index.prepared import prepared
def write(folder):
    with open({str(tmp_path / "times")!r}, "a") as file:
        file.write("x")
    time.sleep(1)
    (folder / "weights.bin").write_bytes(b"whole")
print((prepared(pathlib.Path({str(tmp_path)!r}) / "model", write) / "weights.bin").read_text())
"""
    command = [sys.executable, "-c", code]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0] for process in running] == ["whole\n", "whole\n"]
    assert (tmp_path / "times").read_text() == "x"


def test_a_file_in_the_way_of_the_cache_is_named_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(ModelError, match=r"无法写入模型缓存目录.*XDG_CACHE_HOME"):
        prepared(tmp_path / "cache" / "model", Writer())


def test_a_full_disk_is_named_with_a_cure(tmp_path: Path) -> None:
    def full(_: Path) -> None:
        with open("/dev/full", "wb", buffering=0) as file:
            file.write(b"x")

    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(ModelError, match="磁盘空间不足"):
        prepared(tmp_path / "model", full)
