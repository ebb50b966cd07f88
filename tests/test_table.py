import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.gongwen import compose
from index.load.table import Again, Cell, row_key, rows, spread
from index.split import split
from index.types import Block, Loaded


def test_a_row_carries_its_header() -> None:
    table = [["项目", "投资额", "完成时限"], ["道路改造", "3.5亿元", "2026年底"], ["管网更新", "8000万元", ""]]
    assert rows(table) == [
        "项目：道路改造；投资额：3.5亿元；完成时限：2026年底。",
        "项目：管网更新；投资额：8000万元。",
    ]


def test_several_header_rows_are_joined_and_merged_names_spread() -> None:
    table = spread(
        [
            [Cell("序号", down=2), Cell("项 目", down=2), Cell("投资额（万元）", across=2)],
            [Cell("2025年"), Cell("2026年")],
            [Cell("1"), Cell("道路改造"), Cell("300"), Cell("500")],
            [Cell("合计", across=2), Cell("300"), Cell("500")],
        ]
    )
    assert table[0] == ["序号", "项 目", "投资额（万元）", "投资额（万元）"]
    assert table[1] == ["序号", "项 目", "2025年", "2026年"]
    assert rows(table) == [
        "序号：1；项目：道路改造；投资额（万元）·2025年：300；投资额（万元）·2026年：500。",
        "序号：合计；投资额（万元）·2025年：300；投资额（万元）·2026年：500。",
    ]


def test_a_cell_merged_downwards_stands_in_every_row() -> None:
    table = spread([[Cell("类别"), Cell("名称")], [Cell("道路", down=2), Cell("东街")], [Cell("西街")]])
    assert rows(table) == ["类别：道路；名称：东街。", "类别：道路；名称：西街。"]


def test_a_caption_and_a_section_row_stand_as_they_are() -> None:
    table = [
        ["2026年重点项目", Again("2026年重点项目"), Again("2026年重点项目")],
        ["", "", "单位：万元"],
        ["序号", "项目", "投资"],
        ["一、道路类", Again("一、道路类"), Again("一、道路类")],
        ["1", "东街改造", "500"],
    ]
    assert rows(table) == ["2026年重点项目", "单位：万元", "一、道路类", "序号：1；项目：东街改造；投资：500。"]


def test_a_form_gives_its_names_with_their_values() -> None:
    assert rows(
        [["姓名", "张三", "性别", "男"], ["职务", "科长", "联系电话", "0311-1234567"], ["备注", "", "", ""]]
    ) == [
        "姓名：张三；性别：男。",
        "职务：科长；联系电话：0311-1234567。",
    ]
    assert rows([["项目名称", "东街改造"], ["建设地点", "东城区"], ["总投资", "3.5亿元"]]) == [
        "项目名称：东街改造。",
        "建设地点：东城区。",
        "总投资：3.5亿元。",
    ]


def test_two_columns_below_a_header_are_no_form() -> None:
    assert rows([["指标", "2025年"], ["生产总值", "300亿元"], ["财政收入", "20亿元"]]) == [
        "指标：生产总值；2025年：300亿元。",
        "指标：财政收入；2025年：20亿元。",
    ]


def test_without_a_header_cells_are_joined_by_bars() -> None:
    assert rows([["张三", "李四", "王五"], ["赵六", "", "钱七"]]) == ["张三｜李四｜王五", "赵六｜钱七"]
    assert rows([["甲", "1"], ["乙", "2"]], header=0) == ["甲｜1", "乙｜2"]


def test_the_caller_may_know_the_header() -> None:
    assert rows([["甲", "乙"], ["1", "2"]], header=1) == ["甲：1；乙：2。"]
    assert rows([["甲", "乙"]], header=1) == ["甲｜乙"]


def test_a_table_of_one_column_is_its_paragraphs() -> None:
    assert rows([["第一段。\n第二段。"], [""], ["第三段。"]]) == ["第一段。", "第二段。", "第三段。"]
    assert rows([["", "只有一格", ""]]) == ["只有一格"]


def test_lines_in_a_cell_are_one_value_and_in_a_name_one_name() -> None:
    table = [["责任\n单位", "任务内容"], ["发展改革委", "一是规划；\n二是落实。"]]
    assert rows(table) == ["责任单位：发展改革委；任务内容：一是规划； 二是落实。"]


def test_a_header_repeated_on_the_next_page_is_left_out() -> None:
    table = [["序号", "名称"], ["1", "东街"], ["序号", "名称"], ["2", "西街"]]
    assert rows(table) == ["序号：1；名称：东街。", "序号：2；名称：西街。"]


def test_a_long_row_becomes_lines_that_each_begin_with_its_first_cell() -> None:
    sentence = "完善工作机制，" * 20 + "落实责任。"
    lines = rows([["事项", "措施", "责任单位"], ["环境整治", sentence * 6, "城管局"], ["绿化", "植树", "林业局"]])
    assert len(lines) > 3
    assert all(line.startswith("事项：环境整治；措施：") for line in lines[:-2])
    assert lines[-2].startswith("事项：环境整治；")
    assert lines[-2].endswith("责任单位：城管局。")
    assert all(len(line) <= 420 for line in lines)


def test_empty_tables_have_no_rows() -> None:
    assert rows([]) == rows([[]]) == rows([["", " "], ["\n"]]) == spread([]) == []


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("项目：道路改造；投资额：3.5亿元。", "项目"),
        ("张三｜李四", "｜"),
        ("联系人：张三。", ""),
        ("会议要求：各部门抓好落实；加强督导。", ""),
    ],
)
def test_rows_of_one_table_share_a_key(line: str, key: str) -> None:
    assert row_key(line) == key


def test_a_merged_cell_that_covers_millions_of_places_is_bounded() -> None:
    grid = spread([[Cell("甲", across=10**9, down=10**9)] for _ in range(3000)])
    assert sum(map(len, grid)) < 2_000_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text("甲乙丙丁：；。1\n", max_size=6), max_size=5), max_size=6))
def test_no_word_of_a_cell_is_lost(cells: list[list[str]]) -> None:
    said = "".join(rows(cells, header=0))
    for row in cells:
        for cell in row:
            for line in cell.split("\n"):
                assert line.rstrip("。；") in said


def test_short_rows_share_a_passage_and_none_is_cut() -> None:
    table = [["序号", "项目", "内容"], *([str(n), f"第{n}号工程", "1.修路。2.植树。3.清淤。"] for n in range(1, 31))]
    lines = rows(table)
    blocks = [Block("重点工程一览"), Block("全市安排三十项重点工程，" * 5 + "名单如下。"), *map(Block, lines)]
    document = compose(Loaded(tuple(blocks)), name="名单")
    passages = split(document)[1:]
    assert [line for passage in passages for line in passage.text.split("\n")] == lines
    assert all(200 <= len(passage.text) <= 450 for passage in passages[:-1])


def test_lines_of_a_cell_run_on_after_a_number_and_names_stay_apart() -> None:
    table = [
        ["序号", "项目", "负责人"],
        ["1", "（三）\n合理用药", "张三\n李四"],
        ["2", "（四）急救", "王五"],
    ]
    assert rows(table)[0] == "序号：1；项目：（三）合理用药；负责人：张三 李四。"
