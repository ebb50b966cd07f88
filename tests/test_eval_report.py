import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from eval.errors import EvalError
from eval.faults import faults, first_gold
from eval.plots import Axis, Estimate, Series, axis, intervals, lines, scatter
from eval.records import Cited, Found, Record, Run, Said, Told
from eval.report import distinct_names, report
from eval.run import machine, summarise
from eval.words import chance, duration, percent, points

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def record(id: str, ranking: str, *, gold: str = "a", abstained: bool = False, precise: float | None = 1.0) -> Record:
    hits = tuple(Found(u, "标题", "一", f"<b>段落{u}</b>", 0.5, (u,), u in gold) for u in ranking)
    cited = () if abstained else (Cited("d", 0, 2, "段落", precise == 1),)
    said = Said(
        "资料中没有找到。" if abstained else "段落。[1]",
        abstained,
        () if abstained else (Told("段落。", "verbatim", (1,), "段落"),),
        cited,
        None if abstained else precise,
        0.0 if abstained else precise,
    )
    return Record(
        id=id,
        question=f"<script>问{id}</script>",
        kind="figure" if gold else "unanswerable",
        split="test",
        answerable=bool(gold),
        answers=("段落",),
        gold=dict.fromkeys(gold, 1),
        evidence=tuple(("通知.txt", unit) for unit in gold),
        ranking=tuple(ranking),
        hits=hits,
        answer=said,
        confidence=0.4,
        timings={"search": 3.0, "ask": 12.0},
        baselines={"first hit": replace(said, statements=(Told("一个段落", "verbatim"),))} if said.citations else {},
    )


RECORDS = (
    record("good", "abc"),
    record("late", "bca"),
    record("missed", "bcd", precise=0.0),
    record("refused", "abc", abstained=True),
    record("invented", "abc", gold=""),
)


def a_run(folder: Path, records: tuple[Record, ...] = RECORDS, **system: object) -> Run:
    facts = {"model": "hash", "mode": "hybrid", "answers": True, "documents": 2, "passages": 9, "lost": []} | system
    summary = {
        "set": {"name": "小集", "digest": "0", "cases": len(records)},
        "system": facts,
        "git": {"sha": "", "dirty": False},
        "machine": machine(),
        "started": "2026-11-22T09:00:00+00:00",
        **summarise(records),
    }
    return Run(folder, summary, records)


def test_faults_come_gravest_first_with_all_their_ways() -> None:
    found = [(fault.record.id, fault.ways, fault.rank) for fault in faults(RECORDS)]
    assert found == [
        ("invented", ("invented",), None),
        ("missed", ("missed", "miscited"), None),
        ("refused", ("refused",), 1),
        ("late", ("late",), 3),
    ]
    assert first_gold(record("x", "bca")) == 3


def test_a_page_is_self_contained_and_escapes_what_documents_hold(tmp_path: Path) -> None:
    page = report([a_run(tmp_path / "甲")])
    assert "<script>问" not in page
    assert "&lt;script&gt;问missed" in page
    assert "<b>段落" not in page
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\(|@import|https?://""", page)
    assert page.count('<details class="fault"') == 4


def test_two_runs_are_compared_on_the_page(tmp_path: Path) -> None:
    better = tuple(replace(one, ranking=("a", "b")) if one.gold else one for one in RECORDS)
    page = report([a_run(tmp_path / "甲"), a_run(tmp_path / "乙", better)])
    assert "乙 比 甲" in page
    assert "逐题对照" in page


def test_runs_over_other_questions_stand_beside_each_other_uncompared(tmp_path: Path) -> None:
    page = report([a_run(tmp_path / "甲"), a_run(tmp_path / "乙", RECORDS[:2])])
    assert "差别是否可信" not in page


def test_runs_without_answers_and_lost_evidence_are_shown(tmp_path: Path) -> None:
    silent = tuple(replace(one, answer=None, timings={"search": 1.0}) for one in RECORDS)
    page = report([a_run(tmp_path / "甲", silent, answers=False, lost=["q1#1"])])
    assert 'id="answers"' not in page
    assert "1 处原文收入时被略去" in page


def test_speed_and_peers_have_their_sections(tmp_path: Path) -> None:
    speed = {
        "engines": [{"name": "引得", "passages_per_second": 60.0, "ratio": 4.0}],
        "clients": [{"clients": 1, "qps": 90.0, "p50_ms": 9.0, "p95_ms": 12.0, "p99_ms": 15.0}],
        "growth": [
            {
                "passages": n,
                "index_seconds": n / 60,
                "open_seconds": 0.2,
                "query_p50_ms": 5.0,
                "answer_p50_ms": 60.0,
                "rss_mb": 700.0,
                "disk_mb": n / 1000,
                "bytes_per_passage": 1000.0,
            }
            for n in (1000, 10000)
        ],
        "cold_cli_seconds": 1.2,
    }
    peers = {
        "set": "小集",
        "rows": [
            {
                "name": "引得",
                "version": "0.1.0",
                "settings": "默认",
                "problem": "",
                "measures": {"nDCG@10": 0.7, "RR@10": 0.6},
                "index_seconds": 3.0,
                "query_p50_ms": 8.0,
                "rss_mb": 700.0,
            },
            {"name": "别家", "version": "1.0", "settings": "默认", "problem": "装不上"},
        ],
    }
    page = report([a_run(tmp_path / "甲")], speed=speed, peers=peers)
    assert "4.0 倍" in page
    assert "收入用时（秒）" in page
    assert "装不上" in page


def test_no_run_makes_no_page() -> None:
    with pytest.raises(EvalError, match="没有可以写进报告的评测"):
        report([])


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    runs = [a_run(tmp_path / "一月" / "r"), a_run(tmp_path / "二月" / "r")]
    assert distinct_names(runs) == ["一月/r", "二月/r"]


def test_ticks_are_round_values_inside_the_axis() -> None:
    assert Axis("", 0.0, 1.0).ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Axis("", 0.0, 1.0, share=True).name(0.4) == "40%"
    assert Axis("", 900, 110_000, log=True).ticks() == pytest.approx(
        [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]
    )
    assert Axis("", 900, 110_000, log=True).name(100_000) == "10万"
    assert Axis("", 1, 100, log=True).place(10) == pytest.approx(0.5)
    assert Axis("", 3, 3).place(3) == 0.5


def test_plots_of_nothing_are_still_plots() -> None:
    for plot in (lines([], axis("甲", []), axis("乙", [])), scatter([], axis("甲", [], log=True), axis("乙", []))):
        assert plot.startswith("<svg")
        assert plot.endswith("</svg>")


def test_names_in_plots_are_escaped() -> None:
    whole = Axis("x<y", 0.0, 1.0)
    plots = lines([Series("<i>", [(0, 0), (1, 1)])], whole, whole, marks=True)
    plots += scatter([Series("<i>", [(0, 0), (0, 0)])], whole, whole, diagonal=True)
    plots += intervals([("<i>", [Estimate(0.5, 0.4, 0.6), None])], ["<i>", "b"])
    assert "<i>" not in plots
    assert "&lt;i&gt; 2 题" in plots


def test_figures_are_written_for_the_reader() -> None:
    assert (percent(0.8344), percent(None)) == ("83.4", "—")
    assert (points(0.012), points(-0.008)) == ("+1.2", "−0.8")
    assert (duration(0.84), duration(12.3), duration(1530)) == ("0.8 毫秒", "12 毫秒", "1.5 秒")
    assert (chance(0.0341), chance(0.0002)) == ("0.034", "<0.001")


@pytest.mark.browser
def test_failures_are_filtered_by_way_and_words_without_a_network(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(report([a_run(tmp_path / "甲"), a_run(tmp_path / "乙")]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 800})
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.goto((tmp_path / "r.html").as_uri())
    assert page.inner_text("#count") == "共 8 题"
    page.select_option("select[name=way]", "missed")
    assert page.inner_text("#count") == "8 题中的 2 题"
    page.select_option("select[name=run]", "乙")
    page.fill("input[name=text]", "段落D")
    assert page.inner_text("#count") == "8 题中的 1 题"
    page.locator("details.fault:visible").click()
    assert page.locator("details.fault:visible li").first.is_visible()
    page.fill("input[name=text]", "没有这样的话")
    assert page.inner_text("#count") == "8 题中的 0 题"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert heard == [(tmp_path / "r.html").as_uri()]
    page.close()


def test_answers_stand_beside_plainer_ones_to_the_same_questions(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run")
    assert run.summary["baselines"]["answer"]["F1"] == 1.0
    assert run.summary["baselines"]["direct"]["F1"] == 1.0
    assert run.summary["baselines"]["first hit"]["F1"] == pytest.approx(2 * 2 / (2 + 4))  # 段落 in 一个段落
    assert "整段照搬第一条" in report([run])
