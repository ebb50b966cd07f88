from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.key import Keyed, key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“人民至上”……发展。", "人民至上发展"),
        ("增長３.5％", "增长3.5%"),
        ("1,000元、1000元", "1000元1000元"),
        ("5—10人", "5~10人"),
        ("5～10人", "5~10人"),
        ("〔2024〕15号", "2024|15号"),
        ("（2024）15号", "2024|15号"),
        ("1、2、3", "1|2|3"),
        ("增长-5%", "增长-5%"),
        ("——2025年", "2025年"),
        ("9·16火灾", "9.16火灾"),
        ("10²", "10²"),
        ("二○二四年 二〇二四年", "二〇二四年二〇二四年"),
        ("，。 \n", ""),
    ],
)
def test_a_key_holds_words_and_values(text: str, expected: str) -> None:
    assert key(text) == expected


def test_a_marks_place_is_told() -> None:
    keyed = Keyed("甲乙，丙……丁 戊")
    assert [i for i in range(6) if keyed.broken(i)] == [0, 2, 3, 5]
    assert keyed.ellipses == {3}


@given(st.text(alphabet="甲發ａ1３.,-，。…“ \n℃²①", max_size=40))
def test_every_character_of_a_key_knows_its_origin(text: str) -> None:
    keyed = Keyed(text)
    assert len(keyed.at) == len(keyed.key) + 1
    assert all(a <= b for a, b in pairwise(keyed.at))
    assert keyed.at[-1] == len(text)
