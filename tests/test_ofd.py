import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ofd_writer import NAMESPACE, document, from_lines, page, text_object, write
from typesetting import equal_passages, typeset

from index.errors import LoadError
from index.gongwen import compose
from index.load import load
from index.load.ofd import load_ofd
from index.types import Block


def texts(path: Path) -> list[str]:
    return [block.text for block in load_ofd(path).blocks]


@pytest.mark.parametrize("head", ["", "江澜市人民政府文件汇编"])
def test_the_passages_of_a_document_are_the_same_from_ofd(samples: Path, tmp_path: Path, head: str) -> None:
    equal = total = 0
    for original in sorted(samples.iterdir()):
        loaded = load(original)
        lines = compose(loaded, name=original.stem).text.split("\n")
        path = write(tmp_path / "a.ofd", document(from_lines(typeset(lines, head=head))))
        found = equal_passages(loaded, load_ofd(path), name=original.stem)
        equal, total = equal + found[0], total + found[1]
    assert equal >= 0.98 * total, (equal, total)


def test_a_paragraph_knows_the_pages_it_stands_on(tmp_path: Path) -> None:
    paragraph = "为贯彻落实全国会议精神，进一步改善居民居住条件，结合我市实际，制定本方案。" * 20
    lines = typeset(["关于做好工作的通知", "各县人民政府：", paragraph, "特此通知。"])
    blocks = load_ofd(write(tmp_path / "a.ofd", document(from_lines(lines)))).blocks
    assert [block.page for block in blocks] == [1, 1, 1, 2]
    assert blocks[2].text == paragraph
    ((offset, number),) = blocks[2].turns
    first = "".join(
        line.text for line in lines if line.page == 1 and line.y < 270 and line.text[:2] not in ("关于", "各县")
    )
    assert (offset, number) == (len(first), 2)


def test_runs_of_equal_steps_and_single_steps_place_each_sign(tmp_path: Path) -> None:
    code = 'X="0" Y="5" DeltaX="g 2 5 17 5"'
    path = write(tmp_path / "a.ofd", document([page(text_object("第一条总则", 30, 40, 5, code=code))]))
    assert texts(path) == ["第一条 总则"]


def test_lines_set_by_delta_y_are_lines(tmp_path: Path) -> None:
    code = 'X="0" Y="5" DeltaX="5 -5 5" DeltaY="0 9 0"'
    path = write(tmp_path / "a.ofd", document([page(text_object("甲乙丙丁", 30, 40, 5, code=code))]))
    assert "".join(texts(path)) == "甲乙丙丁"


def test_a_page_turned_by_its_matrix_reads_as_if_upright(tmp_path: Path) -> None:
    rows = ["清河市人民政府办公室文件", "现将有关事项通知如下，请遵照执行。", "二〇二四年三月五日"]
    turned = [
        text_object(row, 150 - 12 * i, 30, 5, more='CTM="0 1 -1 0 0 0"', code='X="0" Y="0" DeltaX="g 40 5"')
        for i, row in enumerate(rows)
    ]
    assert texts(write(tmp_path / "a.ofd", document([page(*turned)]))) == rows


def test_a_scaling_matrix_scales_places_and_size(tmp_path: Path) -> None:
    line = text_object("甲乙", 30, 40, 50, more='CTM="0.1 0 0 0.1 0 0"', code='X="0" Y="45" DeltaX="50"')
    beside = text_object("丙丁", 40, 40, 5)
    assert texts(write(tmp_path / "a.ofd", document([page(line, beside)]))) == ["甲乙丙丁"]


def test_documents_in_one_file_follow_each_other_and_count_their_pages_on(tmp_path: Path) -> None:
    first = document([page(text_object("关于甲事项的通知", 60, 40, 7)), page(text_object("特此通知。", 30, 40, 5))])
    second = document([page(text_object("关于乙事项的函", 60, 40, 7))], folder="Doc_1")
    blocks = load_ofd(write(tmp_path / "a.ofd", first, second)).blocks
    assert [(block.text, block.page) for block in blocks] == [
        ("关于甲事项的通知", 1),
        ("特此通知。", 2),
        ("关于乙事项的函", 3),
    ]


def test_a_template_of_several_pages_is_left_out_and_that_of_one_is_read(tmp_path: Path) -> None:
    shared, single = page(text_object("内部资料", 30, 20, 4)), page(text_object("清河市人民政府文件", 50, 30, 9))
    pages = [
        page(text_object("正文甲。", 30, 90, 5), template="t1"),
        page(text_object("正文乙。", 30, 60, 5), template="t0"),
    ]
    pages.append(page(text_object("正文丙。", 30, 60, 5), template="t0"))
    loaded = load_ofd(write(tmp_path / "a.ofd", document(pages, templates=[shared, single])))
    assert [block.text for block in loaded.blocks] == ["清河市人民政府文件", "正文甲。", "正文乙。", "正文丙。"]
    assert loaded.meta["left_out"] == "页面模板、水印和背景文字 1 种：内部资料"


def test_watermarks_annotations_and_seals_are_left_out_and_told_of(tmp_path: Path) -> None:
    slanted = text_object("严禁外传", 60, 100, 12, more='CTM="0.7 0.7 -0.7 0.7 0 0"')
    hidden = text_object("看不见", 60, 120, 5, more='Visible="false"')
    parts = document(
        [page(text_object("正文。", 30, 40, 5), slanted, hidden)],
        more="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
    )
    parts["Doc_0/Annots/Annotations.xml"] = (
        f'<ofd:Annotations {NAMESPACE}><ofd:Page PageID="10"><ofd:FileLoc>Page_0.xml</ofd:FileLoc></ofd:Page>'
        "</ofd:Annotations>"
    )
    look = f'<ofd:Appearance Boundary="0 0 9 9">{text_object("章", 1, 1, 4)}</ofd:Appearance>'
    annot = f'<ofd:Annot ID="5" Type="Stamp">{look}</ofd:Annot>'
    parts["Doc_0/Annots/Page_0.xml"] = f"<ofd:PageAnnot {NAMESPACE}>{annot}</ofd:PageAnnot>"
    parts["Doc_0/Signs/Signatures.xml"] = f'<ofd:Signatures {NAMESPACE}><ofd:Signature ID="1"/></ofd:Signatures>'
    path = write(tmp_path / "a.ofd", parts, more="<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>")
    loaded = load_ofd(path)
    assert [block.text for block in loaded.blocks] == ["正文。"]
    assert loaded.meta["left_out"] == "页面模板、水印和背景文字 1 种：严禁外传；印章和批注 2 处"


def test_custom_data_and_tags_say_title_number_and_date(tmp_path: Path) -> None:
    parts = document(
        [
            page(
                text_object("关于防汛的通知", 60, 40, 7, number=21),
                text_object("清政发〔2024〕5号", 60, 55, 5, number=22),
            )
        ],
        more="<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
    )
    parts["Doc_0/Tags/CustomTags.xml"] = (
        f"<ofd:CustomTags {NAMESPACE}><ofd:CustomTag><ofd:FileLoc>Tag.xml</ofd:FileLoc></ofd:CustomTag>"
        "</ofd:CustomTags>"
    )
    ref = '<ofd:ObjectRef PageRef="10">{}</ofd:ObjectRef>'
    parts["Doc_0/Tags/Tag.xml"] = (
        f"<公文 {NAMESPACE}><公文标题>{ref.format(21)}</公文标题><发文字号>{ref.format(22)}</发文字号></公文>"
    )
    path = write(
        tmp_path / "a.ofd", parts, title="Microsoft Word - 文档1.docx", custom={"成文日期": "二〇二四年三月五日"}
    )
    assert load_ofd(path).meta == {"title": "关于防汛的通知", "number": "清政发〔2024〕5号", "date": "2024-03-05"}


def test_the_files_own_title_counts_when_the_document_shows_it(tmp_path: Path) -> None:
    parts = document([page(text_object("关于防汛的通知", 60, 40, 7))])
    assert load_ofd(write(tmp_path / "a.ofd", parts, title="关于防汛的通知")).meta == {"title": "关于防汛的通知"}
    assert load_ofd(write(tmp_path / "b.ofd", parts, title="扫描件20240305")).meta == {}


def repacked(path: Path, changes: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


CONTENT = "Doc_0/Pages/Page_0/Content.xml"
ENTITY = b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({CONTENT: b"<broken"}, "已损坏"),
        ({CONTENT: ENTITY}, "文档类型声明"),
        ({CONTENT: b"<a>" + b" " * (65 * 2**20) + b"</a>"}, "解压后过大"),
        ({"OFD.xml": b"\x8e\x01garbled", "Encryptions.xml": b"<a/>"}, "已加密"),
        ({CONTENT: page('<ofd:ImageObject ID="4" Boundary="0 0 9 9" ResourceID="5"/>').encode()}, "扫描件"),
        ({CONTENT: page().encode()}, "没有文字"),
        ({"OFD.xml": b"<OFD><DocBody/></OFD>"}, "没有指明正文"),
    ],
    ids=["broken", "entities", "bomb", "encrypted", "images", "empty", "rootless"],
)
def test_what_cannot_be_read_is_refused_with_its_reason(tmp_path: Path, changes: dict[str, bytes], reason: str) -> None:
    path = write(tmp_path / "a.ofd", document([page(text_object("正文。", 30, 40, 5))]))
    with pytest.raises(LoadError, match=reason):
        load_ofd(repacked(path, changes))


@pytest.mark.parametrize(("content", "reason"), [(b"", "为空"), (b"%PDF-1.7", "不是 OFD"), (b"PK\x03\x04", "已损坏")])
def test_what_is_no_package_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.ofd"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=reason):
        load_ofd(path)


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ofd", document([page(text_object("正文。", 30, 40, 5))]))
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    with pytest.raises(LoadError, match="已加密"):
        load_ofd(path)


@settings(max_examples=150)
@given(st.data())
def test_damaged_files_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = write(
        folder / "whole.ofd",
        document([page(text_object("关于防汛的通知", 60, 40, 7), text_object("正文。", 30, 60, 5))]),
    )
    if data.draw(st.booleans()):  # damage below the compression, where the reader of XML meets it
        with zipfile.ZipFile(path) as archive:
            name = data.draw(st.sampled_from(archive.namelist()))
            raw = bytearray(archive.read(name))
    else:
        name, raw = "", bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    damaged = folder / "damaged.ofd"
    damaged.write_bytes(raw if not name else path.read_bytes())
    if name:
        repacked(damaged, {name: bytes(raw)})
    try:
        blocks = load_ofd(damaged).blocks
    except LoadError:
        return
    assert all(isinstance(block, Block) and block.page >= 1 for block in blocks)
