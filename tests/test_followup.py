import pytest

from rag.followup import Turn, in_full, turn
from rag.types import Answer, Statement


@pytest.mark.parametrize(
    ("before", "question", "full"),
    [
        ("2025年全市地区生产总值是多少？", "那2024年呢？", "2024年全市地区生产总值是多少？"),
        ("快速公交1号线有多长？", "那2号线呢？", "快速公交2号线有多长？"),
        ("现在博士的安家补贴是多少钱？", "硕士呢", "现在硕士的安家补贴是多少钱？"),
        ("80岁老人的高龄津贴每月多少？", "九十多岁的呢", "九十多岁老人的高龄津贴每月多少？"),
    ],
)
def test_an_ellipsis_takes_the_place_of_what_it_stands_against(before: str, question: str, full: str) -> None:
    assert in_full(question, [Turn(before)]) == full


def test_a_pronoun_takes_the_earlier_topic() -> None:
    assert in_full("它的牵头单位是谁？", [Turn("长者食堂建设")]) == "长者食堂建设的牵头单位是谁？"


def test_a_pronoun_that_does_something_takes_no_possessive() -> None:
    assert in_full("它由谁负担？", [Turn("每户补助多少？")]) == "每户补助由谁负担？"


def test_a_point_is_the_statement_of_that_number() -> None:
    said = tuple(
        Statement(text, (1,), "verbatim") for text in ("措施如下：", "一是摸清底数，逐栋登记。", "二是征求意见。")
    )
    answer = Answer("措施有哪些", said, (), (), abstained=False)
    assert in_full("展开第二点", [Turn("措施有哪些", answer)]) == "征求意见的具体内容"


def test_a_question_that_stands_alone_stays_as_it_is() -> None:
    alone = "江澜市城市公共汽电车的运营车辆应当符合哪些具体要求？"
    assert in_full(alone, [Turn("2025年全市地区生产总值是多少？")]) == alone
    assert in_full("那2024年呢？", []) == "那2024年呢？"


def test_a_turn_is_read_back_from_what_was_shown_of_it() -> None:
    earlier = turn("措施有哪些", "措施如下：[1]\n一是摸清底数。[2][3]\n二是征求意见。[4]")
    assert in_full("展开第二点", [earlier]) == "征求意见的具体内容"


def test_what_was_asked_in_full_is_what_a_follow_up_leans_on() -> None:
    edited = turn("那2024年呢？", "", asked="2024年江澜市地区生产总值是多少？")
    assert in_full("那2023年呢？", [Turn("粮食产量是多少？"), edited]) == "2023年江澜市地区生产总值是多少？"


def test_a_conversation_without_end_is_followed_from_near() -> None:
    assert in_full("那2024年呢？", [Turn("2025年地区生产总值是多少？")] * 5000) == "2024年地区生产总值是多少？"
