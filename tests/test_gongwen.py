from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.gongwen import compose, document_id
from index.load import load
from index.types import Block, Document, Loaded


def composed(text: str, name: str = "文件名") -> Document:
    return compose(Loaded(tuple(Block(line) for line in text.split("\n")), wrapped=True), name=name)


def outlined(document: Document) -> list[tuple[int, str, str]]:
    return [(h.level, h.label, document.text[h.start : h.end]) for h in document.outline]


FILLER = "各级各部门要高度重视，明确责任分工，细化工作措施，确保各项任务按时完成并取得实效，重要情况及时报告。"

NOTICE = f"""清河市人民政府办公室
关于印发《清河市数据管理办法》的
通知
清政办发〔2024〕5号
各县（区）人民政府，市政府各部门：
《清河市数据管理办法》已经市政府同意，现印发给你们，请认真贯彻执行。
附件：1.任务分工表
2.联系人名单
清河市人民政府办公室
二○二四年三月五日
清河市数据管理办法
第一章 总则
第一条 【目的】为规范数据管理，根据有关规定，制定本办法。
第二条 本办法所称数据包括：
（一）政务数据；
（二）公共数据。
前款所称政务数据，由市数据局认定。
第二章 附则
第三条 本办法自印发之日起施行。
附件1
任务分工表
一、市数据局
{FILLER}{FILLER}
"""


def test_title_over_several_lines_is_joined_and_stays_in_the_text() -> None:
    document = composed(NOTICE)
    assert document.title == "清河市人民政府办公室关于印发《清河市数据管理办法》的通知"
    assert document.text.startswith("清河市人民政府办公室\n关于印发")


def test_letterhead_is_read() -> None:
    assert composed(NOTICE).meta == {
        "issuer": "清河市人民政府办公室",
        "number": "清政办发〔2024〕5号",
        "date": "2024-03-05",
        "kind": "通知",
        "to": "各县（区）人民政府，市政府各部门",
        "attachments": "任务分工表；联系人名单",
    }


def test_printed_regulation_and_attachment_open_their_own_outline() -> None:
    assert outlined(composed(NOTICE)) == [
        (1, "附", "清河市数据管理办法"),
        (2, "第一章", "第一章 总则"),
        (3, "第一条", "第一条 【目的】"),
        (3, "第二条", "第二条"),
        (2, "第二章", "第二章 附则"),
        (3, "第三条", "第三条"),
        (1, "附件1", "任务分工表"),
        (2, "一", "一、市数据局"),
    ]


SPEECH = f"""在全市数据工作会议上的讲话
（2024年1月10日）
李明
同志们：
{FILLER}
一、肯定成绩，认清形势
{FILLER}
(一) 基础更加扎实。{FILLER}
1．平台建成。{FILLER}
（1）接入部门四十个。{FILLER}
①重点部门全部接入。{FILLER}
(二)应用不断拓展。{FILLER}
二、突出重点，狠抓落实
{FILLER}
"""


def test_levels_follow_the_customary_order_in_half_and_full_width() -> None:
    document = composed(SPEECH)
    assert [(level, label) for level, label, _ in outlined(document)] == [
        (1, "一"),
        (2, "(一)"),
        (3, "1"),
        (4, "(1)"),
        (5, "①"),
        (2, "(二)"),
        (1, "二"),
    ]
    assert outlined(document)[1][2] == "(一) 基础更加扎实"
    assert document.title == "在全市数据工作会议上的讲话"
    assert document.meta == {"date": "2024-01-10", "kind": "讲话", "speaker": "李明"}


@pytest.mark.parametrize(
    "written", ["清政发〔2024〕5号", "清政发[2024]5号", "（清政发（2024）5号）", "清政发【2024】5号"]
)
def test_document_numbers_are_read_in_any_brackets(written: str) -> None:
    document = composed(f"关于加强管理的意见\n{written}\n{FILLER}\n{FILLER}")
    assert document.meta["number"] == "清政发〔2024〕5号"


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024年3月5日", "2024-03-05"),
        ("二○二四年三月五日", "2024-03-05"),
        ("二〇二四年十二月三十一日", "2024-12-31"),
        ("２０２４年１２月１０日", "2024-12-10"),
        ("2024年13月5日", ""),
    ],
)
def test_dates_of_signature_become_iso(written: str, iso: str) -> None:
    document = composed(f"关于加强管理的意见\n{FILLER}\n{FILLER}\n{FILLER}\n清河市数据局\n{written}")
    assert document.meta.get("date", "") == iso


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("清河市数据管理办法（试行）", "办法"),
        ("政府工作报告", "报告"),
        ("关于同意设立清河数据交易中心的批复", "批复"),
        ("关于审理数据权属案件若干问题的解释（二）", "解释"),
        ("清河市数据工作会议纪要", "纪要"),
        ("关于商请支持数据工作的函", "函"),
        ("清河掠影", ""),
    ],
)
def test_kind_is_read_from_the_end_of_the_title(title: str, kind: str) -> None:
    assert composed(f"{title}\n{FILLER}").meta.get("kind", "") == kind


def test_a_text_without_title_takes_the_file_name() -> None:
    document = composed(f"各位代表：\n现在，我向大会报告工作。{FILLER}", name="2024年政府工作报告")
    assert document.title == "2024年政府工作报告"
    assert document.meta["kind"] == "报告"


def test_unnumbered_heading_stands_above_the_numbering_that_restarts_below_it() -> None:
    first = f"各位代表：\n{FILLER}\n2023年工作回顾\n{FILLER}\n一、经济稳中有进\n{FILLER}"
    text = f"{first}\n2024年工作安排\n{FILLER}\n一、扩大内需\n{FILLER}"
    assert outlined(composed(text)) == [
        (1, "", "2023年工作回顾"),
        (2, "一", "一、经济稳中有进"),
        (1, "", "2024年工作安排"),
        (2, "一", "一、扩大内需"),
    ]


def test_markdown_headings_and_front_matter_lead(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\n发文机关: 清河市委\n---\n# 关于加强管理的意见\n\n"
        f"## 一、背景\n\n{FILLER}\n\n### 现状\n\n{FILLER}\n\n## 二、措施\n\n{FILLER}\n",
        encoding="utf-8",
    )
    document = compose(load(path), name="a")
    assert document.title == "关于加强管理的意见"
    assert document.meta == {"issuer": "清河市委", "kind": "意见", "format": "md"}
    assert outlined(document) == [(1, "一", "一、背景"), (2, "", "现状"), (1, "二", "二、措施")]


def test_a_title_goes_on_until_its_own_kind_not_that_of_what_it_prints() -> None:
    lines = [
        "清河市人民政府办公室",
        "关于印发清河市老旧小区改造实施方案",
        "（2025—2027年）的通知",
        "各县（区）人民政府：",
        FILLER,
    ]
    document = composed("\n".join(lines))
    assert document.title == "".join(lines[:3])
    assert document.meta["kind"] == "通知"


def test_a_subtitle_belongs_to_the_title_and_gives_the_date() -> None:
    document = composed(f"政府工作报告\n——2025年1月8日在清河市人民代表大会上\n市长 李明\n各位代表：\n{FILLER}")
    assert document.title == "政府工作报告——2025年1月8日在清河市人民代表大会上"
    assert document.meta == {"date": "2025-01-08", "kind": "报告", "speaker": "市长 李明"}


def test_document_id_ignores_white_space_only() -> None:
    assert document_id("第一条 总则\n第二条") == document_id("第一条总则 第二条\n")
    assert document_id("第一条") != document_id("第二条")
    assert len(document_id("")) == 11
    assert document_id("甲").startswith("d")


def test_an_empty_file_is_an_empty_document() -> None:
    document = composed("", name="空")
    assert (document.title, document.text, document.outline) == ("空", "", ())


PIECES = [
    "一、总体要求",
    "（一）目标。",
    "第一条 ",
    "第二章 总则",
    "附件1",
    "附件：",
    "1.",
    "①",
    "清河市数据局",
    "2024年3月5日",
]
PIECES += ["同志们：", "《办法》", "“", "）", "：", "。", FILLER, "关于数据的通知", "——副题", "　　", " ", "\n", "\n\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=200))
def test_headings_lie_in_order_within_the_text(text: str) -> None:
    document = composed(text)
    position = 0
    for heading in document.outline:
        assert position <= heading.start < heading.end <= len(document.text)
        assert heading.level >= 1
        position = heading.end
    assert "\n\n" not in document.text


def test_a_table_of_contents_is_no_outline() -> None:
    text = f"清河市数据条例\n目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 {FILLER}\n第二章 附则\n第二条 {FILLER}"
    assert [label for _, label, _ in outlined(composed(text))] == ["第一章", "第一条", "第二章", "第二条"]


def test_paragraphs_of_one_series_are_headings_or_items_together() -> None:
    heads = f"方案\n一、任务\n（一）加强领导。{FILLER}\n（二）加强统筹。\n（三）加强督查。{FILLER}\n二、其他\n{FILLER}"
    assert [label for _, label, _ in outlined(composed(heads))] == ["一", "(一)", "(二)", "(三)", "二"]
    long = "各市财政部门负责资金的保障、拨付、监督和绩效评价，并按规定及时报告。"
    items = f"方案\n一、任务\n（一）{long}\n（二）{long}{FILLER}\n（三）{long}\n二、其他\n{FILLER}"
    assert [label for _, label, _ in outlined(composed(items))] == ["一", "二"]


def test_a_name_right_above_an_article_stands_above_it() -> None:
    text = f"清河市担保规定\n一、关于质押\n（一）动产质押\n第一条 {FILLER}\n（二）权利质押\n第二条 {FILLER}"
    assert [(level, label) for level, label, _ in outlined(composed(text))] == [
        (1, "一"),
        (2, "(一)"),
        (3, "第一条"),
        (2, "(二)"),
        (3, "第二条"),
    ]


def test_the_last_item_of_a_list_heads_nothing_that_follows_it() -> None:
    items = "有下列情形之一的，不得担保：\n（一）亏损的；\n（二）失信的；\n（三）其他情形。"
    text = f"清河市担保办法\n{items}\n{FILLER}\n{FILLER}"
    assert outlined(composed(text)) == []


def test_a_numbering_that_runs_on_below_the_next_heading_is_one_of_headings() -> None:
    long = "各市财政部门负责资金的保障、拨付、监督和绩效评价，并按规定及时报告。"
    text = f"方案\n一、任务\n（一）{long}\n（二）{long}\n二、其他\n（三）{long}\n（四）{long}"
    assert [label for _, label, _ in outlined(composed(text))] == ["一", "(一)", "(二)", "二", "(三)", "(四)"]


SIGNED = f"{FILLER}\n清河市财政局\n2024年3月5日"


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("附件2清河市绩效评价方案", "附件2"),
        ("附件2：清河市绩效评价方案", "附件2"),
        ("附件 清河市绩效评价方案", "附件"),
        ("附件2-1\n清河市绩效评价表", "附件2-1"),
    ],
)
def test_the_title_of_an_attachment_behind_its_mark_is_a_heading(line: str, label: str) -> None:
    text = f"清河市财政局关于绩效的通知\n{SIGNED}\n{line}\n{FILLER}\n一、范围\n{FILLER}"
    assert [(level, name) for level, name, _ in outlined(composed(text))] == [(1, label), (2, "一")]


@pytest.mark.parametrize(
    "lines",
    ["附件1：评价方案说明\n附件2：评价方案表格", "附件1.评价方案说明\n2.评价方案表格", "附件：评价方案说明.docx"],
)
def test_a_list_of_attachments_is_no_heading(lines: str) -> None:
    text = f"清河市财政局关于绩效的通知\n{FILLER}\n{lines}\n清河市财政局\n2024年3月5日"
    assert outlined(composed(text)) == []


def test_what_is_printed_behind_the_list_of_attachments_has_its_outline() -> None:
    text = f"清河市财政局关于绩效的通知\n{SIGNED}\n附件：清河市绩效办法\n第一条 {FILLER}\n第二条 {FILLER}{FILLER}"
    assert [label for _, label, _ in outlined(composed(text))] == ["附", "第一条", "第二条"]


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("（译自俄文稿）\n关于数据的通知", "关于数据的通知"),
        ("关于数据的通知”", "关于数据的通知"),
        ('"关于数据的通知', "关于数据的通知"),
        ("“数据要素”行动方案", "“数据要素”行动方案"),
        (
            "政府工作报告\n——2012年1月14日在清河市第五届\n人民代表大会第一次会议上",
            "政府工作报告——2012年1月14日在清河市第五届人民代表大会第一次会议上",
        ),
    ],
)
def test_a_title_is_read_without_notes_above_it_and_marks_that_have_no_partner(lines: str, title: str) -> None:
    assert composed(f"{lines}\n{FILLER}\n{FILLER}").title == title
