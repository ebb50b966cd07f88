import pytest

from rag.question import topic, wants_list, years


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("怎样考察干部的政治素质？", "考察干部的政治素质"),
        ("2026年人才引进的目标是什么？", "2026年人才引进的目标"),
        ("基层党建还存在哪些短板？", "基层党建还 短板"),
        ("全市去年的生产总值是多少", "全市去年的生产总值"),
        ("如何为基层减负？", "为基层减负"),
        ("4+4+X产业体系", "4+4+X产业体系"),
    ],
)
def test_a_topic_is_the_question_without_its_asking_words(question: str, about: str) -> None:
    assert topic(question) == about


def test_a_question_of_asking_words_alone_stays_as_it_is() -> None:
    assert topic("为什么？") == "为什么？"


def test_questions_for_several_things_are_known() -> None:
    assert wants_list("主要措施有哪些？")
    assert wants_list("如何为基层减负？")
    assert not wants_list("补助是多少？")


def test_only_whole_years_count() -> None:
    assert years("2024年和2025年，12024年，2026号") == {"2024", "2025"}
