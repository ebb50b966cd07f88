"""`yinde search` with demands, and `yinde similar`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ui.cli import run

Yinde = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("search") / "library"
    assert run(["--library", str(folder), "--model", "hash", "index", str(samples)]) == 0
    return folder


@pytest.fixture
def yinde(filled: Path, capsys: pytest.CaptureFixture[str]) -> Yinde:
    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["--library", str(filled), *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_options_and_typed_demands_find_the_same(yinde: Yinde) -> None:
    options = yinde("search", "补助", "--kind", "通知", "--date", "2025..2026", "--without", "电梯", "--json")
    typed = yinde("search", "补助 文种:通知 日期:2025..2026 -电梯", "--json")
    assert options[0] == typed[0] == 0
    found = [[hit["id"] for hit in json.loads(out)["hits"]] for _, out, _ in (options, typed)]
    assert found[0] == found[1]
    assert found[0]


def test_a_day_that_does_not_exist_is_told_in_one_line(yinde: Yinde) -> None:
    status, out, err = yinde("search", "补助", "--date", "2024-02-30")
    assert (status, out) == (2, "")
    assert "没有 2 月 30 日" in err


def test_a_mistyped_word_is_asked_back_and_searched_as_typed(yinde: Yinde) -> None:
    _, out, _ = yinde("search", "加装电剃补助")
    assert "是不是要查：加装电梯补助" in out
    record = json.loads(yinde("search", "加装电剃补助", "--json")[1])
    assert (record["query"], record["corrected"]) == ("加装电剃补助", "加装电梯补助")


def test_copies_are_one_hit_with_the_first_and_the_last_place(tmp_path: Path, yinde: Yinde) -> None:
    body = "各级各部门要切实提高思想认识，把防汛抗旱摆上重要议事日程，层层压实责任。"
    for year in (2021, 2023, 2025):
        text = f"关于做好{year}年防汛工作的通知\n\n一、提高认识\n\n{body}\n\n江澜市人民政府\n{year}年5月6日\n"
        (tmp_path / f"{year}.txt").write_text(text, encoding="utf-8")
    library = tmp_path / "library"
    assert run(["--library", str(library), "--model", "hash", "index", *map(str, tmp_path.glob("*.txt"))]) == 0
    _, out, _ = yinde("search", "--library", library, "层层压实责任", "--collapse", "copies")
    screen = out.replace("\n", "").replace(" ", "")
    assert "见于3篇，最早2021-05-06《关于做好2021年防汛工作的通知》，最晚2025-05-06" in screen
    record = json.loads(yinde("search", "--library", library, "层层压实责任", "--collapse", "copies", "--json")[1])
    assert len(record["hits"][0]["copies"]) == 2


def test_similar_lists_other_passages(yinde: Yinde) -> None:
    first = json.loads(yinde("search", "人才引进补贴", "--k", 1, "--json")[1])["hits"][0]["id"]
    record = json.loads(yinde("similar", first, "--k", 3, "--json")[1])
    assert list(record) == ["id", "took_ms", "hits"]
    assert len(record["hits"]) == 3
    assert first not in [hit["id"] for hit in record["hits"]]
    status, _, err = yinde("similar", "没有")
    assert status == 2
    assert "没有" in err
