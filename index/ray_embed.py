"""Reading and embedding on a Ray cluster: workers read files and embed their windows, this machine writes.

A sync stays what it is: it is only handed another reader. What a worker has done with a file arrives whole: its vectors
are remembered by the digest of their texts, so each is kept once whoever made it, and its documents are set aside until
the sync is through. So an interrupted run goes on with the files that had not arrived.
"""

import pickle
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from index.arrival import Arrival, Window
from index.catalog import Catalog
from index.embed import Embedder, open_embedder
from index.errors import LibraryError, ModelError
from index.intake import Intake, Reader
from index.reading import Message, Refused, Taken, Task
from index.staging import window_vectors
from index.worker import Begin, Limits

LOCAL = "local"

_FILE = "arrived.sqlite"
_FILES = 16  # that a worker takes at once
_AT_ONCE = 128  # windows embedded together
_PROCESSORS = 0.5  # a worker's; workers that take every processor leave none to what feeds them, and all wait


class RayReader(Reader):
    """Reads and embeds by `workers` workers of the cluster at `address`, "local" for one on this machine.

    `folder` holds the library's catalog. Files are opened by the workers: all of them must see the same paths.
    LibraryError when Ray is not installed or the cluster does not answer.
    """

    def __init__(self, address: str, folder: Path, *, model_name: str | None = None, workers: int = 2) -> None:
        super().__init__()
        _connect(address)
        self.folder = folder
        self.model_name = model_name
        self.workers = workers
        self.files = 0
        """How many files the workers have read."""
        self.embedded = 0
        """How many windows they have embedded."""

    def read(self, tasks: Sequence[Task], *, model: str, limits: Limits) -> "RayIntake":
        """As `Reader.read`, in the order in which files are done."""
        return RayIntake(self, tasks, model, limits)

    def close(self) -> None:
        """Leave the cluster; what was set aside is no longer needed once a sync is through."""
        import ray

        super().close()
        if ray.is_initialized():
            ray.shutdown()


class RayIntake(Intake):
    """Messages about files as workers get done with them."""

    def __init__(self, reader: RayReader, tasks: Sequence[Task], model: str, limits: Limits) -> None:
        """Use `RayReader.read`."""
        self._ray = reader
        self._tasks = tasks
        self._model = model
        self._limits = limits
        self._db = sqlite3.connect(reader.folder / _FILE, isolation_level=None)
        self._db.execute("CREATE TABLE IF NOT EXISTS arrived (key BLOB PRIMARY KEY, messages BLOB)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        if kind is None:
            (self._ray.folder / _FILE).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[Message]:
        waiting = []
        for task in self._tasks:
            row = self._db.execute("SELECT messages FROM arrived WHERE key = ?", (self._key(task),)).fetchone()
            if row:
                yield from pickle.loads(row[0])
            else:
                waiting.append(task)
        if waiting:
            yield from self._fresh(waiting)

    def _fresh(self, tasks: Sequence[Task]) -> Iterator[Message]:
        with closing(Catalog(self._ray.folder / "catalog.sqlite")) as catalog:
            for row in _rows(self._ray, tasks, self._model, self._limits):
                vectors = np.frombuffer(row["vectors"], np.float16).astype(np.float32)
                keys: list[bytes] = pickle.loads(row["keys"])
                if keys:
                    catalog.remember(dict(zip(keys, vectors.reshape(len(keys), -1), strict=True)))
                self._ray.embedded += len(keys)
                self._ray.files += 1
                task: Task = pickle.loads(row["task"])
                self._db.execute("INSERT OR REPLACE INTO arrived VALUES (?, ?)", (self._key(task), row["messages"]))
                yield from pickle.loads(row["messages"])

    def _key(self, task: Task) -> bytes:
        """Stands for a file as it is now, read for this model."""
        facts = [(name, Path(name).stat().st_size, Path(name).stat().st_mtime_ns)
                 for name in (task.file, task.sidecar) if name and Path(name).exists()]  # fmt: skip
        return blake2b(repr((self._model, facts)).encode("utf-8", "surrogateescape"), digest_size=16).digest()


class Worker:
    """What one worker of the cluster does: files in, their messages and the vectors of their windows out."""

    def __init__(self, model_name: str | None, model: str, limits: Limits) -> None:
        self._embedder: Embedder = open_embedder(model_name)
        if self._embedder.model != model:
            raise ModelError(f"集群机器上的模型是 {self._embedder.model}，文库用的是 {model}；请在各机装同一个模型")
        self._reader = Reader()
        self._begin = Begin(model, limits)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Read the files of a batch, embed each different window of theirs once."""
        tasks: list[Task] = [pickle.loads(packed) for packed in batch["task"]]
        answers = [self._read(task) for task in tasks]
        windows = [{w.key: w for m in answer if isinstance(m, Taken) for w in _windows(m)} for answer in answers]
        vectors = self._embedded({key: window for some in windows for key, window in some.items()})
        return {
            "task": [pickle.dumps(task) for task in tasks],
            "messages": [pickle.dumps(answer) for answer in answers],
            "keys": [pickle.dumps(list(some)) for some in windows],
            "vectors": [b"".join(vectors[key] for key in some) for some in windows],
        }

    def _read(self, task: Task) -> list[Message]:
        with self._reader.read([task], model=self._begin.model, limits=self._begin.limits) as messages:
            return [message for message in messages if isinstance(message, Taken | Refused) or hasattr(message, "same")]

    def _embedded(self, windows: dict[bytes, Window]) -> dict[bytes, bytes]:
        keys = sorted(windows, key=lambda key: -len(windows[key].text))
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            vectors = window_vectors(self._embedder, [windows[key] for key in part]).astype(np.float16)
            found.update((key, vector.tobytes()) for key, vector in zip(part, vectors, strict=True))
        return found


def _windows(taken: Taken) -> Iterator[Window]:
    arrival: Arrival = pickle.loads(taken.packed)
    return arrival.windows()


def _rows(reader: RayReader, tasks: Sequence[Task], model: str, limits: Limits) -> Iterator[dict[str, Any]]:
    import ray
    from ray.data import ActorPoolStrategy

    files = ray.data.from_items([{"task": pickle.dumps(task)} for task in tasks])
    size = max(1, min(_FILES, -(-len(tasks) // (4 * reader.workers))))
    read = files.repartition(-(-len(tasks) // size)).map_batches(
        Worker,
        batch_size=size,
        compute=ActorPoolStrategy(size=reader.workers),
        num_cpus=_PROCESSORS,
        fn_constructor_args=(reader.model_name, model, limits),
    )
    try:
        yield from read.iter_rows()
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines()[-1:]
        raise LibraryError(
            f"Ray 集群上出错了（{''.join(said)}）；已做完的都保留着，请检查各机后重新运行同一条命令"
        ) from error


def _connect(address: str) -> None:
    try:
        import ray
    except ImportError as error:
        raise LibraryError("本机没有装 Ray；请先运行 pip install 'yinde[ray]'") from error
    import os

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if ray.is_initialized():
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == LOCAL:
            ray.init(address="local", include_dashboard=False, num_cpus=max(4, os.cpu_count() or 1), **options)
        else:
            ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise LibraryError(f"连不上 Ray 集群 {address}（{error}）；请检查地址，或写 --ray local 只用本机") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
