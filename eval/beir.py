"""Question sets in the BEIR layout (Thakur et al., NeurIPS 2021), and what they lack for documents.

Each corpus entry is a document of one paragraph, unless `metadata.doc` groups entries: those are the paragraphs of one
document, in the order of `metadata.para`. The name of a qrels file is its questions' split.
queries_unanswerable.jsonl holds questions to abstain from; queries_nogold.jsonl holds answerable ones whose gold
paragraph nobody has named: they count for short answers only.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

from eval.cases import Case, CaseSet, Evidence, Source, Unit, digest_of, read_jsonl, strings
from eval.errors import EvalError, at


def load_beir(folder: Path) -> CaseSet:
    """The set in a BEIR folder. Queries without a judged entry of grade 1 or more are left out, as trec_eval does.

    Raises EvalError with file and line.
    """
    files = [folder / "corpus.jsonl", folder / "queries.jsonl", *sorted((folder / "qrels").glob("*.tsv"))]
    for file in files[:2]:
        if not file.is_file():
            raise EvalError(f"缺少 {file}；BEIR 问题集要有 corpus.jsonl、queries.jsonl 和 qrels/*.tsv")
    if len(files) == 2:
        raise EvalError(f"{folder / 'qrels'} 里没有 .tsv 文件；没有标准答案就无法评测")
    sources = _sources(files[0])
    questions = _questions(files[1])
    home = {unit.id: source for source in sources.values() for unit in source.units}
    qrels: dict[str, dict[str, int]] = {}
    splits = {name: file.stem for file in files[2:] for name in _read_qrels(file, qrels, questions, home)}
    cases = [
        replace(case, evidence=_gold(qrels[case.id], home), split=splits[case.id])
        for case in questions.values()
        if case.id in qrels
    ]
    for name, answerable in (("queries_unanswerable.jsonl", False), ("queries_nogold.jsonl", True)):
        extra = folder / name
        if extra.is_file():
            cases += _questions(extra, taken=questions, answerable=answerable).values()
            files.append(extra)
    return CaseSet(folder.name, folder, sources, tuple(cases), digest_of(files))


def _sources(file: Path) -> dict[str, Source]:
    entries: dict[str, tuple[str, int, str, str]] = {}  # id → document, place in it, title, text
    for line, row in read_jsonl(file, required=("_id", "text")):
        if row["_id"] in entries:
            raise at(file, line, f"编号 {row['_id']!r} 前面已经用过")
        if not row["text"].strip():
            raise at(file, line, f"段落 {row['_id']!r} 是空的")
        meta = row.get("metadata") or {}
        name, place = str(meta.get("doc", row["_id"])), meta.get("para", 0)
        if not isinstance(place, int):
            raise at(file, line, f"metadata.para 应当是整数，现在是 {place!r}")
        entries[row["_id"]] = (name, place, str(row.get("title") or ""), normalize("NFC", row["text"].strip()))
    if not entries:
        raise EvalError(f"{file} 是空的；请检查问题集是否下载完整")
    grouped: dict[str, list[tuple[int, str, str, str]]] = {}
    for unit, (name, place, title, text) in entries.items():
        grouped.setdefault(name, []).append((place, unit, title, text))
    return {name: _source(name, rows) for name, rows in grouped.items()}


def _source(name: str, rows: list[tuple[int, str, str, str]]) -> Source:
    units: list[Unit] = []
    text = ""
    for _, unit, _, paragraph in sorted(rows, key=lambda row: row[0]):
        start = len(text) + 2 if text else 0
        text = f"{text}\n\n{paragraph}" if text else paragraph
        units.append(Unit(unit, start, len(text)))
    title = rows[0][2]
    return Source(name, "" if title == name else title, text, tuple(units))


def _questions(file: Path, *, taken: Mapping[str, Case] | None = None, answerable: bool = True) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for line, row in read_jsonl(file, required=("_id", "text")):
        if row["_id"] in cases or row["_id"] in (taken or {}):
            raise at(file, line, f"编号 {row['_id']!r} 前面已经用过")
        if not row["text"].strip():
            raise at(file, line, "问题是空的")
        meta = row.get("metadata") or {}
        answers = strings(file, line, meta, "answers")
        kind = "" if taken is None else "nogold" if answerable else "unanswerable"
        near = str(meta.get("near_doc") or "")
        case = Case(row["text"].strip(), (), row["_id"], kind, answerable=answerable, answers=answers, near=near)
        cases[row["_id"]] = case
    return cases


def _read_qrels(
    file: Path, qrels: dict[str, dict[str, int]], questions: Mapping[str, Case], home: Mapping[str, Source]
) -> set[str]:
    """Add a file's judgements to `qrels`; the questions that got one."""
    judged = set()
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip() or (number == 1 and line.startswith("query-id")):
            continue
        columns = line.split("\t")
        if len(columns) != 3 or not columns[2].strip().lstrip("-").isdecimal():
            raise at(file, number, "应当是三列，以制表符分开：query-id、corpus-id、整数 score")
        question, unit, grade = columns[0], columns[1], int(columns[2])
        if question not in questions:
            raise at(file, number, f"问题 {question!r} 不在 queries.jsonl 里")
        if unit not in home:
            raise at(file, number, f"段落 {unit!r} 不在 corpus.jsonl 里")
        if unit in qrels.get(question, {}):
            raise at(file, number, f"问题 {question!r} 与段落 {unit!r} 前面已经判过")
        if grade > 0:
            qrels.setdefault(question, {})[unit] = grade
            judged.add(question)
    return judged


def _gold(grades: Mapping[str, int], home: Mapping[str, Source]) -> tuple[Evidence, ...]:
    pieces = []
    for unit, grade in grades.items():
        source = home[unit]
        span = next((u.start, u.end) for u in source.units if u.id == unit)
        pieces.append(Evidence(source.name, source.text[slice(*span)], (span,), unit, grade))
    return tuple(pieces)
