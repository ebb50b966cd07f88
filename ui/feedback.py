"""Readers' verdicts on answers, a line of JSON each in the library's folder, for evaluation."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from index.errors import LibraryError
from rag.types import Answer

FILE = "feedback.jsonl"
LARGEST = 64 * 1024 * 1024
Verdict = Literal["up", "down"]


@dataclass(slots=True)
class Feedback:
    """The file of verdicts. Without a folder nothing is written down."""

    folder: Path | None
    _lock: Lock = field(default_factory=Lock)

    def add(self, answer: Answer, verdict: Verdict, *, comment: str = "", reader: str = "") -> None:
        """Write down what a reader holds of an answer. LibraryError when the folder cannot be written or is full."""
        if self.folder is None:
            return
        at = datetime.now().isoformat(timespec="seconds")
        told = {"at": at, "reader": reader, "verdict": verdict, "comment": comment.strip(), **_answer(answer)}
        line = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        path = self.folder / FILE
        try:
            with self._lock:
                if path.exists() and path.stat().st_size > LARGEST:
                    raise LibraryError(f"评价已满 {LARGEST // 2**20} MB；请把 {path} 移走后再评价")
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with open(descriptor, "ab") as file:
                    file.write(line)
        except OSError as error:
            raise LibraryError(f"{path} 写不进去（{error.strerror}）；请检查磁盘空间和权限") from error


def _answer(answer: Answer) -> Mapping[str, Any]:
    """What has to be known to judge the answer again: its words, what it cites, and what it was made from."""
    by_number = {one.number: one for one in answer.citations}
    statements = [
        {
            "text": said.text,
            "support": said.support,
            "passages": [by_number[n].passage.id for n in said.citations if n in by_number],
        }
        for said in answer.statements
    ]
    return {
        "question": answer.question,
        "asked": answer.asked,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "note": answer.note,
        "writer": answer.writer,
        "statements": statements,
        "evidence": [hit.passage.id for hit in answer.evidence],
    }
