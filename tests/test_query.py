import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import QueryError
from index.filters import Condition, Filter
from index.period import period
from index.query import Query, parse


def demands(text: str) -> list[tuple[str, str, bool]]:
    return [(c.field, c.value, c.negated) for c in parse(text).filters.conditions]


def test_a_question_is_words_and_nothing_else() -> None:
    assert parse("什么是“两个维护”？") == Query("什么是“两个维护”？", Filter())
    assert parse("会议指出：要坚持什么") == Query("会议指出：要坚持什么", Filter())


@pytest.mark.parametrize("written", ['"精准扶贫"', "“精准扶贫”", "「精准扶贫」", "＂精准扶贫＂"])
def test_a_phrase_in_any_quotation_marks_must_stand_and_is_searched(written: str) -> None:
    assert parse(f"{written} 成效") == Query("精准扶贫 成效", Filter((Condition("text", "精准扶贫"),)))


def test_exclusions_take_half_and_full_width_signs() -> None:
    assert demands("补助 -附件 －电梯 −“老旧 小区” -文种：通知") == [
        ("text", "附件", True),
        ("text", "电梯", True),
        ("text", "老旧 小区", True),
        ("kind", "通知", True),
    ]


def test_numbers_below_zero_and_dashes_are_no_exclusions() -> None:
    assert parse("气温 -5℃ ——加强 -") == Query("气温 -5℃ ——加强 -", Filter())


def test_fields_take_full_width_colons_spaces_other_names_and_quotes() -> None:
    assert demands("标题：人才 机关: 市政府 发文单位：“市 教育局” kind:通知 目录：a\\b/ 格式:.DOCX 章节:保障") == [
        ("title", "人才", False),
        ("issuer", "市政府", False),
        ("issuer", "市 教育局", False),
        ("kind", "通知", False),
        ("folder", "a/b", False),
        ("format", "docx", False),
        ("heading", "保障", False),
    ]


def test_numbers_of_documents_are_compared_whatever_their_brackets() -> None:
    assert (
        demands("文号:江政办发（2026）3号")
        == demands("文号:江政办发〔2026〕3号")
        == [("number", "江政办发[2026]3号", False)]
    )


def test_words_of_the_text_are_demanded_and_searched() -> None:
    assert parse("正文:博士 补助") == Query("博士 补助", Filter((Condition("text", "博士"),)))


def test_an_unknown_field_a_lone_mark_and_empty_quotes_are_words() -> None:
    assert parse('作物:小麦 "未完 ""') == Query('作物:小麦 "未完 ""', Filter())


def test_a_paragraph_holds_no_operators() -> None:
    paragraph = "标题:人才 -附件 " + "为加快建设人才强市，" * 15
    assert parse(paragraph) == Query(paragraph.strip(), Filter())
    assert parse("标题:人才\n-附件").filters == Filter()


@pytest.mark.parametrize(
    "text", ["-附件", "－附件 -文种:通知", "机关:", "标题：  ", "正文:！？", "", " \u3000", "\x00\x01"]
)
def test_what_cannot_be_searched_for_says_what_to_write(text: str) -> None:
    with pytest.raises(QueryError, match=r"请|例如"):
        parse(text)


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024年", "2024-01-01", "2024-12-31"),
        ("二〇二四年", "2024-01-01", "2024-12-31"),
        ("二○二四", "2024-01-01", "2024-12-31"),
        ("2020..2024", "2020-01-01", "2024-12-31"),
        ("2020-2024", "2020-01-01", "2024-12-31"),
        ("2020—2024年", "2020-01-01", "2024-12-31"),
        ("2020至2024", "2020-01-01", "2024-12-31"),
        ("..2024", "0001-01-01", "2024-12-31"),
        ("2024..", "2024-01-01", "9999-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023年2月", "2023-02-01", "2023-02-28"),
        ("２０２４年３月５日", "2024-03-05", "2024-03-05"),
        ("20240305", "2024-03-05", "2024-03-05"),
        ("2024.3.5～2024.4", "2024-03-05", "2024-04-30"),
    ],
)
def test_a_period_is_read_as_people_write_it(written: str, since: str, until: str) -> None:
    assert period(written) == (since, until)


@pytest.mark.parametrize(
    "written", ["2024-13", "2023-02-29", "2024-04-31", "2024..2020", "去年", "24", "..", "0000", "2024-00"]
)
def test_a_day_that_does_not_exist_is_refused_with_the_cure(written: str) -> None:
    with pytest.raises(QueryError, match="请"):
        parse(f"补助 日期:{written}")


@given(st.text(alphabet='标题年份:：-－"“” 人才2024.\n\x00a', max_size=40))
def test_whatever_is_typed_becomes_a_query_or_an_error_for_the_reader(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    assert query.words or query.filters
