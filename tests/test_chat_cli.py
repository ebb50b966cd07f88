"""`yinde chat`, line by line, and `yinde ask` with a language model that follows a script."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_llm import Reply, scripted

from index.library import LocalLibrary
from ui.cli import run

NOTICE = """关于老旧小区改造的通知

一、补助标准

每户补助两千元。由市财政负担。

二、完成时限

2026年底前全部完工。
"""

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("chat")
    (place / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(place / "library", create=True) as library:
        library.sync([place / "通知.txt"])
    return place / "library"


class Terminal:
    """Runs commands over the library, types lines into them, and keeps what they print."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._folder, self._captured, self._patch = folder, captured, patch

    def __call__(self, *arguments: str, typed: str = "") -> str:
        self._patch.setattr("sys.stdin", io.StringIO(typed))
        status = run([*arguments, "--library", str(self._folder)])
        told = self._captured.readouterr()
        assert (status, told.err) == (0, "")
        return told.out


@pytest.fixture
def terminal(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal(folder, capsys, monkeypatch)


CONVERSATION = """说说每户补助
它是多少？
/改 每户补助多少钱？
/新
它是多少？
/改
/唱歌

/退出
补助多少？
"""
TOO_LONG = "人" * 20_000


def test_a_conversation_goes_from_one_thing_to_the_next(terminal: Terminal) -> None:
    out = terminal("chat", typed=f"{TOO_LONG}\n{CONVERSATION}")
    assert out.count("（按“每户补助是多少？”回答）") == out.count("回答）") == 1  # only before all was forgotten
    assert out.count("每户补助两千元。[1]") == 3
    assert out.count("资料中没有找到") == 1
    assert "/改 后面写上问题" in out
    assert "没有 /唱歌 这个命令" in out
    assert "错误：" in out


def test_an_answer_tells_who_wrote_it_and_what_was_left_out(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(Reply("每户可得补助两千元。[1]每户还可得三万元。[1]")) as service:
        monkeypatch.setenv("YINDE_LLM_BASE_URL", service.url)
        monkeypatch.setenv("YINDE_LLM_MODEL", "小模型")
        monkeypatch.setenv("YINDE_LLM_API_KEY", "sk-secret-123")
        out = terminal("ask", "每户补助多少？")
        assert "每户可得补助两千元。[1]" in out
        assert "三万" not in out
        assert "另有 1 句未在资料中得到支持" in out
        assert "以上由大模型 小模型 依据资料写成" in out
        assert "secret" not in out


def test_a_question_asked_after_another_is_put_in_full(terminal: Terminal) -> None:
    out = terminal("ask", "它是多少？", "--after", "说说每户补助")
    assert "（按“每户补助是多少？”回答）" in out
