import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.organs import organs, organs_begin


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("清河市教育局", ["清河市教育局"]),
        ("河北省教育厅河北省财政厅", ["河北省教育厅", "河北省财政厅"]),
        ("教育部科技部", ["教育部", "科技部"]),
        ("中共清河市委 清河市人民政府", ["中共清河市委", "清河市人民政府"]),
        ("中共清河市委清河市人民政府", ["中共清河市委", "清河市人民政府"]),
        ("清河市发展和改革委员会清河市人民政府办公室", ["清河市发展和改革委员会", "清河市人民政府办公室"]),
        ("市财政局市教育局", ["市财政局市教育局"]),
        ("中共中央办公厅国务院办公厅", ["中共中央办公厅", "国务院办公厅"]),
        ("国家税务总局河北省税务局", ["国家税务总局河北省税务局"]),
        ("省财政厅、省教育厅", ["省财政厅", "省教育厅"]),
        ("河 北 省 教 育 厅", ["河北省教育厅"]),
        ("清河市推进“一件事”改革领导小组办公室", ["清河市推进“一件事”改革领导小组办公室"]),
        ("河北省教育厅关于数据的通知", []),
        ("任务分工方案河北省教育厅", []),
        ("各项工作取得实效", []),
        ("", []),
    ],
)
def test_names_side_by_side_are_told_apart_where_the_next_one_surely_begins(line: str, names: list[str]) -> None:
    assert organs(line) == names


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("（农业部等负责）国务院办公厅", "国务院办公厅"),
        ("附件：任务分工方案河北省教育厅河北省财政厅", "河北省教育厅河北省财政厅"),
        ("各单位要认真执行。", None),
        ("清河市教育局", None),
    ],
)
def test_the_names_that_close_a_text_are_found_behind_what_runs_into_them(text: str, begins: str | None) -> None:
    at = organs_begin(text)
    assert (None if at is None else text[at:]) == begins


@given(st.text(alphabet="河北省市教育厅财政部局国务院中共委、 “”方案", max_size=60))
def test_no_character_but_separators_is_lost_between_names(line: str) -> None:
    names = organs(line)
    assert names == [] or "".join(names) == "".join(line.replace("、", "").split())
