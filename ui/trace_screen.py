"""What people read on a terminal of citations, of passages that are gone, and of a formulation over time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from rag.reference import place_name
from ui.prose import Prose, printable
from ui.terminal import Screen

if TYPE_CHECKING:
    from index.history import History
    from index.wordings import Wording
    from rag.trace import Count, Trace, Use, Variant

STYLE_NAMES = {
    "gbt7714": "GB/T 7714-2015",
    "gongwen": "公文内引用",
    "footnote": "脚注",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl-json": "CSL-JSON",
    "markdown": "Markdown 链接",
    "plain": "纯文本",
}
FATES = {"changed": "改动于", "removed": "删除于"}
UNKNOWN_YEAR, UNKNOWN_ISSUER = "未标日期", "未标机关"
LISTED = 12  # documents, issuers or variants shown; --json has all
BAR = 30  # cells of the longest bar
AROUND = 24  # characters on either side of a place
_EIGHTHS = " ▏▎▍▌▋▊▉"


def show_citations(out: Screen, citations: Mapping[str, str], missing: Sequence[str]) -> None:
    """One citation as it is pasted; several under their names, and what they miss."""
    for name, text in citations.items():
        if len(citations) > 1:
            out.print(Text(STYLE_NAMES[name], "bold cyan"))
        out.print(Text(printable(text.replace("\r\n", "\n"))), soft_wrap=True)
        if len(citations) > 1:
            out.print()
    if len(citations) > 1 and missing:
        out.print(Text(f"缺：{'、'.join(missing)}。文件里没有写明，请查实补上。", "yellow"))


def show_history(out: Screen, past: "History") -> None:
    """A passage as it was, as it is now, and the difference: ［－words gone］［＋words new］."""
    out.print(Prose(Text(printable(past.title), "bold")))
    place = place_name(past.then.address, past.then.page)
    where = "  ".join(part for part in (" › ".join(past.then.path), place) if part)
    if where:
        out.print(Text(printable(where), "cyan"), soft_wrap=True)
    when = datetime.fromisoformat(past.when).astimezone().strftime("%Y-%m-%d %H:%M")
    out.print(Text(f"本段{FATES[past.fate]} {when}", "bold yellow"))
    out.print(Text("\n当时", "dim"))
    out.print(Prose(Text(printable(past.then.text)), indent=2))
    if past.now is None:
        out.print(Text("\n现在没有这一段了。", "dim"))
        return
    out.print(Text("\n现在", "dim"))
    out.print(Prose(Text(printable(past.now.text), "bold"), indent=2))
    out.print(Text("\n对照", "dim"))
    compared = Text()
    for op, before, after in past.diff:
        if op == "equal":
            compared.append(printable(before))
            continue
        if before:
            compared.append(f"［－{printable(before)}］", "red")
        if after:
            compared.append(f"［＋{printable(after)}］", "green")
    out.print(Prose(compared, indent=2))
    out.print(Text(f"  yinde show {past.now.id}", "dim"), soft_wrap=True)


def show_trace(out: Screen, found: "Trace") -> None:
    """Counts, first and last use, bars by year and by issuer, near wordings, documents in time order."""
    phrase = printable(found.phrase)
    if not found.uses and not found.variants:
        out.print(f"文库里没有“{phrase}”，也没有相近的说法。")
        return
    out.print(Text(f"“{phrase}”{found.count:,} 处，{len(found.uses):,} 篇", "bold"))
    if not found.complete:
        out.print(Text("用字太常见，没有读完全部段落，以下次数只是下限。", "yellow"))
    for name, use in (("首见", found.first), ("最近", found.last)):
        if use is not None:
            out.print(Prose(Text(f"{name} {use.date} 《{printable(use.document.title)}》")))
    _bars(out, "逐年", filled_years(found.years), UNKNOWN_YEAR)
    _bars(out, "发文机关", found.issuers[:LISTED], UNKNOWN_ISSUER)
    _rest(out, len(found.issuers) - LISTED, "个机关")
    _variants(out, found.variants)
    if found.uses:
        out.print(Text("\n文件（由早到晚）", "bold"))
    for use in found.uses[:LISTED]:
        _use(out, use)
    _rest(out, len(found.uses) - LISTED, "篇")


def filled_years(years: "Sequence[Count]") -> "list[Count]":
    """The years with the empty ones between them, where these are few enough to be drawn; the undated stay last."""
    from rag.trace import Count

    known = {year.name: year for year in years if year.name.isdecimal()}
    numbers = sorted(int(name) for name in known)
    if not numbers or numbers[-1] - numbers[0] > 2 * LISTED + 3 * len(numbers):
        return list(years)
    line = [known.get(str(year), Count(str(year), 0, 0)) for year in range(numbers[0], numbers[-1] + 1)]
    return line + [year for year in years if year.name not in known]


def around(place: "Wording") -> tuple[str, str, str]:
    """The words before a place, the place and the words after it, on one line, cut where a sentence is."""
    text, base = place.passage.text, place.passage.start
    before = text[: place.start - base].replace("\n", "。").rpartition("。")[2]
    after = text[place.end - base :].partition("\n")[0]
    sentence, stop, _ = after.partition("。")
    before = before if len(before) <= AROUND else "……" + before[-AROUND:]
    after = sentence + stop if len(sentence) <= AROUND else sentence[:AROUND] + "……"
    return before, place.text.replace("\n", ""), after


def _bars(out: Screen, title: str, counts: "Sequence[Count]", unknown: str) -> None:
    if not counts:
        return
    out.print(Text(f"\n{title}", "bold"))
    most = max((count.places for count in counts if count.name), default=1)
    names = [_clip(printable(count.name or unknown), 32) for count in counts]
    width = max(cell_len(name) for name in names)
    for name, count in zip(names, counts, strict=True):
        line = Text(f"  {name}{' ' * (width - cell_len(name))}")
        if count.name:  # what nobody knows the year of would dwarf the years
            line.append(f" {_bar(count.places / most)}", "cyan")
        line.append(f" {count.places:,} 处 {count.documents:,} 篇" if count.places else "", "dim")
        line.rstrip()
        out.print(line, soft_wrap=True)


def _bar(share: float) -> str:
    eighths = max(round(share * BAR * 8), 1 if share else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _variants(out: Screen, variants: "Sequence[Variant]") -> None:
    if not variants:
        return
    out.print(Text("\n相近的说法", "bold"))
    for variant in variants[:LISTED]:
        dates = [use.date for use in variant.uses if use.date]
        span = f"，{dates[0]} 至 {dates[-1]}" if len(dates) > 1 else f"，{dates[0]}" if dates else ""
        line = Text(f"  {printable(variant.text)}", "cyan")
        line.append(f"  {variant.count:,} 处 {len(variant.uses):,} 篇{span}", "dim")
        out.print(line, soft_wrap=True)
    _rest(out, len(variants) - LISTED, "种说法")


def _use(out: Screen, use: "Use") -> None:
    head = Text(f"{use.date or UNKNOWN_YEAR}  ", "cyan")
    out.print(Prose(Text(printable(use.document.title), "bold"), indent=4, lead=head))
    before, words, after = (printable(part) for part in around(use.places[0]))
    out.print(Prose(Text.assemble(before, (words, "bold yellow"), after), indent=4))
    more = f"（共 {len(use.places)} 处）" if len(use.places) > 1 else ""
    out.print(Text(f"    yinde show {use.places[0].passage.id}{more}", "dim"), soft_wrap=True)


def _rest(out: Screen, count: int, unit: str) -> None:
    if count > 0:
        out.print(Text(f"  ……另有 {count:,} {unit}，用 --json 可看全部。", "dim"))


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
