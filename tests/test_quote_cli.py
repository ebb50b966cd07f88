"""`yinde quote`: one JSON object key by key, and for people the verdict in Chinese with the changes named."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ui.cli import run

NOTICE = """关于做好防汛工作的通知

各县（市、区）人民政府：

现将有关事项通知如下。

一、水位标准

大中型水库严格执行汛限水位，不得擅自超蓄。其中云溪水库汛限水位118.00米。

临江市人民政府办公室
2026年3月1日
"""
MATCH_KEYS = [
    "verdict",
    "doc_id",
    "id",
    "title",
    "address",
    "page",
    "start",
    "end",
    "text",
    "similarity",
    "reversal",
    "diff",
]

Quote = Callable[..., tuple[int, str, str]]


@pytest.fixture
def quote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Quote:
    """The command over a library of one document."""
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("YINDE_MODEL", "hash")
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "通知.txt").write_text(NOTICE, encoding="utf-8")
    assert run(["index", str(tmp_path / "通知.txt")]) == 0
    capsys.readouterr()

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["quote", *arguments])
        return status, *capsys.readouterr()

    return call


def test_json_tells_verdict_place_and_difference(quote: Quote) -> None:
    status, out, _ = quote("大中型水库严格执行汛限水位，可得擅自超蓄", "--json")
    record = json.loads(out)
    assert status == 0
    assert list(record) == ["quote", "verdict", "matches"]
    assert (record["quote"], record["verdict"]) == ("大中型水库严格执行汛限水位，可得擅自超蓄", "altered")
    (match,) = record["matches"]
    assert list(match) == MATCH_KEYS
    assert match["text"] == "大中型水库严格执行汛限水位，不得擅自超蓄"
    assert match["end"] - match["start"] == len(match["text"])
    assert match["diff"] == [
        ["equal", "大中型水库严格执行汛限水位，", "大中型水库严格执行汛限水位，"],
        ["replace", "可", "不"],
        ["equal", "得擅自超蓄", "得擅自超蓄"],
    ]
    assert (match["title"], match["address"]) == ("关于做好防汛工作的通知", "一")


def test_people_read_the_verdict_and_the_changed_characters(quote: Quote) -> None:
    _, out, _ = quote("大中型水库严格执行汛限水位，可得擅自超蓄")
    assert out.startswith("有改动（1 处）")
    assert "“可”原作“不”" in out
    assert "《关于做好防汛工作的通知》一" in out
    assert "yinde show " in out


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("不得擅自超蓄", "逐字一致"),
        ("不得擅自超蓄，", "仅标点或字形差异"),
        ("大中型水库严格执行汛限水位……118.00米", "有删节"),
        ("春眠不觉晓，处处闻啼鸟", "查无"),
    ],
)
def test_verdicts_are_chinese_words(quote: Quote, text: str, verdict: str) -> None:
    assert quote(text)[1].startswith(verdict)


def test_a_long_text_may_come_from_standard_input(quote: Quote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("不得擅自超蓄。\n"))
    assert quote("-")[1].startswith("逐字一致")


def test_an_empty_quotation_is_one_line_of_advice(quote: Quote) -> None:
    status, out, err = quote("  ")
    assert (status, out) == (2, "")
    assert err == "错误：引文太短，请至少给出两个字\n"
