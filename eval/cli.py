"""The commands of `yinde-eval`. Results on stdout, progress on stderr."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eval.cases import load_set
from eval.errors import EvalError
from eval.gate import read_gate, shortfalls
from eval.records import Engine, Run, read_run, write_whole
from eval.show import show_comparison, show_gate, show_run
from index.types import Mode

app = typer.Typer(
    help="引得评测：质量、引用、拒答与速度。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console()
log = Console(stderr=True)

GATE = Path(__file__).parent / "gate.toml"

SetFolder = Annotated[Path, typer.Argument(metavar="问题集", help="BEIR 文件夹，或 documents 加 cases.jsonl")]
AsJson = Annotated[bool, typer.Option("--json", help="只输出 JSON")]
Model = Annotated[str | None, typer.Option(help="模型名或文件夹；省略则用自带模型")]
Cache = Annotated[Path | None, typer.Option(help="文库与向量的缓存文件夹")]


@app.command("run")
def run_command(
    folder: SetFolder,
    mode: Annotated[Mode, typer.Option(help="检索方式：hybrid 混合、dense 语义、lexical 字面")] = "hybrid",
    model: Model = None,
    limit: Annotated[int | None, typer.Option(min=1, help="只问这么多题，在全集中均匀选取")] = None,
    split: Annotated[str, typer.Option(help="只问其中一半：dev 或 test")] = "all",
    to: Annotated[Path | None, typer.Option("--out", help="写入的文件夹；默认 runs/问题集-方式")] = None,
    answers: Annotated[bool, typer.Option("--answers/--no-answers", help="是否也作答；不作答则只测检索")] = True,
    library: Annotated[
        Engine, typer.Option("--library", help="文库存在哪里：folder 文件夹，milvus-lite 文件")
    ] = "folder",
    reread: Annotated[bool, typer.Option("--reread", help="检索结果的前几段由自带的重排模型再读一遍")] = False,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """评测一个问题集，写下 run.trec、records.jsonl 和 summary.json。"""
    done = measure(
        folder,
        to,
        mode=mode,
        model=model,
        limit=limit,
        split=split,
        answers=answers,
        cache=cache,
        engine=library,
        reread=reread,
    )
    if as_json:
        _print_json(done.summary)
    else:
        show_run(done, out)


@app.command("compare")
def compare_command(
    first: Annotated[Path, typer.Argument(metavar="原先", help="作为基准的评测文件夹")],
    second: Annotated[Path, typer.Argument(metavar="后来", help="与之比较的评测文件夹")],
    measure_name: Annotated[str, typer.Option("--measure", help="按哪项指标列出变动最大的问题")] = "nDCG@10",
    moved: Annotated[int, typer.Option(min=0, help="列出变动最大的几题，两边名次并排")] = 5,
    as_json: AsJson = False,
) -> None:
    """比较两次评测：差值、随机化检验、区间、胜负，以及变动最大的问题。"""
    from eval.compare import compare, most_moved
    from eval.score import PARTIAL, values

    a, b = read_run(first), read_run(second)
    if a.summary["set"]["digest"] != b.summary["set"]["digest"]:
        raise EvalError(f"{first} 与 {second} 用的不是同一个问题集（或其内容已改），不能比较；请重新评测")
    before, after = values(a.records), values(b.records)
    if measure_name not in before or measure_name not in after:
        raise EvalError(f"没有指标 {measure_name!r}；可用：{'、'.join(name for name in before if name in after)}")
    differences = compare(before, after, partial=PARTIAL)
    questions = most_moved(before[measure_name], after[measure_name], k=moved)
    if as_json:
        rows = [asdict(one) | {"delta": one.delta} for one in differences]
        _print_json({"a": str(first), "b": str(second), "differences": rows, "moved": questions})
    else:
        show_comparison(a, b, differences, questions, (before[measure_name], after[measure_name]), out)


@app.command("report")
def report_command(
    folders: Annotated[list[Path], typer.Argument(metavar="评测…", help="一个或多个评测文件夹；第一个作基准")],
    to: Annotated[Path, typer.Option("--out", help="写到这个文件")] = Path("runs/report.html"),
    speed: Annotated[Path | None, typer.Option(help="yinde-eval speed 写下的 JSON")] = None,
    peers: Annotated[Path | None, typer.Option(help="yinde-eval peers 写下的 JSON")] = None,
) -> None:
    """写成一个网页：不联网即可打开。"""
    from eval.report import report

    page = report(
        [read_run(folder) for folder in folders],
        speed=_read_json(speed) if speed else None,
        peers=_read_json(peers) if peers else None,
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    write_whole(to, page)
    out.print(f"已写入 {to}", highlight=False, soft_wrap=True)


@app.command("gate")
def gate_command(
    file: Annotated[Path, typer.Argument(metavar="门槛", help="门槛文件")] = GATE,
    to: Annotated[Path, typer.Option("--out", help="评测写入的文件夹")] = Path("runs/gate"),
    model: Model = None,
    cache: Cache = None,
) -> None:
    """用自己的问题集把关：任何一项低于门槛即失败（退出码 1）。"""
    gate = read_gate(file)
    done = measure(gate.folder, to, mode=gate.mode, model=model, cache=cache)  # type: ignore[arg-type]
    missed = shortfalls(done.records, gate.floors)
    show_gate(done, gate.floors, missed, out)
    if missed:
        raise typer.Exit(1)


@app.command("speed")
def speed_command(
    passages: Annotated[int, typer.Option(min=1000, help="文库最多扩大到这么多段")] = 10_000,
    texts: Annotated[Path | None, typer.Option(help="JSON Lines 文件，每行有 text；省略则由自带样例拼出")] = None,
    model: Model = None,
    to: Annotated[Path, typer.Option("--out", help="写到这个文件")] = Path("runs/speed.json"),
) -> None:
    """测速：向量化倍数、多路查询、打开与冷启动、内存与磁盘，以及随规模的变化。"""
    from eval.show import show_speed
    from eval.speed import made_up_texts, read_texts, speed

    if texts is None:
        sample = load_set(read_gate(GATE).folder)
        paragraphs = [line for source in sample.sources.values() for line in source.text.split("\n")]
        found = made_up_texts(paragraphs, passages)
    else:
        found = read_texts(texts, passages)
    with bars() as bar:
        result = speed(found, model=model, progress=bar)
    _write_json(to, result)
    show_speed(result, out)
    out.print(f"已写入 {to}", highlight=False, soft_wrap=True)


@app.command("peers")
def peers_command(
    folder: SetFolder,
    limit: Annotated[int | None, typer.Option(min=1, help="只问这么多题，在全集中均匀选取")] = None,
    only: Annotated[list[str] | None, typer.Option(help="只比这几家，可重复给出")] = None,
    environments: Annotated[Path | None, typer.Option(help="各家环境所在的文件夹；没有的会自动安装")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="写到这个文件；默认 runs/peers-问题集.json")] = None,
) -> None:
    """与同类工具比较：同一问题集、同一模型文件夹，各用自己的环境。"""
    from eval.peers import compare_peers
    from eval.show import show_peers
    from eval.system import default_cache

    case_set = load_set(folder).select(limit=limit)
    file = to or Path("runs") / f"peers-{case_set.name}.json"
    with bars() as bar:
        home = environments or default_cache() / "peers"
        result = compare_peers(
            case_set, environments=home, only=only, progress=bar, keep=lambda so_far: _write_json(file, so_far)
        )
    _write_json(file, result)
    show_peers(result, out)
    out.print(f"已写入 {file}", highlight=False, soft_wrap=True)


@app.command("plain")
def plain_command(
    folder: SetFolder,
    model: Model = None,
    limit: Annotated[int | None, typer.Option(min=1, help="只问这么多题，在全集中均匀选取")] = None,
    cache: Cache = None,
    to: Annotated[Path | None, typer.Option("--out", help="写到这个文件；默认 runs/plain-问题集.json")] = None,
) -> None:
    """朴素排序：整段向量、二字词 BM25、分窗向量与二者之和，作为改进的起点。"""
    from eval.plain import compare_plain
    from eval.show import show_plain
    from eval.system import default_cache
    from eval.vectors import remember
    from index.embed import open_embedder

    case_set = load_set(folder).select(limit=limit)
    with bars() as bar:
        result = compare_plain(case_set, remember(open_embedder(model), cache or default_cache()), progress=bar)
    _write_json(to or Path("runs") / f"plain-{case_set.name}.json", result)
    show_plain(result, out)


@app.command("calibrate")
def calibrate_command(
    folder: SetFolder,
    foreign: Annotated[Path | None, typer.Option(help="与之无关的 BEIR 问题集，其问题都应拒答")] = None,
    to: Annotated[Path, typer.Option("--out", help="写到这个文件")] = Path("rag/evidence.json"),
    model: Model = None,
    cache: Cache = None,
) -> None:
    """用问题集的 dev 一半重新拟合拒答与选句，写成程序自带的 evidence.json。"""
    from eval.calibrate import calibrate
    from eval.system import build, default_cache

    own = load_set(folder)
    questions = [case.question for case in load_set(foreign).select(limit=120).cases] if foreign else []
    with bars() as bar, build(own, cache=cache or default_cache(), model=model, progress=bar) as built:
        result = calibrate(own, built, questions)
    result["provenance"]["command"] = f"yinde-eval calibrate {folder.name} --foreign {foreign.name if foreign else ''}"
    _write_json(to, result)
    out.print(f"已写入 {to}", highlight=False, soft_wrap=True)


@app.command("off-topic")
def off_topic_command(
    folder: SetFolder,
    others: Annotated[list[Path], typer.Argument(metavar="别的问题集…", help="与其文件无关的问题集，其问题都应拒答")],
    limit: Annotated[int, typer.Option(min=1, help="每个集只问这么多题，均匀选取")] = 200,
    model: Model = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """拿别的问题集去问这个集的文件：无关的问题有多少拒答。"""
    from eval.off_topic import refused
    from eval.show import show_refused
    from eval.system import build, default_cache

    asked = [load_set(other).select(limit=limit) for other in others]
    with bars() as bar, build(load_set(folder), cache=cache or default_cache(), model=model, progress=bar) as built:
        table = refused(built.library, asked, progress=bar)
    if as_json:
        _print_json(table)
    else:
        show_refused(table, out)


@app.command("hallucinations")
def hallucinations_command(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="资料…", help="文件夹；省略则用自带样例")] = None,
    seed: Annotated[int, typer.Option(help="随机种子；同一种子得同样的句子")] = 1,
    count: Annotated[int, typer.Option(min=1, help="每类至多造这么多句")] = 50,
    wrong: Annotated[bool, typer.Option("--wrong", help="也列出判错的句子")] = False,
    as_json: AsJson = False,
) -> None:
    """造出与原文不符的句子和如实转述的句子，看核对能拦住多少、误拦多少；未达标时退出码为 1。"""
    from eval.hallucinations import CAUGHT, FLAGGED, hallucinations, markdown, reason, shares, tally

    verdicts = hallucinations(folders or (), seed=seed, count=count)
    rows = tally(verdicts)
    caught, flagged = shares(rows)
    if as_json:
        _print_json({"seed": seed, "caught": caught, "flagged": flagged, "kinds": [asdict(row) for row in rows]})
    else:
        out.print(markdown(rows), highlight=False, markup=False, soft_wrap=True)
    for one in verdicts if wrong else ():
        if not one.right:
            text = f"{one.planted.kind}：{one.planted.text}（原句：{one.planted.told}）{reason(one)}"
            log.print(text, highlight=False, markup=False, soft_wrap=True)
    if caught < CAUGHT or flagged > FLAGGED:
        raise typer.Exit(1)


def measure(
    folder: Path,
    to: Path | None,
    *,
    mode: Mode = "hybrid",
    model: str | None = None,
    limit: int | None = None,
    split: str = "all",
    answers: bool = True,
    cache: Path | None = None,
    engine: Engine = "folder",
    reread: bool = False,
) -> Run:
    """Load a set, index it, ask its questions, with progress bars; the finished run."""
    from eval.run import run
    from eval.system import build, default_cache, system

    case_set = load_set(folder).select(split=split, limit=limit)
    with bars() as bar:
        built = build(case_set, cache=cache or default_cache(), model=model, engine=engine, progress=bar)
        with built:
            return run(
                case_set,
                system(built, mode=mode, answers=answers, reread=reread),
                to or Path("runs") / f"{case_set.name}-{mode}{'' if engine == 'folder' else f'-{engine}'}",
                progress=lambda done, total: bar("提问", done, total),
            )


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Progress bars on stderr, one a stage, made when a stage is first heard of."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=log, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield tell


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EvalError(f"没有文件 {file}；请检查路径") from None
    except json.JSONDecodeError as problem:
        raise EvalError(f"{file} 第 {problem.lineno} 行：不是完整的 JSON（{problem.msg}）") from None


def _write_json(file: Path, value: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
