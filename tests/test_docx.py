# ruff: noqa: E501 - XML is clearer unbroken
import zipfile
from pathlib import Path

import pytest
from word_files import level, listed, lists, paragraph, run, word_file

from index.errors import LoadError
from index.load import load
from index.load.numerals import numeral
from index.types import Block

SHOWN = '<w:vanish w:val="0"/>'
WINGDINGS = '<w:rFonts w:ascii="Wingdings 2"/>'


def texts(path: Path) -> list[str]:
    return [block.text for block in load(path).blocks]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.docx"


@pytest.mark.parametrize(
    ("form", "number", "written"),
    [
        ("decimal", 12, "12"),
        ("chineseCounting", 20, "二十"),
        ("chineseCountingThousand", 103, "一百零三"),
        ("japaneseCounting", 12, "十二"),
        ("japaneseCounting", 103, "百零三"),
        ("ideographTraditional", 3, "丙"),
        ("ideographZodiac", 12, "亥"),
        ("ideographDigital", 10, "一〇"),
        ("chineseLegalSimplified", 12, "壹拾贰"),
        ("decimalEnclosedCircle", 3, "③"),
        ("decimalEnclosedCircle", 21, "㉑"),
        ("decimalEnclosedParen", 2, "⑵"),
        ("decimalEnclosedFullstop", 2, "⒉"),
        ("ideographEnclosedCircle", 3, "㊂"),
        ("decimalFullWidth", 12, "１２"),
        ("decimalZero", 3, "03"),
        ("custom:001, 002, 003, ...", 7, "007"),
        ("lowerLetter", 27, "aa"),
        ("upperLetter", 2, "B"),
        ("lowerRoman", 14, "xiv"),
        ("upperRoman", 1994, "MCMXCIV"),
        ("none", 3, ""),
        ("ganada", 3, "3"),
    ],
)
def test_numbers_are_written_as_word_writes_them(form: str, number: int, written: str) -> None:
    assert numeral(number, form) == written


def test_automatic_numbers_are_part_of_the_text(file: Path) -> None:
    numbers = lists(
        level(0, "chineseCountingThousand", "第%1章"),
        level(1, "japaneseCounting", "（%2）"),
        level(2, "decimal", "%3．"),
        level(3, "decimalEnclosedCircle", "%4"),
        level(4, "bullet", "\uf0b7"),
    )
    levels = [0, 1, 1, 2, 2, 3, 1, 2, 0, 1, 4]
    word_file(file, "".join(listed("要点", at) for at in levels), {"numbering": numbers})
    labels = ["第一章 ", "（一）", "（二）", "1．", "2．", "①", "（三）", "1．", "第二章 ", "（一）", ""]
    assert texts(file) == [label + "要点" for label in labels]


def test_numbers_of_several_levels_and_legal_ones(file: Path) -> None:
    numbers = lists(
        level(0, "chineseCounting", "%1、"), level(1, "decimal", "%1.%2", "<w:isLgl/>"), level(2, "decimal", "%1-%3")
    )
    word_file(file, "".join(listed("甲", at) for at in (0, 0, 1, 2)), {"numbering": numbers})
    assert texts(file) == ["一、甲", "二、甲", "2.1 甲", "二-1 甲"]


def test_lists_restart_continue_and_are_overridden(file: Path) -> None:
    more = (
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
        '<w:num w:numId="4"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        + level(0, "decimalEnclosedCircle", "%1")
        + "</w:lvlOverride></w:num>"
    )
    numbers = lists(level(0, "decimal", "%1、"), level(1, "decimal", "（%2）", '<w:lvlRestart w:val="0"/>'), more=more)
    body = listed("甲") + listed("乙", 1) + listed("甲", 0, 2) + listed("乙", 1)
    body += listed("丙", 0, 3) + listed("丙", 0, 3) + listed("丁", 0, 4)
    word_file(file, body, {"numbering": numbers})
    assert texts(file) == ["1、甲", "（1）乙", "2、甲", "（2）乙", "5、丙", "6、丙", "⑦丁"]


def test_numbers_come_from_styles_and_styles_are_inherited(file: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="2"><w:name w:val="标题 2"/><w:basedOn w:val="1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="own"><w:name w:val="我的标题"/><w:basedOn w:val="2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="bare"><w:name w:val="无编号"/><w:basedOn w:val="1"/>'
        '<w:pPr><w:numPr><w:numId w:val="0"/></w:numPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
    )
    second = '<w:pStyle w:val="2"/>'
    numbers = lists(level(0, "chineseCounting", "第%1章"), level(1, "chineseCounting", "第%2节", second))
    body = "".join(
        paragraph(text, f'<w:pStyle w:val="{style}"/>')
        for text, style in [("总则", "1"), ("目的", "2"), ("附则", "1"), ("范围", "own"), ("正文。", "bare")]
    )
    word_file(file, body, {"styles": styles, "numbering": numbers})
    assert load(file).blocks == (
        Block("第一章 总则", heading=2),
        Block("第一节 目的", heading=3),
        Block("第二章 附则", heading=2),
        Block("第一节 范围", heading=3),
        Block("正文。"),
    )


def test_one_unnumbered_heading_of_level_1_at_the_head_is_the_title(file: Path) -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{n}"><w:name w:val="heading {n}"/></w:style>' for n in (1, 2)
    )
    body = paragraph("关于防汛工作的通知", '<w:pStyle w:val="1"/>') + paragraph("一、总体要求", '<w:pStyle w:val="2"/>')
    word_file(file, body + paragraph("要做好准备。" * 3, '<w:pStyle w:val="2"/>'), {"styles": styles})
    assert [block.heading for block in load(file).blocks] == [1, 3, 0]


def test_changes_are_accepted_and_what_is_hidden_or_deleted_is_gone(file: Path) -> None:
    body = (
        f"<w:p>{run('保留')}<w:ins>{run('新增')}</w:ins><w:del><w:r><w:delText>删去</w:delText></w:r></w:del>"
        f"<w:moveTo>{run('移来')}</w:moveTo><w:moveFrom>{run('移走')}</w:moveFrom>{run('隐藏', '<w:vanish/>')}"
        f"{run('可见', SHOWN)}</w:p>"
        f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('这一段')}</w:p>{paragraph('与下一段合并。')}"
    )
    word_file(file, body)
    assert texts(file) == ["保留新增移来可见", "这一段与下一段合并。"]
    assert load(file).meta["left_out"] == "修订中删去的文字 1 处；隐藏文字 1 处"


def field(code: str, result: str) -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    instruction = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return mark.format("begin") + instruction + mark.format("separate") + result + mark.format("end")


def test_fields_give_their_result_and_tables_of_contents_are_left_out(file: Path) -> None:
    begin, end = field(" TOC \\o ", "|").split("|")
    body = (
        paragraph("目　录")
        + f"<w:p>{begin}{run('第一章 总则 1')}</w:p><w:p>{run('第二章 附则 2')}{end}</w:p>"
        + f"<w:p>{run('见')}{field(' REF x ', run('第三条') + field(' PAGEREF ', run('（第2页）')))}<w:fldSimple w:instr='DATE'>{run('规定。')}</w:fldSimple></w:p>"
        + '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>'
        + '<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        + paragraph("后文。")
    )
    word_file(file, body)
    assert texts(file) == ["见第三条（第2页）规定。", "后文。"]
    assert load(file).meta["left_out"] == "目录 2 行"


def test_a_text_box_is_read_once_and_content_controls_and_links_through(file: Path) -> None:
    box = f"<w:txbxContent>{paragraph('框内文字。')}</w:txbxContent>"
    choice = f"<mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
    alternate = f"<mc:AlternateContent>{choice}<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    placeholder = (
        f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击此处输入')}</w:sdtContent></w:sdt>"
    )
    body = (
        f"<w:p>{run('正文')}<w:r>{alternate}</w:r><w:hyperlink>{run('链接')}</w:hyperlink>{placeholder}"
        f"<w:sdt><w:sdtContent>{run('控件')}</w:sdtContent></w:sdt>{run('。')}</w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('整段控件。')}</w:sdtContent></w:sdt>"
    )
    word_file(file, body)
    assert texts(file) == ["正文链接控件。", "框内文字。", "整段控件。"]


def test_footnotes_follow_their_paragraph(file: Path) -> None:
    reference = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = (
        f'<w:footnote w:id="0" w:type="separator">{paragraph("")}</w:footnote>'
        f'<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>{run("数据来自统计局。")}</w:p></w:footnote>'
    )
    word_file(file, f"<w:p>{run('增长6%')}{reference}{run('。')}</w:p>{paragraph('下一段。')}", {"footnotes": notes})
    assert texts(file) == ["增长6%。", "注：数据来自统计局。", "下一段。"]


def test_breaks_tabs_symbols_ruby_and_soft_hyphens(file: Path) -> None:
    ruby = f"<w:ruby><w:rt>{run('hàn')}</w:rt><w:rubyBase>{run('汉')}</w:rubyBase></w:ruby>"
    body = (
        f"<w:p><w:r><w:t>第一行。</w:t><w:br/><w:t>第二行</w:t><w:tab/><w:t>右</w:t></w:r></w:p>"
        f'<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>{run("同意")}<w:r>{ruby}</w:r><w:r><w:softHyphen/><w:noBreakHyphen/></w:r></w:p>'
        f"<w:p>{run('&#xF0A3;否', WINGDINGS)}</w:p>"
    )
    word_file(file, body)
    assert texts(file) == ["第一行。", "第二行\t右", "☑同意汉-", "□否"]


def test_a_centred_title_broken_over_two_lines_is_whole(file: Path) -> None:
    body = '<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>关于做好2026年全市防汛抗</w:t><w:br/><w:t>旱工作的通知</w:t><w:br/><w:t>（征求意见稿）</w:t></w:r></w:p>'
    word_file(file, body)
    assert texts(file) == ["关于做好2026年全市防汛抗旱工作的通知", "（征求意见稿）"]


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{text if text.startswith('<') else paragraph(text)}</w:tc>"


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def test_table_rows_carry_their_header_and_merged_cells(file: Path) -> None:
    down, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    wide = '<w:gridSpan w:val="2"/>'
    body = table(
        cell("类别", down) + cell("名称", down) + cell("投资额", wide),
        cell("", on) + cell("", on) + cell("2025年") + cell("2026年"),
        cell("道路", down) + cell("东街") + cell("1") + cell("2"),
        cell("", on) + cell("西街") + cell("3") + cell("4"),
        "<w:trPr><w:del/></w:trPr>" + cell("删去") + cell("删去") + cell("5") + cell("6"),
    )
    word_file(file, body)
    assert texts(file) == [
        "类别：道路；名称：东街；投资额·2025年：1；投资额·2026年：2。",
        "类别：道路；名称：西街；投资额·2025年：3；投资额·2026年：4。",
    ]


def test_layout_tables_are_paragraphs_and_nested_tables_rows(file: Path) -> None:
    inner = table(cell("项目") + cell("金额"), cell("修路") + cell("5"))
    body = table(cell(listed("总体要求") + inner + paragraph("后文。")))
    word_file(file, body, {"numbering": lists(level(0, "chineseCounting", "%1、"))})
    assert texts(file) == ["一、总体要求", "项目：修路；金额：5。", "后文。"]


def test_automatic_numbers_alone_fill_a_column(file: Path) -> None:
    body = table(cell("序号") + cell("名称"), cell(listed("")) + cell("东街"), cell(listed("")) + cell("西街"))
    word_file(file, body, {"numbering": lists(level(0, "decimal", "%1."))})
    assert texts(file) == ["序号：1；名称：东街。", "序号：2；名称：西街。"]


def test_running_heads_and_comments_are_reported(file: Path) -> None:
    body = f'<w:p>{run("正文。")}<w:r><w:commentReference w:id="1"/></w:r></w:p>'
    word_file(file, body, {"header1": paragraph("内部资料"), "footer1": paragraph("— 1 —")})
    loaded = load(file)
    assert [block.text for block in loaded.blocks] == ["正文。"]
    assert loaded.meta["left_out"] == "页眉页脚 1 行：内部资料；批注 1 条"


@pytest.mark.parametrize(
    ("title", "taken"), [("关于防汛工作的通知", True), ("Word 文档", False), ("关于开会的通知", False)]
)
def test_the_title_property_counts_only_when_it_is_the_title(file: Path, title: str, taken: bool) -> None:
    core = f'<cp xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></cp>'
    word_file(file, paragraph("关于防汛工作的") + paragraph("通知"), raw={"docProps/core.xml": core})
    assert load(file).meta.get("title") == (title if taken else None)


def test_strict_documents_are_read_like_others(tmp_path: Path) -> None:
    usual = word_file(tmp_path / "a.docx", paragraph("一、总则") + table(cell("甲") + cell("乙")))
    strict = tmp_path / "b.docx"
    with zipfile.ZipFile(usual) as source, zipfile.ZipFile(strict, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            content = content.replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                "http://purl.oclc.org/ooxml/wordprocessingml/main",
            ).replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                "http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            target.writestr(name, content)
    assert texts(strict) == texts(usual) == ["一、总则", "甲｜乙"]


def test_what_cannot_be_read_is_refused_with_its_reason(file: Path) -> None:
    def refused(reason: str) -> None:
        with pytest.raises(LoadError, match=reason):
            load(file)

    word_file(file, paragraph(""))
    refused("没有文字")
    word_file(file, '<w:p><w:r><w:drawing><a:blip r:embed="r1"/></w:drawing></w:r></w:p>')
    refused("只有图片")
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    refused("加密")
    file.write_bytes(b"PK\x03\x04" + b"\0" * 600)
    refused("损坏")
    file.write_bytes(b"")
    refused("文件为空")
    whole = word_file(file, paragraph("正文。" * 500)).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    refused("损坏")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    refused("不是 Word 文档")


def test_entities_and_bombs_are_not_unfolded(file: Path) -> None:
    entities = '<!DOCTYPE d [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    word_file(file, paragraph("正文"), {"styles": ""}, raw={"word/styles.xml": f"{entities}<styles>&b;</styles>"})
    with pytest.raises(LoadError, match="实体"):
        load(file)
    word_file(file, "", raw={"word/document.xml": "<d>" + " " * (80 << 20) + "</d>"})
    with pytest.raises(LoadError, match="压缩炸弹"):
        load(file)
    word_file(file, "<w:tbl><w:tr><w:tc>" * 2000 + paragraph("深处") + "</w:tc></w:tr></w:tbl>" * 2000)
    with pytest.raises(LoadError, match=r"损坏|过深"):
        load(file)
