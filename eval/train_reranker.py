"""Teach the bundled model to read question and passage together, and write what it learned: index/reranker.npz.

Three losses at once: whether the passage answers (cross-entropy of each pair), which pair of a group answers best, and
where the answer's words stand (first and last token; the first token of all where there is none, as in Devlin et al.,
NAACL 2019). About two hours for 8,000 questions on two cores, which need not be the same two: `--start` goes on.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any

import numpy as np
import typer

from eval.cases import load_set
from eval.reranker_data import Lesson, Pair, lessons, pairs_of, twins
from index.bundled import bundled_folder
from index.bundled_reranker import PASSAGE, QUERY, TOKENS, WEIGHTS, pooled

RANK, SCALE = 16, 2.0  # of the differences, and what they are multiplied by
FROZEN = 3  # lowest layers, which stay as they are
AT_ONCE = 8  # questions of a step
RATE, HEAD_RATE = 7e-4, 2e-3
HEADS = ("head", "ends")
_LAYERS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
_LINEAR = (*_LAYERS, "intermediate.dense", "output.dense")


def main(
    folders: Annotated[list[Path], typer.Argument(metavar="问题集…", help="BEIR 文件夹，附短答案的最好")],
    minutes: Annotated[float, typer.Option("--minutes", min=1, help="训练多少分钟")] = 60,
    to: Annotated[Path, typer.Option("--out", help="写到这个文件")] = WEIGHTS,
    start: Annotated[Path | None, typer.Option("--start", help="由这个文件里已经学到的接着学")] = None,
    seed: Annotated[int, typer.Option("--seed", help="随机种子")] = 3,
) -> None:
    """用问题集训练自带的重排模型，写成 index/reranker.npz。"""
    import torch

    rng = Random(seed)
    torch.manual_seed(seed)
    known = twins()
    taught = [lesson for folder in folders for lesson in lessons(load_set(folder), known)]
    model = _model()
    if start is not None:
        _resume(model, start)
    _teach(model, taught, minutes * 60, rng)
    _write(model, to)
    typer.echo(f"已写入 {to}")


def _teach(model: Any, taught: Sequence[Lesson], seconds: float, rng: Random) -> None:
    import torch
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS, strategy="only_second")
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
    low = [p for n, p in model.named_parameters() if p.requires_grad and n.endswith((".down", ".up"))]
    heads = [*model.head.parameters(), *model.ends.parameters()]
    optimiser = torch.optim.AdamW([{"params": low, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01)
    began = time.monotonic()

    def share(step: int) -> float:  # of the rate: up over sixty steps, down to nothing over the time
        return min(1.0, (step + 1) / 60) * max(0.02, 1 - (time.monotonic() - began) / seconds)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, share)
    for step, batch in enumerate(_batches(taught, rng)):
        if time.monotonic() - began > seconds:
            return
        loss = _loss(model, tokenizer, [pairs_of(lesson, rng) for lesson in batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*low, *heads], 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        schedule.step()
        if step % 50 == 49:
            typer.echo(f"{step + 1} 步，{time.monotonic() - began:.0f} 秒，损失 {float(loss.detach()):.3f}", err=True)


def _batches(taught: Sequence[Lesson], rng: Random) -> Iterator[list[Lesson]]:
    while True:
        order = rng.sample(taught, len(taught))
        yield from (order[at : at + AT_ONCE] for at in range(0, len(order), AT_ONCE))


def _loss(model: Any, tokenizer: Any, groups: Sequence[Sequence[Pair]]) -> Any:
    import torch
    from torch.nn import functional

    pairs = [pair for group in groups for pair in group]
    encodings = tokenizer.encode_batch([(QUERY + pair.question, PASSAGE + pair.text) for pair in pairs])
    ids = torch.tensor([one.ids for one in encodings])
    mask = torch.tensor([one.attention_mask for one in encodings])
    sides = torch.tensor([[int(side == 1) for side in one.sequence_ids] for one in encodings])
    scores, ends = model(ids, mask, sides)
    bears = torch.tensor([float(pair.bears) for pair in pairs])
    loss = functional.binary_cross_entropy_with_logits(scores, bears)
    at = 0
    for group in groups:
        loss = loss - 0.7 / len(groups) * functional.log_softmax(scores[at : at + len(group)], 0)[0]
        at += len(group)
    places = [_tokens(one, pair) for one, pair in zip(encodings, pairs, strict=True)]
    known = [i for i, place in enumerate(places) if place is not None]
    spans = torch.tensor([places[i] for i in known])  # (known, 2)
    found = sum(functional.cross_entropy(ends[known, :, side], spans[:, side]) for side in (0, 1))
    return loss + 0.35 * found


def _tokens(encoding: Any, pair: Pair) -> tuple[int, int] | None:
    """First and last token of the answer; (0, 0) where the passage has none, None where it is not known."""
    if pair.answer is None:
        return None if pair.bears else (0, 0)
    start, end = (len(PASSAGE) + offset for offset in pair.answer)
    within = [
        i
        for i, (side, (a, b)) in enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True))
        if side == 1 and a < end and b > start
    ]
    return (within[0], within[-1]) if within else None


def _model() -> Any:
    """The bundled model with differences of low rank beside its linear layers; only those and two heads learn."""
    import torch
    from transformers import AutoModel

    bert = AutoModel.from_pretrained(bundled_folder(), add_pooling_layer=False, attn_implementation="eager")
    halved = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # elsewhere it is imitated, thirty times slower
    bert = bert.to(torch.bfloat16 if halved else torch.float32).requires_grad_(False)
    for layer in bert.encoder.layer[FROZEN:]:
        for name in _LINEAR:
            parent, _, own = name.rpartition(".")
            inner = layer.get_submodule(name)
            setattr(layer.get_submodule(parent), own, _low_rank(inner))

    class Joined(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            self.head = torch.nn.Linear(3 * bert.config.hidden_size, 1)
            self.ends = torch.nn.Linear(bert.config.hidden_size, 2)
            torch.nn.init.zeros_(self.head.weight)
            torch.nn.init.zeros_(self.head.bias)

        def forward(self, ids: Any, mask: Any, sides: Any) -> tuple[Any, Any]:
            states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            ends = self.ends(states).masked_fill(
                ((sides * mask == 0) & (torch.arange(ids.shape[1]) > 0))[..., None], -1e4
            )
            return self.head(pooled(states, mask, sides)).squeeze(-1), ends

    return Joined()


def _low_rank(linear: Any) -> Any:
    """`linear` plus a difference of rank RANK, nothing at first (Hu et al., ICLR 2022)."""
    import torch

    class LowRank(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = linear
            self.down = torch.nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
            self.up = torch.nn.Parameter(torch.zeros(linear.out_features, RANK))

        def forward(self, inputs: Any) -> Any:
            down, up = self.down.to(inputs.dtype), self.up.to(inputs.dtype)
            return self.linear(inputs) + (inputs @ down.T) @ up.T * SCALE

    return LowRank()


def _resume(model: Any, start: Path) -> None:
    """Put what `_write` wrote back into the model."""
    import torch

    with np.load(start) as learned, torch.no_grad():
        for name, parameter in model.named_parameters():
            key = name.removeprefix("bert.")
            if parameter.requires_grad and key in learned:
                value = torch.from_numpy(learned[key].astype(np.float32))
                parameter.copy_(value / SCALE if key.endswith(".up") else value)


def _write(model: Any, to: Path) -> None:
    """The differences' two factors by the name of their layer, and both heads, in half precision."""
    learned = {f"{head}.{name}": value for head in HEADS for name, value in getattr(model, head).state_dict().items()}
    for name, module in model.bert.named_modules():
        if hasattr(module, "down"):
            learned |= {f"{name}.down": module.down, f"{name}.up": module.up * SCALE}
    np.savez_compressed(to, **{name: value.detach().numpy().astype(np.float16) for name, value in learned.items()})


if __name__ == "__main__":
    typer.run(main)
