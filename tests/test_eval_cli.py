import json
import subprocess
import sys
from pathlib import Path

import pytest

CASES = [
    {"id": "q1", "question": "养老床位多少张", "evidence": [{"document": "报告.txt", "quote": "新增养老床位1800张"}]},
    {"id": "q2", "question": "泵站改造几座", "evidence": [{"document": "报告.txt", "quote": "更新改造泵站15座"}]},
    {"id": "u1", "question": "电影票房收入", "evidence": []},
]
REPORT = """工作报告

一、民生

新增养老床位1800张，长者食堂覆盖所有街道。

二、水利

更新改造泵站15座，江堤加固32公里。
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("cli")
    (here / "小集" / "documents").mkdir(parents=True)
    (here / "小集" / "documents" / "报告.txt").write_text(REPORT, encoding="utf-8")
    text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in CASES)
    (here / "小集" / "cases.jsonl").write_text(text, encoding="utf-8")
    for mode in ("hybrid", "lexical"):
        result = evaluate(here, "run", "小集", "--mode", mode, "--model", "hash", "--cache", "cache", "--json")
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["set"]["cases"] == 3
    return here


def evaluate(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parent.parent
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from eval.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=here, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_comparison_is_printed_and_given_as_json(here: Path) -> None:
    shown = evaluate(here, "compare", "runs/小集-hybrid", "runs/小集-lexical")
    assert "小集-lexical 比 小集-hybrid" in shown.stdout
    found = json.loads(evaluate(here, "compare", "runs/小集-hybrid", "runs/小集-lexical", "--json").stdout)
    assert {"measure", "delta", "p", "adjusted", "low", "high"} <= found["differences"][0].keys()


def test_a_report_is_written(here: Path) -> None:
    result = evaluate(here, "report", "runs/小集-hybrid", "runs/小集-lexical", "--out", "页/报告.html")
    assert result.returncode == 0, result.stderr
    assert (here / "页" / "报告.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_gate_exits_with_one_when_a_measure_is_under_its_floor(here: Path) -> None:
    for floor, code in ((0.5, 0), (1.0, 1)):
        text = f'set = "小集"\nmode = "lexical"\n[floors]\n"Success@1" = {floor}\n"rejected" = {floor}\n'
        (here / "gate.toml").write_text(text, encoding="utf-8")
        planted = (here / "小集" / "cases.jsonl").read_text(encoding="utf-8")
        if code:
            worse = planted.replace("泵站改造几座", "长者食堂")
            (here / "小集" / "cases.jsonl").write_text(worse, encoding="utf-8")
        result = evaluate(here, "gate", "gate.toml", "--model", "hash", "--cache", "cache")
        (here / "小集" / "cases.jsonl").write_text(planted, encoding="utf-8")
        assert result.returncode == code, result.stdout + result.stderr
        assert ("未通过" in result.stdout) == bool(code)


def test_another_sets_questions_are_counted_as_refused_or_not(here: Path) -> None:
    folder = here / "别处"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "剧.txt").write_text("该剧由松竹公司于1954年出品。新增养老床位1800张。", encoding="utf-8")
    asked = {"该剧由松竹公司出品是在哪一年": "1954年", "新增养老床位多少张": "1800张"}
    cases = [
        {"id": quote, "question": question, "evidence": [{"document": "剧.txt", "quote": quote}]}
        for question, quote in asked.items()
    ]
    text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    (folder / "cases.jsonl").write_text(text, encoding="utf-8")
    arguments = ("off-topic", "小集", "别处", "--model", "hash", "--cache", "cache")
    result = evaluate(here, *arguments, "--json")
    assert json.loads(result.stdout) == {"别处": {"questions": 2, "refused": 0.5}}, result.stderr
    assert "50.0" in evaluate(here, *arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "没有"], "错误：没有 不是问题集"),
        (["compare", "runs/甲", "runs/乙"], "请先运行 yinde-eval run"),
        (["compare", "runs/小集-hybrid", "runs/小集-lexical", "--measure", "BLEU"], "没有指标 'BLEU'"),
        (["report", "runs/小集-hybrid", "--speed", "没有.json"], "没有文件 没有.json"),
        (["gate", "没有.toml"], "没有门槛文件"),
    ],
)
def test_errors_are_one_line_and_exit_with_two(here: Path, arguments: list[str], says: str) -> None:
    result = evaluate(here, *arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
