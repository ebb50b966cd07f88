import ensurepip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import ROOT

from ui.bundle import BundleError, _drop_unfit, _reason, make_bundle, seal
from ui.cli import run

PROGRAM = """
import sys
def main():
    words = sys.argv[1:]
    print("ran", *words)
    sys.exit(3 if "doctor" in words else 0)
"""


def silent(_stage: str, _done: int, _total: int) -> None:
    pass


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A wheel that pip takes: what it holds, without digests."""
    parts = f"{name}-0.1.0.dist-info"
    files = {
        **files,
        f"{parts}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n",
        f"{parts}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-0.1.0-py3-none-any.whl"
    with ZipFile(path, "w") as packed:
        for inner, text in files.items():
            packed.writestr(inner, text)
        packed.writestr(f"{parts}/RECORD", "".join(f"{inner},,\n" for inner in [*files, f"{parts}/RECORD"]))
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with pip and a program of the same name that repeats what it is called with."""
    folder = tmp_path / "包"
    (folder / "wheels").mkdir(parents=True)
    (folder / "sample").mkdir()
    (folder / "sample" / "通知.txt").write_text("关于加装电梯的通知\n", encoding="utf-8")
    scripts = "[console_scripts]\nyinde = yinde_told:main\n"
    wheel(folder / "wheels", "yinde", {"yinde_told.py": PROGRAM, "yinde-0.1.0.dist-info/entry_points.txt": scripts})
    [pip] = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    shutil.copy2(pip, folder / "wheels")
    seal(folder, progress=silent)
    return folder


def install(bundle: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run install.sh with an empty home and no way out."""
    env = {"PATH": os.environ["PATH"], "HOME": str(bundle.parent), "LC_ALL": "C.UTF-8", "PYTHON": sys.executable}
    env |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", **environment}
    command = ["sh", str(bundle / "install.sh"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stdout
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("错误：")
    assert [word for word in words if word not in line] == [], line


def test_every_file_has_its_digest(bundle: Path) -> None:
    told = dict(
        reversed(line.split("  ", 1)) for line in (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    assert told == {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if name != "SHA256SUMS"
    }
    assert {"install.sh", "安装说明.txt", "sample/通知.txt", "wheels/yinde-0.1.0-py3-none-any.whl"} <= set(told)
    assert "@" not in (bundle / "安装说明.txt").read_text(encoding="utf-8")


def test_it_installs_tries_a_search_and_restores_the_library(bundle: Path, tmp_path: Path) -> None:
    (bundle / "library-backup").mkdir()
    seal(bundle, progress=silent)
    done = install(bundle, str(tmp_path / "装 到"))
    assert "ran restore library-backup --to" in done.stdout, done.stderr
    assert "search --k 1 加装电梯补助标准" in done.stdout
    assert (tmp_path / "装 到" / ".venv" / "bin" / "yinde").is_file()
    refused(done, "检查没有通过")  # the program of this test calls every library broken
    assert list((tmp_path / "装 到").glob("trial.*")) == []


def test_what_was_altered_lost_or_added_on_the_way_is_refused(bundle: Path) -> None:
    packed = bundle / "wheels" / "yinde-0.1.0-py3-none-any.whl"
    content = packed.read_bytes()
    packed.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    refused(install(bundle), "wheels/yinde-0.1.0-py3-none-any.whl", "重新拷贝")
    packed.unlink()
    refused(install(bundle), "缺少 wheels/yinde-0.1.0-py3-none-any.whl")
    packed.write_bytes(content)
    wheel(bundle / "wheels", "stranger", {})
    refused(install(bundle), "多出 stranger-0.1.0-py3-none-any.whl")
    (bundle / "SHA256SUMS").unlink()
    refused(install(bundle), "没有做完")
    assert not (bundle.parent / "yinde" / ".venv").exists()


def test_another_python_machine_or_a_full_folder_is_told(bundle: Path) -> None:
    script = bundle / "install.sh"
    text = script.read_text(encoding="utf-8")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    script.write_text(text.replace(version, "3.9"), encoding="utf-8")
    refused(install(bundle), "需要 Python 3.9")
    script.write_text(text.replace(os.uname().machine, "riscv128"), encoding="utf-8")
    refused(install(bundle), "只用于 Linux riscv128" if sys.platform == "linux" else "riscv128")
    fuller = text.replace("-ge 1 ]", "-ge 99999999 ]")
    script.write_text(fuller, encoding="utf-8")
    sums = bundle / "SHA256SUMS"
    digests = [hashlib.sha256(one.encode()).hexdigest() for one in (text, fuller)]
    sums.write_text(sums.read_text(encoding="utf-8").replace(*digests), encoding="utf-8")
    refused(install(bundle), "磁盘空间不足")
    script.write_text(text, encoding="utf-8")
    refused(install(bundle, "--help"), "用法")
    (bundle.parent / "文件").write_text("", encoding="utf-8")
    refused(install(bundle, str(bundle.parent / "文件")), "建不成文件夹")


def test_a_wheel_that_is_torn_or_of_another_version_is_fetched_again(tmp_path: Path) -> None:
    good = wheel(tmp_path, "good_one", {"good.py": ""})
    old = wheel(tmp_path, "old", {})
    torn = wheel(tmp_path, "torn", {"torn.py": "x = 1\n" * 100})
    torn.write_bytes(torn.read_bytes()[:200])
    tagged = good.with_name("torch-0.1.0+cpu-py3-none-any.whl")
    shutil.copy2(good, tagged)
    (tmp_path / "constraints.txt").write_text("Good.One==0.1.0\nold==0.2.0\ntorn==0.1.0\ntorch==0.1.0\n", "utf-8")
    _drop_unfit(tmp_path, tmp_path / "constraints.txt", silent)
    assert sorted(tmp_path.glob("*.whl")) == sorted([good, tagged])
    assert not old.exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "照片.jpg").write_bytes(b"")
    with pytest.raises(BundleError, match="空文件夹"):
        make_bundle(tmp_path, ROOT, progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["照片.jpg"]


def test_an_installed_program_without_its_source_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="源码文件夹"):
        make_bundle(tmp_path / "包", tmp_path, progress=silent)


@pytest.mark.parametrize(
    ("output", "cure"),
    [
        (["/usr/bin/python3: No module named pip"], "make install"),
        (["ERROR: Could not install: [Errno 28] No space left on device"], "磁盘空间不足"),
        (["WARNING: Retrying ... NewConnectionError", "ERROR: No matching distribution found for gradio"], "连不上"),
        (["ERROR: No matching distribution found for torch==2.13.0"], "没有 torch==2.13.0"),
        (["Collecting x", "ERROR: of another kind", "hint"], "ERROR: of another kind"),
    ],
)
def test_what_pip_says_becomes_a_cure(output: Sequence[str], cure: str) -> None:
    assert cure in _reason(list(output))


def test_the_command_refuses_what_it_cannot_carry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bundle", str(tmp_path / "包"), "--extra", "ray"]) == 2
    assert "ocr、mcp、milvus" in capsys.readouterr().err
    assert run(["bundle", str(tmp_path / "包"), "--with-library", "--library", str(tmp_path / "无")]) == 2
    assert "没有文库" in capsys.readouterr().err
    assert run(["bundle", str(tmp_path / "包"), "--with-library", "--library", "milvus://127.0.0.1:1/x"]) == 2
    assert "yinde move" in capsys.readouterr().err
    assert not (tmp_path / "包").exists()
