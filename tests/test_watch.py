import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.types import SyncReport
from index.watch import watch
from index.writer import writing

NOTICE = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员。\n"
LETTER = "关于商请支持的函\n\n请贵局支持防汛物资调运，有关车辆凭证免费通行。\n"


class Watching:
    """A watch that runs in a thread, and what it says, in order."""

    def __init__(self, library: LocalLibrary, apart: Path, *paths: Path) -> None:
        self.said: Queue[SyncReport | str] = Queue()
        self.stop = Event()
        self.thread = Thread(target=self._run, args=(library, apart, paths))
        self.thread.start()

    def _run(self, library: LocalLibrary, apart: Path, paths: tuple[Path, ...]) -> None:
        watch(
            paths, apart=apart, sync=library.sync, tell=self.said.put, note=self.said.put, stop=self.stop,
            quiet=100, look=100,
        )  # fmt: skip

    def report(self) -> SyncReport:
        said = self.said.get(timeout=60)
        assert isinstance(said, SyncReport)
        return said

    def note(self) -> str:
        said = self.said.get(timeout=60)
        assert isinstance(said, str)
        return said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


@pytest.fixture
def watching(library: LocalLibrary, folder: Path, tmp_path: Path) -> Iterator[Watching]:
    started = Watching(library, tmp_path / "library", folder)
    yield started
    started.stop.set()
    started.thread.join(timeout=60)
    assert not started.thread.is_alive()


def test_a_change_is_taken_in_when_it_has_come_to_rest(watching: Watching, folder: Path, library: LocalLibrary) -> None:
    (doc,) = watching.report().added
    # An editor writes beside and renames over.
    (folder / "~通知.tmp").write_text(NOTICE.replace("十公里", "五公里"), encoding="utf-8")
    (folder / "~通知.tmp").rename(folder / "通知.txt")
    assert watching.report().changed == (doc,)
    inner = folder / "内部"
    inner.mkdir()
    (inner / "函.txt").write_text(LETTER, encoding="utf-8")
    assert len(watching.report().added) == 1
    (inner / "函.txt").unlink()
    assert len(watching.report().removed) == 1


def test_a_folder_that_goes_keeps_its_documents_and_is_watched_again_when_it_returns(
    watching: Watching, folder: Path, tmp_path: Path
) -> None:
    (doc,) = watching.report().added
    folder.rename(tmp_path / "别处")
    assert "不见了；文库里已有的内容保留" in watching.note()
    (tmp_path / "别处" / "函.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "别处").rename(folder)
    assert "回来了" in watching.note()
    report = watching.report()
    assert (report.unchanged, len(report.added), report.removed) == ((doc,), 1, ())


def test_a_folder_that_is_not_there_yet_is_waited_for(library: LocalLibrary, tmp_path: Path) -> None:
    watching = Watching(library, tmp_path / "library", tmp_path / "以后")
    assert "不见了" in watching.note()
    (tmp_path / "新").mkdir()
    (tmp_path / "新" / "函.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "新").rename(tmp_path / "以后")
    assert "回来了" in watching.note()
    assert len(watching.report().added) == 1
    watching.stop.set()
    watching.thread.join(timeout=60)


def test_another_writer_is_waited_for(library: LocalLibrary, folder: Path, tmp_path: Path) -> None:
    with writing(tmp_path / "library"):
        watching = Watching(library, tmp_path / "library", folder)
        assert "另一个程序正在写入文库" in watching.note()
    assert len(watching.report().added) == 1
    watching.stop.set()
    watching.thread.join(timeout=60)


OFFICE = """#!{python}
import os, shutil, sys
folder = sys.argv[sys.argv.index("--outdir") + 1]
os.makedirs(folder)
shutil.copyfile({made!r}, folder + "/source.docx")
"""


@pytest.mark.skipif(os.name != "posix", reason="a program that is a script")
def test_a_file_refused_for_lack_of_libreoffice_is_taken_in_once_that_is_installed(
    library: LocalLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import docx

    program, made = tmp_path / "soffice", tmp_path / "made.docx"
    word = docx.Document()
    word.add_paragraph(NOTICE)
    word.save(str(made))
    monkeypatch.setenv("YINDE_SOFFICE", str(program))
    folder = tmp_path / "旧"
    folder.mkdir()
    (folder / "通知.wps").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    watching = Watching(library, tmp_path / "library", folder)
    first = watching.report()
    assert "需要 LibreOffice" in first.failed[0].reason
    written = tmp_path / "soffice.new"
    written.write_text(OFFICE.format(python=sys.executable, made=str(made)))
    written.chmod(0o755)
    written.rename(program)
    second = watching.report()
    assert (len(second.added), second.failed) == (1, ())
    watching.stop.set()
    watching.thread.join(timeout=60)


def test_ctrl_c_ends_the_command_cleanly(folder: Path, tmp_path: Path) -> None:
    # A job in the background of a shell ignores Ctrl-C, and so would its children.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeds}; from ui.cli import main; main()"]
    command += ["index", str(folder), "--watch", "--json"]
    environment = {**os.environ, "YINDE_LIBRARY": str(tmp_path / "library"), "YINDE_MODEL": "hash"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as yinde:
        assert yinde.stdout is not None
        first = json.loads(yinde.stdout.readline())
        assert len(first["added"]) == 1
        (folder / "函.txt").write_text(LETTER, encoding="utf-8")
        second = json.loads(yinde.stdout.readline())
        assert (len(second["added"]), second["unchanged"]) == (1, first["added"])
        yinde.send_signal(signal.SIGINT)
        try:
            out, err = yinde.communicate(timeout=60)
        finally:
            yinde.kill()
    assert (yinde.returncode, out) == (0, "")
    assert err.splitlines()[-1] == "已停止监视，文库完好。"
