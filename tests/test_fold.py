from hypothesis import given
from hypothesis import strategies as st

from index.fold import fold, joined, origins, places, query_tokens, tokens
from index.fold import terms as terms_of


def terms(text: str) -> list[str]:
    return [token.term for token in tokens(text)]


def test_width_case_script_and_variants_fold_to_one_form() -> None:
    assert fold("Ａ１２％") == "a12%"
    assert fold("後發優勢") == "后发优势"
    assert fold("二○二四年") == fold("二〇二四年")
    assert fold("「人民」〔2024〕５号") == '"人民"[2024]5号'


def test_a_sign_that_stands_for_several_folds_to_them_all() -> None:
    assert fold("㈠总则") == "(一)总则"
    assert origins("㈠总则") == [0, 0, 0, 1, 2]


def test_han_runs_give_characters_and_pairs_and_latin_runs_stay_whole() -> None:
    assert terms("2024年新质") == ["2024", "年", "年新", "新", "新质", "质"]
    assert terms("GDP增长7.5%") == ["gdp", "增", "增长", "长", "7.5"]
    assert terms("，。！") == []


def test_a_query_asks_for_pairs_and_for_a_character_only_where_it_stands_alone() -> None:
    assert [t.term for t in query_tokens("坚持人民")] == ["坚持", "持人", "人民"]
    assert [t.term for t in query_tokens("水 AI")] == ["水", "ai"]


def test_no_word_of_official_prose_is_dropped() -> None:
    assert {"坚持", "加强", "人民", "应当"} <= {t.term for t in query_tokens("坚持 加强 人民 应当")}


def test_matches_joins_touching_terms_and_points_into_the_original() -> None:
    text = "堅持以人民為中心"
    assert joined(places(text, frozenset({"坚持", "人民", "民为"}))) == [(0, 2), (3, 6)]
    assert text[3:6] == "人民為"


@given(st.text())
def test_every_token_points_at_the_text_it_was_read_from(text: str) -> None:
    for term, start, end in tokens(text):
        assert 0 <= start < end <= len(text)
        assert term in fold(text[start:end])


@given(st.text())
def test_origins_are_one_an_output_character_and_ascend(text: str) -> None:
    sources = origins(text)
    assert len(sources) == len(fold(text))
    assert sources == sorted(sources)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


def test_overlapping_terms_mark_one_stretch_and_numbers_match_whole() -> None:
    assert joined(places("坚持持续加强", frozenset({"坚持", "持续"}))) == [(0, 4)]
    assert joined(places("2025年5号", frozenset({"5"}))) == [(5, 6)]
    assert joined(places("增长7.5%和5.7", frozenset({"7.5", "5"}))) == [(2, 5)]
    assert joined(places("任何文字", frozenset())) == []


@given(
    st.text(alphabet="坚持人民2025.5aA（）㈠①後后 "),
    st.frozensets(st.sampled_from(["坚持", "人民", "5", "2025", "后", "a", "一"])),
)
def test_matches_are_where_the_tokens_are(text: str, terms: frozenset[str]) -> None:
    covered = {i for start, end in joined(places(text, terms)) for i in range(start, end)}
    expected = {i for term, start, end in tokens(text) if term in terms for i in range(start, end)}
    assert expected == covered


@given(st.text() | st.text(alphabet="新质2024年.a，\n〇㈠"))
def test_terms_are_those_of_the_tokens(text: str) -> None:
    assert terms_of(text) == frozenset(terms(text))
