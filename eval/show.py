"""Runs, comparisons and gates as tables in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.compare import Difference
from eval.faults import first_gold
from eval.gate import Shortfall
from eval.measures import RETRIEVAL
from eval.records import Record, Run
from eval.words import TIMINGS, WAYS, chance, duration, label, percent, points

_SHOWN = 5  # passages of each ranking


def show_run(run: Run, console: Console) -> None:
    """A run's measures with their intervals, abstention and latency."""
    title = f"{run.summary['set']['name']}（{run.summary['set']['cases']} 题）"
    table = _table(title, ("指标", "均值", "95% 区间", "题数"))
    measures = run.summary["measures"]
    for name in [*(n for n in RETRIEVAL if n in measures), *(n for n in measures if n not in RETRIEVAL)]:
        row = measures[name]
        table.add_row(label(name), percent(row["mean"]), f"{percent(row['low'])}–{percent(row['high'])}", str(row["n"]))
    console.print(table)
    abstention = run.summary["abstention"]
    shares = "，".join(
        f"误拒 {float(share):.0%} 时拒掉 {percent(value)}%"
        for share, value in abstention["rejection"].items()
        if value is not None
    )
    if shares:
        areas = f"ROC 面积 {percent(abstention.get('separation'))}；风险—覆盖面积 {percent(abstention['area'])}"
        console.print(f"拒答：{shares}；{areas}", highlight=False)
    console.print(f"把握与实际之差（ECE）：{percent(abstention['calibration error'])}", highlight=False)
    if run.summary["baselines"]:
        console.print(_beside(run.summary["baselines"]))
    for timing, row in run.summary["latency"].items():
        times = "，".join(f"{name} {duration(row[name])}" for name in ("p50", "p95", "p99"))
        console.print(f"{TIMINGS.get(timing, timing)}：{times}", highlight=False)
    if lost := run.summary["system"].get("lost"):
        console.print(f"有 {len(lost)} 处原文收入时被略去，按未找到计：{'、'.join(lost[:5])}", style="yellow")
    console.print(f"已写入 {run.folder}", highlight=False, soft_wrap=True)


def show_comparison(
    a: Run,
    b: Run,
    differences: Sequence[Difference],
    moved: Sequence[str],
    scores: tuple[Mapping[str, float], Mapping[str, float]],
    console: Console,
) -> None:
    """What changed from A to B: each measure with its test, then the most moved questions, rankings side by side."""
    table = _table(f"{b.name} 比 {a.name}", ("指标", "原为", "现为", "相差", "95% 区间", "p", "校正 p", "胜/负/平"))
    for one in differences:
        style = "" if one.adjusted >= 0.05 else "green" if one.delta > 0 else "red"
        table.add_row(
            label(one.measure),
            percent(one.a),
            percent(one.b),
            f"[{style}]{points(one.delta)}[/]" if style else points(one.delta),
            f"{points(one.low)} 至 {points(one.high)}",
            chance(one.p),
            chance(one.adjusted),
            f"{one.wins}/{one.losses}/{one.ties}",
        )
    console.print(table)
    before, after = ({record.id: record for record in run.records} for run in (a, b))
    for question in moved:
        delta = points(scores[1][question] - scores[0][question])
        console.print(f"\n[bold]{escape(before[question].question)}[/]　{question}　{delta}", highlight=False)
        beside = Table(box=SIMPLE, expand=True, padding=(0, 1), collapse_padding=True)
        beside.add_column("", no_wrap=True)
        for run, records in ((a, before), (b, after)):
            beside.add_column(f"{run.name}（依据{_placed(records[question])}）", ratio=1)
        for row in range(_SHOWN):
            beside.add_row(str(row + 1), _hit(before[question], row), _hit(after[question], row))
        console.print(beside)


def show_gate(run: Run, floors: Mapping[str, float], missed: Sequence[Shortfall], console: Console) -> None:
    """Each floor with what was measured, and the verdict."""
    short = {one.measure: one for one in missed}
    table = _table(f"{run.summary['set']['name']} 把关", ("指标", "门槛", "实测", ""))
    rejected = run.summary["abstention"]["rejection"]
    for name, floor in floors.items():
        known = run.summary["measures"].get(name, {}).get("mean", rejected.get(name.rpartition("@")[2]))
        verdict = "[red]不足[/]" if name in short else "[green]通过[/]"
        table.add_row(label(name), percent(floor), percent(known), verdict)
    console.print(table)
    console.print("未通过：质量低于门槛，请看 records.jsonl 里变差的问题" if missed else "通过", highlight=False)


def show_speed(result: Mapping[str, Any], console: Console) -> None:
    """The parts of a speed run."""
    table = _table("向量化（同样的文字，交替测量）", ("引擎", "段/秒", "倍数"))
    for row in result["engines"]:
        table.add_row(row["name"], f"{row['passages_per_second']:.1f}", f"{row['ratio']:.1f}")
    console.print(table)
    table = _table("查询", ("同时查询", "次/秒", "p50", "p95", "p99"))
    for row in result["clients"]:
        times = (duration(row[f"p{p}_ms"]) for p in (50, 95, 99))
        table.add_row(f"{row['clients']} 路", f"{row['qps']:.0f}", *times)
    console.print(table)
    table = _table("随规模（收入不含向量化）", ("段落", "收入", "打开", "查询 p50", "作答另加 p50", "内存", "每段"))
    for row in result["growth"]:
        table.add_row(
            str(row["passages"]),
            duration(row["index_seconds"] * 1000),
            duration(row["open_seconds"] * 1000),
            duration(row["query_p50_ms"]),
            duration(row["answer_p50_ms"]),
            f"{row['rss_mb']:.0f} MB",
            f"{row['bytes_per_passage']:.0f} 字节",
        )
    console.print(table)
    console.print(f"命令行冷启动查询 {duration(result['cold_cli_seconds'] * 1000)}", highlight=False)


def show_peers(result: Mapping[str, Any], console: Console) -> None:
    """Quality and cost of each system on the same questions; what one cannot do is said."""
    table = _table(
        f"{result['set']}（{result['cases']} 题）", ("工具", "版本", "nDCG@10", "RR@10", "收入", "查询 p50", "内存")
    )
    for row in result["rows"]:
        if row["problem"]:
            table.add_row(row["name"], row["version"], "—", "—", "—", "—", "—")
            continue
        table.add_row(
            row["name"],
            row["version"],
            percent(row["measures"]["nDCG@10"]),
            percent(row["measures"]["RR@10"]),
            duration(row["index_seconds"] * 1000),
            duration(row["query_p50_ms"]),
            f"{row['rss_mb']:.0f} MB",
        )
    console.print(table)
    for row in result["rows"]:
        console.print(f"{row['name']}：{row['problem'] or row['settings']}", highlight=False, markup=False)


def show_plain(result: Mapping[str, Any], console: Console) -> None:
    """The plain rankings on the same questions."""
    names = {"paragraphs": "整段向量", "bigrams": "二字词 BM25", "windows": "分窗向量", "sum": "分窗向量与 BM25 之和"}
    measures = ("nDCG@10", "RR@10", "R@10", "R@100")
    table = _table(f"{result['set']}（{result['cases']} 题）", ("排序", *measures))
    for row in result["rows"]:
        table.add_row(names[row["name"]], *(percent(row[measure]) for measure in measures))
    console.print(table)


def show_refused(result: Mapping[str, Mapping[str, float]], console: Console) -> None:
    """How many of each foreign set's questions were refused."""
    table = _table("与文件无关的问题", ("问题集", "题数", "拒答"))
    for name, row in result.items():
        table.add_row(name, str(round(row["questions"])), percent(row["refused"]))
    console.print(table)


def _beside(baselines: Mapping[str, Mapping[str, float | None]]) -> Table:
    """The answers beside plainer ones to the same questions."""
    names = ("F1", "contains", "evidence hit", "citation precision", "citation recall")
    table = _table("与最简单的答法相比（该答的题）", ("", *(label(name) for name in names), "字数"))
    for way, row in baselines.items():
        length = row.get("characters")
        cells = [percent(row.get(name)) for name in names]
        table.add_row(WAYS[way], *cells, "—" if length is None else f"{length:.0f}")
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    """A table of figures that fits into 80 columns."""
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1), collapse_padding=True)
    for heading in headings:
        table.add_column(heading, justify="right" if table.columns else "left", no_wrap=True)
    return table


def _placed(record: Record) -> str:
    rank = first_gold(record)
    return f"在第 {rank} 位" if rank else "未找到"


def _hit(record: Record, row: int) -> str:
    if row >= len(record.hits):
        return ""
    hit = record.hits[row]
    title = hit.title if len(hit.title) <= 12 else hit.title[:12] + "…"
    text = escape(f"{title} {hit.address}　{' '.join(hit.text.split())[:48]}")
    return f"[green]✓ {text}[/]" if hit.gold else text
