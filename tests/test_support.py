import pytest

from rag.facts import han_number, normal
from rag.support import support

SOURCE = ["2025年，全市投入3.5亿元改造老旧小区86个，惠及居民2.31万户，由市住建局牵头。未经批准不得新增考核事项。"]


@pytest.mark.parametrize(
    "sentence",
    [
        "二〇二五年全市投入35000万元改造老旧小区86个。",
        "改造由市住建局牵头，投入三亿五千万元。",
        "未经批准，不得新增考核事项。",
        "惠及居民2.31万户。",
        "全市改造小区86个。",
    ],
)
def test_what_the_source_says_in_other_figures_or_order_is_borne(sentence: str) -> None:
    assert support(sentence, SOURCE).what == ""


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("全市改造老旧小区87个。", "数字“87个”"),
        ("2024年全市改造老旧小区86个。", "数字“2024年”"),
        ("老旧小区改造由市财政局牵头。", "单位“市财政局”"),
        ("经批准可以新增考核事项。", "肯定与否定"),
        ("文件要求“逐栋登记造册”，改造老旧小区86个。", "引文“逐栋登记造册”"),
        ("高标准农田建设实行财政贴息。", "原文的意思"),
    ],
)
def test_what_the_source_does_not_say_is_named(sentence: str, what: str) -> None:
    assert support(sentence, SOURCE).what == what


def test_a_level_of_government_is_not_another() -> None:
    source = ["补助由市财政负担。"]
    assert support("补助由市级财政负担。", source).borne
    assert support("由省财政负担。", source).what == "级别“省财政”"


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("每人补助两千元。", "计算单位“每人”"),
        ("王建国任市教育局副局长。", "职务“副局长”"),
        ("李建国任市教育局局长。", "人名“李建国”"),
        ("每户补助两千元。", ""),
        ("王建国担任市教育局局长。", ""),
    ],
)
def test_who_and_for_each_what_are_facts(sentence: str, what: str) -> None:
    assert support(sentence, ["每户补助两千元，每年三月下达。", "王建国任市教育局局长。"]).what == what


def test_without_sources_nothing_is_borne() -> None:
    assert not support("全市改造老旧小区86个。", []).borne


def test_han_numerals_are_read() -> None:
    assert [han_number(n) for n in ("三千五百", "一万二千", "十五", "两百", "三亿五千万")] == [
        3500,
        12000,
        15,
        200,
        350000000,
    ]
    assert normal("增长百分之六点五，完成百分之四十") == "增长6.5%,完成40%"
    assert normal("二○二四年投入三十五个") == "2024年投入35个"


CHANGED = ["既有住宅加装电梯补贴标准由每台20万元调整为每台22万元。会议由平均42次减少到13次。"]


def test_a_figure_that_was_changed_since_is_not_borne() -> None:
    assert support("加装电梯每台补贴20万元。", CHANGED).what == "数字“20万元”（已改为“22万元”）"
    assert support("会议平均42次。", CHANGED).what == "数字“42次”（已改为“13次”）"


@pytest.mark.parametrize(
    "sentence",
    [
        "加装电梯每台补贴22万元。",
        "加装电梯补贴由每台20万元调整为每台22万元。",
        "加装电梯补贴标准原为每台20万元。",
        "会议减少到13次。",
    ],
)
def test_what_a_change_came_to_and_what_was_before_it_are_borne(sentence: str) -> None:
    assert support(sentence, CHANGED).borne


def test_a_figure_that_stands_elsewhere_too_is_borne() -> None:
    assert support("农村每台补贴20万元。", [*CHANGED, "农村住宅加装电梯每台补贴20万元。"]).borne
