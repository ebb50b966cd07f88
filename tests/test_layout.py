from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typesetting import Line, equal_passages, typeset

from index.gongwen import compose
from index.load import load
from index.load.layout import left_out_note, paragraphs
from index.load.lines import Run
from index.types import Block, Loaded


def runs(lines: Sequence[Line]) -> list[Run]:
    return [
        Run(line.page, line.x, line.y - line.size * 0.9, line.x + line.width, line.y + line.size * 0.1, line.size, text)
        for line in lines
        if (text := line.text)
    ]


def page(*rows: tuple[float, float, str], number: int = 1, size: float = 10.0) -> list[Run]:
    """Rows of (x in ems, y in lines, text) at 10 units an em and 15 a line."""
    return [
        Run(number, x * 10, y * 15, x * 10 + sum(5 if c.isascii() else 10 for c in text), y * 15 + size, size, text)
        for x, y, text in rows
    ]


def texts(found: Sequence[Run]) -> list[str]:
    return [block.text for block in paragraphs(found).blocks]


def documents(samples: Path) -> list[tuple[Path, Loaded]]:
    return [(path, load(path)) for path in sorted(samples.iterdir())]


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"head": "江澜市人民政府文件汇编"},
        {"justified": False},
        {"numbers": "{}", "head": "第 1 期"},
    ],
    ids=["plain", "running head", "ragged", "bare numbers"],
)
def test_a_document_set_on_pages_gives_the_passages_of_its_text(samples: Path, style: dict[str, str]) -> None:
    equal = total = 0
    for path, original in documents(samples):
        lines = compose(original, name=path.stem).text.split("\n")
        laid = paragraphs(runs(typeset(lines, **style)))
        found = equal_passages(original, Loaded(laid.blocks), name=path.stem)
        equal, total = equal + found[0], total + found[1]
    assert equal >= 0.98 * total


def test_a_paragraph_goes_on_over_the_page_and_says_where() -> None:
    first = page(
        (2, 1, "一二三四五六七八九十，甲乙丙丁戊己庚"), (0, 2, "子丑寅卯辰巳午未申酉戌亥一二三四五六七八"), size=10
    )
    first += page((2, 3, "春夏秋冬，东南西北，上下左右，天地玄"), (9, 30, "— 1 —"))
    second = page((0, 1, "黄。"), (2, 2, "宇宙洪荒，日月盈昃，辰宿列张。"), (9, 30, "— 2 —"), number=2)
    laid = paragraphs(first + second)
    assert laid.blocks == (
        Block("一二三四五六七八九十，甲乙丙丁戊己庚子丑寅卯辰巳午未申酉戌亥一二三四五六七八", page=1),
        Block("春夏秋冬，东南西北，上下左右，天地玄黄。", page=1, turns=((18, 2),)),
        Block("宇宙洪荒，日月盈昃，辰宿列张。", page=2),
    )
    assert left_out_note(laid) == "页眉页脚和页码 2 种：— 1 —、— 2 —"


def test_a_line_that_ends_early_ends_its_paragraph() -> None:
    found = page(
        (0, 1, "各县人民政府，市政府各部门、各直属机构："), (0, 2, "现将有关事项通知如下。"), (0, 3, "请遵照执行。")
    )
    assert texts(found) == ["各县人民政府，市政府各部门、各直属机构：现将有关事项通知如下。", "请遵照执行。"]


def test_two_columns_are_read_one_after_the_other_below_their_common_title() -> None:
    column = "春夏秋冬东南西北上下左"
    rows = [(0.0 if i else 2.0, 3.0 + i, column if i else column[2:]) for i in range(8)]
    rows += [(14.0, 3.0 + i, column[::-1]) for i in range(8)]
    title = page((5, 1, "关于进一步加强基层工作的通知"), size=12)
    assert texts(title + page(*rows)) == ["关于进一步加强基层工作的通知", column[2:] + column * 7 + column[::-1] * 8]


def test_cells_of_a_table_are_read_row_by_row() -> None:
    rows = [(x, float(y), text) for y in range(8) for x, text in ((0.0, f"第{y}区"), (10.0, "12.5"), (20.0, "达标"))]
    assert texts(page(*rows))[:2] == ["第0区｜12.5｜达标", "第1区｜12.5｜达标"]


def test_an_indent_written_as_spaces_is_an_indent() -> None:
    rows = ["　　一二三四五六七八九十甲乙丙丁戊己庚辛", "子丑寅卯辰巳午未申酉戌亥一二三四五六七。", "　　春夏秋冬。"]
    assert texts(page(*[(0.0, float(i), row) for i, row in enumerate(rows)])) == [
        rows[0].strip() + rows[1],
        "春夏秋冬。",
    ]


def test_a_footnote_follows_the_paragraph_that_crosses_the_page() -> None:
    first = page(*[(0 if i else 2, i + 1, "春夏秋冬东南西北上下左右①"[2 * (i == 0) :]) for i in range(6)])
    first += [Run(1, 0, 150, 80, 157, 7, "① 据统计局数据。")]
    second = page((0, 1, "天地玄黄。"), number=2)
    found = texts(first + second)
    assert found[0].endswith("①天地玄黄。")
    assert found[1] == "① 据统计局数据。"


def test_words_printed_twice_for_boldness_count_once() -> None:
    once = page((0, 1, "通知"))
    assert texts([*once, Run(1, 0.5, 15.3, 20.5, 25.3, 10, "通知")]) == ["通知"]


def test_letters_spread_over_the_line_are_closed_up_and_latin_words_kept_apart() -> None:
    spread = page(*[(2.5 * i, 1, c) for i, c in enumerate("江澜市人民政府")])
    assert texts(spread) == ["江澜市人民政府"]
    assert texts(page((0, 1, "GB/T"), (2.4, 1, "9704"))) == ["GB/T 9704"]


def test_an_indented_quotation_stays_whole() -> None:
    quoted = [(4.0, 3.0 + i, "春夏秋冬东南西北上下左右天地") for i in range(3)]
    lines = page((2, 1, "一二三四五六七八九十甲乙丙丁戊己庚辛"), (0, 2, "指出："), *quoted, (0, 6, "以上。"))
    assert texts(lines)[1:3] == ["春夏秋冬东南西北上下左右天地" * 3, "以上。"]


def test_the_items_of_an_attachment_list_hang_below_their_first_words() -> None:
    full = "附件：1.关于进一步加强全市基层治理工作若"
    lines = page((2, 1, full), (6, 2, "干措施的实施细则"), (5, 3, "2.任务分工表"))
    found = texts(page((0, 0, "甲" * 22)) + lines)
    assert found[1:] == [full + "干措施的实施细则", "2.任务分工表"]


def test_a_year_alone_at_the_foot_is_no_page_number() -> None:
    found = paragraphs(page((0, 1, "目标年份"), (9, 30, "2035")))
    assert found.left_out == ()


def test_no_words_are_no_blocks() -> None:
    assert paragraphs([]).blocks == ()
    assert paragraphs([Run(1, 0, 0, 5, 5, 5, "  ")]).blocks == ()


SMALL = st.floats(-1e4, 1e4)


@given(
    st.lists(
        st.builds(Run, st.integers(1, 3), SMALL, SMALL, SMALL, SMALL, st.floats(0, 100), st.text("甲1 A，", max_size=5))
    )
)
def test_no_sign_is_lost_or_invented_wherever_words_stand(found: list[Run]) -> None:
    laid = paragraphs(found)
    there = {sign for run in found for sign in "".join(run.text.split())}
    here = {sign for text in [*(b.text for b in laid.blocks), *laid.left_out] for sign in "".join(text.split())} - {
        "｜"
    }
    assert here == there
    for block in laid.blocks:
        assert all(0 < offset < len(block.text) for offset, _ in block.turns)
