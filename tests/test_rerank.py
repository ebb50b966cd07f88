"""The slot for a CrossEncoder, with a tiny one made here."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from index.embed import HashEmbedder
from index.errors import ModelError
from index.library import LocalLibrary
from index.rerank import Reading, open_reranker, reread
from index.types import Hit, Passage


def tiny(folder: Path, *, outputs: int = 1) -> Path:
    """A BERT of one layer over single characters, its weights at random."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    characters = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(chr, range(0x4E00, 0x9FA5))]
    words = BertWordPieceTokenizer(vocab={character: number for number, character in enumerate(characters)})
    special = {name: f"[{name[:-6].upper()}]" for name in ("pad_token", "unk_token", "cls_token", "sep_token")}
    config = BertConfig(
        vocab_size=len(characters),
        hidden_size=8,
        initializer_range=0.5,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        num_labels=outputs,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=64, **special).save_pretrained(folder)
    return folder


def hit(text: str, score: float) -> Hit:
    return Hit(Passage(f"p-{text}", "d", 0, len(text), text), score, title="通知")


class Shortest:
    """Prefers short passages."""

    depth = 50
    weight: float | None = None

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        return [Reading(-float(len(hit.passage.text))) for hit in hits]


class Sure:
    """Is sure of what holds the query, and reads two hits."""

    depth = 2
    weight: float | None = 0.5

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        at = [hit.passage.text.find(query) for hit in hits]
        return [Reading(0.0, ((start, start + len(query), 0.9),)) if start >= 0 else Reading(-2.0) for start in at]


def test_a_cross_encoder_scores_each_text_with_the_query(tmp_path: Path) -> None:
    reranker = open_reranker(str(tiny(tmp_path / "model")))
    scores = reranker("基层减负", [hit("精简文件会议", 3), hit("改造老旧小区", 2), hit("精简文件会议", 1)])
    assert len(scores) == 3
    assert scores[0].score == pytest.approx(scores[2].score, abs=1e-5)
    assert scores[0].score != pytest.approx(scores[1].score, abs=1e-9)
    assert not scores[0].answers
    assert reranker("基层减负", []) == []


def test_a_model_that_is_no_reranker_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="一个输出"):
        open_reranker(str(tiny(tmp_path / "three", outputs=3)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="--reranker"):
        open_reranker(str(tmp_path / "empty"))


def test_the_first_hits_take_the_rerankers_order_and_scores_descend(tmp_path: Path, samples: Path) -> None:
    with LocalLibrary.open(tmp_path, embedder=HashEmbedder(), create=True) as library:
        library.sync([samples])
        plain = library.search("人才引进补贴", k=100)
        library.reranker = Shortest()
        hits = library.search("人才引进补贴", k=100)
    lengths = [len(hit.passage.text) for hit in hits[:50]]
    assert lengths == sorted(lengths)
    assert {hit.passage.id for hit in hits[:50]} == {hit.passage.id for hit in plain[:50]}
    assert [hit.passage.id for hit in hits[50:]] == [hit.passage.id for hit in plain[50:]]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_judgement_in_log_odds_is_weighed_against_the_score_and_the_unread_stay_behind() -> None:
    hits = [hit("改造老旧小区", 1.2), hit("精简文件", 1.0), hit("清单", 0.9)]
    read = reread("精简", hits, Sure())
    # log(1 / (1 + e²)) = -2.1269, log(1 / 2) = -0.6931; half of each is added.
    assert [one.passage.text for one in read] == ["精简文件", "改造老旧小区", "清单"]
    assert [one.score for one in read] == pytest.approx([0.6534, 0.1365, 0.1365], abs=1e-4)
    assert [one.signals.get("read") for one in read] == [0.0, -2.0, None]
    assert [one.answers for one in read] == [((0, 2, 0.9),), (), ()]
    assert reread("精简", read, Sure()) == read
    assert reread("精简", hits, None) == hits
    assert reread("精简", [], Sure()) == []
