"""The offline bundle: a folder that carries the program, its packages and its model to a machine without network."""

import errno
import hashlib
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from zipfile import BadZipFile, ZipFile

from index.errors import LibraryError, YindeError

SUMS = "SHA256SUMS"
WHEELS = "wheels"
LIBRARY = "library-backup"
SAMPLE = "sample"
_PACKAGES = ("index", "rag", "ui", "eval")
_BESIDE = ("pyproject.toml", "README.md", "LICENSE")
_MOST_SECONDS = 2 * 3600
_UNPACKED = 4  # an installed package takes up to this many times its wheel
_OFFLINE = re.compile(r"ConnectionError|ConnectTimeout|ReadTimeout|[Nn]ame resolution|ProxyError|SSLError|HTTP error")
_ABSENT = re.compile(r"No matching distribution found for (\S+)")

Progress = Callable[[str, int, int], None]


class BundleError(YindeError):
    """A bundle cannot be made; the message says what is in the way."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Where it is, how many packages and bytes it holds."""

    folder: Path
    packages: int
    bytes: int


def make_bundle(
    target: Path, source: Path, *, extras: Sequence[str] = (), library: Path | None = None, progress: Progress
) -> Bundle:
    """Fill `target` with what `install.sh` in it installs from, at the versions of constraints.txt.

    `source` is the program's own folder. Made again in the same folder, what was fetched is not fetched again.
    With `library`, the folder of one, a backup of it goes along, and is restored where the bundle is installed.
    BundleError when the folder holds something else, the network or the disk fails.
    """
    for name in ("constraints.txt", *_BESIDE, *_PACKAGES):
        if not (source / name).exists():
            raise BundleError(
                f"{source} 里没有 {name}：离线包要在引得的源码文件夹里制作（git clone 或解压得来的，make install 过的）"
            )
    if target.is_dir() and any(target.iterdir()) and not (target / WHEELS).is_dir():
        raise BundleError(f"{target} 里有别的东西；请换一个空文件夹")
    with _told(target):
        wheels = target / WHEELS
        wheels.mkdir(parents=True, exist_ok=True)
        (target / SUMS).unlink(missing_ok=True)  # a bundle that is not finished does not install
        _drop_unfit(wheels, source / "constraints.txt", progress)
        fetch(wheels, source, extras, progress)
        for name in (LIBRARY, SAMPLE):
            shutil.rmtree(target / name, ignore_errors=True)
        if library is not None:
            from index.backup import back_up

            back_up(library, target / LIBRARY)
        shutil.copytree(source / "eval" / "sets" / "jianglan" / "documents", target / SAMPLE)
        return seal(target, extras=extras, progress=progress)


def fetch(wheels: Path, source: Path, extras: Sequence[str], progress: Progress) -> None:
    """Put the program's own wheel, those of all it needs, and pip's into `wheels`."""
    with TemporaryDirectory() as scratch:
        # A copy, because setuptools leaves build/ behind and would pack what is in an old one.
        copy = Path(scratch) / "yinde"
        for name in _PACKAGES:
            shutil.copytree(source / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "sets"))
        for name in _BESIDE:
            shutil.copy2(source / name, copy / name)
        wanted = f"{copy}[{','.join(extras)}]" if extras else str(copy)
        limits = ["--constraint", str(source / "constraints.txt"), "--timeout", "30", "--retries", "3"]
        _pip(["wheel", *limits, "--wheel-dir", str(wheels), wanted, "pip"], progress)


def seal(target: Path, *, extras: Sequence[str] = (), progress: Progress) -> Bundle:
    """Write install.sh, 安装说明.txt and, last, the digests of all files of a folder that has its wheels."""
    wheels = sorted((target / WHEELS).glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels)
    values = {
        "PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
        "SYSTEM": platform.system(),
        "MACHINE": platform.machine(),
        "WANTED": f"yinde[{','.join(extras)}]" if extras else "yinde",
        "NEEDED": str(1 + _UNPACKED * size // 2**30),
    }
    for asset, name in (("bundle-install.sh", "install.sh"), ("bundle-notes.txt", "安装说明.txt")):
        text = (Path(__file__).parent / "assets" / asset).read_text(encoding="utf-8")
        (target / name).write_text(re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], text), encoding="utf-8")
    (target / "install.sh").chmod(0o755)
    files = sorted(path for path in target.rglob("*") if path.is_file() and path != target / SUMS)
    lines = []
    for done, path in enumerate(files, start=1):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(target).as_posix()}\n")
        progress("计算校验和", done, len(files))
    (target / SUMS).write_text("".join(lines), encoding="utf-8")
    return Bundle(target, len(wheels), sum(path.stat().st_size for path in files))


def _drop_unfit(wheels: Path, constraints: Path, progress: Progress) -> None:
    """Remove wheels that are torn, or of another version than now wanted, from an earlier bundle here."""
    pins = dict(line.split("==") for line in constraints.read_text(encoding="utf-8").split() if "==" in line)
    versions = {_plain(name): version for name, version in pins.items()}
    found = sorted(wheels.glob("*.whl"))
    for done, wheel in enumerate(found, start=1):
        name, version = wheel.name.split("-")[:2]
        if versions.get(_plain(name)) != version.split("+")[0] or not _whole(wheel):
            wheel.unlink()
        progress("核对已下载的", done, len(found))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _whole(wheel: Path) -> bool:
    try:
        with ZipFile(wheel) as packed:
            return packed.testzip() is None
    except (BadZipFile, EOFError, ValueError):
        return False


def _pip(arguments: list[str], progress: Progress) -> None:
    """Run this Python's pip to the end; BundleError with the cure when it fails or takes over two hours."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    with subprocess.Popen(
        [*command, "--progress-bar", "off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as running:
        late = Timer(_MOST_SECONDS, running.kill)
        late.daemon = True
        late.start()
        lines, met = [], 0
        try:
            for line in running.stdout or ():
                lines.append(line.strip())
                met += line.lstrip().startswith(("Collecting ", "Processing "))
                progress("下载", met, 0)
        except BaseException:
            running.kill()
            raise
        finally:
            late.cancel()
    if running.returncode:
        raise BundleError(_reason(lines))


def _reason(lines: list[str]) -> str:
    """What to tell when pip's output is `lines`."""
    output = "\n".join(lines)
    if "No module named pip" in output:
        return "这个 Python 里没有 pip；请先运行 make install，再用 .venv/bin/yinde bundle"
    if "No space left" in output:
        return "磁盘空间不足；离线包约需 2 GB，请清理后再运行一次，已下载的不会重下"
    if _OFFLINE.search(output):
        return (
            "连不上 Python 软件源；请检查网络，或用环境变量 PIP_INDEX_URL 指定可用的镜像，再运行一次，已下载的不会重下"
        )
    if absent := _ABSENT.search(output):
        return f"Python 软件源里没有 {absent[1]}；请换一个软件源（PIP_INDEX_URL）再试"
    last = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "没有说明")
    return f"下载没有完成：{last}"


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the disk refuses into a message."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BundleError(f"{target} 所在的磁盘满了；请清理后再运行一次，已下载的不会重下") from None
        raise BundleError(f"不能写 {target}：{error.strerror}；请换一个有写权限的文件夹") from None
    except LibraryError as error:
        raise BundleError(f"文库没有放进去：{error}") from None
