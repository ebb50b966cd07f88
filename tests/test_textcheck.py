import pytest

from index.textcheck import warnings
from index.types import Document, PageStart

PARAGRAPH = "为切实减轻基层负担，现就有关事项通知如下，请各地各部门结合实际认真贯彻执行到位。"


def noted(text: str, *, pages: tuple[PageStart, ...] = (), **meta: str) -> list[str]:
    return warnings(Document("d", "文", text, meta, pages=pages))


def test_a_clean_document_has_nothing_to_tell() -> None:
    text = "关于减负的通知\n" + "\n".join([PARAGRAPH] * 8) + "\n江澜市人民政府办公室\n2025年3月12日"
    assert noted(text) == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (PARAGRAPH * 4 + "\ufffd\ufffd\ufffd" * 2, "乱码约占 4%"),
        (PARAGRAPH * 4 + "\ue003" * 8, "乱码约占 5%"),
        (PARAGRAPH * 4 + "锟斤拷锟斤拷锟斤拷", "乱码约占 5%"),
        (PARAGRAPH.encode().decode("latin-1") * 2, "乱码约占"),
        ((PARAGRAPH * 4).encode().decode("gb18030", "ignore"), "生僻字占"),
    ],
)
def test_garbled_text_is_told(text: str, note: str) -> None:
    (found,) = noted(text)
    assert found.startswith(note)


def test_names_in_rare_characters_are_no_garble() -> None:
    assert noted(PARAGRAPH * 3 + "参会人员：赵翀、钱昶、孙赟、李翯、周旻昊、吴奭、郑弢、王琭。") == []


def test_paragraphs_that_stop_within_a_sentence_are_told() -> None:
    half = PARAGRAPH[:24]
    assert noted("\n".join([half] * 6 + [PARAGRAPH])) == ["6 段在句子中间断开，换行可能有误"]
    # Headings and items end without a mark by right.
    headings = [f"{number}、经济总量和效益持续增长，产业发展步伐加快" for number in "一二三四五六七"]
    assert noted("\n".join(line for heading in headings for line in (heading, PARAGRAPH))) == []


def test_a_paragraph_without_end_is_told() -> None:
    assert noted(PARAGRAPH * 80) == ["1 段超过 3,000 字，可能丢了分段"]


def test_pages_without_text_and_recognised_pages_are_told() -> None:
    text = PARAGRAPH * 3
    assert noted(text, pages=((0, 1), (20, 3), (40, 7))) == ["第 2、4-6 页没有文字"]
    assert noted(text, pages=((0, 1), (20, 2)), recognised="1-2") == ["第 1-2 页是识别出来的文字，引用前请核对原件"]


def test_next_to_nothing_is_told() -> None:
    assert noted("（此页无正文）") == ["几乎没有文字"]
