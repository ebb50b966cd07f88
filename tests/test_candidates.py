from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import Counted, HashEmbedder, uncounted
from index.library import LocalLibrary
from rag.candidates import candidates


class Recording(HashEmbedder):
    """Keeps what it was last asked to embed together."""

    def __init__(self) -> None:
        self.together: Sequence[str] = ()

    def passages(self, texts: Sequence[str], *, progress: Counted = uncounted) -> np.ndarray:
        self.together = texts
        return super().passages(texts, progress=progress)


def test_what_the_model_compares_is_bounded_however_long_the_hits_are(tmp_path: Path) -> None:
    points = "".join(
        f"第{n}社区由街道派驻专人负责防汛值班，按日报告险情，并做好转移安置的准备工作。" for n in range(1, 40)
    )
    (tmp_path / "长.txt").write_text(f"关于防汛值班安排的通知\n\n一、分工\n\n{points}\n", encoding="utf-8")
    embedder = Recording()
    with LocalLibrary.open(tmp_path / "library", embedder=embedder, create=True) as library:
        library.sync([tmp_path / "长.txt"])
        hits = library.search("第7社区由谁负责防汛值班", k=10)
        found = candidates("第7社区由谁负责防汛值班？", hits, library)
    assert len(found) > 30
    assert 3 <= len(embedder.together) < len(found)
    assert sum(map(len, embedder.together)) <= 400 + len(embedder.together)  # a line's end for each
    compared = {text.rsplit("\n", 1)[1] for text in embedder.together}
    assert compared <= {one.text for one in found}
    assert any("第7社区" in text for text in compared)


def test_three_long_sentences_are_compared_in_any_case(tmp_path: Path) -> None:
    long = ["、".join(f"{who}负责第{n}项防汛物资储备调运登记保管工作" for n in range(12)) + "。" for who in "甲乙丙丁"]
    (tmp_path / "长.txt").write_text("关于防汛物资的通知\n\n" + "".join(long) + "\n", encoding="utf-8")
    embedder = Recording()
    with LocalLibrary.open(tmp_path / "library", embedder=embedder, create=True) as library:
        library.sync([tmp_path / "长.txt"])
        candidates("谁负责防汛物资储备？", library.search("防汛物资储备", k=10), library)
    assert len(embedder.together) == 3
    assert min(map(len, embedder.together)) > 200
