"""A quotation held against the library, for people and as JSON: verdict, places, and what differs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from rag.reference import place_name
from ui.prose import Prose, printable
from ui.records import Record, quote_match_record

if TYPE_CHECKING:
    from index.difference import Difference
    from index.quotes import QuoteMatch, QuoteReport
    from index.verdict import Verdict

VERDICTS: "dict[Verdict, str]" = {
    "verbatim": "逐字一致",
    "typographic": "仅标点或字形差异",
    "altered": "有改动",
    "elided": "有删节",
    "spliced": "拼接",
    "misattributed": "张冠李戴",
    "not_found": "查无",
}
_STYLES: "dict[Verdict, str]" = {"verbatim": "bold green", "typographic": "bold cyan", "not_found": "bold red"}
_KEPT = 40  # characters of equal words that are printed on each side of a difference
_LISTED = 12  # differences named one by one


def quote_record(report: "QuoteReport") -> Record:
    """A quotation's verdict and places."""
    return {
        "quote": report.quote,
        "verdict": report.verdict,
        "matches": [quote_match_record(match) for match in report.matches],
    }


def show_quote(out: Console, report: "QuoteReport") -> None:
    """The verdict, then each place with its source text; where they differ, both versions with the changes named."""
    line = Text(VERDICTS[report.verdict], _STYLES.get(report.verdict, "bold yellow"))
    if not report.matches:
        out.print(line.append("：文库里没有这句话，也没有与它相近的原文。", "default not bold"))
        return
    what = "部分" if report.verdict == "spliced" else "处"
    out.print(line.append(f"（{len(report.matches)} {what}）", "dim not bold"))
    for number, match in enumerate(report.matches, start=1):
        out.print()
        _show_match(out, number, match, named=match.verdict != report.verdict)


def _show_match(out: Console, number: int, match: "QuoteMatch", *, named: bool) -> None:
    place = place_name(match.passage.address, match.passage.page_at(match.start))
    title = Text(f"《{printable(match.title)}》{printable(place)}", "bold")
    if named:
        title.append(f"  {VERDICTS[match.verdict]}", "dim not bold")
    out.print(Prose(title, indent=4, lead=Text(f"{number:>2}. ", "bold cyan")))
    shown = match.diff
    if match.verdict == "spliced":
        shown = tuple(step for step in match.diff if step[0] != "insert")
        out.print(Prose(_side(shown, 2, "green"), indent=10, lead=Text("    原文  ", "dim")))
    else:
        if match.verdict != "verbatim":
            out.print(Prose(_side(shown, 1, "bold red"), indent=10, lead=Text("    引文  ", "dim")))
        out.print(Prose(_side(shown, 2, "bold green"), indent=10, lead=Text("    原文  ", "dim")))
        if changes := _named_changes(shown):
            out.print(Prose(Text(changes, "yellow"), indent=10, lead=Text("    不同  ", "dim")))
        if match.reversal:
            warning = f"删节去掉了“{printable(match.reversal)}”，意思可能与原文相反"
            out.print(Prose(Text(warning, "bold red"), indent=10, lead=Text("    注意  ", "dim")))
    out.print(Text(f"    yinde show {match.passage.id}", "dim"), soft_wrap=True)


def _side(diff: "Sequence[Difference]", side: int, style: str) -> Text:
    """The quotation (side 1) or its source (side 2), differences in `style`, long equal words cut short."""
    line = Text()
    for number, step in enumerate(diff):
        words = printable(step[side]).replace("\n", " ")
        if step[0] == "equal":
            line.append_text(_shortened(words, first=number == 0, last=number == len(diff) - 1))
        else:
            line.append(words, style)
    return line


def _shortened(words: str, *, first: bool, last: bool) -> Text:
    if (first and last) or len(words) <= 2 * _KEPT + 4:
        return Text(words)
    head, tail = ("" if first else words[:_KEPT]), ("" if last else words[-_KEPT:])
    return Text(head).append("〔略〕", "dim").append(tail)


def _named_changes(diff: "Sequence[Difference]") -> str:
    """The differences in words: “可”原作“不”；漏“得”；多“应”."""
    named = []
    for op, quoted, source in diff:
        quoted, source = (_clipped(printable(words).replace("\n", " ")) for words in (quoted, source))
        if op == "replace":
            named.append(f"“{quoted}”原作“{source}”")
        elif op == "delete":
            named.append(f"漏“{source}”")
        elif op == "insert":
            named.append(f"多“{quoted}”")
    rest = len(named) - _LISTED
    return "；".join(named[:_LISTED]) + (f"；另有 {rest} 处" if rest > 0 else "")


def _clipped(words: str) -> str:
    return words if len(words) <= 2 * _KEPT else f"{words[:_KEPT]}〔略〕{words[-_KEPT:]}"
