"""Question sets: what is asked, and the verbatim evidence that answers it.

A set is a folder in one of two layouts; `load_set` tells them apart.

BEIR          corpus.jsonl, queries.jsonl, qrels/*.tsv (see eval/beir.py)
our own       documents/ and cases.jsonl; set.toml may name another folder: documents = "../../samples"

A line of cases.jsonl: {"id", "question", "evidence": [{"document": file name, "quote": verbatim}], and optionally
"kind", "split": "dev" or "test", "answers": [...], "history": [earlier questions]}. No evidence means: should abstain.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.errors import EvalError, at
from eval.spans import Haystack
from index.errors import LoadError
from index.load import load
from index.types import Span


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of gold: `quote` stands verbatim in the source named `source`, at each of `spans` of its text.

    `unit` names it in rankings: the corpus id of a BEIR set, a case's own numbering (q1#1) otherwise. `grade` is its
    relevance, 1 unless a qrels file says more.
    """

    source: str
    quote: str
    spans: tuple[Span, ...]
    unit: str
    grade: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what a right answer rests on.

    Empty `evidence` on an answerable case means that its gold is unknown: it counts for short answers only. A case that
    is not `answerable` should be met with abstention. `answers` are right short answers, any of which will do.
    """

    question: str
    evidence: tuple[Evidence, ...]
    id: str
    kind: str = ""
    split: str = "test"
    answerable: bool = True
    answers: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    near: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a source that rankings know by its own id: a corpus entry of a BEIR set."""

    id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A document of the set as it is before the program reads it.

    `path` is its file where it has one; a BEIR document has none and is written out for indexing. `units` cover it in
    reading order for BEIR, and are empty for our own sets, where gold is found by span.
    """

    name: str
    title: str
    text: str
    units: tuple[Unit, ...] = ()
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class CaseSet:
    """A loaded, checked set. `digest` changes with any byte of its sources, questions or gold."""

    name: str
    folder: Path
    sources: Mapping[str, Source]
    cases: tuple[Case, ...]
    digest: str

    def select(self, *, split: str = "all", limit: int | None = None) -> "CaseSet":
        """The same sources with the cases of one half, at most `limit` of them, spread evenly over the set.

        Spread, because neighbours in a set ask about the same document. EvalError when none is left.
        """
        cases = [case for case in self.cases if split == "all" or case.split == split]
        if limit is not None and 0 < limit < len(cases):
            cases = [cases[i * len(cases) // limit] for i in range(limit)]
        if not cases:
            raise EvalError(f"{self.folder}：没有属于 {split} 的问题；请换 --split，或检查 cases.jsonl 的 split 字段")
        return replace(self, cases=tuple(cases))


def load_set(folder: Path) -> CaseSet:
    """The set in a folder, every line checked.

    Raises:
        EvalError: no set there, an empty one, a malformed line, an id used twice, qrels that name an unknown id, or a
            quotation that is not verbatim; file and line are named.
    """
    from eval.beir import load_beir

    folder = folder.expanduser()
    if (folder / "corpus.jsonl").is_file():
        loaded = load_beir(folder)
    elif (folder / "cases.jsonl").is_file():
        loaded = load_own(folder)
    else:
        raise EvalError(f"{folder} 不是问题集：既没有 corpus.jsonl，也没有 cases.jsonl；请检查路径")
    if not loaded.cases:
        raise EvalError(f"{folder} 里一个问题也没有；请补上问题再评测")
    return loaded


def load_own(folder: Path) -> CaseSet:
    """A set of our own: documents as files, questions with verbatim quotations."""
    documents = _documents_folder(folder)
    paths = sorted(p for p in documents.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not paths:
        raise EvalError(f"{documents} 里没有文件；请放入问题所依据的文件")
    names = [path.relative_to(documents).as_posix() for path in paths]
    sources = {name: Source(name, path.stem, _text(path), path=path) for name, path in zip(names, paths, strict=True)}
    haystacks = {name: Haystack(source.text) for name, source in sources.items()}
    file = folder / "cases.jsonl"
    cases: dict[str, Case] = {}
    for number, row in read_jsonl(file, required=("id", "question", "evidence")):
        case = _case(file, number, row, haystacks)
        if case.id in cases:
            raise at(file, number, f"编号 {case.id!r} 前面已经用过；请换一个")
        cases[case.id] = case
    return CaseSet(folder.name, folder, sources, tuple(cases.values()), digest_of([file, *paths]))


def read_jsonl(path: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers, from 1; blank lines are skipped.

    Every field in `required` is there; an id (`id`, `_id`), `question` and a question's `text` are strings.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as problem:
        broken = path.read_bytes()[: problem.start].count(b"\n") + 1
        raise at(path, broken, "不是 UTF-8 编码；请另存为 UTF-8") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as problem:
            raise at(path, number, f"不是完整的 JSON（{problem.msg}，第 {problem.colno} 列）") from None
        if not isinstance(row, dict):
            raise at(path, number, '应当是一个对象，例如 {"id": "q1", …}')
        for field in required:
            if field not in row:
                raise at(path, number, f"缺少 {field!r} 字段")
            if field in ("id", "_id", "question", "text") and not isinstance(row[field], str):
                raise at(path, number, f"{field!r} 应当是字符串，现在是 {row[field]!r}")
        yield number, row


def digest_of(paths: list[Path]) -> str:
    """Sixteen hex digits that stand for the names and bytes of these files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def strings(file: Path, line: int, row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """A field that is a list of strings; () when absent."""
    value = row.get(field) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise at(file, line, f"{field!r} 应当是字符串的列表，现在是 {value!r}")
    return tuple(value)


def _case(file: Path, line: int, row: Mapping[str, Any], haystacks: Mapping[str, Haystack]) -> Case:
    if not row["question"].strip():
        raise at(file, line, "问题是空的")
    if not isinstance(row["evidence"], list):
        raise at(file, line, "'evidence' 应当是列表；没有依据、应当拒答的问题写 []")
    split = row.get("split", "test")
    if split not in ("dev", "test"):
        raise at(file, line, f"split 只能是 dev 或 test，现在是 {split!r}")
    pieces = tuple(
        _evidence(file, line, item, f"{row['id']}#{i}", haystacks) for i, item in enumerate(row["evidence"], 1)
    )
    return Case(
        question=row["question"].strip(),
        evidence=pieces,
        id=row["id"],
        kind=str(row.get("kind", "")),
        split=split,
        answerable=bool(pieces),
        answers=strings(file, line, row, "answers"),
        history=strings(file, line, row, "history"),
    )


def _evidence(file: Path, line: int, item: Any, unit: str, haystacks: Mapping[str, Haystack]) -> Evidence:
    if not isinstance(item, dict) or not all(isinstance(item.get(field), str) for field in ("document", "quote")):
        raise at(file, line, '依据应当写成 {"document": 文件名, "quote": 原文}')
    name, quote = item["document"], item["quote"]
    if name not in haystacks:
        raise at(file, line, f"依据所在的文件 {name!r} 不在文件夹里；现有：{'、'.join(sorted(haystacks)[:5])} 等")
    spans = haystacks[name].find_all(quote)
    if not spans:
        raise at(file, line, f"引文不是 {name} 的原文：“{quote[:40]}”；请从文件里原样复制")
    return Evidence(name, quote, tuple(spans), unit)


def _documents_folder(folder: Path) -> Path:
    settings = folder / "set.toml"
    named = "documents"
    if settings.is_file():
        try:
            named = str(tomllib.loads(settings.read_text(encoding="utf-8")).get("documents", named))
        except tomllib.TOMLDecodeError as problem:
            raise EvalError(f"{settings} 不是正确的 TOML：{problem}") from None
    documents = (folder / named).resolve()
    if not documents.is_dir():
        raise EvalError(f"{folder} 缺少文件夹 {named}；请把文件放进去，或在 set.toml 里写明 documents")
    return documents


def _text(path: Path) -> str:
    try:
        return "\n".join(block.text for block in load(path).blocks)
    except LoadError as problem:
        raise EvalError(f"{path} 读不了：{problem}") from None
