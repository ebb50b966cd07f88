import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ui.cli import run

NOTICE = """关于做好2026年人才引进工作的通知

各县（市、区）人民政府，市政府各部门：

为加快建设人才强市，现就做好2026年人才引进工作通知如下。

一、工作目标

2026年全市计划引进高层次人才300名，其中博士研究生60名，形成人才集聚效应。

临江市人民政府办公室
2026年3月1日
"""
Yinde = Callable[..., tuple[int, str, str]]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    folder = tmp_path / "公文"
    folder.mkdir()
    file = folder / "人才.txt"
    file.write_text(NOTICE, encoding="utf-8")
    return file


@pytest.fixture
def yinde(tmp_path: Path, paper: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Yinde:
    """The command over a library of one notice; its status, output and errors."""
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("YINDE_MODEL", "hash")

    def call(*arguments: object) -> tuple[int, str, str]:
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    assert call("index", paper.parent)[0] == 0
    return call


def record(yinde: Yinde, *arguments: object) -> dict[str, Any]:
    status, out, _ = yinde(*arguments, "--json")
    assert status == 0
    assert out.count("\n") == 1
    parsed = json.loads(out)
    assert isinstance(parsed, dict)
    return parsed


def target(yinde: Yinde) -> str:
    return str(record(yinde, "search", "引进高层次人才", "--k", 1)["hits"][0]["id"])


def edit(yinde: Yinde, paper: Path, old: str, new: str) -> None:
    paper.write_text(paper.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert yinde("index", paper.parent)[0] == 0


def test_cite_prints_one_style_ready_to_paste(yinde: Yinde) -> None:
    status, out, err = yinde("cite", target(yinde), "--style", "gbt7714")
    assert (status, err) == (0, "")
    assert out == "临江市人民政府办公室. 关于做好2026年人才引进工作的通知: [缺：发文字号][A]. 2026-03-01.\n"


def test_cite_prints_all_styles_by_name_and_what_they_miss(yinde: Yinde) -> None:
    _, out, _ = yinde("cite", target(yinde))
    for name in ("GB/T 7714-2015", "公文内引用", "脚注", "BibTeX", "RIS", "CSL-JSON", "Markdown 链接", "纯文本"):
        assert name in out.splitlines()
    assert "缺：发文字号。" in out


def test_cite_gives_json_with_every_style(yinde: Yinde) -> None:
    passage_id = target(yinde)
    cited = record(yinde, "cite", passage_id)
    assert list(cited) == ["id", "doc_id", "title", "address", "page", "citations", "missing"]
    assert list(cited["citations"]) == [
        "gbt7714", "gongwen", "footnote", "bibtex", "ris", "csl-json", "markdown", "plain",
    ]  # fmt: skip
    assert (cited["id"], cited["missing"]) == (passage_id, ["发文字号"])
    assert cited["citations"]["markdown"].endswith(f"](http://127.0.0.1:7860/?id={passage_id})")
    whole = record(yinde, "cite", passage_id, "--whole", "--page", "http://host/")
    assert whole["citations"]["markdown"].endswith(f"](http://host/?doc={cited['doc_id']})")
    assert "300名" not in whole["citations"]["plain"]


def test_cite_refuses_an_unknown_style_and_an_id_that_is_gone(yinde: Yinde, paper: Path) -> None:
    passage_id = target(yinde)
    assert yinde("cite", passage_id, "--style", "mla")[0] == 2
    edit(yinde, paper, "300名", "500名")
    status, out, err = yinde("cite", passage_id)
    assert (status, out) == (2, "")
    assert f"已改动，现为 {target(yinde)}" in err


def test_show_of_a_changed_passage_shows_then_now_and_the_characters(yinde: Yinde, paper: Path) -> None:
    passage_id = target(yinde)
    before = record(yinde, "show", passage_id)
    assert "retired" not in before
    edit(yinde, paper, "300名", "500名")
    after = record(yinde, "show", passage_id)
    assert list(after) == [*before, "retired"]
    kept = ("id", "doc_id", "title", "path", "address", "page", "start", "end", "text")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert list(after["retired"]) == ["what", "when", "successor", "diff"]
    assert (after["retired"]["what"], after["retired"]["successor"]) == ("changed", target(yinde))
    assert ["replace", "3", "5"] in after["retired"]["diff"]
    status, out, _ = yinde("show", passage_id)
    assert status == 0
    assert "本段改动于 20" in out
    assert "［－3］［＋5］00名" in out
    assert f"yinde show {target(yinde)}" in out


def test_show_of_a_removed_passage_shows_what_it_was(yinde: Yinde, paper: Path) -> None:
    passage_id = target(yinde)
    paper.unlink()
    assert yinde("index", paper.parent)[0] == 0
    gone = record(yinde, "show", passage_id)
    assert (gone["retired"]["what"], gone["retired"]["successor"]) == ("removed", "")
    assert gone["retired"]["diff"] == [["delete", gone["text"], ""]]
    _, out, _ = yinde("show", passage_id)
    assert "本段删除于 20" in out
    assert "300名" in out
    assert "现在没有这一段了" in out


def test_trace_prints_years_issuers_and_documents(yinde: Yinde) -> None:
    status, out, _ = yinde("trace", "人才引进工作")
    assert status == 0
    assert "“人才引进工作”2 处，1 篇" in out
    assert "首见 2026-03-01 《关于做好2026年人才引进工作的通知》" in out
    assert "  2026 ██████████████████████████████ 2 处 1 篇\n" in out
    assert "  临江市人民政府办公室 ██████████████████████████████ 2 处 1 篇\n" in out


def test_trace_gives_json(yinde: Yinde) -> None:
    traced = record(yinde, "trace", "人才引进工作")
    assert list(traced) == [
        "phrase", "count", "complete", "first", "last", "documents", "variants", "years", "issuers",
    ]  # fmt: skip
    assert (traced["count"], traced["first"], traced["last"]) == (2, "2026-03-01", "2026-03-01")
    assert traced["years"] == [{"name": "2026", "count": 2, "documents": 1}]
    (document,) = traced["documents"]
    assert (document["text"], document["issuer"], document["count"]) == ("人才引进工作", "临江市人民政府办公室", 2)


def test_trace_writes_a_page_or_says_why_not(yinde: Yinde, tmp_path: Path) -> None:
    assert yinde("trace", "人才引进", "--html", tmp_path / "演变.html")[0] == 0
    assert "“人才引进”的演变" in (tmp_path / "演变.html").read_text(encoding="utf-8")
    status, out, err = yinde("trace", "人才引进", "--html", tmp_path / "没有" / "演变.html")
    assert (status, out) == (2, "")
    assert "请换一个 --html 文件" in err


def test_trace_of_what_stands_nowhere_says_so(yinde: Yinde) -> None:
    status, out, _ = yinde("trace", "全过程人民民主")
    assert (status, out) == (0, "文库里没有“全过程人民民主”，也没有相近的说法。\n")
    assert yinde("trace", "字")[0] == 2


def test_a_citation_of_a_saved_page_prints_its_address(yinde: Yinde, tmp_path: Path) -> None:
    page = tmp_path / "网页"
    page.mkdir()
    (page / "防汛.html").write_text(
        "<!DOCTYPE html>\n<!-- saved from url=(0045)https://www.example.gov.cn/zwgk/t2026_88.html -->\n"
        "<html><head><title>关于做好防汛备汛工作的通知</title></head><body><h1>关于做好防汛备汛工作的通知</h1>"
        "<p>各县区人民政府：</p><p>水库要严格执行汛限水位，不得擅自超蓄。</p></body></html>",
        encoding="utf-8",
    )
    assert yinde("index", page)[0] == 0
    hit = record(yinde, "search", "严格执行汛限水位", "--k", 1)["hits"][0]["id"]
    for style in ("gbt7714", "footnote", "bibtex", "ris"):
        status, out, _ = yinde("cite", hit, "--style", style)
        assert status == 0
        assert "https://www.example.gov.cn/zwgk/t2026_88.html" in out.replace("\n", ""), style
