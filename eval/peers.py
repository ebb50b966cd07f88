"""Our program beside others: the same questions, the same model folder, one after another in the same run."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from eval.cases import CaseSet
from eval.errors import EvalError
from eval.measures import mean, retrieval
from eval.peer import PEERS
from eval.run import machine
from eval.system import quiet
from index.bundled import bundled_folder

Progress = Callable[[str, int, int], None]

OURS = "引得"
_K = 10
_SCRIPT = Path(__file__).with_name("peer.py")
_SHARED = ("torch", "sentence-transformers")  # in the versions that we run ourselves
# name → distributions; the first is the one whose version is shown
NEEDS: Mapping[str, Sequence[str]] = {
    "txtai": ("txtai",),
    "langchain": (
        "langchain-classic",
        "langchain-community",
        "langchain-huggingface",
        "faiss-cpu",
        "rank-bm25",
        "jieba",
    ),
    "llamaindex": ("llama-index-core", "llama-index-embeddings-huggingface", "llama-index-retrievers-bm25"),
    "haystack": ("haystack-ai", "sentence-transformers-haystack"),
    "chroma": ("chromadb",),
}
TITLES = {
    "txtai": "txtai",
    "langchain": "LangChain",
    "llamaindex": "LlamaIndex",
    "haystack": "Haystack",
    "chroma": "Chroma",
}


def compare_peers(
    case_set: CaseSet,
    *,
    environments: Path,
    only: Sequence[str] | None = None,
    progress: Progress = quiet,
    keep: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """A row a system, ours first: measures, times, memory; or the problem that kept it from running.

    `keep` is called with the result so far after each system, so that an interrupted run loses one at most.
    Only BEIR sets: a peer finds texts by id. Environments are made where they are missing. EvalError for another set or
    an unknown peer.
    """
    unknown = sorted(set(only or ()) - NEEDS.keys())
    if unknown:
        raise EvalError(f"没有 {'、'.join(unknown)}；可比的有 {'、'.join(NEEDS)}")
    texts = {
        unit.id: source.text[unit.start : unit.end] for source in case_set.sources.values() for unit in source.units
    }
    if not texts:
        raise EvalError(f"{case_set.folder} 不是 BEIR 问题集；同类工具按段落编号比较，请换 BEIR 问题集")
    cases = [case for case in case_set.cases if case.evidence]
    gold = {case.id: {piece.unit: piece.grade for piece in case.evidence} for case in cases}
    names = [name for name in NEEDS if only is None or name in only]
    with TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        asked = {case.id: case.question for case in cases}
        parts = {"model": str(bundled_folder()), "texts": texts, "questions": asked, "k": _K}
        job.write_text(
            json.dumps(parts | {"set": str(case_set.folder.resolve())}, ensure_ascii=False), encoding="utf-8"
        )
        progress(OURS, 0, 1)
        result = {"set": case_set.name, "digest": case_set.digest, "cases": len(cases), "machine": machine()}
        rows = [_row(OURS, version("yinde"), "默认设置", _ours(job), gold)]
        progress(OURS, 1, 1)
        for name in names:
            keep({**result, "rows": rows})
            progress(TITLES[name], 0, 1)
            rows.append(_peer(name, environments / name, job, gold))
            progress(TITLES[name], 1, 1)
    return {**result, "rows": rows}


def make_environment(name: str, folder: Path) -> Path:
    """The Python of a peer's environment, made with pip when it is not there; EvalError with pip's last line."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").is_file():
        venv.create(folder, with_pip=True, clear=True)
        pins = [f"{shared}=={version(shared).partition('+')[0]}" for shared in _SHARED]
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins, *NEEDS[name]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EvalError(f"装不上：{_last_line(done.stderr)}")
        (folder / "complete").touch()
    return python


def _peer(name: str, environment: Path, job: Path, gold: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    settings = (PEERS[name].__doc__ or "").strip()
    try:
        python = make_environment(name, environment)
        shown = _version(python, NEEDS[name][0])
        return _row(TITLES[name], shown, settings, _run([str(python), str(_SCRIPT)], name, job), gold)
    except EvalError as problem:
        return {"name": TITLES[name], "version": "—", "settings": settings, "problem": str(problem)}


def _ours(job: Path) -> dict[str, Any]:
    return _run([sys.executable, "-m", "eval.peer_ours"], "ours", job)


def _run(command: Sequence[str], name: str, job: Path) -> dict[str, Any]:
    """Run a measuring process; EvalError with its last line when it fails."""
    result = job.with_name(f"{name}.json")
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"}
    home = Path(__file__).parent.parent if name == "ours" else job.parent
    done = subprocess.run(
        [*command, name, str(job), str(result)],
        cwd=home,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EvalError(f"运行失败：{_last_line(done.stderr)}")
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


def _row(
    name: str, shown: str, settings: str, found: Mapping[str, Any], gold: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    values = retrieval(found["rankings"], gold)
    wanted = ("nDCG@10", "RR@10", "R@1", "R@10", "Success@1", "Success@5")
    return {
        "name": name,
        "version": shown,
        "settings": settings,
        "problem": "",
        "measures": {measure: mean(values[measure].values()) for measure in wanted},
        "index_seconds": found["index_seconds"],
        "query_p50_ms": float(np.percentile(found["query_ms"], 50)),
        "query_p95_ms": float(np.percentile(found["query_ms"], 95)),
        "rss_mb": found["rss_mb"],
    }


def _version(python: Path, distribution: str) -> str:
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["没有说明"])[-1][:300]
