from pathlib import Path

import pytest

from index.lexical import LexicalIndex

PASSAGES = [
    (3, "坚持以人民为中心的发展思想"),
    (5, "加强基层党组织建设"),
    (8, "健全基层減負長效機制"),
    (9, "人民群众的获得感"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    LexicalIndex.write(tmp_path / "lexical", add=[(row, text, text) for row, text in PASSAGES])
    return tmp_path / "lexical"


def test_the_passage_with_more_and_rarer_terms_comes_first(folder: Path) -> None:
    assert [row for row, _ in LexicalIndex(folder).search("基层减负", 10)] == [8, 5]


def test_simplified_queries_find_traditional_text(folder: Path) -> None:
    assert LexicalIndex(folder).search("长效机制", 1)[0][0] == 8


def test_every_two_character_word_is_findable(folder: Path) -> None:
    index = LexicalIndex(folder)
    for row, text in PASSAGES:
        for at in range(len(text) - 1):
            assert row in dict(index.search(text[at : at + 2], 10))


def test_scores_of_chosen_rows_equal_those_of_the_search(folder: Path) -> None:
    index = LexicalIndex(folder)
    found = dict(index.search("人民基层", 10))
    assert index.scores("人民基层", [3, 8, 77]) == pytest.approx({3: found[3], 8: found[8]})


def test_a_query_without_terms_finds_nothing(folder: Path) -> None:
    index = LexicalIndex(folder)
    assert index.search("？！", 5) == []
    assert index.scores("？！", [3]) == {}
    assert index.scores("人民", []) == {}


def test_removed_passages_are_gone_and_added_ones_found_while_an_open_reader_keeps_its_view(folder: Path) -> None:
    before = LexicalIndex(folder)
    LexicalIndex.write(folder, add=[(12, "人民至上", "人民至上")], remove=[3])
    assert {row for row, _ in LexicalIndex(folder).search("人民", 10)} == {9, 12}
    assert {row for row, _ in before.search("人民", 10)} == {3, 9}


def test_coverage_is_the_share_of_the_querys_rarity(folder: Path) -> None:
    index = LexicalIndex(folder)
    # 4 entries: 基层 stands in 2 → ln(1 + 2.5/2.5), 减负 in 1 → ln(1 + 3.5/1.5), 层减 in 1
    assert index.rarity("基层减负") == pytest.approx({"基层": 0.6931, "层减": 1.2040, "减负": 1.2040}, abs=1e-4)
    assert index.coverage("基层减负", [5, 8, 9]) == pytest.approx({5: 0.6931 / 3.1011, 8: 1.0}, abs=1e-4)
    assert index.coverage("？", [5]) == {}
    assert index.coverage("基层", []) == {}


def test_a_words_frequency_is_counted_anew_in_a_library_that_has_grown(tmp_path: Path) -> None:
    LexicalIndex.write(tmp_path, add=[(0, "营商环境", "营商环境")])
    before = LexicalIndex(tmp_path)
    assert (before.holders("营商"), before.holders("营商")) == (1, 1)
    LexicalIndex.write(tmp_path, add=[(1, "营商", "营商")])
    assert LexicalIndex(tmp_path).holders("营商") == 2
