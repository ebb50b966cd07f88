"""Runs, comparisons and gates as tables in the terminal."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.compare import Difference
from eval.faults import first_gold
from eval.gate import Shortfall
from eval.measures import RETRIEVAL
from eval.records import Record, Run
from eval.words import TIMINGS, chance, duration, label, percent, points

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
        console.print(f"拒答：{shares}；风险—覆盖面积 {percent(abstention['area'])}", highlight=False)
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


def _table(title: str, headings: Sequence[str]) -> Table:
    """A table of figures that fits into 80 columns."""
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1), collapse_padding=True)
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "指标" else "right", no_wrap=True)
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
