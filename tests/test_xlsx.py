import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from index.errors import LoadError
from index.load import load
from index.load.figures import shown
from index.types import Block


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (None, "General", ""),
        ("道路", "@", "道路"),
        (True, "General", "TRUE"),
        (1234567, "General", "1234567"),
        (0.1 + 0.2, "General", "0.3"),
        (0.125, "0.0%", "12.5%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (0, '0;-0;"-"', "-"),
        (2.5, "0", "3"),
        (12345, "000000", "012345"),
        (3.5, '0.0"亿元"', "3.5亿元"),
        (123456, '0!.0,"万元"', "12.3万元"),
        (1234567, "#,##0,", "1,235"),
        (35000, "¥#,##0.00", "¥35,000.00"),
        (12.3, "_-* #,##0.00_-", "12.30"),
        (1234, "[Red]#,##0", "1,234"),
        (2024, 'General"年"', "2024年"),
        (12345.678, "0.00E+00", "1.23E+4"),
        (1.5, "# ?/?", "1.5"),
        (datetime(2024, 3, 5), "yyyy-mm-dd", "2024-03-05"),
        (datetime(2024, 3, 5), "mm-dd-yy", "2024/3/5"),
        (datetime(2024, 3, 5), 'yyyy"年"m"月"d"日"', "2024年3月5日"),
        (date(2024, 3, 5), 'yyyy"年"m"月"', "2024年3月"),
        (datetime(2024, 3, 5, 14, 7), "yyyy/m/d h:mm", "2024/3/5 14:07"),
        (datetime(2024, 3, 5), "[$-804]aaaa", "星期二"),
        (datetime(2024, 3, 5), "[$-F800]dddd, mmmm dd, yyyy", "2024年3月5日"),
        (time(9, 5), "h:mm:ss", "9:05:00"),
    ],
)
def test_values_are_shown_as_a_chinese_excel_shows_them(value: object, form: str, text: str) -> None:
    assert shown(value, form) == text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def test_rows_carry_a_header_of_two_rows_and_the_sheet_is_a_heading(file: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "重点项目"
    for row in (
        ["2026年重点项目表", None, None, None],
        ["序号", "项目", "投资额（万元）", None],
        [None, None, "2025年", "2026年"],
        [1, "道路改造", 300, 0.125],
        [2, "管网更新", None, datetime(2026, 12, 31)],
        [],
        ["姓名", "联系电话"],
        ["张三", "0311-123"],
    ):
        sheet.append(row)
    for merged in ("A1:D1", "A2:A3", "B2:B3", "C2:D2"):
        sheet.merge_cells(merged)
    sheet["D4"].number_format, sheet["D5"].number_format = "0.0%", 'yyyy"年"m"月"d"日"'
    book.save(file)
    assert load(file).blocks == (
        Block("重点项目", heading=2),
        Block("2026年重点项目表"),
        Block("序号：1；项目：道路改造；投资额（万元）·2025年：300；投资额（万元）·2026年：12.5%。"),
        Block("序号：2；项目：管网更新；投资额（万元）·2026年：2026年12月31日。"),
        Block("姓名：张三；联系电话：0311-123。"),
    )


def test_rows_below_an_empty_one_without_a_header_go_on(file: Path) -> None:
    book = Workbook()
    for row in (["序号", "名称"], [1, "东街"], [], [2, "西街"]):
        book.active.append(row)
    book.save(file)
    assert [block.text for block in load(file).blocks] == ["序号：1；名称：东街。", "序号：2；名称：西街。"]


def test_hidden_sheets_and_unknown_results_are_reported(file: Path) -> None:
    book = Workbook()
    book.active.append(["合计", "=SUM(A2:A3)"])
    hidden = book.create_sheet("底稿")
    hidden.append(["不公开"])
    hidden.sheet_state = "hidden"
    book.save(file)
    loaded = load(file)
    assert [block.text for block in loaded.blocks] == ["合计"]
    note = "隐藏的工作表：底稿；没有保存结果的公式 1 个；请用 Excel 打开保存后重新收入"
    assert loaded.meta["left_out"] == note


def test_rows_beyond_the_limit_are_left_out_and_reported(file: Path) -> None:
    Workbook().save(file)
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 20_011))
    names = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{names}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    )
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    loaded = load(file)
    assert len(loaded.blocks) == 20_000
    assert "第 20001 行以后" in loaded.meta["left_out"]


def test_workbooks_that_cannot_be_read_say_why(file: Path) -> None:
    def refused(reason: str) -> None:
        with pytest.raises(LoadError, match=reason):
            load(file)

    Workbook().save(file)
    refused("没有文字")
    whole = file.read_bytes()
    file.write_bytes(whole[:2000])
    refused("损坏")
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    refused("加密")
    file.write_bytes(whole)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/sharedStrings2.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    refused("实体")
    file.write_bytes(whole)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * (40 << 20))
    refused("压缩炸弹")
