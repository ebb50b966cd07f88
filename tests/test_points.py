import pytest

from index.split import sentences
from index.types import Hit, Passage
from rag.focus import focus_span
from rag.points import following, mark, within

TEXT = "第九条 申请时应当提交下列材料：\n（一）申请表；\n（二）身份证；\n（三）合同。\n前款材料由县区受理。"


def hit() -> Hit:
    return Hit(Passage("d-p", "d", 100, 100 + len(TEXT), TEXT), 1.0, "办法")


def test_all_points_follow_the_sentence_that_announces_them_and_no_more() -> None:
    found = within(hit(), sentences(TEXT)[0])
    assert [TEXT[start:end] for start, end in found] == ["（一）申请表；", "（二）身份证；", "（三）合同。"]


def test_one_point_brings_its_siblings() -> None:
    found = within(hit(), sentences(TEXT)[2])
    assert [TEXT[start:end] for start, end in found] == ["（一）申请表；", "（二）身份证；", "（三）合同。"]


def test_a_plain_sentence_has_no_points() -> None:
    assert within(hit(), sentences(TEXT)[-1]) == []


def test_numbering_is_read() -> None:
    assert [mark(t) for t in ("（十二）加强", "3.新建", "二是征求", "3.5亿元", "加强领导")] == [
        (0, 12),
        (4, 3),
        (2, 2),
        None,
        None,
    ]


def test_passages_follow_in_sequence() -> None:
    texts = ["下列情形：", "1.第一；", "2.第二。", "4.不相连"]
    passages = [Passage(f"d-{i}", "d", i * 20, i * 20 + len(t), t) for i, t in enumerate(texts)]
    assert [p.text for p in following(passages, passages[0])] == ["1.第一；", "2.第二。"]


def test_the_answer_itself_is_marked_in_its_sentence() -> None:
    sentence = "江澜站警戒水位24.50米，保证水位26.80米。"
    span = focus_span("江澜站的警戒水位是多少米", sentence)
    assert span is not None
    assert sentence[slice(*span)] == "24.50米"
    assert focus_span("怎样为基层减负？", sentence) is None


def test_words_that_were_read_as_the_answer_are_marked_where_they_are_likely_and_few() -> None:
    sentence = "养老服务由市民政局统筹，市发展改革委配合。"
    question = "养老服务怎么统筹"
    assert focus_span(question, sentence, [(5, 9, 0.6), (5, 20, 0.3)]) == (5, 9)
    assert focus_span(question, sentence, [(5, 9, 0.05)]) is None
    assert focus_span(question, sentence, [(-30, -25, 0.5), (18, 40, 0.3)]) is None
    assert focus_span(question, sentence, [(0, len(sentence), 0.9)]) is None


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("加装电梯补助标准是多少？", "加装电梯补助由每台20万元调整为每台22万元，其中市财政承担12万元。", "22万元"),
        ("调整前每台补助多少？", "加装电梯补助由每台20万元调整为每台22万元。", "20万元"),
        ("市财政承担多少？", "由市财政承担12万元、县区财政承担10万元。", "12万元"),
        ("企业开办时间多久？", "企业开办时间由2个工作日压缩到0.5个工作日。", "0.5个工作日"),
    ],
)
def test_of_a_change_what_it_came_to_is_set_off(question: str, sentence: str, words: str) -> None:
    span = focus_span(question, sentence)
    assert span is not None
    assert sentence[span[0] : span[1]] == words
