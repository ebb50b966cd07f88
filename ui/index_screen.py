"""What people read after `yinde index`: what went in, what did not and why, and what is worth a look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from index.types import Document, Failure, SyncReport
from ui.prose import Prose, printable

SHOWN = 10  # failures, or documents with something to look at, listed one by one
_UNSUPPORTED = "暂不支持"


def show_sync(out: Console, report: SyncReport, documents: Mapping[str, Document], *, dry_run: bool = False) -> None:
    """What an indexing run did or would do, what failed and why, what was left out and what looks wrong."""
    counts = {"新增": report.added, "更新": report.changed, "未变": report.unchanged, "移除": report.removed}
    line = "，".join(f"{name} {len(ids)} 篇" for name, ids in counts.items() if ids) or "没有可收入的文件"
    if dry_run:
        out.print(Prose(Text(f"试运行，没有写入。将会：{line}；文库将有 {report.passages:,} 段。", "bold")))
    else:
        out.print(Prose(Text(f"{line}；文库现有 {report.passages:,} 段。", "bold")))
    _show_failures(out, report.failed)
    fresh = [documents[doc_id] for doc_id in (*report.added, *report.changed) if doc_id in documents]
    _show_notes(out, "页面杂项（导航、链接等）没有收入", fresh, "left_out")
    _show_notes(out, "文字可能有问题，请核对原件", fresh, "warnings")


def _show_failures(out: Console, failures: Sequence[Failure]) -> None:
    """Failures one by one, those of formats that are not read counted by suffix."""
    unsupported = [failure for failure in failures if failure.reason.startswith(_UNSUPPORTED)]
    if len(unsupported) <= 1:
        unsupported = []
    others = [failure for failure in failures if failure not in unsupported] if unsupported else list(failures)
    if others:
        out.print(Text(f"\n{len(others)} 篇没有收入：", "bold red"))
        for failure in others[:SHOWN]:
            out.print(Prose(Text(f"{printable(failure.path)}：{printable(failure.reason)}"), indent=2))
        _rest(out, len(others) - SHOWN)
    if unsupported:
        suffixes = Counter(Path(failure.path).suffix.lower() or "无扩展名" for failure in unsupported)
        kinds = "，".join(f"{printable(suffix)} {count}" for suffix, count in suffixes.most_common())
        out.print(Prose(Text(f"\n{len(unsupported)} 个文件的格式不支持：{kinds}", "bold red")))


def _show_notes(out: Console, heading: str, documents: Sequence[Document], key: str) -> None:
    noted = [document for document in documents if document.meta.get(key)]
    if not noted:
        return
    out.print(Text(f"\n{len(noted)} 篇的{heading}：", "bold"))
    for document in noted[:SHOWN]:
        note = document.meta[key]
        note = note if len(note) <= 80 else note[:79] + "…"
        out.print(Prose(Text(f"《{printable(document.title)}》{printable(note)}"), indent=2))
    _rest(out, len(noted) - SHOWN)


def _rest(out: Console, count: int) -> None:
    if count > 0:
        out.print(Text(f"  ……另有 {count} 篇，用 --json 可看全部。", "dim"))
