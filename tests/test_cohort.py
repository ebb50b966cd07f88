from pathlib import Path

import numpy as np
import pytest

from index.cohort import QUESTIONS, spread
from index.embed import HashEmbedder
from index.library import LocalLibrary


def test_the_spread_is_the_mean_and_deviation_over_all_questions() -> None:
    nearest = iter(range(len(QUESTIONS)))
    n = len(QUESTIONS)
    mean, deviation = spread(HashEmbedder(), lambda _: float(next(nearest)))
    assert mean == pytest.approx((n - 1) / 2)
    assert deviation == pytest.approx(((n * n - 1) / 12) ** 0.5)


def test_equal_cosines_still_have_a_deviation_to_divide_by() -> None:
    assert spread(HashEmbedder(), lambda _: 0.5) == (0.5, 1e-6)


def test_every_question_is_asked_once() -> None:
    assert len(set(QUESTIONS)) == len(QUESTIONS)


def test_a_library_counts_the_nearest_window_to_each_question(tmp_path: Path) -> None:
    texts = ["每户补助两千元，由街道发放。", "严控发文数量，减轻基层负担。"]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    embedder = HashEmbedder()
    with LocalLibrary.open(tmp_path / "library", create=True, embedder=embedder) as library:
        assert library.cohort() == (0.0, 1.0)
        library.sync([tmp_path / "0.txt", tmp_path / "1.txt"])
        nearest = []
        for question in QUESTIONS:
            (hit,) = library.search(question.replace("？", ""), k=1, mode="dense")
            nearest.append(float(np.max(library.likeness(question, texts))))
            assert hit.passage.text in texts
        assert library.cohort() == pytest.approx((np.mean(nearest), np.std(nearest)), abs=0.05)
