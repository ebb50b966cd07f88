"""A run: a system asked every question of a set, one record each, and the measures over them.

run.trec        rankings in TREC's format; scores are 1/rank, so that no tool meets a tie
records.jsonl   one record a question (eval/records.py)
summary.json    measures, settings, model, set digest, git sha, machine
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.cases import Case, CaseSet
from eval.measures import Located, citation_precision, citation_recall
from eval.places import unit_ranking, units_of
from eval.records import Cited, Found, Progressing, Record, Run, Said, Told, read_run, write_whole
from eval.score import abstention, beside, by_kind, latency, measures
from eval.system import System, quiet
from index.types import Hit
from rag.followup import Turn, in_full
from rag.types import Answer

SHOWN_HITS = 10


def run(
    case_set: CaseSet,
    system: System,
    out: Path,
    *,
    progress: Callable[[int, int], None] = quiet,
) -> Run:
    """Ask every question of the set and write the run into `out`; what is there already is replaced at the end.

    Broken off, it is taken up where it stopped when set, settings and code are the same. An existing run stays whole
    until the new one is.
    """
    began, started = time.perf_counter(), datetime.now(UTC)
    identity = {"set": case_set.digest, "cases": [case.id for case in case_set.cases]}
    settings = {name: system.facts.get(name) for name in ("model", "mode", "k", "answers", "reread", "code")}
    progressing = Progressing(out, json.dumps(identity | settings, sort_keys=True))
    done = {record.id for record in progressing.records}
    left = [case for case in case_set.cases if case.id not in done]
    if left:
        system.search(left[0].question)  # the first query pays for opening files; it is not timed
    for _ in progressing.add(ask_all(left, system)):
        progress(len(progressing.records), len(case_set.cases))
    records = {record.id: record for record in progressing.records}
    ordered = [records[case.id] for case in case_set.cases]
    summary = {
        "set": {"name": case_set.name, "digest": case_set.digest, "cases": len(ordered)},
        "system": dict(system.facts),
        "git": git_state(),
        "machine": machine(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 3),
        "resumed": len(done),
        **summarise(ordered),
    }
    write_whole(out / "run.trec", "".join(trec_lines(ordered, tag=out.name)))
    write_whole(out / "records.jsonl", "".join(record.line() for record in ordered))
    write_whole(out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    progressing.done()
    return read_run(out)


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """The measured part of a summary."""
    return {
        "measures": measures(records),
        "by_kind": by_kind(records),
        "abstention": abstention(records),
        "baselines": beside(records),
        "latency": latency(records),
    }


def ask_all(cases: Sequence[Case], system: System) -> Iterator[Record]:
    """One record a case, in order."""
    for case in cases:
        yield ask_one(case, system)


def ask_one(case: Case, system: System) -> Record:
    """Search, then ask, and judge both by the case's gold."""
    began = time.perf_counter()
    history = [Turn(earlier) for earlier in case.history]
    question = in_full(case.question, history)
    hits = system.search(question)
    timings = {"search": (time.perf_counter() - began) * 1000}
    said = None
    gold = list(system.placed.gold(case).values())
    if system.ask is not None:
        began = time.perf_counter()
        answer = system.ask(case.question, history)
        timings["ask"] = (time.perf_counter() - began) * 1000
        said = _said(answer, gold)
    places = system.placed.places(case)
    wanted = {piece.unit for piece in case.evidence}
    return Record(
        id=case.id,
        question=case.question,
        kind=case.kind,
        split=case.split,
        answerable=case.answerable,
        answers=case.answers,
        gold={piece.unit: piece.grade for piece in case.evidence},
        evidence=tuple((piece.source, piece.quote) for piece in case.evidence),
        ranking=tuple(unit_ranking(hits, places)),
        hits=tuple(_found(hit, tuple(units_of(hit, places)), wanted) for hit in hits[:SHOWN_HITS]),
        answer=said,
        confidence=system.confidence(question, hits),
        timings={name: round(ms, 3) for name, ms in timings.items()},
        baselines={name: _said(one, gold) for name, one in system.baselines(question, hits).items()},
    )


def trec_lines(records: Sequence[Record], *, tag: str) -> Iterator[str]:
    """Lines of a TREC run file: question Q0 unit rank score tag. White space in ids becomes _."""
    for record in records:
        for rank, unit in enumerate(record.ranking, start=1):
            yield f"{_solid(record.id)} Q0 {_solid(unit)} {rank} {1 / rank:.6f} {_solid(tag)}\n"


def git_state() -> dict[str, Any]:
    """The commit of the code under measurement, and whether it was changed since; empty sha outside of git."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        result = subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=False)
        return result.stdout.strip() if result.returncode == 0 else ""

    try:
        return {
            "sha": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--", "../index", "../rag")),
        }
    except FileNotFoundError:
        return {"sha": "", "dirty": False}


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def _said(answer: Answer, gold: Sequence[Sequence[Located]]) -> Said:
    spans: list[Located] = [(c.passage.doc_id, (c.start, c.end)) for c in answer.citations]
    cited = tuple(
        Cited(document, *span, citation.quote, citation_precision([(document, span)], gold) == 1)
        for (document, span), citation in zip(spans, answer.citations, strict=True)
    )
    return Said(
        text=answer.text,
        abstained=answer.abstained,
        statements=tuple(
            Told(one.text, one.support, one.citations, one.text[slice(*one.focus)] if one.focus else "")
            for one in answer.statements
        ),
        citations=cited,
        precision=citation_precision(spans, gold) if gold else None,
        recall=citation_recall(spans, gold),
        confidence=answer.confidence,
        asked=answer.asked,
    )


def _found(hit: Hit, units: tuple[str, ...], wanted: set[str]) -> Found:
    passage = hit.passage
    signals: Mapping[str, float] = {name: round(value, 4) for name, value in hit.signals.items()}
    gold = not wanted.isdisjoint(units)
    return Found(passage.id, hit.title, passage.address, passage.text, round(hit.score, 5), units, gold, signals)


def _solid(name: str) -> str:
    return "_".join(name.split())


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _memory_gb() -> float | None:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
