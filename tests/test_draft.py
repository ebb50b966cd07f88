"""Drafts are read as their authors see them, and what they claim is found where it stands."""

import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LoadError
from index.types import Document
from rag.claims import Attribution, find_claims
from rag.draft import Manuscript, from_text, read_draft, word_runs
from rag.shelf import Shelf

RULES = Document(
    "1",
    "江澜市人民政府办公室关于印发《江澜市人才引进补贴管理办法》的通知",
    "",
    {"number": "江政办发〔2026〕7号", "date": "2026-03-05", "issuer": "江澜市人民政府办公室"},
)
TRIAL = Document(
    "2",
    "江澜市人民政府办公室关于印发《江澜市人才引进补贴管理办法（试行）》的通知",
    "",
    {"number": "江政办发〔2024〕18号", "date": "2024-05-20", "issuer": "江澜市人民政府办公室"},
)
REPORT_2025 = Document("3", "政府工作报告——2025年1月8日在第十五届人民代表大会第四次会议上", "", {"date": "2025-01-08"})
REPORT_2026 = Document("4", "政府工作报告——2026年1月13日在第十五届人民代表大会第五次会议上", "", {"date": "2026-01-13"})
SPEECH = Document("5", "在全市组织部长会议上的讲话", "", {"date": "2026-01-28", "kind": "讲话"})
SHELF = Shelf([RULES, TRIAL, REPORT_2025, REPORT_2026, SPEECH])


def claims(text: str, *, format: str = "txt") -> list[tuple[str, str]]:
    return [(claim.kind, claim.words) for claim in find_claims(from_text(text, format=format), SHELF)]


def attribution(text: str) -> Attribution:
    return find_claims(from_text(text), SHELF)[0].attribution


# reading


def test_lines_and_spaces_of_a_text_file_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "稿.txt").write_bytes("\ufeff　　第一段，\r\n断行。\r\n\r\n第二段。".encode())
    draft = read_draft(tmp_path / "稿.txt")
    assert draft.text == "　　第一段，\n断行。\n\n第二段。"
    assert draft.paragraphs == ((0, 6), (7, 10), (11, 11), (12, 16))


def test_a_file_in_gb18030_is_read(tmp_path: Path) -> None:
    (tmp_path / "稿.txt").write_bytes("关于做好防汛工作的通知，各县区人民政府。".encode("gb18030"))
    assert read_draft(tmp_path / "稿.txt").text == "关于做好防汛工作的通知，各县区人民政府。"


@given(st.lists(st.text("甲乙，。“”\u3000 #>", max_size=12), min_size=1, max_size=8))
def test_paragraphs_are_the_lines_of_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    if not text.strip():
        return
    draft = from_text(text, format="md")
    assert [draft.text[a:b] for a, b in draft.paragraphs] == lines
    assert all(draft.text[a:b].lstrip(" ").startswith(">") for a, b in draft.blocks)


@given(st.text('甲乙丙，。“”‘’「」《》（）\n"—>：指出规定', max_size=120))
def test_a_claim_holds_its_words_in_the_draft(text: str) -> None:
    if not text.strip():
        return
    draft = from_text(text)
    for claim in find_claims(draft, SHELF):
        there = draft.text[claim.start : claim.end]
        assert "".join(there.split()) == "".join(claim.words.split())


def test_a_markdown_block_quote_is_one_block_across_its_lines() -> None:
    draft = from_text("原文：\n\n> 第一句，\n> 第二句。\n>\n> 第三句。\n\n正文。", format="md")
    assert [draft.text[a:b] for a, b in draft.blocks] == ["> 第一句，\n> 第二句。\n>\n> 第三句。"]


def word_file(path: Path) -> Path:
    document = docx.Document()
    document.add_paragraph("关于人才工作的汇报")
    paragraph = document.add_paragraph("会议指出，“人才是")
    paragraph.add_run("第一资源").bold = True
    paragraph.add_run("”。")
    document.add_paragraph("凡事预则立，不预则废。", style="Intense Quote")
    document.add_table(1, 2).cell(0, 1).text = "表中“一网通办”"
    document.save(str(path))
    return path


def test_a_word_draft_has_its_paragraphs_tables_and_quote_styles(tmp_path: Path) -> None:
    draft = read_draft(word_file(tmp_path / "稿.docx"))
    assert [draft.text[a:b] for a, b in draft.paragraphs] == [
        "关于人才工作的汇报",
        "会议指出，“人才是第一资源”。",
        "凡事预则立，不预则废。",
        "",
        "表中“一网通办”",
    ]
    assert [draft.text[a:b] for a, b in draft.blocks] == ["凡事预则立，不预则废。"]


def test_the_runs_of_a_word_file_make_the_paragraphs_of_the_draft(tmp_path: Path) -> None:
    draft = read_draft(word_file(tmp_path / "稿.docx"))
    found = ["".join(run.text for run in runs) for _, runs in word_runs(docx.Document(str(tmp_path / "稿.docx")))]
    assert found == [draft.text[a:b] for a, b in draft.paragraphs]


def test_a_deletion_that_word_tracks_is_not_read_and_an_insertion_is(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("保留")
    for tag, text in (("w:del", "删去"), ("w:ins", "加上")):
        change = OxmlElement(tag)
        run = paragraph.add_run(text)._r
        run.getparent().remove(run)
        change.append(run)
        paragraph._p.append(change)
    assert paragraph._p.find(qn("w:del")) is not None
    document.save(str(tmp_path / "稿.docx"))
    assert read_draft(tmp_path / "稿.docx").text == "保留加上"


def pdf_of(text: str) -> bytes:
    """A one-page PDF with a line of ASCII text."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    return (
        made
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start
    )


def test_the_text_of_a_pdf_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_of("Annual report 2026"))
    assert read_draft(tmp_path / "a.pdf").text == "Annual report 2026"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "取消密码"),
        ("a.docx", b"PK\x03\x04 broken", "另存一份"),
        ("a.docx", b"no word file at all", "另存一份"),
        ("a.pdf", b"%PDF-1.4 broken", "重新导出"),
        ("a.pdf", pdf_of(""), "没有文字"),
        ("a.doc", b"x", "另存为 .docx"),
        ("a.xlsx", b"x", ".docx、.pdf、.md 或 .txt"),
        ("a.txt", b"", "空文件"),
        ("a.txt", b" \n\n ", "没有文字"),
        ("a.txt", "长".encode() * 200_001, "分章核查"),
        ("a.txt", b"%PDF-1.4", "PDF 文件"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_cure(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LoadError, match=said):
        read_draft(tmp_path / name)


def test_a_word_file_without_a_document_in_it_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
    with pytest.raises(LoadError, match="另存一份"):
        read_draft(tmp_path / "a.docx")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="没有文件"):
        read_draft(tmp_path / "无.docx")


# claims


def test_a_short_term_in_marks_is_a_formulation_and_a_sentence_a_quotation() -> None:
    assert claims("深刻领悟“两个确立”，做到“凡是法律法规没有明令禁止的一律放开”。") == [
        ("formulation", "两个确立"),
        ("quotation", "凡是法律法规没有明令禁止的一律放开"),
    ]


def test_six_characters_that_are_said_to_be_said_are_a_quotation() -> None:
    assert claims("会议强调：“马上就办、一办到底”。他说“好”。") == [("quotation", "马上就办、一办到底")]


def test_corner_marks_and_straight_marks_are_quotation_marks_too() -> None:
    assert [words for _, words in claims('「甲乙丙丁」『一网通办』，"最多跑一次"。')] == [
        "甲乙丙丁",
        "一网通办",
        "最多跑一次",
    ]


def test_a_quotation_inside_a_quotation_is_part_of_it() -> None:
    assert [words for _, words in claims("他说：“要坚持“马上就办”的劲头抓落实。”")] == [
        "要坚持“马上就办”的劲头抓落实。"
    ]


def test_a_quotation_runs_over_a_hard_line_end_but_not_over_a_paragraph() -> None:
    assert [words for _, words in claims("强调“一网\n通办”，又说“没有收尾\n　　新的一段“跨省通办”。")] == [
        "一网通办",
        "跨省通办",
    ]


def test_a_mark_that_is_never_closed_hides_no_other_quotation() -> None:
    found = claims('强调“没有收尾，又说“一网通办”，再说「跨省通办」，还有"最多跑一次"。')
    assert [words for _, words in found] == ["一网通办", "跨省通办", "最多跑一次"]


def test_a_line_that_ends_with_a_stop_ends_its_paragraph() -> None:
    assert [words for _, words in claims("强调“没有收尾。\n又说“一网通办”。")] == ["一网通办"]


def test_marks_of_markdown_are_not_part_of_the_words() -> None:
    assert claims("指出：“**人才**是第一资源，`创新`是第一动力”", format="md") == [
        ("quotation", "人才是第一资源，创新是第一动力")
    ]


def test_the_title_before_the_verb_is_the_source() -> None:
    text = "根据《江澜市人才引进补贴管理办法》（江政办发〔2026〕7号，2026年3月5日）第六条规定：“博士研究生30万元”。"
    assert attribution(text) == Attribution("江澜市人才引进补贴管理办法", "江政办发〔2026〕7号", "2026-03-05")


def test_a_document_named_without_marks_is_the_source_with_its_year() -> None:
    assert attribution("2025年市政府工作报告提出：“地区生产总值增长6%左右”。") == Attribution(
        "政府工作报告", "", "2025"
    )


def test_the_source_in_brackets_behind_a_quotation_wins() -> None:
    text = "《甲办法》施行以来，“人才是第一资源、创新是第一动力”（《乙意见》）已成共识。"
    assert attribution(text) == Attribution("乙意见")


def test_the_source_stands_for_the_second_quotation_of_its_sentence() -> None:
    found = find_claims(from_text("《甲办法》指出：“先有甲乙丙丁”，强调：“后有戊己庚辛”。"), SHELF)
    assert [claim.attribution.title for claim in found] == ["甲办法", "甲办法"]


def test_a_speaker_is_known_by_surname_and_office() -> None:
    assert attribution("市委书记李明华同志强调，“抓落实要马上就办”。").speaker == "李明华"
    assert attribution("习近平总书记指出：“人民对美好生活的向往”。").speaker == "习近平"


def test_the_dash_under_a_block_quote_names_its_source() -> None:
    claim = find_claims(from_text("如：\n\n> 人才是第一资源。\n> ——《甲办法》\n", format="md"), SHELF)[0]
    assert (claim.words, claim.attribution.title) == ("人才是第一资源。", "甲办法")


def test_a_saying_without_marks_ends_with_its_sentence() -> None:
    found = claims("《甲办法》明确，申请人应当在三十日内提出申请。我们照办。")
    assert found == [("saying", "申请人应当在三十日内提出申请。")]


def test_advice_without_a_source_is_no_saying() -> None:
    assert claims("会议要求，各部门要抓好落实，不得推诿扯皮。") == []


# the shelf


@pytest.mark.parametrize(
    ("title", "date", "meant"),
    [
        ("江澜市人才引进补贴管理办法", "", [RULES]),
        ("江澜市人才引进补贴管理办法（试行）", "", [TRIAL]),
        ("人才引进补贴管理办法", "", [RULES]),
        ("关于印发《江澜市人才引进补贴管理办法》的通知", "", [RULES]),
        ("政府工作报告", "", [REPORT_2025, REPORT_2026]),
        ("政府工作报告", "2025", [REPORT_2025]),
        ("2026年政府工作报告", "", [REPORT_2026]),
        ("江澜市2026年政府工作报告", "", [REPORT_2026]),
        ("江澜市人才引进补贴管理暂行办法", "", []),
        ("办法", "", []),
    ],
)
def test_a_document_is_found_by_the_names_drafts_use(title: str, date: str, meant: list[Document]) -> None:
    assert SHELF.titled(title, date=date) == meant


def test_a_number_is_found_behind_the_words_of_a_sentence_and_in_other_brackets() -> None:
    assert SHELF.numbered("根据江政办发[2026]7号") == [RULES]
    assert SHELF.numbered("江政办发〔2026〕17号") == []


def test_a_title_with_a_slip_has_a_nearest_title() -> None:
    assert SHELF.nearest("江澜市人才引进补贴管理暂行办法") == RULES
    assert SHELF.nearest("关于做好冬季森林防火工作的通知") is None


def test_a_draft_at_hand_needs_words() -> None:
    assert from_text("好").text == "好"
    assert isinstance(from_text("好"), Manuscript)
    with pytest.raises(LoadError, match="没有文字"):
        from_text(" \n")
