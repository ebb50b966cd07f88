import subprocess
import sys
from pathlib import Path

import pytest
from readers import together

from index.embed import HashEmbedder
from index.errors import BusyError
from index.library import LocalLibrary

WRITER = """
import sys
from pathlib import Path
from index.writer import writing
with writing(Path(sys.argv[1])):
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_eight_readers_see_every_document_whole_and_never_an_older_one(tmp_path: Path) -> None:
    changed, *read = together(tmp_path, seconds=6)
    assert changed.startswith("改了")
    assert len(read) == 8
    assert all(line.startswith("核对") for line in read), read


def test_a_second_writer_is_told_and_the_lock_of_a_dead_one_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "通知.txt").write_text("关于做好防汛工作的通知\n\n各县区要落实防汛责任。\n", encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        command = [sys.executable, "-c", WRITER, str(tmp_path / "library")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "writing\n"
            with pytest.raises(BusyError, match=r"另一个程序正在写入.*请等它结束后再试"):
                library.sync([tmp_path / "通知.txt"])
            writer.kill()
            writer.wait()
            assert (tmp_path / "library" / "writer.lock").exists()
            assert len(library.sync([tmp_path / "通知.txt"]).added) == 1
