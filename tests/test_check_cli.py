"""`yinde check`: exit codes, the JSON object, the HTML report and the annotated Word file."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import pytest
from rich.console import Console

from index.embed import HashEmbedder
from index.library import LocalLibrary
from rag.check import check
from rag.draft import from_text, read_draft
from rag.findings import DraftReport
from ui.check_page import render_check
from ui.check_report import check_record, show_check
from ui.check_word import annotated_word
from ui.cli import run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SAMPLE = Path(__file__).parent / "draft_sample.md"
RIGHT = "在全市优化营商环境大会上的讲话强调：“营商环境是江澜的头等大事，只有进行时，没有完成时”。"
WRONG = RIGHT.replace("没有完成时", "没有休止符")


@pytest.fixture(scope="module")
def folder(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check_cli") / "library"
    with LocalLibrary.open(folder, embedder=HashEmbedder(), create=True) as opened:
        opened.sync([samples])
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Iterator[DraftReport]:
    with LocalLibrary.open(folder, embedder=HashEmbedder()) as library:
        yield check(read_draft(SAMPLE), library)


def draft(tmp_path: Path, text: str) -> str:
    (tmp_path / "稿.txt").write_text(text, encoding="utf-8")
    return str(tmp_path / "稿.txt")


def report_of(folder: Path, text: str) -> DraftReport:
    with LocalLibrary.open(folder, embedder=HashEmbedder()) as library:
        return check(from_text(text, name="稿.txt"), library)


# the command


@pytest.mark.parametrize(("text", "status"), [(RIGHT, 0), (WRONG, 1), ("今天下雨。", 0)])
def test_the_exit_status_tells_whether_something_must_be_changed(
    folder: Path, tmp_path: Path, text: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", draft(tmp_path, text), "--library", str(folder)]) == status
    shown = capsys.readouterr().out
    assert ("没有可核查的内容" in shown) == (text == "今天下雨。")
    assert ("没有休止符" in shown) == (text == WRONG)


def test_json_has_every_finding_with_its_place(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--json", "check", draft(tmp_path, WRONG), "--library", str(folder)]) == 1
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert list(record) == ["file", "format", "characters", "counts", "verdicts", "findings"]
    assert record["counts"] == {"fine": 0, "unchecked": 0, "notice": 0, "wrong": 1}
    (finding,) = record["findings"]
    assert (finding["kind"], finding["level"], finding["verdict"], finding["line"]) == (
        "quotation",
        "wrong",
        "altered",
        1,
    )
    assert WRONG[finding["start"] : finding["end"]] == finding["text"]
    assert finding["attribution"]["title"] == "在全市优化营商环境大会上的讲话"
    assert finding["matches"][0]["text"].startswith("营商环境是江澜的头等大事")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["无此稿.docx"], "没有文件"),
        (["{draft}", "--html", "{draft}"], "就是稿件本身"),
        (["{draft}", "--html", "{folder}"], "是文件夹"),
        (["{draft}", "--docx", "{folder}/无/a.docx"], "请先建立"),
        ([], "缺少 FILE"),
    ],
)
def test_what_the_user_must_change_is_one_line_on_standard_error(
    folder: Path, tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"draft": draft(tmp_path, RIGHT), "folder": str(tmp_path)}
    assert run(["check", *(argument.format(**names) for argument in arguments), "--library", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert (tmp_path / "稿.txt").read_text(encoding="utf-8") == RIGHT


def test_a_report_and_an_annotated_copy_are_written(folder: Path, tmp_path: Path) -> None:
    page, word = tmp_path / "报告.html", tmp_path / "批注.docx"
    arguments = ["check", str(SAMPLE), "--library", str(folder), "--html", str(page), "--docx", str(word)]
    assert run(arguments) == 1
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(list(docx.Document(str(word)).comments)) == 12


# the terminal


def test_what_is_wrong_comes_before_what_is_to_be_looked_at(report: DraftReport) -> None:
    out = io.StringIO()
    show_check(Console(file=out, width=100), report)
    shown = out.getvalue()
    assert "要改 8 处  留意 4 处  未核 1 处  无误 10 处" in shown
    assert shown.index("企业家要诚信") < shown.index("对顶尖人才") < shown.index("本文库里没有，未能核对")
    assert "“35.4%”原文作“34.5%”" in shown
    assert "\x1b" not in shown


def test_the_record_is_plain_json(report: DraftReport) -> None:
    record = check_record(report)
    assert json.loads(json.dumps(record, ensure_ascii=False)) == record


# Word


def test_comments_stand_at_the_words_and_the_text_stays(folder: Path, tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("讲话强调：“营商环境是江澜的")
    paragraph.add_run("头等大事，只有").bold = True
    paragraph.add_run("进行时，没有休止符”。\t请阅。")
    document.save(str(tmp_path / "稿.docx"))
    before = read_draft(tmp_path / "稿.docx")
    with LocalLibrary.open(folder, embedder=HashEmbedder()) as library:
        report = check(before, library)
    made = annotated_word(report, tmp_path / "稿.docx")
    (tmp_path / "批注.docx").write_bytes(made)
    assert read_draft(tmp_path / "批注.docx").text == before.text
    again = docx.Document(io.BytesIO(made))
    (comment,) = list(again.comments)
    assert comment.author == "引得核查"
    assert comment.text.startswith("【要改】引文 · 有改动")
    assert commented(again) == "营商环境是江澜的头等大事，只有进行时，没有休止符”。\t请阅。"
    assert [run.text for run in again.paragraphs[0].runs if run.bold] == ["头等大事，只有"]


def commented(document: Any) -> str:
    """The text between the first comment's marks."""
    inside, text = False, ""
    for element in document.element.body.iter():
        tag = element.tag.rpartition("}")[2]
        inside = (inside or tag == "commentRangeStart") and tag != "commentRangeEnd"
        if inside and tag in ("t", "tab"):
            text += element.text or "\t"
    return text


def test_a_run_is_cut_at_both_ends_of_a_quotation(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "稿.txt").write_text(f"前面的话。{WRONG}后面的话。", encoding="utf-8")
    with LocalLibrary.open(folder, embedder=HashEmbedder()) as library:
        report = check(read_draft(tmp_path / "稿.txt"), library)
    again = docx.Document(io.BytesIO(annotated_word(report, tmp_path / "稿.txt")))
    assert commented(again) == "营商环境是江澜的头等大事，只有进行时，没有休止符"
    assert again.paragraphs[0].text == f"前面的话。{WRONG}后面的话。"


def test_marks_inside_what_a_comment_quotes_are_single_ones(folder: Path, tmp_path: Path) -> None:
    words = "凡部门把职责推给基层的，按照“谁主管、谁负责”的原则由部门收回；确需基层配合的，不下放人员、经费、权限。"
    (tmp_path / "稿.txt").write_text(f"通报要求：“{words}”", encoding="utf-8")
    with LocalLibrary.open(folder, embedder=HashEmbedder()) as library:
        report = check(read_draft(tmp_path / "稿.txt"), library)
    (comment,) = list(docx.Document(io.BytesIO(annotated_word(report, tmp_path / "稿.txt"))).comments)
    assert "：“凡部门把职责推给基层的，按照‘谁主管、谁负责’的原则由部门收回；" in comment.text


# the page


def test_the_page_loads_nothing_and_escapes_what_the_draft_says(folder: Path) -> None:
    page = render_check(report_of(folder, f"<script>alert(1)</script>&\n{WRONG}"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page
    assert "http" not in page
    assert "src=" not in page


def test_a_draft_without_anything_to_check_has_a_page_that_says_so(folder: Path) -> None:
    assert "没有可核查的内容" in render_check(report_of(folder, "今天下雨。"))


@pytest.mark.browser
def test_marks_and_opinions_lead_to_one_another(report: DraftReport, browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "报告.html").write_text(render_check(report), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto((tmp_path / "报告.html").as_uri())
    page.locator("mark", has_text="对顶尖人才").click()
    card = page.locator(".card.on")
    assert "本文库里没有这段话" in card.inner_text()
    assert page.evaluate("document.querySelector('.card.on').getBoundingClientRect().top") > 0
    page.keyboard.press("k")
    assert "高层次人才分类认定目录" in page.locator(".card.on").inner_text()
    page.locator(".filters button", has_text="无误").click()
    assert page.locator(".card.fine").first.is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert told == []
    page.close()
