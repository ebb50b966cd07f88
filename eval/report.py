"""One self-contained page about one run or several: opens offline, in any browser, light or dark."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.compare import Difference, compare
from eval.errors import EvalError
from eval.faults import faults
from eval.plots import Axis, Estimate, Series, axis, intervals, lines, scatter
from eval.records import Run
from eval.score import PARTIAL, values
from eval.words import FAULTS, MEANINGS, MODES, TIMINGS, WAYS, chance, duration, kind, label, percent, points, signed

SHOWN_FAULTS = 300  # a run, so that the page stays light
SHOWN_HITS = 5
SHARES = ("nDCG@10", "RR@10", "R@1", "R@5", "R@10", "R@100", "Success@1", "Success@5")
SPOKEN = ("citation precision", "citation recall", "supported", "answered", "rejected", "contains", "F1", "exact")


def report(
    runs: Sequence[Run], *, speed: Mapping[str, Any] | None = None, peers: Mapping[str, Any] | None = None
) -> str:
    """The page, as HTML. The first run is what the others are compared with, where they asked the same questions.

    `speed` and `peers` are what the commands of those names have written. EvalError without any run.
    """
    if not runs:
        raise EvalError("没有可以写进报告的评测；请给出 yinde-eval run 写下的文件夹")
    names = distinct_names(runs)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    filters = (percent, points, duration, chance, signed, kind, label)
    environment.filters |= {written.__name__: written for written in filters}
    return environment.get_template("report.html").render(
        modes=MODES,
        fault_names=FAULTS,
        runs=[_overview(run, name) for run, name in zip(runs, names, strict=True)],
        sets=sorted({run.summary["set"]["name"] for run in runs}),
        today=datetime.now().astimezone().strftime("%Y年%-m月%-d日"),
        retrieval=_quality(runs, names, SHARES),
        answers=_quality(runs, names, SPOKEN),
        kinds=_kinds(runs, names),
        comparisons=_comparisons(runs, names),
        risk=_risk(runs, names),
        beside=[
            (name, run.summary["baselines"]) for run, name in zip(runs, names, strict=True) if run.summary["baselines"]
        ],
        ways=WAYS,
        rejections=[run.summary["abstention"]["rejection"] for run in runs],
        latencies=_latencies(runs, names),
        scatter=_scatter(runs, names),
        faults=_faults(runs, names),
        fault_kinds=sorted({record.kind for run in runs for record in run.records}),
        speed=_speed(speed) if speed else None,
        peers=peers,
    )


def distinct_names(runs: Sequence[Run]) -> list[str]:
    """A name for each run: its folder's, with as much of the path as tells it from the others."""
    depth = 1
    while True:
        names = ["/".join(run.folder.resolve().parts[-depth:]) for run in runs]
        if len(set(names)) == len(names) or depth > 20:
            return names
        depth += 1


def _overview(run: Run, name: str) -> dict[str, Any]:
    return {"name": name, "summary": run.summary, "system": run.summary["system"], "measures": run.summary["measures"]}


def _quality(runs: Sequence[Run], names: Sequence[str], wanted: Sequence[str]) -> dict[str, Any] | None:
    """The plot of some measures with their intervals, and the same as a table; None when no run has them."""
    shown = [name for name in wanted if any(name in run.summary["measures"] for run in runs)]
    if not shown:
        return None
    rows = [(label(name), [_estimate(run, name) for run in runs]) for name in shown]
    table = [
        (label(name), MEANINGS.get(name, ""), [run.summary["measures"].get(name) for run in runs]) for name in shown
    ]
    return {"plot": Markup(intervals(rows, names)), "table": table}


def _estimate(run: Run, measure: str) -> Estimate | None:
    found = run.summary["measures"].get(measure)
    return Estimate(found["mean"], found["low"], found["high"]) if found else None


def _kinds(runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Any]]:
    """For each run that has several kinds of question: the main measures by kind."""
    tables = []
    for run, name in zip(runs, names, strict=True):
        kinds = run.summary["by_kind"]
        if len(kinds) < 2:
            continue
        counts = {kind: sum(record.kind == kind for record in run.records) for kind in kinds}
        columns = [m for m in ("nDCG@10", "Success@1", "citation recall", "answered", "rejected") if _known(kinds, m)]
        tables.append({"run": name, "columns": columns, "rows": kinds, "counts": counts})
    return tables


def _known(kinds: Mapping[str, Mapping[str, float]], measure: str) -> bool:
    return any(measure in means for means in kinds.values())


def _comparisons(runs: Sequence[Run], names: Sequence[str]) -> list[tuple[str, list[Difference]]]:
    base = values(runs[0].records)
    tables = []
    for run, name in zip(runs[1:], names[1:], strict=True):
        if [r.id for r in run.records] == [r.id for r in runs[0].records]:
            tables.append((name, compare(base, values(run.records), partial=PARTIAL)))
    return tables


def _risk(runs: Sequence[Run], names: Sequence[str]) -> Markup:
    curves = [
        Series(name, list(zip(run.summary["abstention"]["coverage"], run.summary["abstention"]["risk"], strict=True)))
        for run, name in zip(runs, names, strict=True)
    ]
    highest = max((risk for curve in curves for _, risk in curve.points), default=1.0)
    y = Axis("答错占比", 0.0, max(0.05, min(1.0, highest * 1.1)), share=True)
    return Markup(lines(curves, Axis("作答占比（由最有把握的开始）", 0.0, 1.0, share=True), y))


def _latencies(runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Any]]:
    """A plot a timing: share of questions done within a time."""
    shown = []
    for timing, title in TIMINGS.items():
        series = []
        for run, name in zip(runs, names, strict=True):
            times = sorted(record.timings[timing] for record in run.records if timing in record.timings)
            series.append(Series(name, [(ms, (i + 1) / len(times)) for i, ms in enumerate(times)]))
        everything = [ms for one in series for ms, _ in one.points]
        if everything:
            x = axis(f"{title}用时（毫秒，对数）", everything, log=True)
            plot = lines([_thin(one) for one in series], x, Axis("已完成的问题", 0.0, 1.0, share=True))
            rows = [run.summary["latency"].get(timing) for run in runs]
            shown.append({"title": title, "plot": Markup(plot), "rows": rows})
    return shown


def _thin(series: Series, most: int = 300) -> Series:
    step = max(1, len(series.points) // most)
    return Series(series.name, [*series.points[::step], *series.points[-1:]])


def _scatter(runs: Sequence[Run], names: Sequence[str]) -> list[tuple[str, Markup]]:
    """Pairs of runs question by question; for a lone run, its confidence against its quality."""
    shown = []
    same = [run for run in runs if [r.id for r in run.records] == [r.id for r in runs[0].records]]
    scores = {id(run): values(run.records).get("nDCG@10", {}) for run in same}
    titles = {id(run): name for run, name in zip(runs, names, strict=True)}
    for a, b in pairwise(same):
        pairs = [(scores[id(a)][q], scores[id(b)][q]) for q in scores[id(a)]]
        x, y = (Axis(f"{titles[id(run)]} 的 nDCG@10", -0.04, 1.04) for run in (a, b))
        plot = scatter([Series("", pairs)], x, y, diagonal=True)
        shown.append((f"{titles[id(a)]} 与 {titles[id(b)]}", Markup(plot)))
    if len(runs) == 1:
        run, quality = runs[0], scores[id(runs[0])]
        groups = [
            Series("有答案", [(r.confidence, quality[r.id]) for r in run.records if r.id in quality]),
            Series("无答案", [(r.confidence, 0.0) for r in run.records if not r.answerable]),
        ]
        x = axis("把握", [a for group in groups for a, _ in group.points])
        shown.append(("把握与质量", Markup(scatter(groups, x, Axis("nDCG@10", -0.04, 1.04)))))
    return shown


def _faults(runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Any]]:
    """What went wrong, as the page's table shows it."""
    rows = []
    for number, (run, name) in enumerate(zip(runs, names, strict=True)):
        found = faults(run.records)
        rows += [
            {
                "run": name,
                "number": number,
                "fault": fault,
                "record": fault.record,
                "hits": fault.record.hits[:SHOWN_HITS],
            }
            for fault in found[:SHOWN_FAULTS]
        ]
    return rows


def _speed(speed: Mapping[str, Any]) -> dict[str, Any]:
    """The growth plots of a speed run: log-log, one a quantity, with the run's own tables beside them."""
    growth = speed["growth"]
    shown = []
    for quantity, title in (
        ("index_seconds", "收入用时（秒）"),
        ("query_p50_ms", "查询用时 p50（毫秒）"),
        ("answer_p50_ms", "作答另加 p50（毫秒）"),
        ("open_seconds", "打开文库（秒）"),
        ("rss_mb", "内存（MB）"),
        ("disk_mb", "磁盘（MB）"),
    ):
        grown = [(row["passages"], row[quantity]) for row in growth if row.get(quantity)]
        if len(grown) > 1:
            x = axis("段落数（对数）", [a for a, _ in grown], log=True)
            y = axis(title, [b for _, b in grown], log=True)
            shown.append((title, Markup(lines([Series("引得", grown)], x, y, marks=True, height=260))))
    return {"plots": shown, **speed}
