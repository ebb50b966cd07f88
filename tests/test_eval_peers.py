import ast
import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases import load_set
from eval.errors import EvalError
from eval.peer import PEERS, Search, measure
from eval.peers import NEEDS, TITLES, compare_peers, make_environment

ROOT = Path(__file__).resolve().parent.parent


def test_every_peer_has_an_environment_a_title_and_states_its_settings() -> None:
    assert PEERS.keys() == NEEDS.keys() == TITLES.keys()
    assert all("向量" in (make.__doc__ or "") or "Vector" in (make.__doc__ or "") for make in PEERS.values())


def test_the_script_for_peers_needs_nothing_of_ours() -> None:
    tree = ast.parse((ROOT / "eval" / "peer.py").read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not {"eval", "index", "rag"} & {module.partition(".")[0] for module in modules}


def test_questions_are_asked_in_turn_and_timed() -> None:
    def by_length(texts: dict[str, str], model: str) -> Search:
        return lambda question, k: sorted(texts, key=lambda id: -len(texts[id]))[:k]

    job = {"model": "none", "texts": {"a": "短", "b": "更长"}, "questions": {"q1": "问", "q2": "再问"}, "k": 1}
    found = measure(job, by_length)  # type: ignore[arg-type]
    assert found["rankings"] == {"q1": ["b"], "q2": ["b"]}
    assert len(found["query_ms"]) == 2
    assert found["rss_mb"] > 1


def test_own_sets_and_unknown_peers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.txt").write_text("防汛工作实行行政首长负责制。", encoding="utf-8")
    row = {"id": "q", "question": "谁负责", "evidence": [{"document": "a.txt", "quote": "行政首长负责制"}]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(row), encoding="utf-8")
    own = load_set(tmp_path)
    with pytest.raises(EvalError, match="不是 BEIR 问题集"):
        compare_peers(own, environments=tmp_path)
    with pytest.raises(EvalError, match="没有 elastic；可比的有 txtai"):
        compare_peers(own, environments=tmp_path, only=["elastic"])


def test_what_was_measured_is_kept_when_a_later_system_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    for name, row in (("corpus", {"_id": "a", "text": "防汛责任制。"}), ("queries", {"_id": "q", "text": "防汛"})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1", encoding="utf-8")

    def cut_off(so_far: dict[str, Any]) -> None:
        kept.append(so_far)
        raise KeyboardInterrupt

    kept: list[dict[str, Any]] = []
    with pytest.raises(KeyboardInterrupt):
        compare_peers(load_set(tmp_path), environments=tmp_path / "none", only=["chroma"], keep=cut_off)
    assert [row["name"] for row in kept[0]["rows"]] == ["引得"]
    assert kept[0]["rows"][0]["measures"]["nDCG@10"] == 1.0


def test_a_made_environment_is_used_again(tmp_path: Path) -> None:
    (tmp_path / "complete").touch()
    assert make_environment("chroma", tmp_path).is_relative_to(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["complete"]
