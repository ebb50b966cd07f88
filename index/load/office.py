"""Older and other office formats, converted by an installed LibreOffice and read as docx, pptx or xlsx."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from index.errors import LoadError
from index.load.docx import load_docx
from index.load.pptx import load_pptx
from index.load.xlsx import load_xlsx
from index.types import Loaded

TIMEOUT = 120.0  # seconds; a start from nothing takes 5 to 15
_LARGEST = 256 << 20
_TARGETS: dict[str, tuple[str, Callable[[Path], Loaded]]] = {
    **dict.fromkeys((".doc", ".dot", ".wps", ".wpt", ".rtf", ".odt", ".fodt"), ("docx", load_docx)),
    **dict.fromkeys((".ppt", ".pps", ".dps", ".odp"), ("pptx", load_pptx)),
    **dict.fromkeys((".xls", ".xlt", ".et", ".ods", ".xlsb"), ("xlsx", load_xlsx)),
}
SUFFIXES = tuple(_TARGETS)
_PLACES = {
    "darwin": ("/Applications/LibreOffice.app/Contents/MacOS/soffice",),
    "win32": (
        r"C:\Program Files\LibreOffice\program\soffice.com",
        r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
    ),
}
_ENCRYPTED = "encrypted", "password"


def soffice() -> str | None:
    """The LibreOffice of this machine: `YINDE_SOFFICE`, one on the path, or where it is installed; None without one."""
    named = os.environ.get("YINDE_SOFFICE")
    found = shutil.which(named) if named is not None else shutil.which("soffice") or shutil.which("libreoffice")
    if found or named is not None:
        return found
    return next((place for place in _PLACES.get(sys.platform, ()) if Path(place).is_file()), None)


def load_office(path: Path, *, timeout: float = TIMEOUT) -> Loaded:
    """The blocks of a doc, wps, rtf, odt, ppt, dps, xls, et or the like, as of the docx, pptx or xlsx it converts to.

    `timeout` is in seconds.

    Raises:
        LoadError: LibreOffice is absent, fails or takes too long, or what it made cannot be read.
    """
    suffix = path.suffix.lower()
    target, loader = _TARGETS[suffix]
    program = soffice()
    if program is None:
        raise LoadError(
            f"读 {suffix} 需要 LibreOffice；请安装 LibreOffice（免费），或用 Word、WPS 另存为 .{target} 后重试"
        )
    try:
        size = path.stat().st_size
        if not size:
            raise LoadError("文件为空")
        if size > _LARGEST:
            raise LoadError(f"文件过大（{size >> 20} MB，上限 {_LARGEST >> 20} MB）；请拆分后重试")
        with TemporaryDirectory(prefix="yinde-office-", ignore_cleanup_errors=True) as folder:
            # Its own name may be too long or hold signs that a command line does not bear.
            source = Path(shutil.copyfile(path, Path(folder) / f"source{suffix}"))
            return loader(_converted(program, source, target, timeout))
    except PermissionError:
        raise LoadError("没有读取权限；请检查文件权限") from None
    except OSError as error:
        raise LoadError(f"读取失败：{error.strerror or error}") from None


def _converted(program: str, source: Path, target: str, timeout: float) -> Path:
    """The file that LibreOffice makes of `source`, beside it; its profile lies there too and goes with it."""
    out = source.parent / "out"
    command = [
        *(program, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
        f"-env:UserInstallation={(source.parent / 'profile').as_uri()}",
        *("--convert-to", target, "--outdir", str(out), str(source)),
    ]
    # In the group of this process: when the reading process is ended as a group, soffice and its children end too.
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=source.parent,
    )
    try:
        said, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise LoadError(f"LibreOffice 转换超过 {timeout:.0f} 秒；请用原来的软件另存为 .{target} 后重试") from None
    finally:
        _end(process)
    made = out / f"source.{target}"
    if made.is_file():
        return made
    if any(word in said.decode("utf-8", "replace").lower() for word in _ENCRYPTED):
        raise LoadError("文件已加密；请去掉密码后重试")
    raise LoadError(f"LibreOffice 打不开这个文件，可能已加密或损坏；请用原来的软件打开，另存为 .{target} 后重试")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of a process and its children."""
    if process.poll() is None:
        for number in [*_descendants(process.pid), process.pid] if sys.platform != "win32" else []:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        process.kill()
    if process.stdout:
        process.stdout.close()  # a child that lost its parent may hold the other end: nothing is read any more
    process.wait()


def _descendants(root: int) -> list[int]:
    """The numbers of a process's children and theirs."""
    children: dict[int, list[int]] = {}
    for number, parent in _parents():
        children.setdefault(parent, []).append(number)
    found = [root]
    for number in found:
        found += children.get(number, [])
    return found[1:]


def _parents() -> Iterator[tuple[int, int]]:
    """Every process and its parent."""
    if sys.platform == "linux":
        for file in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # 123 (a name) S 45: the name may hold spaces and brackets.
                yield int(file.parent.name), int(file.read_bytes().rpartition(b")")[2].split()[1])
        return
    shown = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    for line in shown.splitlines():
        number, parent = line.split()
        yield int(number), int(parent)
