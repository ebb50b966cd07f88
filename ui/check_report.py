"""A checked draft for people on a terminal, and as JSON."""

from rich.console import Console
from rich.text import Text

from index.quotes import QuoteMatch
from index.types import Document
from rag.findings import DraftReport, Finding, FindingKind, Level
from rag.reference import book_title, chinese_date, place_name
from ui.prose import Prose, printable
from ui.quote_screen import VERDICTS
from ui.records import Record, quote_match_record

LEVELS: dict[Level, str] = {"wrong": "要改", "notice": "留意", "unchecked": "未核", "fine": "无误"}
KINDS: dict[FindingKind, str] = {
    "quotation": "引文",
    "formulation": "提法",
    "saying": "转述",
    "copy": "照抄",
    "figure": "数字",
    "title": "文件名",
    "number": "文号",
    "date": "日期",
}
NOTHING = "稿中没有找到引文、转述、文件名或文号，没有可核查的内容。"
_STYLES: dict[Level, str] = {"wrong": "bold red", "notice": "bold yellow", "unchecked": "dim", "fine": "green"}
_NAMED = 12  # things the library does not hold that are named
_WORDS = 120  # characters of a finding's words on the terminal


def check_record(report: DraftReport) -> Record:
    """All findings in the draft's order; `start` and `end` are code points of the draft's text."""
    return {
        "file": report.draft.name,
        "format": report.draft.format,
        "characters": len(report.draft.text),
        "counts": dict(report.counts),
        "verdicts": report.verdicts,
        "findings": [_finding_record(report, finding) for finding in report.findings],
    }


def label(finding: Finding) -> str:
    """引文 · 有改动: what was looked at and how it was found."""
    return " · ".join(part for part in (KINDS[finding.kind], verdict_name(finding)) if part)


def verdict_name(finding: Finding) -> str:
    """The verdict's Chinese name, "" for a reference."""
    return VERDICTS[finding.verdict] if finding.verdict else ""


def source_name(report: DraftReport, match: QuoteMatch) -> str:
    """《title》（number，date）address，page of a place."""
    place = place_name(match.passage.address, match.passage.page_at(match.start))
    return document_name(report.sources.get(match.passage.doc_id), match.title) + place


def document_name(document: Document | None, title: str = "") -> str:
    """《title》（number，date）, what is unknown left out."""
    meta = document.meta if document else {}
    known = "，".join(fact for fact in (meta.get("number", ""), chinese_date(meta.get("date", ""))) if fact)
    name = f"《{book_title(document.title if document else title)}》"
    return f"{name}（{known}）" if known else name


def shown_matches(finding: Finding) -> tuple[QuoteMatch, ...]:
    """The places worth showing: all parts of what was spliced or is misattributed, else the first two."""
    return finding.matches[: 4 if finding.verdict in ("spliced", "misattributed") else 2]


def show_check(out: Console, report: DraftReport) -> None:
    """Counts, then what must be changed and what is to be looked at, each with its source; what is fine is counted."""
    if not report.findings:
        out.print(NOTHING)
        return
    line = Text(f"{printable(report.draft.name)}  ", "bold")
    for level, name in LEVELS.items():
        line.append(f"{name} {report.counts[level]} 处  ", _STYLES[level])
    out.print(Prose(line))
    number = 0
    for level in ("wrong", "notice"):
        for finding in report.findings:
            if finding.level == level:
                number += 1
                _show(out, report, finding, number)
    unchecked = dict.fromkeys(f.words for f in report.findings if f.level == "unchecked")
    if number == 0:
        out.print("其余都与文库一致。" if unchecked else "引文和出处都与文库一致。")
    if unchecked:
        names = "、".join(_clip(words) for words in list(unchecked)[:_NAMED])
        more = f"等 {len(unchecked)} 个" if len(unchecked) > _NAMED else ""
        out.print(Prose(Text(printable(f"\n本文库里没有，未能核对：{names}{more}"), "dim")))


def _show(out: Console, report: DraftReport, finding: Finding, number: int) -> None:
    out.print()
    line = report.draft.text.count("\n", 0, finding.start) + 1
    unit = "段" if report.draft.format == "docx" else "行"
    head = Text(label(finding), _STYLES[finding.level]).append(f"  第 {line} {unit}", "dim")
    out.print(Prose(head, indent=4, lead=Text(f"{number:>2}. ")))
    out.print(Prose(Text(printable(_clip(finding.words))), indent=4))
    out.print(Prose(Text(printable(finding.remark), "bold"), indent=4))
    for match in shown_matches(finding):
        out.print(Prose(Text(printable(source_name(report, match)), "cyan"), indent=4))
        if finding.verdict not in ("verbatim", "typographic"):
            out.print(Prose(Text(printable(_clip(match.text).replace("\n", "")), "dim"), indent=6))
    for document in finding.documents[:1]:
        out.print(Prose(Text(printable(document_name(document)), "cyan"), indent=4))


def _clip(text: str) -> str:
    return text if len(text) <= _WORDS else f"{text[: _WORDS * 2 // 3]}……{text[-_WORDS // 3 :]}"


def _finding_record(report: DraftReport, finding: Finding) -> Record:
    who = finding.attribution
    return {
        "kind": finding.kind,
        "level": finding.level,
        "verdict": finding.verdict,
        "start": finding.start,
        "end": finding.end,
        "line": report.draft.text.count("\n", 0, finding.start) + 1,
        "text": report.draft.text[finding.start : finding.end],
        "words": finding.words,
        "remark": finding.remark,
        "attribution": {"title": who.title, "number": who.number, "date": who.date, "speaker": who.speaker},
        "matches": [quote_match_record(match) for match in finding.matches],
        "documents": [
            {
                "doc_id": document.id,
                "title": document.title,
                "number": document.meta.get("number", ""),
                "date": document.meta.get("date", ""),
            }
            for document in finding.documents
        ],
    }
