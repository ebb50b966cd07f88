"""Questions together, texts in bulk, and work that gives way: each on threads of its own."""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread, get_native_id

import numpy as np
import pytest

from index.courtesy import give_way, gives_way
from index.embed import ModelEmbedder, open_embedder
from index.together import Together

QUESTIONS = ["报名", "本轮扩大有效投资新开工项目中有多少个", "绿色建材", "春运", "为基层减负的二十条措施什么时候起施行"]


def test_who_comes_while_a_call_is_under_way_is_served_by_the_next_one() -> None:
    calls: list[list[int]] = []
    begun, may_end = Event(), Event()

    def work(items: Sequence[int]) -> list[int]:
        calls.append(sorted(items))
        begun.set()
        assert may_end.wait(10)
        return [item * item for item in items]

    together = Together(work, 3)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(together, 2)
        assert begun.wait(10)
        others = [pool.submit(together, number) for number in (3, 4, 5, 6)]
        while len(together._waiting) < 4:
            pass
        may_end.set()
        assert [future.result(10) for future in (first, *others)] == [4, 9, 16, 25, 36]
    assert [len(call) for call in calls] == [1, 3, 1]


def test_a_failure_is_told_to_who_called_and_the_others_are_tried_again() -> None:
    def work(items: Sequence[int]) -> list[float]:
        return [1 / item for item in items]

    together = Together(work, 8)
    with ThreadPoolExecutor(4) as pool:
        good = [pool.submit(together, 4) for _ in range(40)]
        with pytest.raises(ZeroDivisionError):
            together(0)
        outcomes = {future.exception(10) is None and future.result() for future in good}
    assert 0.25 in outcomes
    assert together(2) == 0.5


@pytest.fixture(scope="module")
def model() -> ModelEmbedder:
    embedder = open_embedder()
    assert isinstance(embedder, ModelEmbedder)
    return embedder


@pytest.mark.model
def test_a_questions_vector_does_not_depend_on_who_else_asks(model: ModelEmbedder) -> None:
    encoder = model._encoder
    alone = [encoder.question(question) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        crowd = [list(pool.map(encoder.question, QUESTIONS)) for _ in range(8)]
    for vectors in (*crowd, encoder(QUESTIONS)):
        np.testing.assert_allclose(vectors, alone, atol=1e-6)


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads are as nice as their process")
def test_work_that_gives_way_runs_on_nicer_threads_than_the_one_that_asks_and_gives_the_same_vectors(
    model: ModelEmbedder,
) -> None:
    texts = ["各县（区）人民政府，市直各有关单位：现将有关事项通知如下。" * n for n in range(1, 6)]
    usual, found = _nicest(), []

    def work() -> None:
        give_way()
        vectors = model.passages(texts)
        found.append((gives_way(), vectors, _nicest(), os.getpriority(os.PRIO_PROCESS, get_native_id())))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    gave_way, vectors, nicest, own = found[0]
    assert gave_way
    assert not gives_way()
    assert nicest == min(19, usual + 10)
    assert own == usual
    np.testing.assert_allclose(vectors, model.passages(texts), atol=1e-6)


def _nicest() -> int:
    """The niceness of this process's nicest thread."""
    return max(os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in Path("/proc/self/task").iterdir())
