"""What readers hold of hits: grades 0 to 3 by question, kept in the library's folder as a question set.

    评测/sets/判定/queries.jsonl   {"_id", "text"}, a line a question
    评测/sets/判定/qrels/test.tsv  query-id, corpus-id, score: the id of a passage and its grade
    评测/sets/判定/corpus.jsonl    written before a run: every passage of the library, and judged ones that are gone

The layout is BEIR's (Thakur et al., NeurIPS 2021), which `yinde-eval run` reads.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

from index.errors import LibraryError, NotFoundError
from index.library import Library

NAME = "判定"
GRADES = range(4)
_HEAD = "query-id\tcorpus-id\tscore"


@dataclass(slots=True)
class Judgements:
    """The set in `folder`, which is made with the first judgement. A grade given again takes the old one's place."""

    folder: Path
    _lock: Lock = field(default_factory=Lock)

    def add(self, question: str, passage_id: str, grade: int) -> None:
        """Keep a grade. LibraryError when the folder cannot be written."""
        question = " ".join(question.split())
        try:
            with self._lock:
                name, questions, qrels = _name(question), self._questions(), self._qrels()
                if name not in questions:
                    questions[name] = question
                    lines = (
                        json.dumps({"_id": id, "text": text}, ensure_ascii=False) for id, text in questions.items()
                    )
                    _write(self.folder / "queries.jsonl", "".join(f"{line}\n" for line in lines))
                qrels[name, passage_id] = grade
                graded = (f"{query}\t{passage}\t{score}" for (query, passage), score in qrels.items())
                _write(self.folder / "qrels" / "test.tsv", "\n".join([_HEAD, *graded]) + "\n")
        except OSError as error:
            raise LibraryError(f"{self.folder} 写不进去（{error.strerror}）；请检查磁盘空间和权限") from error

    def grades(self, question: str) -> dict[str, int]:
        """The grades of one question's passages by id."""
        name = _name(" ".join(question.split()))
        return {passage: grade for (query, passage), grade in self._qrels().items() if query == name}

    def questions(self) -> list[tuple[str, int]]:
        """Every question that was judged, the latest first, with how many of its passages were."""
        qrels = self._qrels()
        counted = [(text, sum(query == id for query, _ in qrels)) for id, text in self._questions().items()]
        return counted[::-1]

    def write_corpus(self, library: Library) -> None:
        """Write every passage of the library beside the judgements, so that the set can be measured by itself.

        Judged passages that are gone are kept as they were.
        """
        with self._lock:
            judged = {passage for _, passage in self._qrels()}
            _write(self.folder / "corpus.jsonl", _lines(_entries(library, judged)))

    def _questions(self) -> dict[str, str]:
        with suppress(FileNotFoundError):
            lines = (self.folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
            return {row["_id"]: row["text"] for row in map(json.loads, lines)}
        return {}

    def _qrels(self) -> dict[tuple[str, str], int]:
        with suppress(FileNotFoundError):
            lines = (self.folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
            rows = (line.split("\t") for line in lines if line)
            return {(query, passage): int(grade) for query, passage, grade in rows}
        return {}


def _entries(library: Library, judged: set[str]) -> Iterator[Mapping[str, Any]]:
    for document in library.documents():
        for place, passage in enumerate(library.passages(document.id)):
            judged.discard(passage.id)
            about = {"doc": document.id, "para": place}
            yield {"_id": passage.id, "title": document.title, "text": passage.text, "metadata": about}
    for id in sorted(judged):
        with suppress(NotFoundError):
            gone = library.history(id).then
            yield {"_id": id, "title": "", "text": gone.text, "metadata": {"doc": id, "para": 0}}


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _name(question: str) -> str:
    """The id of a question: the same words, the same id."""
    return blake2b(question.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _write(path: Path, text: str) -> None:
    """Replace a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8", errors="replace")
    new.replace(path)
