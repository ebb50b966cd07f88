"""Quotations are found where they stand, and never called verbatim when they are not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.errors import QueryError
from index.library import LocalLibrary
from index.quotes import QuoteMatch, QuoteReport
from index.verdict import same_text

NOTICE_2026 = "江澜市防汛抗旱指挥部关于做好2026年防汛抗旱工作的通知"
TRUE = "大中型水库严格执行汛限水位，不得擅自超蓄"


@pytest.fixture(scope="module")
def library(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("quotes") / "library"
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([samples])
        yield opened


def changes(match: QuoteMatch) -> list[tuple[str, str, str]]:
    return [step for step in match.diff if step[0] != "equal"]


def assert_sound(report: QuoteReport, library: LocalLibrary) -> None:
    """Every match tells the truth about its document and its quotation."""
    for match in report.matches:
        text = library.document(match.passage.doc_id).text
        assert text[match.start : match.end] == match.text
        assert "".join(source for _, _, source in match.diff) == match.text
        assert "".join(quoted for _, quoted, _ in match.diff) in report.quote
        assert match.passage.start < match.end
        assert match.start < match.passage.end
        assert 0 <= match.similarity <= 1


def only(library: LocalLibrary, quote: str) -> QuoteMatch:
    report = library.find_quote(quote)
    assert_sound(report, library)
    assert report.matches[0].verdict == report.verdict
    return report.matches[0]


def test_a_true_quotation_is_verbatim_with_its_place(library: LocalLibrary) -> None:
    match = only(library, TRUE)
    assert (match.verdict, match.title, match.text, match.similarity) == ("verbatim", NOTICE_2026, TRUE, 1.0)
    assert match.passage.address == "二(二)"
    assert match.diff == (("equal", TRUE, TRUE),)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("大中型水库严格执行汛限水位不得擅自超蓄。", [("delete", "", "，"), ("replace", "。", "，")]),
        ("大中型水庫严格执行汛限水位，不得擅自超蓄", [("replace", "庫", "库")]),
        ("大中型水库严格执行汛限水位, 不得擅自超蓄", [("replace", ", ", "，")]),
        ("汛限水位１１８.00米", [("replace", "１１８", "118")]),
        ("‘三个责任人’并完成培训", [("replace", "‘", "“"), ("replace", "’", "”")]),
    ],
)
def test_signs_and_glyphs_alone_are_typographic(
    library: LocalLibrary, quote: str, expected: list[tuple[str, str, str]]
) -> None:
    match = only(library, quote)
    assert match.verdict == "typographic"
    assert changes(match) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("大中型水库严格执行汛限水位，可得擅自超蓄", [("replace", "可", "不")]),
        ("大中型水库严格执行汛限水位，得擅自超蓄", [("delete", "", "不")]),
        ("大中型水库应严格执行汛限水位，不得擅自超蓄", [("insert", "应", "")]),
        ("其中云溪水库汛限水位118.50米", [("replace", "5", "0")]),
        ("其中云溪水库汛限水位11800米", [("delete", "", ".")]),
        ("小中型水库严格执行汛限水位，不得擅自超蓄", [("replace", "小", "大")]),
        ("大中型水库严格执行汛限水位，不得擅自超过", [("replace", "过", "蓄")]),
    ],
)
def test_one_changed_character_is_altered(
    library: LocalLibrary, quote: str, expected: list[tuple[str, str, str]]
) -> None:
    match = only(library, quote)
    assert match.verdict == "altered"
    assert changes(match) == expected


def test_clauses_in_another_order_are_altered_and_the_place_is_whole(library: LocalLibrary) -> None:
    match = only(library, "不得擅自超蓄，大中型水库严格执行汛限水位")
    assert (match.verdict, match.text) == ("altered", TRUE)


def test_a_left_out_clause_is_elided_with_and_without_its_mark(library: LocalLibrary) -> None:
    for quote in (
        "大中型水库严格执行汛限水位，其中云溪水库汛限水位118.00米",
        "大中型水库严格执行汛限水位……其中云溪水库",
    ):
        match = only(library, quote)
        assert match.verdict == "elided"
        assert match.similarity == 1.0
        assert "不得擅自超蓄" in match.text


def test_parts_of_two_places_are_spliced_in_the_order_of_the_quotation(library: LocalLibrary) -> None:
    report = library.find_quote("储备物资逐月盘点，缺额7日内补齐，大中型水库严格执行汛限水位，不得擅自超蓄")
    assert_sound(report, library)
    assert report.verdict == "spliced"
    assert [match.text for match in report.matches] == ["储备物资逐月盘点，缺额7日内补齐", TRUE]


@pytest.mark.parametrize(
    ("quote", "text", "same"),
    [
        ("甲乙，\n丙", "甲乙，丙", True),
        ("甲乙\n  丙", "甲乙 丙", True),
        ("甲乙丙", "甲乙\n丙", True),
        ("甲 乙\n丙", "甲乙丙", False),
        ("甲 乙", "甲乙", False),
        ("甲乙。", "甲乙，", False),
    ],
)
def test_only_line_breaks_are_layout(quote: str, text: str, same: bool) -> None:
    assert same_text(quote, text) is same


@pytest.mark.parametrize("quote", ["今天天气很好，我们一起去公园划船", "改善民主", "量子纠缠"])
def test_what_stands_nowhere_is_not_found(library: LocalLibrary, quote: str) -> None:
    assert library.find_quote(quote) == QuoteReport(quote, "not_found", ())


def test_enclosing_quotation_marks_are_not_part_of_the_quotation(library: LocalLibrary) -> None:
    assert only(library, f" “{TRUE}”\n").verdict == "verbatim"


def test_all_places_come_earliest_first_and_no_more_than_asked(library: LocalLibrary) -> None:
    report = library.find_quote("民生", limit=100)
    dates = [library.document(match.passage.doc_id).meta.get("date", "9") for match in report.matches]
    assert dates == sorted(dates)
    found = sum(library.document(document.id).text.count("民生") for document in library.documents())
    assert len(report.matches) == found
    assert len(library.find_quote("民生", limit=3).matches) == 3


@pytest.mark.parametrize("quote", ["", " 　", "人", "，。", "《》", "好" * 20_001])
def test_what_cannot_be_looked_for_is_refused(library: LocalLibrary, quote: str) -> None:
    with pytest.raises(QueryError):
        library.find_quote(quote)


def test_an_empty_library_holds_no_quotation(tmp_path: Path) -> None:
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as empty:
        assert empty.find_quote(TRUE).verdict == "not_found"


@settings(max_examples=150)
@given(data=st.data())
def test_any_true_span_is_found_verbatim_at_its_place(library: LocalLibrary, data: st.DataObject) -> None:
    documents = library.documents()
    document = library.document(data.draw(st.sampled_from(documents)).id)
    start = data.draw(st.integers(0, len(document.text) - 2))
    length = data.draw(st.one_of(st.integers(2, 40), st.integers(40, 2000)))
    quote = document.text[start : start + length]
    assume(any("一" <= char <= "鿿" for char in quote) and len(quote.strip()) > 1)  # 42 is not looked for in 4218
    report = library.find_quote(quote, limit=1000)
    assert report.verdict == "verbatim"
    assert_sound(report, library)
    places = {(match.passage.doc_id, match.start) for match in report.matches}
    lead = len(quote) - len(quote.lstrip())
    assert (document.id, start + lead) in places


@settings(max_examples=100)
@given(data=st.data())
def test_no_changed_span_is_ever_called_verbatim(library: LocalLibrary, data: st.DataObject) -> None:
    document = library.document(data.draw(st.sampled_from(library.documents())).id)
    start = data.draw(st.integers(0, len(document.text) - 40))
    quote = document.text[start : start + data.draw(st.integers(8, 200))]
    at = data.draw(st.integers(0, len(quote) - 1))
    changed = quote[:at] + data.draw(st.sampled_from(["不", "", "未", "3", "。", "民主"])) + quote[at + 1 :]
    assume(any("一" <= char <= "鿿" for char in changed) and len(changed.strip()) > 1)
    report = library.find_quote(changed)
    assert_sound(report, library)
    for match in report.matches:
        if match.verdict == "verbatim":
            assert same_text(changed.strip(), match.text) or same_text(changed.strip()[1:-1].strip(), match.text)
