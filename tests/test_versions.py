import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.errors import NotFoundError
from index.library import LocalLibrary
from index.sketch import bands, estimate, likeness, sketch

WORDS = ["防汛", "物资", "储备", "堤防", "巡查", "水库", "预警", "转移", "值班", "通报", "责任", "经费", "落实", "检查"]


def prose(seed: int, paragraphs: int = 30) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(WORDS, k=20)) + "。" for _ in range(paragraphs)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as opened:
        yield opened


def test_likeness_is_the_share_of_common_wording() -> None:
    # Grams of eight: 12 characters have 5, of which the first two stand in both.
    assert likeness("甲乙丙丁戊己庚辛壬癸子丑", "甲乙丙丁戊己庚辛壬天地玄") == pytest.approx(2 / 8)
    assert likeness("甲乙丙丁戊己庚辛", "甲乙丙丁戊己庚辛") == 1
    assert likeness("短", "短") == 0


def test_writing_does_not_count() -> None:
    simplified, traditional = "关于进一步做好防汛工作的通知（一）", "關於進一步做好防汛工作的通知(一)"
    assert estimate(sketch(simplified), sketch(traditional)) == 1
    assert likeness(simplified, traditional) == 1


@given(st.integers(0, 30), st.integers(0, 1000))
def test_an_estimate_is_near_the_likeness(changed: int, seed: int) -> None:
    lines = prose(seed)
    other = prose(seed + 5000)[:changed] + lines[changed:]
    exact = likeness("\n".join(lines), "\n".join(other))
    # 128 bins: a standard deviation of .044 at most.
    assert abs(estimate(sketch("\n".join(lines)), sketch("\n".join(other))) - exact) < 0.22


def test_texts_alike_share_a_band_and_others_seldom_do() -> None:
    met = chance = 0
    for seed in range(40):
        lines = prose(seed)
        ours = set(bands(sketch("\n".join(lines))))
        met += bool(ours & set(bands(sketch("\n".join(lines[:25] + prose(seed + 900, 5))))))
        chance += bool(ours & set(bands(sketch("\n".join(prose(seed + 5000))))))
    assert met == 40
    assert chance <= 2


def test_a_text_too_short_for_a_gram_has_no_sketch_and_no_bands() -> None:
    assert sketch("同意。") == b""
    assert list(bands(b"")) == []
    assert estimate(b"", sketch("关于做好防汛工作的通知")) == 0


def write(folder: Path, name: str, title: str, lines: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n\n".join([title, *lines]), encoding="utf-8")


def test_versions_are_linked_both_ways_and_go_with_their_document(library: LocalLibrary, tmp_path: Path) -> None:
    folder = tmp_path / "公文"
    lines = prose(1)
    write(folder, "初.txt", "关于防汛工作的意见", lines)
    write(folder, "改.txt", "关于防汛工作的意见（修订）", [*lines[:25], *prose(2, 5), "2024年5月1日"])
    write(folder, "他.txt", "关于安全生产的意见", prose(3))
    library.sync([folder])
    ids = {document.title: document.id for document in library.documents()}
    first, second = ids["关于防汛工作的意见"], ids["关于防汛工作的意见（修订）"]
    (found,) = library.versions(first)
    assert (found.id, found.title) == (second, "关于防汛工作的意见（修订）")
    assert 0.6 < found.likeness < 0.9
    (back,) = library.versions(second)
    assert (back.id, back.likeness) == (first, found.likeness)
    assert library.versions(ids["关于安全生产的意见"]) == []
    write(folder, "改.txt", "关于防汛工作的意见（修订）", prose(9))
    library.sync([folder])
    assert library.versions(first) == []
    (folder / "改.txt").unlink()
    library.sync([folder])
    with pytest.raises(NotFoundError):
        library.versions(second)
