"""A model's graph on this machine's cores: questions together on one thread, many texts on all of them.

The engine runs one call at a time on what it calls a stream. So questions, texts in bulk and work that gives way each
have a compiled graph of their own: none of them ever waits for a batch of another's.
"""

import os
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.courtesy import begun_nicely, gives_way
from index.together import Together

BATCH_TOKENS = 2048  # padding included
SPREAD, LEAST_TOKENS = 1.3, 256  # a group of so many tokens takes no text so much longer than its shortest
STRIDE = 8  # widths are rounded up to it: every new shape costs the engine some preparation
TOGETHER = 8  # questions of one call; beyond that a call costs what its tokens cost

Vectors = NDArray[np.float32]
Row = Sequence[int]  # token ids of a text
_Inputs = dict[str, NDArray[Any]]


class Graph:
    """Vectors of token ids, the same to the last bits whatever they are run with; safe to call from several threads.

    A graph is compiled when it is first needed.
    """

    def __init__(self, path: Path, words: NDArray[np.float16]) -> None:
        """Run the graph at `path`, which takes word vectors: the rows of `words`."""
        self._path = path
        self._words = words
        self._graphs: dict[str, _Compiled] = {}
        self._lock = Lock()
        self._question = Together(self._run_questions, TOGETHER)

    def question(self, row: Row) -> Vectors:
        """The vector of one text, shape (dimension,), run on one thread with those that came while it was busy."""
        return self._question(row)

    def many(self, rows: Sequence[Row]) -> Vectors:
        """The vectors of texts, shape (len(rows), dimension), run on all cores; `rows` is not empty."""
        graph = self._compiled("background", _spare()) if gives_way() else self._compiled("many", cores())
        lengths = [len(row) for row in rows]
        groups = batches(lengths, min(BATCH_TOKENS, max(LEAST_TOKENS, -(-sum(lengths) // graph.streams))))
        found: list[tuple[list[int], Vectors]] = []
        running: deque[tuple[list[int], Any]] = deque()
        for group in reversed(groups):  # the longest first, so that all streams end together
            if len(running) == graph.streams:
                done, call = running.popleft()
                found.append((done, graph.finish(call)))
            running.append((group, graph.start(self._inputs([rows[i] for i in group]))))
        found += [(group, graph.finish(call)) for group, call in running]
        vectors = np.empty((len(rows), found[0][1].shape[1]), np.float32)
        for group, part in found:
            vectors[group] = part
        return vectors

    def _run_questions(self, rows: Sequence[Row]) -> list[Vectors]:
        graph = self._compiled("questions", 1)
        vectors: list[Vectors] = [np.empty(0, np.float32)] * len(rows)
        for group in batches([len(row) for row in rows], BATCH_TOKENS):
            for i, vector in zip(group, graph.run(self._inputs([rows[i] for i in group])), strict=True):
                vectors[i] = vector
        return vectors

    def _inputs(self, rows: Sequence[Row]) -> _Inputs:
        width = -(-max(map(len, rows)) // STRIDE) * STRIDE
        words = np.zeros((len(rows), width, self._words.shape[1]), np.float32)  # (texts, tokens, hidden)
        mask = np.zeros((len(rows), width), np.int64)
        for i, row in enumerate(rows):
            words[i, : len(row)] = self._words[row]
            mask[i, : len(row)] = 1
        return {"inputs_embeds": words, "attention_mask": mask}

    def _compiled(self, name: str, streams: int) -> "_Compiled":
        graph = self._graphs.get(name)  # without the lock: no question waits while another graph is compiled
        if graph is None:
            with self._lock:
                graph = self._graphs.get(name) or begun_nicely(lambda: _Compiled(self._path, streams))
                self._graphs[name] = graph
        return graph


class _Compiled:
    """A graph with some streams of one thread each; a single one is run by the thread that calls."""

    def __init__(self, path: Path, streams: int) -> None:
        self.streams = streams
        settings = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
        self._model = openvino().Core().compile_model(path, "CPU", settings)
        self._idle: list[Any] = []  # requests in nobody's hands; taking and giving back are atomic

    def run(self, inputs: _Inputs) -> Vectors:
        request = self._request()
        request.infer(inputs, share_inputs=True)
        return self._taken(request)

    def start(self, inputs: _Inputs) -> tuple[Any, _Inputs]:
        """A call under way; its inputs must live as long."""
        request = self._request()
        request.start_async(inputs, share_inputs=True)
        return request, inputs

    def finish(self, call: tuple[Any, _Inputs]) -> Vectors:
        call[0].wait()
        return self._taken(call[0])

    def _request(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return self._model.create_infer_request()

    def _taken(self, request: Any) -> Vectors:
        vectors: Vectors = np.array(request.get_output_tensor(0).data)
        self._idle.append(request)  # one that failed is not used again
        return vectors


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Positions grouped shortest first, so that a group padded to its longest holds at most `budget` tokens.

    Every position is in exactly one group; one longer than the budget is a group of its own. Texts of unlike lengths
    stay apart: padded to the longest, sixteen sentences of an answer cost more than twice their own tokens.
    """
    groups: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups and _joins(lengths[i], lengths[groups[-1][0]], len(groups[-1]), budget):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _joins(length: int, shortest: int, count: int, budget: int) -> bool:
    """Whether a text joins a group of `count` texts, padding weighed against one more call of the engine."""
    return (count + 1) * length <= budget and (length <= SPREAD * shortest or count * length < LEAST_TOKENS)


def openvino() -> Any:
    """OpenVINO without its telemetry, which on import reports to its makers over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # import system: not to be found
    import openvino as engine

    return engine


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _spare() -> int:
    """Cores for work that gives way: all where the system lets its threads give way, else half of them."""
    return cores() if sys.platform == "linux" else max(1, cores() // 2)
