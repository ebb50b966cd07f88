from pathlib import Path

import pytest
from pptx import Presentation
from pptx.util import Inches

from index.errors import LoadError
from index.load import load
from index.types import Block


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.pptx"


def test_slides_are_read_in_order_with_their_numbers(file: Path) -> None:
    show = Presentation()
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "2026年工作\x0b汇报", "清河市人民政府"
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "一、工作成效"
    table = second.shapes.add_table(3, 3, Inches(1), Inches(5), Inches(6), Inches(1)).table
    for i, row in enumerate([["指标", "2025年", "2026年"], ["生产总值", "300", "320"], ["财政收入", "20", ""]]):
        for j, text in enumerate(row):
            table.cell(i, j).text = text
    table.cell(2, 1).merge(table.cell(2, 2))
    for text, left, top in (("右边", 5, 2), ("左边", 1, 2.1)):
        second.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1)).text_frame.text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(3.5), Inches(1), Inches(1)).text_frame.text = "组内文字\n第二段"
    second.notes_slide.notes_text_frame.text = "这里停一下"
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "备用"
    hidden._element.set("show", "0")
    show.save(str(file))
    loaded = load(file)
    assert loaded.blocks == (
        Block("2026年工作汇报", heading=1, page=1),
        Block("清河市人民政府", page=1),
        Block("一、工作成效", heading=2, page=2),
        Block("左边", page=2),
        Block("右边", page=2),
        Block("组内文字", page=2),
        Block("第二段", page=2),
        Block("指标：生产总值；2025年：300；2026年：320。", page=2),
        Block("指标：财政收入；2025年：20。", page=2),
        Block("备注：这里停一下", page=2),
    )
    assert loaded.meta["left_out"] == "隐藏的幻灯片：第 3 页"


def test_placeholders_stand_where_their_layout_puts_them(file: Path) -> None:
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[3])  # a title and two columns
    slide.placeholders[2].text, slide.placeholders[1].text = "右栏", "左栏"
    slide.shapes.title.text = "对比"
    tree = slide.shapes._spTree
    tree.append(tree[3])  # the left column is the last in the file
    show.save(str(file))
    assert [block.text for block in load(file).blocks] == ["对比", "左栏", "右栏"]


def test_slides_without_text_are_refused(file: Path) -> None:
    show = Presentation()
    show.slides.add_slide(show.slide_layouts[6])
    show.save(str(file))
    with pytest.raises(LoadError, match="没有文字"):
        load(file)
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(LoadError, match="损坏"):
        load(file)
