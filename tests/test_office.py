# ruff: noqa: E501 - XML is clearer unbroken
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load import load
from index.load.office import load_office, soffice
from index.types import Block

needs_office = pytest.mark.skipif(soffice() is None, reason="LibreOffice is not installed")
RTF = r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}\f0\uc0 \u19968 \u12289 \u24635 \u21017\par \u27491 \u25991 \par}"


def test_without_libreoffice_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINDE_SOFFICE", "/nowhere/soffice")
    path = tmp_path / "a.wps"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(LoadError, match=r"安装 LibreOffice.*另存为 \.docx"):
        load(path)
    with pytest.raises(LoadError, match=r"另存为 \.xlsx"):
        load(path.rename(tmp_path / "a.et"))


@needs_office
def test_rich_text_is_read_and_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = tmp_path / "带空格 与“引号”的名字.rtf"
    path.write_text(RTF, encoding="ascii")
    assert load(path).blocks == (Block("一、总则"), Block("正文"))
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_office
def test_what_libreoffice_cannot_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20)
    with pytest.raises(LoadError, match=r"打不开这个文件.*另存为 \.xlsx"):
        load(path)


def test_a_conversion_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its child holds the pipe that is read to its end: the call comes back only when the child is dead too.
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nsleep 60 & wait\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("YINDE_SOFFICE", str(program))
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(LoadError, match="超过"):
        load_office(path, timeout=0.5)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINDE_SOFFICE", "true")
    path = tmp_path / "a.doc"
    path.touch()
    with pytest.raises(LoadError, match="文件为空"):
        load(path)


def test_a_conversion_ends_with_the_group_of_the_process_that_reads(tmp_path: Path) -> None:
    # The child of soffice is the one to say its number; the pipe ends when it does.
    said = tmp_path / "said"
    os.mkfifo(said)
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n(echo begun; sleep 60) > '{said}' & wait\n", encoding="ascii")
    program.chmod(0o755)
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    code = f"from pathlib import Path; from index.load import load; load(Path({str(path)!r}))"
    environment = {**os.environ, "YINDE_SOFFICE": str(program)}
    reading = subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True)
    with said.open() as pipe:
        assert pipe.readline() == "begun\n"
        os.killpg(reading.pid, signal.SIGKILL)
        assert pipe.read() == ""
    assert reading.wait() == -signal.SIGKILL
