from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.breaks import restore
from index.chrome import leave_out
from index.repair import repair
from index.rewrap import rejoin
from index.types import Block, Loaded

# Written for this test; paragraphs as their author meant them.
NOTICE = [
    "清河市人民政府办公室关于做好2025年防汛抗旱工作的通知",
    "各县（区）人民政府，市政府各部门：",
    (
        "今年汛期我市降水预计偏多一至两成，局部地区可能发生较重洪涝。为切实做好防汛抗旱工作，保障人民群众生命财产安全，"
        "经市政府同意，现就有关事项通知如下。"
    ),
    "一、压实防汛抗旱责任",
    (
        "（一）落实行政首长负责制。各县（区）政府主要负责同志对本地区防汛抗旱工作负总责，分管负责同志具体抓、抓具体，确"
        "保每座水库、每段堤防、每处山洪灾害危险区都有责任人。"
    ),
    (
        "（二）健全会商研判机制。市防汛抗旱指挥部每周会商一次，遇强降雨过程随时会商，气象、水利、自然资源等部门要共享雨"
        "情、水情、险情，提前24小时发布预警。"
    ),
    "二、抓紧补齐工程短板",
    (
        "对汛前检查发现的126处隐患，要逐一建立台账，明确整改时限。能够立即整改的，必须在5月20日前完成；一时难以整"
        "改的，要落实应急度汛措施，安排专人值守。"
    ),
    (
        "市财政安排3500万元专项资金，重点支持清河干流堤防加固、城区易涝点改造和小型水库除险加固。资金实行专账管理，"
        "任何单位不得截留、挪用。"
    ),
    "三、强化值班值守",
    (
        "各级各部门要严格执行24小时值班制度和领导带班制度，重要情况必须在半小时内报告市政府总值班室。对擅离职守、迟报"
        "漏报造成严重后果的，依规依纪依法追究责任。"
    ),
    "清河市人民政府办公室",
    "2025年4月28日",
]

FILLER = "各级各部门要高度重视，明确责任分工，细化工作措施，确保各项任务按时完成并取得实效，重要情况及时报告。"
CLOSERS = "，。、；：？！”’）》〉」』】"


def wrap_by_characters(text: str, width: int) -> list[str]:
    return [text[i : i + width] for i in range(0, len(text), width)]


def wrap_as_a_page(text: str, width: int) -> list[str]:
    """Lines of `width` full-width cells; closing punctuation hangs beyond the edge."""
    lines, line, used = [], "", 0
    for character in text:
        cells = 1 if character.isascii() else 2
        if used + cells > 2 * width and character not in CLOSERS:
            lines.append(line)
            line, used = "", 0
        line += character
        used += cells
    return [*lines, line]


@pytest.mark.parametrize("indent", ["", "　　"])
@pytest.mark.parametrize("wrap", [wrap_by_characters, wrap_as_a_page])
def test_a_document_wrapped_at_any_width_recovers_its_paragraphs(wrap, indent: str) -> None:  # type: ignore[no-untyped-def]
    found = wanted = right = 0
    for width in range(20, 61):
        lines = [line for paragraph in NOTICE for line in wrap(indent + paragraph, width)]
        recovered = set(accumulate(len(p) for p in rejoin(lines)))
        meant = set(accumulate(len(p) for p in NOTICE))
        found, wanted, right = found + len(recovered), wanted + len(meant), right + len(recovered & meant)
    assert 2 * right / (found + wanted) >= (0.99 if indent else 0.98)


@given(st.integers(20, 60), st.sampled_from([wrap_by_characters, wrap_as_a_page]))
def test_blank_lines_between_paragraphs_are_breaks(width: int, wrap) -> None:  # type: ignore[no-untyped-def]
    lines = [line for paragraph in NOTICE for line in [*wrap(paragraph, width), ""]]
    assert rejoin(lines) == NOTICE


def test_one_broken_line_in_a_text_of_whole_paragraphs_is_joined() -> None:
    first = (
        "三是全方位为基层减负赋能。持续整治形式主义，让基层干部有更多时间和精力抓落实、强服务。"
        "落实关心关爱基层干部政策措施，健全村"
    )
    lines = [NOTICE[2], first, "(社区)干部待遇保障和激励机制，激发干事创业动力。", NOTICE[5]]
    assert rejoin(lines) == [NOTICE[2], first + lines[2], NOTICE[5]]


def test_headings_dates_lists_and_short_lines_stay_apart() -> None:
    lines = ["清河市数据局", "2025年4月28日", "一、总体目标", "主任：王丽", "副主任：李强", "附件：1.清单", "2.名单"]
    assert rejoin(lines) == lines
    verse = ["春眠不觉晓，", "处处闻啼鸟。", "夜来风雨声，", "花落知多少。"]
    assert rejoin(verse) == verse


def test_a_list_of_names_of_like_length_is_no_wrapped_text() -> None:
    names = [f"清河市{name}和信息化发展委员会" for name in ("工业", "农业", "商务", "科技", "文化", "旅游")]
    assert rejoin(names) == names


def test_a_lone_number_takes_the_line_below() -> None:
    assert rejoin(["一、", "开垦宜于耕种的荒地。", "二、", "兴修水利。"]) == [
        "一、开垦宜于耕种的荒地。",
        "二、兴修水利。",
    ]


BODY = "各单位要高度重视，明确责任，细化措施，确保各项任务按时完成。" * 3


def test_lost_breaks_are_restored_from_the_numbering() -> None:
    text = (
        f"现将有关事项通知如下：一、总体要求坚持以人民为中心。{BODY}（一）主要目标。{BODY}（二）基本原则。{BODY}"
        f"二、保障措施{BODY}"
    )
    assert restore(text) == [
        "现将有关事项通知如下：",
        "一、总体要求",
        f"坚持以人民为中心。{BODY}",
        f"（一）主要目标。{BODY}",
        f"（二）基本原则。{BODY}",
        "二、保障措施",
        BODY,
    ]


def test_articles_are_restored_and_references_to_them_are_not() -> None:
    text = (
        f"第一章总则第一条为规范管理，依照《条例》第二条制定本办法。{BODY}第二条违反本办法第三条规定的，按照第一条第（一）（二）项处理。"
        f"{BODY}第三条本办法自公布之日起施行。"
    )
    assert [part[:5] for part in restore(text)] == ["第一章总则", "第一条为规", "第二条违反", "第三条本办"]


def test_numbers_inside_quotations_begin_no_paragraph() -> None:
    text = f"会议强调“抓好三件事。一、保增长。二、保民生。三、保稳定。”{BODY}{BODY}"
    assert restore(text) == [text]


def test_signature_date_and_attached_title_are_restored() -> None:
    text = (
        f"现予印发，请认真贯彻实施。{BODY}{BODY}{BODY}{BODY}{BODY}{BODY}清河市人民政府2024年2月8日清河市数据管理办法为规范数据管理，制定本办法。"
        "2023年2月8日，市政府召开会议。"
    )
    parts = restore(text)
    assert parts[1:4] == ["清河市人民政府", "2024年2月8日", "清河市数据管理办法"]
    assert parts[4] == "为规范数据管理，制定本办法。2023年2月8日，市政府召开会议。"


@given(
    st.lists(
        st.sampled_from([*"一、（一）第二条。；：“”《》年月日1.", "第一条", "二、", "（二）", BODY, "2024年1月2日"]),
        max_size=60,
    )
)
def test_restoring_breaks_loses_no_character(pieces: list[str]) -> None:
    text = "".join(pieces).strip()
    assert "".join(restore(text)) == text


def test_link_lists_navigation_and_licences_are_left_out_and_said() -> None:
    lines = [
        "首页 > 政务公开 > 文件",
        "标题",
        BODY,
        "推荐阅读",
        "手机店活动方案03-14",
        "重阳节慰问方案03-14",
        "上一篇：无",
    ]
    document, note = leave_out(lines)
    assert list(document) == [1, 2]
    assert "文末链接 4 行：推荐阅读、手机店活动方案03-14…" in note
    assert "文首页面信息 1 行" in note


def test_a_date_or_a_short_line_at_the_end_is_no_link() -> None:
    lines = ["标题", BODY, "清河市数据局", "2024-03-14"]
    assert leave_out(lines) == (range(4), "")


def test_a_page_of_nothing_but_chrome_is_kept() -> None:
    assert leave_out(["打印", "关闭"]) == (range(2), "")


def test_repair_of_nothing_is_nothing() -> None:
    assert repair(Loaded(())).blocks == ()


@given(st.lists(st.text(max_size=40), max_size=12), st.booleans())
def test_repair_drops_no_character_but_space_and_chrome(lines: list[str], wrapped: bool) -> None:
    loaded = Loaded(tuple(Block(" ".join(line.split())) for line in lines), wrapped=wrapped)
    repaired = repair(loaded)
    if not repaired.left_out:
        before = "".join("".join(block.text.split()) for block in loaded.blocks)
        assert "".join("".join(block.text.split()) for block in repaired.blocks) == before
    assert all(block.text == block.text.strip() != "" for block in repaired.blocks)


def test_numbering_lost_at_a_line_end_goes_on_that_of_the_lines_around_it() -> None:
    lines = ["一、总体要求", f"（一）指导思想。{BODY}二、主要任务（一）加强监管。{BODY}", f"（二）优化服务。{BODY}"]
    starts = [block.text[:6] for block in repair(Loaded(tuple(map(Block, lines)))).blocks]
    assert starts == ["一、总体要求", "（一）指导思", "二、主要任务", "（一）加强监", "（二）优化服"]


def test_a_list_of_attachments_that_runs_into_the_signature_is_told_apart() -> None:
    text = "附件：任务分工方案河北省教育厅河北省财政厅2024年3月5日（此件公开发布）"
    assert restore(text) == ["附件：任务分工方案", "河北省教育厅河北省财政厅", "2024年3月5日", "（此件公开发布）"]


def test_a_text_that_a_page_prints_twice_over_is_read_once() -> None:
    repaired = repair(Loaded((Block("关于数据的通知"), Block(NOTICE[2] * 2))))
    assert [block.text for block in repaired.blocks] == ["关于数据的通知", NOTICE[2]]
    assert repaired.left_out.startswith("重复刊出的正文")
    assert len(repair(Loaded((Block("同志们。" * 2),))).blocks[0].text) == 8


def test_fragments_of_linked_text_and_of_spaced_names_are_rejoined() -> None:
    lines = ["要认真贯彻《", "中华人民共和国公司法", "》，加快改革。", "第六章 待", "遇", "第三、", "扩大内需。"]
    assert rejoin(lines) == ["要认真贯彻《中华人民共和国公司法》，加快改革。", "第六章 待遇", "第三、扩大内需。"]


def test_a_numbering_that_runs_on_from_a_title_or_has_a_gap_is_restored() -> None:
    title, first = "附件2信息技术产业实施方案", f"一、前景与基础我市基础较好。{BODY}"
    parts = [first, f"二、行动目标{BODY}", f"四、试点安排{BODY}", f"五、附则{BODY}{BODY}{BODY}"]
    assert restore(title + "".join(parts)) == [title, *parts]
    # 第七条 is missing, and 依据第九条 is a reference.
    articles = [f"第六条 {BODY}", f"第八条 依据第二条，{BODY}", f"第九条 {BODY}", f"第十条 {BODY}{BODY}{BODY}"]
    assert restore("".join(articles)) == articles


def test_a_whole_document_in_one_line_with_an_addressee_is_no_row_of_a_table() -> None:
    parts = [
        "各市人民政府：",
        f"为做好工作，方案：{BODY}；要求：",
        *(f"{n}、措施。{BODY * 4}" for n in "一二三四五六七"),
    ]
    loaded = Loaded((Block("".join(parts)),))
    assert len(loaded.blocks[0].text) > 2000
    assert len(repair(loaded).blocks) >= 8


def test_a_space_behind_few_sentences_is_a_lost_break_and_behind_all_is_none() -> None:
    parts = [BODY * 2, BODY * 3, BODY * 2]
    assert restore(" ".join(parts)) == parts
    everywhere = " ".join([BODY[: BODY.index("。") + 1]] * 20)
    assert restore(everywhere) == [everywhere]


def test_the_last_item_of_a_list_that_lost_its_breaks_is_one_sentence() -> None:
    lead = f"第十七条 劳动合同应当具备以下条款：{FILLER * 11}包括："
    parts = [lead, "（一）合同期限；", "（二）工作内容；", "（三）其他事项。", "除前款规定外，可以约定试用期。"]
    assert restore("".join(parts)) == parts


def test_a_numbered_sentence_may_begin_with_a_year() -> None:
    parts = [f"（一）发展旅游。{FILLER * 11}", "1.2016年底前新增示范区。", "2.指导各地登记。", "3.制定规划。"]
    assert restore("".join(parts)) == parts


def test_a_numbering_that_runs_on_is_restored_below_each_heading() -> None:
    parts = ["一、指导思想", f"（一）坚持依法行政。{FILLER * 11}", "二、工作目标", f"（二）建立机制。{FILLER * 11}"]
    assert restore("".join([*parts, f"三、工作要求（三）加强领导。{FILLER}"]))[:4] == parts


def test_a_title_that_a_document_names_is_told_apart_from_the_date_and_the_mark_before_it() -> None:
    title = "清河市数据管理办法"
    body = f"现将《{title}》印发给你们，请遵照执行。"
    lines = [f"{body}清河市数据局2024年3月5日{title}为了规范数据管理，制定本办法。", f"附件1{title}为了规范数据。"]
    repaired = repair(Loaded(tuple(Block(line) for line in lines)))
    assert [block.text for block in repaired.blocks] == [
        body,
        "清河市数据局",
        "2024年3月5日",
        title,
        "为了规范数据管理，制定本办法。",
        f"附件1{title}",
        "为了规范数据。",
    ]


def test_lines_of_a_document_that_lost_its_breaks_are_restored_though_they_are_short() -> None:
    articles = [f"{FILLER}{FILLER}" for _ in range(12)]
    items = [f"{FILLER}{FILLER}{FILLER}有下列行为之一的，予以处罚：", "（一）未登记的；", "（二）未备案的。"]
    lines = ["清河市数据办法", " ".join(articles), "".join(items)]
    found = [block.text for block in repair(Loaded(tuple(Block(line) for line in lines))).blocks]
    assert found == ["清河市数据办法", *articles, *items]
