"""The back-ends that a library may stand on, for tests that all of them have to pass."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.library import LocalLibrary
from index.opening import open_library

BACKENDS = ("local", "lite file", "lite server")

_numbers = count(1)


@contextmanager
def lite_server(folder: Path) -> Iterator[int]:
    """A running `milvus-lite server`; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [Path(sys.executable).with_name("milvus-lite"), "server", "--data-dir", folder, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 60
            while not _listens(port):
                assert process.poll() is None, "milvus-lite did not start"
                assert time.monotonic() < until, "milvus-lite does not answer"
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def new_place(backend: str, folder: Path, port: Callable[[], int]) -> str:
    """The address of a library that is not there yet; skips where the engine is not installed."""
    if backend == "local":
        return str(folder / "library")
    pytest.importorskip("pymilvus", reason="pip install 'yinde[milvus]'")
    pytest.importorskip("milvus_lite", reason="pip install 'yinde[milvus]'")
    if backend == "lite file":
        return str(folder / "library.db")
    return f"milvus://127.0.0.1:{port()}/t{next(_numbers)}"


def opened(place: str, *, create: bool = False) -> LocalLibrary:
    """The library at a place, with the weightless model."""
    return open_library(place, embedder=HashEmbedder(), create=create)  # type: ignore[return-value]  # as a protocol
