"""Whatever a damaged office file holds, it is read or refused; nothing else escapes."""

import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pptx import Presentation
from test_docx import cell, table
from test_epub import book
from word_files import level, listed, lists, paragraph, run, word_file

from index.errors import LoadError
from index.load import load
from index.types import Loaded


def docx(path: Path) -> None:
    numbers = lists(level(0, "chineseCounting", "%1、"), level(1, "decimal", "%1.%2"))
    body = listed("总则") + listed("目的", 1) + table(cell("项目") + cell("金额"), cell("修路") + cell("5"))
    style = '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>'
    body += paragraph("附则", '<w:pStyle w:val="1"/>') + f"<w:p><w:ins>{run('新增')}</w:ins></w:p>"
    word_file(path, body, {"numbering": numbers, "styles": style})


def xlsx(path: Path) -> None:
    workbook = Workbook()
    for row in (["项目", "金额"], ["修路", 5], ["植树", 0.5]):
        workbook.active.append(row)
    workbook.active.merge_cells("A5:B6")
    workbook.save(path)


def pptx(path: Path) -> None:
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "汇报", "一、成效"
    show.save(str(path))


def epub(path: Path) -> None:
    book(path, {"one": "<h1>第一章</h1><p>正文</p>"}, "one")


def valid(suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        {".docx": docx, ".xlsx": xlsx, ".pptx": pptx, ".epub": epub}[suffix](path)
        assert isinstance(load(path), Loaded)
        return path.read_bytes()


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".pptx", ".epub"])
def test_bytes_changed_anywhere_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    whole = valid(suffix)
    path = tmp_path / f"a{suffix}"

    @settings(max_examples=60, deadline=2000)
    @given(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 40))
    def check(changes: list[tuple[int, int]], cut: int) -> None:
        content = bytearray(whole)
        for at, byte in changes:
            content[at] = byte
        path.write_bytes(content[: len(content) - (cut - 20) * 50] if cut > 20 else content)
        with suppress(LoadError):
            assert load(path).blocks

    check()


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".pptx", ".epub"])
def test_parts_changed_anywhere_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    source = tmp_path / f"source{suffix}"
    source.write_bytes(valid(suffix))
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if archive.getinfo(name).file_size}
    telling = [name for name in members if "theme" not in name and "Layout" not in name and "Master" not in name]
    path = tmp_path / f"a{suffix}"

    @settings(max_examples=60, deadline=2000)
    @given(st.sampled_from(telling), st.floats(0, 1), st.integers(0, 30), st.binary(max_size=6))
    def check(name: str, place: float, length: int, new: bytes) -> None:
        at = int(place * len(members[name]))
        changed = {**members, name: members[name][:at] + new + members[name][at + length :]}
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in changed.items():
                archive.writestr(member, content)
        with suppress(LoadError):
            assert load(path).blocks

    check()


def test_a_part_whose_local_name_is_no_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "表.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/表.xml", "<x/>")
    raw = file.read_bytes()
    at = raw.index("表".encode())
    file.write_bytes(raw[:at] + b"\xe5\xff\xff" + raw[at + 3 :])
    with pytest.raises(LoadError, match="文件损坏"):
        load(file)
