from hypothesis import given
from hypothesis import strategies as st

from eval.spans import Haystack, overlaps, shared


def test_a_quotation_is_found_across_line_breaks_and_ideographic_spaces() -> None:
    text = "第一条　为了加强\n管理，制定本办法。"
    assert Haystack(text).find("第一条 为了加强管理") == (0, 11)
    assert text[0:11] == "第一条　为了加强\n管理"


def test_every_place_of_a_quotation_is_found() -> None:
    assert Haystack("坚持稳中求进。坚持创新。").find_all("坚持") == [(0, 2), (7, 9)]
    assert Haystack("坚持稳中求进。坚持创新。").find("坚持", after=1) == (7, 9)


def test_blank_and_foreign_quotations_are_nowhere() -> None:
    assert Haystack("全市").find_all(" \n") == []
    assert Haystack("").find("全市") is None


def test_a_quotation_must_keep_its_punctuation_and_width() -> None:
    assert Haystack("增长8.1%。").find("增长８.1%") is None


@given(st.text(alphabet="甲乙 \n　。1", max_size=40), st.data())
def test_any_stretch_of_a_text_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    quote = text[start:end]
    span = Haystack(text).find(quote, after=0)
    if not quote.strip():
        assert span is None
    else:
        assert span is not None
        assert "".join(text[slice(*span)].split()) == "".join(quote.split())


def test_half_of_the_shorter_span_makes_an_overlap() -> None:
    assert shared((0, 10), (8, 20)) == 2
    assert shared((0, 5), (5, 9)) == 0
    assert overlaps((0, 10), [(5, 50)])  # 5 of 10
    assert not overlaps((0, 10), [(6, 50)])  # 4 of 10
    assert not overlaps((0, 10), [])
    assert not overlaps((3, 3), [(3, 3)])
