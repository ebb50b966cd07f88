from html import unescape
from re import sub

from hypothesis import given
from hypothesis import strategies as st

from ui.marks import excerpt, marked

TEXT = st.text(alphabet="党建工作。；！“”<>&\n😀a1", max_size=60)
SPANS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)).map(lambda s: (min(s), max(s))), max_size=4)


def test_a_marked_stretch_is_wrapped_and_all_else_left_alone() -> None:
    assert marked("为基层减负", {"term": [(1, 3)]}) == '为<mark class="term">基层</mark>减负'


def test_offsets_are_the_documents() -> None:
    assert marked("为基层减负", {"term": [(101, 103)]}, offset=100) == '为<mark class="term">基层</mark>减负'


def test_overlapping_layers_are_cut_at_every_border_so_tags_never_cross() -> None:
    assert marked("甲乙丙", {"window": [(0, 2)], "term": [(1, 3)]}) == (
        '<mark class="window">甲</mark><mark class="window term">乙</mark><mark class="term">丙</mark>'
    )


def test_markup_in_a_document_is_text() -> None:
    assert marked("<script>&", {"term": [(0, 8)]}) == '<mark class="term">&lt;script&gt;</mark>&amp;'


@given(TEXT, SPANS, SPANS, st.integers(0, 30))
def test_without_its_marks_the_text_is_what_it_was(text: str, a: list[tuple[int, int]], b: list, offset: int) -> None:
    html = marked(text, {"window": a, "term": b}, offset=offset)
    assert unescape(sub(r"</?mark[^>]*>", "", html)) == text


def test_a_text_that_fits_is_shown_whole() -> None:
    assert excerpt("一句。二句。", (3, 6), limit=6) == (0, 6)


def test_an_excerpt_starts_with_the_sentence_of_its_focus_and_ends_with_a_sentence() -> None:
    text = "第一句话。第二句话。第三句话。第四句话。"
    start, end = excerpt(text, (6, 8), limit=12)
    assert text[start:end] == "第二句话。第三句话。"


def test_an_excerpt_at_the_end_fills_its_room_from_before() -> None:
    text = "第一句话。第二句话。第三句话。第四句话。"
    start, end = excerpt(text, (16, 18), limit=12)
    assert text[start:end] == "第三句话。第四句话。"


def test_a_closing_quote_stays_with_its_sentence() -> None:
    text = "他说：“好。”大家都同意了这个方案。然后散会。"
    start, _ = excerpt(text, (8, 9), limit=12)
    assert text[start:].startswith("大家")


@given(TEXT, st.integers(0, 59), st.integers(0, 59), st.integers(1, 40))
def test_an_excerpt_is_a_stretch_of_the_text_no_longer_than_its_limit(text: str, a: int, b: int, limit: int) -> None:
    a, b = sorted((min(a, len(text)), min(b, len(text))))
    start, end = excerpt(text, (a, b), limit=limit)
    assert 0 <= start <= end <= len(text)
    assert end - start <= limit
    if len(text) > limit:
        assert start <= a
