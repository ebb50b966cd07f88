import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ui.cli import run

NOTICE = "关于做好防汛工作的通知\n\n各县区要落实防汛责任，重要堤段每十公里配备一名巡查人员，巡查记录逐日上报。\n"
Yinde = Callable[..., tuple[int, str]]


@pytest.fixture
def yinde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Yinde:
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("YINDE_MODEL", "hash")

    def call(*arguments: object) -> tuple[int, str]:
        status = run([str(argument) for argument in arguments])
        return status, capsys.readouterr().out

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    return folder


def test_a_dry_run_says_what_would_happen_and_makes_no_library(yinde: Yinde, folder: Path, tmp_path: Path) -> None:
    status, out = yinde("index", folder, "--dry-run", "--json")
    record = json.loads(out)
    assert status == 0
    assert list(record) == ["added", "changed", "unchanged", "removed", "failed", "passages"]
    assert (len(record["added"]), record["passages"]) == (1, 1)
    assert not (tmp_path / "library").exists()
    assert json.loads(yinde("index", folder, "--json")[1]) == record
    (folder / "通知.txt").write_text(NOTICE.replace("十公里", "五公里"), encoding="utf-8")
    assert "试运行，没有写入。将会：更新 1 篇；文库将有 1 段。" in yinde("index", folder, "--dry-run")[1]


def test_formats_that_are_not_read_are_counted_by_suffix(yinde: Yinde, folder: Path) -> None:
    for number in range(12):
        (folder / f"{number}.xyz").write_text("x", encoding="utf-8")
    (folder / "数据.abc").write_text("x", encoding="utf-8")
    (folder / "空.txt").touch()
    status, out = yinde("index", folder)
    assert status == 1
    assert "13 个文件的格式不支持：.xyz 12，.abc 1" in out
    assert "1 篇没有收入" in out
    assert "11.xyz" not in out


def test_doubtful_text_is_told_after_indexing_and_with_the_document(yinde: Yinde, folder: Path) -> None:
    (folder / "坏.txt").write_text(NOTICE * 2 + "锟斤拷" * 5, encoding="utf-8")
    _, out = yinde("index", folder)
    assert "1 篇的文字可能有问题，请核对原件" in out
    assert "乱码约占" in out
    doc_id = json.loads(yinde("search", "锟斤拷", "--json")[1])["hits"][0]["doc_id"]
    assert "注意：乱码约占" in yinde("document", doc_id)[1]
    assert json.loads(yinde("document", doc_id, "--json")[1])["meta"]["warnings"].startswith("乱码约占")


def test_a_document_names_its_versions(yinde: Yinde, folder: Path) -> None:
    (folder / "新.txt").write_text(NOTICE + "\n2024年5月1日\n", encoding="utf-8")
    first, second = json.loads(yinde("index", folder, "--json")[1])["added"]
    (version,) = json.loads(yinde("document", first, "--json")[1])["versions"]
    assert list(version) == ["id", "title", "date", "likeness"]
    assert (version["id"], version["title"]) == (second, "关于做好防汛工作的通知")
    assert 0.7 < version["likeness"] < 1
    assert f"yinde document {second}" in yinde("document", first)[1]


def test_a_quoted_pattern_is_understood(yinde: Yinde, folder: Path) -> None:
    (folder / "要点.md").write_text("# 工作要点\n\n抓好春耕备耕，落实粮食安全责任。\n", encoding="utf-8")
    record = json.loads(yinde("index", f"{folder}/**/*.md", "--json")[1])
    assert (len(record["added"]), record["failed"]) == (1, [])
