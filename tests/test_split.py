from hypothesis import given
from hypothesis import strategies as st

from index.gongwen import compose
from index.split import passage_id, sentences, split, windows
from index.types import Block, Document, Loaded, Passage

SENTENCE = "各级各部门要高度重视，明确责任分工，细化工作措施，确保各项任务按时完成并取得实效。"


def composed(text: str) -> Document:
    return compose(Loaded(tuple(Block(line) for line in text.split("\n"))), name="文件名")


def passages(text: str) -> list[Passage]:
    return split(composed(text))


def addressed(text: str) -> dict[str, str]:
    return {passage.address: passage.text for passage in passages(text)}


SPEECH = f"""在全市数据工作会议上的讲话
同志们：
今天的会议很重要。{SENTENCE}
一、肯定成绩
（一）成绩来之不易。{SENTENCE}
（二）问题不容忽视。{SENTENCE * 4}具体表现在：一是基础不牢。{SENTENCE}二是应用不深。{SENTENCE}\
三是人才不足。{SENTENCE * 3}
二、狠抓落实
{SENTENCE}
{SENTENCE}
同志们，让我们一起努力！{SENTENCE}
"""


def test_every_passage_is_addressed_as_it_is_cited() -> None:
    found = addressed(SPEECH)
    assert list(found) == [
        "第1段",
        "一(一)",
        "一(二)",
        "一(二)·一是",
        "一(二)·二是",
        "一(二)·三是",
        "二·第1段",
        "二·第2段",
        "结尾",
    ]
    assert found["第1段"].startswith("在全市数据工作会议上的讲话\n同志们：\n今天")
    assert found["一(一)"].startswith("一、肯定成绩\n（一）成绩")
    assert found["一(二)·二是"] == f"二是应用不深。{SENTENCE}"


def test_path_holds_the_headings_without_the_title() -> None:
    by_address = {passage.address: passage for passage in passages(SPEECH)}
    assert by_address["一(二)·三是"].path == ("一、肯定成绩", "（二）问题不容忽视")
    assert by_address["第1段"].path == ()
    assert by_address["结尾"].path == ()


LAW = f"""清河市数据管理办法
第一章 总则
第一条 为规范数据管理，制定本办法。{SENTENCE}
第二条 有下列情形之一的，不予受理：
（一）材料不全的；
（二）不属于受理范围的。
前款所称受理范围，由市数据局规定并公布。{SENTENCE}
第二章 附则
第三条 本办法自2024年3月5日起施行，有效期五年。{SENTENCE}
"""


def test_articles_and_their_paragraphs_are_cited_as_laws_are() -> None:
    found = addressed(LAW)
    assert list(found) == ["第一条", "第二条·第一款", "第二条·第二款", "第三条"]
    assert found["第二条·第一款"].endswith("（一）材料不全的；\n（二）不属于受理范围的。")
    assert found["第三条"].startswith("第二章 附则\n第三条")


def test_signature_and_date_are_one_passage() -> None:
    found = addressed(f"关于数据的通知\n各区：\n{SENTENCE}\n{SENTENCE}\n特此通知。\n清河市数据局\n2024年3月5日")
    assert found["落款"] == "清河市数据局\n2024年3月5日"
    assert found["第2段"] == f"{SENTENCE}\n特此通知。"


def test_long_paragraphs_are_split_at_sentence_ends_into_like_parts() -> None:
    found = addressed(f"关于数据的通知\n一、总体要求\n{SENTENCE * 40}\n二、其他\n{SENTENCE}")
    parts = [text for address, text in found.items() if address.startswith("一之")]
    assert len(parts) == 4
    assert all(text.endswith("。") for text in parts)
    assert max(map(len, parts)) - min(map(len, parts)) <= 2 * len(SENTENCE)


def test_ids_do_not_change_when_neighbours_do() -> None:
    before = {passage.text: passage.id.split("-", 1)[1] for passage in passages(SPEECH)}
    changed = SPEECH.replace("成绩来之不易", "成绩有目共睹").replace("三是人才不足", "三是资金不足")
    after = {passage.text: passage.id.split("-", 1)[1] for passage in passages(changed)}
    same = before.keys() & after.keys()
    assert len(same) == len(before) - 2
    assert all(before[text] == after[text] for text in same)


def test_ids_ignore_punctuation_and_number_repeats() -> None:
    assert passage_id("dx", "第一条，总则。", 1) == passage_id("dx", "第一条 总则", 1)
    assert passage_id("dx", "甲", 2) == passage_id("dx", "甲", 1) + "-2"
    assert passage_id("dx", "——", 1) != passage_id("dx", "……", 1)


def test_sentences_keep_their_closing_quotes_and_numbers() -> None:
    text = "他说：“好。”增长3.5%！1.目标明确；2.措施有力。\n“完了？”——是的……"
    assert [text[a:b] for a, b in sentences(text)] == [
        "他说：“好。”",
        "增长3.5%！",
        "1.目标明确；2.措施有力。",
        "“完了？”",
        "——是的……",
    ]
    assert sentences(" \n") == []


def test_windows_are_whole_sentences_alike_in_length() -> None:
    assert windows("短。") == [(0, 2)]
    text = SENTENCE * 20
    cut = windows(text)
    assert all(100 <= end - start <= 250 for start, end in cut)
    assert all(text[end - 1] == "。" for _, end in cut)


def test_a_very_long_sentence_is_cut_at_its_semicolons() -> None:
    text = "；".join(["推进一批重点工程建设并且按期完成各项目标任务"] * 30) + "。"
    assert all(text[end - 1] in "；。" and end - start <= 300 for start, end in windows(text))


def check(document: Document) -> None:
    position = 0
    found = split(document)
    for passage in found:
        assert document.text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert not document.text[position : passage.start].strip()
        position = passage.end
    assert not document.text[position:].strip()
    assert len({passage.id for passage in found}) == len(found)
    assert len({passage.address for passage in found}) == len(found)


PIECES = [
    "一、总体要求",
    "（一）目标。",
    "第一条 ",
    "第二章 总则",
    "附件1",
    "附件：",
    "1.",
    "一是",
    "二是",
    "首先，",
    "其次，",
    "同志们：",
]
PIECES += [
    "清河市数据局",
    "2024年3月5日",
    "《办法》",
    "“",
    "）",
    "；",
    "：",
    "。",
    SENTENCE,
    SENTENCE * 9,
    "关于数据的通知",
    "\n",
    "\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=50).map("".join))
def test_passages_cover_any_document_in_order(text: str) -> None:
    check(composed(text))


@given(st.text(max_size=300))
def test_passages_cover_any_text_at_all(text: str) -> None:
    check(composed(text))
    check(Document(id="d", title="", text=text))


@given(st.text(alphabet="一，。；？！”“(3.5a \n", max_size=800))
def test_sentences_and_windows_cover_any_text(text: str) -> None:
    for spans in (sentences(text), windows(text)):
        position = 0
        for start, end in spans:
            assert position <= start < end
            assert not text[position:start].strip()
            assert text[start:end] == text[start:end].strip()
            position = end
        assert not text[position:].strip()


def test_a_heading_a_caption_and_a_lone_date_are_never_a_passage_alone() -> None:
    body = f"一、总体要求\n二、目标任务\n{SENTENCE}\n专栏1：重点工程\n{SENTENCE * 5}\n特此通知。\n2024年3月5日"
    found = addressed(f"关于数据的通知\n{body}")
    assert "一、总体要求\n二、目标任务\n各级" in found["二·第1段"]
    assert found["二·第2段"].startswith("专栏1：重点工程\n")
    assert list(found.values())[-1].endswith("特此通知。\n2024年3月5日")


def test_copies_are_addressed_as_such() -> None:
    found = addressed(
        f"关于数据的通知\n{SENTENCE}\n{SENTENCE}\n清河市数据局\n2024年3月5日\n抄送：市委办公室，市政协办公室。"
    )
    assert found["抄送"] == "抄送：市委办公室，市政协办公室。"


def test_points_of_one_sentence_are_passages_of_their_own() -> None:
    found = addressed(f"关于数据的决定\n一、修改条例\n{SENTENCE}\n二、删除第三条。\n三、本决定自公布之日起施行。")
    assert found["二"] == "二、删除第三条。"
    assert found["三"] == "三、本决定自公布之日起施行。"


def test_number_and_addressees_of_an_attached_document_stand_with_its_text() -> None:
    attached = f"关于数据质量的通知\n清政发〔2023〕8号\n各县人民政府，市政府各部门，各有关单位和社会团体：\n{SENTENCE}"
    found = addressed(f"关于转发文件的通知\n{SENTENCE}\n清河市数据局\n2024年3月5日\n{attached}\n{SENTENCE}")
    assert found["附·第1段"] == attached


def test_files_named_below_the_signature_are_its_attachments() -> None:
    found = addressed(f"关于数据的通知\n{SENTENCE}\n清河市数据局\n2024年3月5日\n数据目录.docx\n数据标准.xlsx")
    assert found["附件说明"] == "数据目录.docx\n数据标准.xlsx"


def test_a_date_below_a_signature_that_the_format_calls_a_heading_is_the_signature_still() -> None:
    blocks = [
        Block("关于数据的通知", 1),
        Block(SENTENCE),
        Block("清河市数据局"),
        Block("2024年3月5日", 2),
        Block(SENTENCE),
    ]
    document = compose(Loaded(tuple(blocks)), name="文件名")
    assert "".join(p.text for p in split(document)).replace("\n", "") == document.text.replace("\n", "")
