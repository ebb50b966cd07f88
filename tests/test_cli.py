"""The terminal's contract: JSON objects key by key, exit codes, and one Chinese line for what the user must change."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.errors import QueryError
from ui.cli import run, typed

NOTICE = """关于做好2026年人才引进工作的通知

各县（市、区）人民政府，市政府各部门：

为加快建设人才强市，现就做好2026年人才引进工作通知如下。

一、工作目标

2026年全市计划引进高层次人才300名，其中博士研究生60名。

二、主要任务

（一）完善引才政策。对新引进的博士研究生，给予一次性安家补助20万元。

（二）优化人才服务。设立人才服务专窗，实行一站式办理。

临江市人民政府办公室
2026年3月1日
"""
PLAN = """临江市基层减负工作方案

一、总体要求

坚持为基层减负，精简文件会议，规范督查检查考核。

二、主要措施

（一）精简会议。全市性会议数量比上年减少三分之一。

（二）规范考核。未经批准不得开展一票否决事项考核。
"""
HIT_KEYS = ["rank", "score", "id", "doc_id", "title", "path", "address", "page", "start", "end", "text", "signals"]
HIT_KEYS += ["date", "terms", "evidence", "copies"]
COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]


@dataclass
class Outcome:
    status: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """What was printed, when it is one JSON object and nothing else."""
        assert self.out.count("\n") == 1
        record = json.loads(self.out)
        assert isinstance(record, dict)
        return record


def joined(outcome: Outcome) -> str:
    """What people read, with the lines that the terminal's width broke put together."""
    return outcome.out.replace("\n", "").replace(" ", "")


Yinde = Callable[..., Outcome]


@pytest.fixture
def yinde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Yinde:
    """The command, with the weightless model and a library of its own."""
    monkeypatch.setenv("YINDE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("YINDE_MODEL", "hash")

    def call(*arguments: object) -> Outcome:
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder of two documents."""
    folder = tmp_path / "公文"
    folder.mkdir()
    (folder / "人才.txt").write_text(NOTICE, encoding="utf-8")
    (folder / "减负.md").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture
def filled(yinde: Yinde, papers: Path) -> Yinde:
    """The command, its library holding the two documents."""
    assert yinde("index", papers).status == 0
    return yinde


def test_index_reports_documents_by_id_and_then_finds_nothing_new(yinde: Yinde, papers: Path) -> None:
    first = yinde("index", papers, "--json")
    assert first.status == 0
    assert list(first.record) == ["added", "changed", "unchanged", "removed", "failed", "passages"]
    assert len(first.record["added"]) == 2
    assert first.record["passages"] > 4
    again = yinde("index", papers, "--json").record
    assert again["added"] == []
    assert sorted(again["unchanged"]) == sorted(first.record["added"])


def test_index_exits_1_and_names_the_input_that_failed(yinde: Yinde, papers: Path) -> None:
    outcome = yinde("index", papers, papers / "没有.txt", "--json")
    assert outcome.status == 1
    (failure,) = outcome.record["failed"]
    assert list(failure) == ["path", "reason"]
    assert failure["path"] == str(papers / "没有.txt")
    assert len(outcome.record["added"]) == 2


def test_index_tells_people_counts_and_failures(yinde: Yinde, papers: Path) -> None:
    outcome = yinde("index", papers, papers / "没有.txt")
    assert "新增 2 篇" in outcome.out
    assert "1 篇没有收入" in outcome.out
    assert "没有.txt" in joined(outcome)


def test_search_prints_hits_whose_offsets_lie_in_their_document(filled: Yinde) -> None:
    outcome = filled("search", "引进博士研究生", "--k", 3, "--json")
    assert outcome.status == 0
    record = outcome.record
    assert list(record) == ["query", "took_ms", "corrected", "hits"]
    assert record["query"] == "引进博士研究生"
    assert [list(hit) for hit in record["hits"]] == [HIT_KEYS] * len(record["hits"])
    assert [hit["rank"] for hit in record["hits"]] == [1, 2, 3]
    assert "博士研究生" in record["hits"][0]["text"]
    for hit in record["hits"]:
        document = filled("document", hit["doc_id"], "--json").record
        assert document["text"][hit["start"] : hit["end"]] == hit["text"]
        assert document["title"] == hit["title"]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_search_takes_every_mode(filled: Yinde, mode: str) -> None:
    assert filled("search", "精简会议", "--mode", mode, "--json").record["hits"]


def test_search_without_quotes_is_one_query(filled: Yinde) -> None:
    assert filled("search", "基层", "减负", "--json").record["query"] == "基层 减负"


def test_search_shows_people_the_title_the_passage_and_how_to_open_it(filled: Yinde) -> None:
    outcome = filled("search", "博士研究生安家补助")
    assert outcome.status == 0
    assert "关于做好2026年人才引进工作的通知" in outcome.out
    assert "安家补助20万元" in joined(outcome)
    assert "yinde show " in outcome.out


def test_search_that_finds_nothing_is_done_and_says_so(filled: Yinde) -> None:
    outcome = filled("search", "鲸鱼", "--mode", "lexical")
    assert outcome.status == 0
    assert "没有找到" in outcome.out
    assert filled("search", "鲸鱼", "--mode", "lexical", "--json").record["hits"] == []


def test_ask_cites_verbatim(filled: Yinde) -> None:
    outcome = filled("ask", "新引进的博士研究生给予多少安家补助？", "--json")
    assert outcome.status == 0
    record = outcome.record
    assert list(record)[:4] == ["question", "asked", "answer", "abstained"]
    assert record["statements"][0]["support"] == "verbatim"
    assert record["abstained"] is False
    assert "20万元" in record["answer"]
    for number, citation in enumerate(record["citations"], start=1):
        assert list(citation) == ["number", "id", "doc_id", "title", "address", "page", "start", "end", "quote"]
        assert citation["number"] == number
        assert f"[{number}]" in record["answer"]
        text = filled("document", citation["doc_id"], "--json").record["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert [list(hit) for hit in record["evidence"]] == [HIT_KEYS] * len(record["evidence"])


def test_ask_shows_people_numbered_sources(filled: Yinde) -> None:
    out = filled("ask", "新引进的博士研究生给予多少安家补助？").out
    assert "20万元" in out
    assert out.count("[1]") >= 2
    assert "出处" in out


def test_ask_abstains_with_exit_0(filled: Yinde) -> None:
    outcome = filled("ask", "鲸鱼怎样在海里睡觉？", "--json")
    assert outcome.status == 0
    assert outcome.record["abstained"] is True
    assert outcome.record["citations"] == []
    assert outcome.record["answer"]


def test_show_prints_a_passage_between_its_neighbours(filled: Yinde) -> None:
    hit = filled("search", "人才服务专窗", "--k", 1, "--json").record["hits"][0]
    record = filled("show", hit["id"], "--json").record
    keys = ["id", "doc_id", "title", "path", "address", "page", "start", "end", "text", "before", "after", "meta"]
    assert list(record) == keys
    assert record["text"] == hit["text"]
    assert "安家补助" in record["before"]
    assert record["meta"]["source"].endswith("人才.txt")
    assert hit["text"][:10] in filled("show", hit["id"]).out


def test_the_first_passage_has_nothing_before_it(filled: Yinde) -> None:
    doc_id = filled("search", "精简会议", "--json").record["hits"][0]["doc_id"]
    passages = filled("document", doc_id, "--json").record["passages"]
    assert filled("show", passages[0]["id"], "--json").record["before"] == ""
    assert filled("show", passages[-1]["id"], "--json").record["after"] == ""


def test_document_prints_text_and_places(filled: Yinde) -> None:
    doc_id = filled("search", "精简会议", "--json").record["hits"][0]["doc_id"]
    record = filled("document", doc_id, "--json").record
    assert list(record) == ["id", "title", "meta", "text", "passages", "versions"]
    assert [list(place) for place in record["passages"]] == [["id", "start", "end", "path", "address", "page"]] * len(
        record["passages"]
    )
    shown = filled("document", doc_id)
    assert record["passages"][0]["id"] in shown.out
    assert "不得开展一票否决事项考核" in joined(shown)


def test_stats_counts(filled: Yinde) -> None:
    record = filled("stats", "--json").record
    assert list(record) == ["documents", "passages", "windows", "model", "dimension", "generation", "sizes"]
    assert record["documents"] == 2
    assert record["windows"] >= record["passages"] > 0
    assert all(isinstance(size, int) for size in record["sizes"].values())
    assert "2 篇" in filled("stats").out


def test_options_may_stand_before_the_command(yinde: Yinde, papers: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "另一处"
    assert yinde("--library", elsewhere, "index", papers).status == 0
    assert yinde("--json", "--library", elsewhere, "stats").record["documents"] == 2
    assert yinde("--library", tmp_path / "没有", "stats", "--library", elsewhere).status == 0


def test_without_a_choice_the_library_is_the_users_own(
    yinde: Yinde, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("YINDE_LIBRARY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert yinde("index", papers).status == 0
    assert list(tmp_path.rglob("yinde/library/catalog.sqlite"))


def test_a_home_that_the_shell_left_as_a_tilde_is_the_same_for_every_command(
    yinde: Yinde, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("YINDE_LIBRARY", "~/文库")
    assert yinde("index", papers).status == 0
    assert yinde("keys", "add", "张三").status == 0
    assert (tmp_path / "文库" / "keys.json").is_file()
    assert yinde("doctor").status == 0


def refused(outcome: Outcome) -> str:
    """The one line of a refusal, after checking that it is one, with exit 2 and nothing on standard output."""
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("错误：")
    return outcome.err


@pytest.mark.parametrize("arguments", [["search", "人才"], ["ask", "人才？"], ["stats"], ["show", "p"], ["serve"]])
@pytest.mark.parametrize("before", [[], ["--json"]])
def test_a_library_that_does_not_exist_is_refused_with_the_cure(
    yinde: Yinde, arguments: list[str], before: list[str]
) -> None:
    assert "yinde index" in refused(yinde(*before, *arguments))


def test_unknown_ids_are_refused(filled: Yinde) -> None:
    assert "没有的编号" in refused(filled("show", "没有的编号", "--json"))
    assert "没有的编号" in refused(filled("document", "没有的编号", "--json"))


def test_queries_that_cannot_be_asked_are_refused(filled: Yinde) -> None:
    refused(filled("search", " ", "--json"))
    refused(filled("search", "人才", "--k", 0, "--json"))
    refused(filled("search", "人" * 20_000, "--json"))


def test_another_model_is_refused_by_name(filled: Yinde) -> None:
    assert "hash" in refused(filled("search", "人才", "--model", "另一个模型"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["search"], "缺少 QUERY（要查的话）；用法见 yinde search --help"),
        (["keys", "add"], "缺少 NAME（名称）；用法见 yinde keys add --help"),
        (["summary", "d0", "--sentences", "0"], "--sentences 不能小于 1"),
        (["serch", "人才"], "没有命令 serch，是不是 search"),
        (["search", "人才", "--mode", "fuzzy"], "--mode 只能取 hybrid, dense, lexical"),
        (["search", "人才", "--k", "几"], "要写成整数"),
        (["search", "人才", "--quick"], "没有选项 --quick"),
        (["search", "人才", "--library"], "选项 --library 后面缺少内容"),
        (["stats", "多余"], "多出了 多余"),
        (["serve", "--port", "99999"], "--port 不能大于 65535"),
    ],
)
def test_usage_errors_are_one_chinese_line(yinde: Yinde, arguments: list[str], complaint: str) -> None:
    assert complaint in refused(yinde(*arguments))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["search", "--help"], ["index", "-h"], ["keys"]])
def test_help_is_chinese(yinde: Yinde, arguments: list[str]) -> None:
    outcome = yinde(*arguments)
    assert outcome.status == 0
    assert "用法：yinde" in outcome.out
    assert not {"Usage", "Options", "Arguments", "Show", "default", "required"} & set(outcome.out.split())


def test_version() -> None:
    result = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("yinde 0.")


def test_the_command_line_loads_no_heavy_library() -> None:
    program = (
        "import sys, ui.cli; print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'numpy', 'torch', 'gradio', 'faiss', 'tantivy', 'transformers', 'sentence_transformers', 'fastapi'}))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "\n"


def test_json_is_utf8_whatever_the_terminal_and_people_get_question_marks(filled: Yinde) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    arguments = [*COMMAND, "search", "人才", "--mode", "lexical"]
    machine = subprocess.run([*arguments, "--json"], env=environment, capture_output=True, check=True)
    assert json.loads(machine.stdout.decode("utf-8"))["query"] == "人才"
    assert "人才" in machine.stdout.decode("utf-8")
    people = subprocess.run(arguments, env=environment, capture_output=True, check=True)
    assert b"300" in people.stdout
    assert b"Traceback" not in people.stderr


@pytest.mark.skipif(os.name == "nt", reason="arguments are Unicode on Windows")
def test_a_query_typed_in_another_encoding_is_read_again() -> None:
    assert typed(["人才", "引进"]) == "人才 引进"
    assert typed(["人才".encode().decode("ascii", "surrogateescape")]) == "人才"
    assert typed([os.fsdecode("人才".encode("gb18030"))]) == "人才"
    with pytest.raises(QueryError, match="UTF-8"):
        typed(["\udcff"])


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently on Windows")
@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_a_reader_who_leaves_hears_nothing(filled: Yinde, extra: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*COMMAND, "search", "人才", "--mode", "lexical", *extra], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_an_interrupt_is_one_line_and_exit_130(yinde: Yinde, tmp_path: Path) -> None:
    folder = tmp_path / "很多"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number}.txt").write_text(NOTICE.replace("300名", f"{number}名"), encoding="utf-8")
    # A job in the background of a shell ignores Ctrl-C, and so would its children.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{heeds}; from ui.cli import main; main()", "index", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (tmp_path / "library" / "catalog.sqlite").exists():
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.decode()) == (130, b"", "已中断。\n")
