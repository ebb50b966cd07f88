"""What people read on a terminal: passages with their evidence marked, numbered sources, progress bars."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from index.types import Document, Hit, Passage, Span
from rag.reference import place_name
from rag.types import UNSUPPORTED, Answer, Citation, Statement
from ui.prose import Prose, printable
from ui.words import RECOGNISED

if TYPE_CHECKING:
    from index.library import Stats
    from index.versions import Version

EXCERPT = 180  # characters of a passage in a list of hits; `yinde show` has all of it
BREADCRUMB = 28  # characters of all headings above a passage together
PARTS = {"catalog": "原文与向量", "generation": "检索索引", "originals": "原件"}
META = {
    "issuer": "发文机关",
    "number": "发文字号",
    "date": "成文日期",
    "kind": "文种",
    "secrecy": "密级",
    "urgency": "紧急程度",
    "signatory": "签发人",
    "speaker": "讲话人",
    "to": "主送",
    "cc": "抄送",
    "attachments": "附件",
    "printed_by": "印发机关",
    "printed": "印发日期",
}


class Screen(Console):
    """A rich console that leaves quietly when its reader does (`yinde … | head`)."""

    def on_broken_pipe(self) -> None:
        """Leave as a program that SIGPIPE stopped."""
        leave_closed_pipe()


def leave_closed_pipe() -> NoReturn:
    """End as a program that SIGPIPE stopped, without a word from the interpreter's own last flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(141)


def screen(*, stderr: bool = False) -> Screen:
    """Standard output or error. Nothing is coloured but what we colour: official texts hold no syntax."""
    return Screen(stderr=stderr, highlight=False, markup=False, emoji=False)


def show_hits(out: Console, query: str, hits: Sequence[Hit], *, took_ms: float) -> None:
    """A list of hits: title, where it stands, the passage around its evidence, and why it matched."""
    if not hits:
        out.print(f"没有找到与“{printable(query)}”相符的段落。可以换个说法，或少用几个词。")
        return
    out.print(Text(f"找到 {len(hits)} 段，用时 {took_ms / 1000:.2f} 秒", "dim"))
    for number, hit in enumerate(hits, start=1):
        out.print()
        _heading(out, f"{number:>2}. ", hit.title, hit.passage)
        out.print(Prose(_excerpt(hit.passage, focus=hit.window, marks=hit.matched), indent=4))
        _print_line(out, "    ", (_why(hit), "dim"))
        if hit.copies:
            out.print(Prose(Text(_copies(hit), "dim"), indent=4))
        _print_line(out, "    ", (f"yinde show {hit.passage.id}", "dim"))


def show_corrected(out: Console, corrected: str) -> None:
    """What was perhaps meant, for the reader to take up; nothing when the query seems right."""
    if corrected:
        out.print(Prose(Text(f"是不是要查：{printable(corrected)}", "yellow")))


def show_asked(out: Console, asked: str) -> None:
    """The question in full that a follow-up was taken for."""
    out.print(Prose(Text(f"（按“{printable(asked)}”回答）", "dim")))


def show_statement(out: Console, statement: Statement) -> None:
    """One sentence of an answer with its numbers, the words that answer by themselves in bold."""
    line = Text(printable(statement.text))
    if statement.focus:
        line.stylize("bold", *statement.focus)
    for number in statement.citations:
        line.append(f"[{number}]", "bold cyan")
    if statement.support == "unsupported":
        line.append(f"（{UNSUPPORTED}）", "bold yellow")
    out.print(Prose(line))


def show_abstained(out: Console, answer: Answer) -> None:
    """Why nothing was answered, and the nearest passages."""
    out.print(Prose(Text(printable(answer.note), "bold yellow")))
    if answer.evidence:
        out.print(Text("\n最接近的段落", "dim"))
    for hit in answer.evidence[:3]:
        _heading(out, "  · ", hit.title, hit.passage)
        out.print(Prose(Text(_clip(printable(hit.passage.text).replace("\n", " "), 70)), indent=4))
        _print_line(out, "    ", (f"yinde show {hit.passage.id}", "dim"))


def show_sources(out: Console, answer: Answer) -> None:
    """What is to be known of how an answer came to be, then each cited passage under its numbers."""
    if answer.note:
        out.print(Prose(Text(printable(answer.note), "yellow")))
    if answer.withheld:
        out.print(Prose(Text(f"另有 {answer.withheld} 句未在资料中得到支持，没有显示。", "yellow")))
    if answer.writer:
        out.print(Prose(Text(f"以上由大模型 {printable(answer.writer)} 依据资料写成，逐句核对过出处。", "dim")))
    out.print(Text("\n出处", "bold"))
    sources: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        sources.setdefault(citation.passage.id, []).append(citation)
    for citations in sources.values():
        passage, spans = citations[0].passage, [(citation.start, citation.end) for citation in citations]
        numbers = "".join(f"[{citation.number}]" for citation in citations)
        _heading(out, f"{numbers} ", citations[0].title, passage, page=citations[0].page)
        focus = (min(start for start, _ in spans), max(end for _, end in spans))
        out.print(Prose(_excerpt(passage, focus=focus, marks=spans), indent=4))
        _print_line(out, "    ", (f"yinde show {passage.id}", "dim"))


def show_passage(
    out: Console, passage: Passage, document: Document, *, before: Sequence[Passage], after: Sequence[Passage]
) -> None:
    """A passage between its neighbours, under its document's particulars."""
    _document_heading(out, document)
    _print_line(out, (" › ".join(passage.path), "cyan"))
    if passage.address or passage.page:
        _print_line(out, (f"位置 {place_name(passage.address, passage.page)}", "cyan"))
    parts = (("上文", before, "dim"), ("本段", (passage,), "bold"), ("下文", after, "dim"))
    for name, passages, style in parts:
        if passages:
            out.print(Text(f"\n{name}", "dim"))
        for part in passages:
            out.print(Prose(Text(printable(part.text), style), indent=2))


def show_document(out: Console, document: Document, passages: Sequence[Passage], versions: "Sequence[Version]") -> None:
    """A whole document, every passage under its address and id, below the documents much like it."""
    _document_heading(out, document)
    for version in versions:
        date = f"，{version.date}" if version.date else ""
        _print_line(
            out, (f"另有版本《{version.title}》{date}，{version.likeness:.0%} 相同  yinde document {version.id}", "dim")
        )
    end = 0
    for passage in passages:
        between = document.text[end : passage.start].strip("\n")
        if between:
            out.print(Prose(Text(printable(between), "bold")))
        out.print()
        _print_line(out, (place_name(passage.address, passage.page) or "·", "cyan"), (f"  {passage.id}", "dim"))
        out.print(Prose(Text(printable(passage.text)), indent=2))
        end = passage.end


def show_stats(out: Console, stats: "Stats", *, folder: str) -> None:
    """How much the library holds, one fact a line."""
    rows = {
        "文库": printable(folder),
        "文件": f"{stats.documents:,} 篇",
        "段落": f"{stats.passages:,} 段（向量窗口 {stats.windows:,} 个）",
        "模型": f"{printable(stats.model)}（{stats.dimension} 维）",
        "版次": f"第 {stats.generation} 版",
        "占用": "，".join(f"{PARTS.get(part, part)} {_size(count)}" for part, count in stats.bytes.items()) or "0 B",
    }
    for name, value in rows.items():
        out.print(Prose(Text(f"{name}  ", "bold").append(value, "default not bold")))


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        """As 12.3/秒, nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/秒" if speed else "", "cyan")


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Draw bars on standard error while inside: call what you get with (stage, done, total).

    A stage met for the first time gets its own bar. Nothing is drawn where standard error is not a terminal.
    """
    err = Screen(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=err, disable=not err.is_terminal)
    stages: dict[str, TaskID] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            bars.start()
            stages[stage] = bars.add_task(stage, total=total or None)
        bars.update(stages[stage], completed=done, total=total or None)

    try:
        yield report
    finally:
        if stages:
            bars.stop()


def _heading(out: Console, lead: str, title: str, passage: Passage, *, page: int | None = None) -> None:
    """[1] Title, then where the passage, or words on a `page` of it, stands: 二(一)·二是，第3页  heading › heading."""
    out.print(Prose(Text(printable(title), "bold"), indent=4, lead=Text(lead, "bold cyan")))
    above = [heading for heading in passage.path if heading not in passage.text]
    path = " › ".join(_clip(heading, max(BREADCRUMB // len(above), 8)) for heading in above)
    place = place_name(passage.address, passage.page if page is None else page)
    where = "  ".join(part for part in (place, path) if part)
    if where:
        out.print(Prose(Text(printable(where), "cyan"), indent=4))


def _document_heading(out: Console, document: Document) -> None:
    out.print(Prose(Text(printable(document.title), "bold")))
    facts = [f"{name} {printable(document.meta[key])}" for key, name in META.items() if document.meta.get(key)]
    if facts:
        out.print(Prose(Text("  ".join(facts), "dim")))
    _print_line(out, (document.meta.get("source", ""), "dim"))
    if document.meta.get("recognised"):
        _print_line(out, (RECOGNISED.format(pages=document.meta["recognised"]), "yellow"))
    if document.meta.get("warnings"):
        out.print(Prose(Text(f"注意：{printable(document.meta['warnings'])}", "yellow")))


def _excerpt(passage: Passage, *, focus: Span | None, marks: Sequence[Span]) -> Text:
    """The passage, or EXCERPT characters of it around `focus`, with `marks` (document offsets) made to stand out."""
    start, end = _clip_span(passage, focus or (marks[0] if marks else None))
    text = Text(printable(passage.text[start:end]).replace("\n", " "))
    for left, right in marks:
        text.stylize("bold yellow", max(left - passage.start - start, 0), max(right - passage.start - start, 0))
    if start > 0:
        text = Text("……", "dim").append_text(text)
    if end < len(passage.text):
        text.append("……", "dim")
    return text


def _clip_span(passage: Passage, focus: Span | None) -> Span:
    """The stretch of the passage's text to print, in its own offsets: a short one whole, else by clauses."""
    text, length = passage.text, len(passage.text)
    if length <= EXCERPT + EXCERPT // 4:
        return 0, length
    left, right = (focus[0] - passage.start, focus[1] - passage.start) if focus else (0, 0)
    room = max(EXCERPT - (right - left), 0)
    start = max(min(left - room // 3, length - EXCERPT), 0)
    end = min(max(start + EXCERPT, right), length)
    clauses = [0, *(mark.end() for mark in re.finditer("[。；！？，：;,:]", text)), length]
    start = next((clause for clause in clauses if start <= clause <= left), min(start, left))
    end = next((clause for clause in reversed(clauses) if max(right, start) < clause <= end), end)
    return start, end


def _copies(hit: Hit) -> str:
    """见于 3 篇，最早 2024-05-20《……》，最晚 2026-03-05《……》: where the same words stand."""
    every = sorted((hit, *hit.copies), key=lambda one: one.date or "~")
    dated = [one for one in every if one.date]
    parts = [f"见于 {len({one.passage.doc_id for one in every})} 篇"]
    if dated:
        ends = (("最早", dated[0]), ("最晚", dated[-1]))
        parts += [f"{name} {one.date}《{printable(one.title)}》" for name, one in ends]
    return "，".join(parts)


def _why(hit: Hit) -> str:
    """命中“人才”“引进”，字词覆盖 83%，语义 0.87: the signals that found it, in a reader's words."""
    passage = hit.passage
    found = dict.fromkeys(passage.text[left - passage.start : right - passage.start] for left, right in hit.matched)
    words = [word for word in found if not any(word != longer and word in longer for longer in found)]
    parts = ["命中" + "".join(f"“{printable(word)}”" for word in words[:6])] if words else []
    if hit.signals.get("coverage"):
        parts.append(f"字词覆盖 {hit.signals['coverage']:.0%}")
    if "dense" in hit.signals:
        parts.append(f"语义相近 {hit.signals['dense']:.2f}")
    return "，".join(parts)


def _print_line(out: Console, *parts: str | tuple[str, str]) -> None:
    """One line that is never wrapped, so that an id or a command can be copied; nothing when it is blank."""
    line = Text.assemble(
        *((printable(part), "") if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts)
    )
    if line.plain.strip():
        out.print(line, soft_wrap=True)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _size(count: float) -> str:
    """4.2 MB from a number of bytes."""
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GB"
