"""What a run keeps: one record a question, and a summary. Files are whole or absent."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from eval.errors import EvalError, at

Engine = Literal["folder", "milvus-lite"]  # what holds the library that is measured


@dataclass(frozen=True, slots=True)
class Found:
    """A hit as it is shown: `units` it stands for, and whether one of them is gold."""

    id: str
    title: str
    address: str
    text: str
    score: float
    units: tuple[str, ...]
    gold: bool
    signals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cited:
    """A cited span of a library document, and whether it overlaps gold evidence."""

    doc_id: str
    start: int
    end: int
    quote: str
    gold: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A statement of an answer: its bare text, its support, the numbers it cites, and the words that answer at once,
    "" where none stand out."""

    text: str
    support: str
    citations: tuple[int, ...] = ()
    direct: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its text with markers, its statements, its citations and how they fare.

    `precision` and `recall` of the citations are None where they are not defined; `confidence` is the answer's own,
    `asked` the question in full where it was a follow-up.
    """

    text: str
    abstained: bool
    statements: tuple[Told, ...]
    citations: tuple[Cited, ...]
    precision: float | None
    recall: float | None
    confidence: float = 0.0
    asked: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """An answer from its JSON object. KeyError or TypeError when it is none."""
        told = tuple(Told(**{**item, "citations": tuple(item["citations"])}) for item in row["statements"])
        cited = tuple(Cited(**item) for item in row["citations"])
        return cls(**{**row, "statements": told, "citations": cited})


@dataclass(frozen=True, slots=True)
class Record:
    """One question of a run.

    `gold` maps units to grades, `evidence` holds (source, quotation) for reading. `ranking` are unit ids, best first;
    `hits` the first ten passages. `confidence` orders questions by how surely they can be answered, higher is surer;
    `timings` are milliseconds by name: search, ask. `baselines` are plainer answers by name (`eval.baselines`).
    """

    id: str
    question: str
    kind: str
    split: str
    answerable: bool
    answers: tuple[str, ...]
    gold: Mapping[str, int]
    evidence: tuple[tuple[str, str], ...]
    ranking: tuple[str, ...]
    hits: tuple[Found, ...]
    answer: Said | None
    confidence: float
    timings: Mapping[str, float]
    baselines: Mapping[str, Said] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """A record from its JSON object. KeyError or TypeError when it is none."""
        said = Said.of(row["answer"]) if row["answer"] is not None else None
        hits = tuple(Found(**{**hit, "units": tuple(hit["units"])}) for hit in row["hits"])
        return cls(
            **{
                **row,
                "answers": tuple(row["answers"]),
                "evidence": tuple((source, quote) for source, quote in row["evidence"]),
                "ranking": tuple(row["ranking"]),
                "hits": hits,
                "answer": said,
                "baselines": {name: Said.of(one) for name, one in row["baselines"].items()},
            }
        )

    def line(self) -> str:
        """The record as one line of JSON, line end included."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run as it was written."""

    folder: Path
    summary: Mapping[str, Any]
    records: tuple[Record, ...]

    @property
    def name(self) -> str:
        """How tables and plots call the run: its folder's name."""
        return self.folder.name


def read_run(folder: Path) -> Run:
    """A finished run's summary and records. EvalError when there is none, or it is damaged."""
    folder = folder.expanduser()
    summary = folder / "summary.json"
    if not summary.is_file():
        partly = (folder / "records.part.jsonl").is_file()
        cure = "这次评测还没有做完，用同样的命令可以接着做" if partly else "请先运行 yinde-eval run"
        raise EvalError(f"{folder} 里没有 summary.json；{cure}")
    try:
        stored = json.loads(summary.read_text(encoding="utf-8"))
    except json.JSONDecodeError as problem:
        raise at(summary, problem.lineno, f"不是完整的 JSON（{problem.msg}）；请重新评测") from None
    return Run(folder, stored, tuple(read_records(folder / "records.jsonl")))


def read_records(file: Path) -> list[Record]:
    """The records of a file, in order. EvalError names a damaged line."""
    if not file.is_file():
        raise EvalError(f"缺少 {file}；请重新评测")
    records = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if line:
            try:
                records.append(Record.of(json.loads(line)))
            except (json.JSONDecodeError, KeyError, TypeError):
                raise at(file, number, "不是评测记录，可能已损坏；请重新评测") from None
    return records


def write_whole(file: Path, text: str) -> None:
    """Put a text into a file so that a reader sees either the old file or all of the new one."""
    making = file.with_name(file.name + ".making")
    with making.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    making.replace(file)


class Progressing:
    """The records of a run that is under way: each is on disk before the next question is asked.

    A run that was broken off is taken up again when `fingerprint` is the same, otherwise begun anew.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Read what an earlier run with this fingerprint has left in the folder."""
        self._file = folder / "records.part.jsonl"
        self.records = list(_left(self._file, fingerprint))
        folder.mkdir(parents=True, exist_ok=True)
        head = json.dumps({"fingerprint": fingerprint}) + "\n"
        write_whole(self._file, head + "".join(record.line() for record in self.records))

    def add(self, records: Iterable[Record]) -> Iterable[Record]:
        """Write and pass on each record as it comes."""
        with self._file.open("a", encoding="utf-8") as out:
            for record in records:
                out.write(record.line())
                out.flush()
                self.records.append(record)
                yield record

    def done(self) -> None:
        """Forget the partial file; call this when the run is written whole."""
        self._file.unlink()


def _left(file: Path, fingerprint: str) -> Iterable[Record]:
    if not file.is_file():
        return
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]  # what follows the last LF was cut off
    if not lines or lines[0] != json.dumps({"fingerprint": fingerprint}):
        return
    for line in lines[1:]:
        yield Record.of(json.loads(line))
