"""Pictures of pages: words by optical recognition, offline, by RapidOCR (the extra `ocr`).

RapidOCR's wheel holds the PP-OCR models; OpenVINO, which the default engine needs anyway, runs them twice as fast as
ONNX Runtime.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any

from index.errors import LoadError
from index.load.glyphs import typed
from index.load.layout import left_out_note, paragraphs
from index.load.lines import Run
from index.load.pace import page_begins
from index.types import Block, Loaded

# From a picture (PIL) and its page number to its words, in pixels.
Recognise = Callable[[Any, int], list[Run]]

OCR_HINT = "识别扫描件请安装：pip install 'yinde[ocr]'，再重新收入"
MOST_PIXELS = 100_000_000
MOST_FRAMES = 500

LONGEST_SIDE = 2048  # pixels of a picture that is recognised
_STEP = 256  # pixels to multiples of which a picture's sides are filled up
_LINE_STEP = 160  # the same of a line's width, once it is 48 pixels high
_FINDING_SIDE = 1280  # pixels of the picture in which lines are found; they are read in the larger one
_SURE = 0.6  # the mean certainty of a line below which it is noise
_LONG = 12.0  # ems from which a line's width tells the size of its type
_LIKE = 0.18  # share by which lines of one size differ in height
_HAN = re.compile("[\u3400-\u9fff]")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_MARK = re.compile("(?<=[\u3400-\u9fff）”])[,:;!?]")
_MARKS = str.maketrans(",:;!?", "，：；！？")

_ENGINE = Lock()  # it keeps state from one picture to the next


def recogniser() -> Recognise | None:
    """What reads pictures on this machine; None where the extra is not installed. Loads nothing yet."""
    if find_spec("rapidocr") is None:
        invalidate_caches()  # it may have been installed since this process began
    return recognised_runs if find_spec("rapidocr") else None


def recognised_runs(picture: Any, page: int) -> list[Run]:
    """The lines that a PIL picture shows, in pixels; [] when it shows no words."""
    import numpy as np

    framed, scale = _framed(picture)
    with _ENGINE:
        found = _engine()(np.asarray(framed)[:, :, ::-1])
    if found.boxes is None:
        return []
    runs = []
    for corners, text, certainty in zip(found.boxes, found.txts, found.scores, strict=True):
        words = full_width(typed(text).strip())
        if words and certainty >= _SURE:
            xs, ys = [float(x) / scale for x, _ in corners], [float(y) / scale for _, y in corners]
            runs.append(Run(page, min(xs), min(ys), max(xs), max(ys), 0.0, words))
    return sized(runs)


def _framed(picture: Any) -> tuple[Any, float]:
    """The picture on a white ground, no side longer than LONGEST_SIDE, and by how much it was scaled.

    OpenVINO keeps code and memory for every size it meets; few sizes keep a scan of many pages within bounds.
    """
    from PIL import Image

    scale = min(1.0, LONGEST_SIDE / max(picture.size))
    across, high = (max(1, round(side * scale)) for side in picture.size)
    picture = picture.convert("RGB")
    picture = picture if scale == 1 else picture.resize((across, high), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", (-(-across // _STEP) * _STEP, -(-high // _STEP) * _STEP), "white")
    ground.paste(picture)
    return ground, scale


def sized(runs: Sequence[Run]) -> list[Run]:
    """Lines with the size of their type: the page's usual one where a line is as high as most, else in proportion.

    The usual size is told by the width of long lines, for a recognised line's box is as high as its ink only.
    """
    long = [run for run in runs if ems(run.text) >= _LONG] or list(runs)
    if not long:
        return []
    usual = median((run.x1 - run.x0) / ems(run.text) for run in long)
    high = max(median(run.y1 - run.y0 for run in long), 1e-6)
    ratios = [(run.y1 - run.y0) / high for run in runs]
    return [
        replace(run, size=usual if abs(ratio - 1) <= _LIKE else usual * ratio)
        for run, ratio in zip(runs, ratios, strict=True)
    ]


def full_width(text: str) -> str:
    """The text with Chinese marks where Chinese words adjoin them: (一) → （一）; recognition knows ASCII ones only."""
    text = _BRACKETED.sub(lambda match: f"（{match[1]}）" if _adjoins(match) else match[0], text)
    return _MARK.sub(lambda match: match[0].translate(_MARKS), text)


def ems(text: str) -> float:
    """The width of a text in full-width characters."""
    return sum(0.5 if char.isascii() else 1.0 for char in text)


def load_image(path: Path) -> Loaded:
    """The paragraphs that a picture shows; the frames of a TIFF are its pages. `meta["recognised"]` names the pages.

    Raises:
        LoadError: the extra is missing, no picture, too large, or no words in it; the message says the cure.
    """
    recognise = recogniser()
    if recognise is None:
        raise LoadError(f"这是图片，文字要识别才能收入；{OCR_HINT}")
    runs: list[Run] = []
    count = 0
    for count, picture in enumerate(_frames(path), start=1):
        runs += recognise(picture, count)
    laid = paragraphs(runs)
    if not laid.blocks:
        raise LoadError("图片里没有认出文字；请换清晰些的图片")
    # A photograph has no pages; a fax has.
    blocks = laid.blocks if count > 1 else tuple(Block(block.text) for block in laid.blocks)
    meta = {"recognised": page_ranges(range(1, count + 1)), "left_out": left_out_note(laid)}
    return Loaded(blocks, {name: value for name, value in meta.items() if value})


def page_ranges(pages: Sequence[int]) -> str:
    """1-3,7 of ascending page numbers 1, 2, 3, 7; "" of none."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and ranges[-1][1] == page - 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def _adjoins(match: re.Match[str]) -> bool:
    """Whether Chinese words stand in a bracket or right beside it."""
    around = match.string[max(match.start() - 1, 0) : match.start()] + match[0] + match.string[match.end() :][:1]
    return _HAN.search(around) is not None


def _frames(path: Path) -> Iterator[Any]:
    """The pictures in a file, upright, none longer than LONGEST_SIDE."""
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures that are large, which is asked below
            opened = Image.open(path)
        with opened:
            for number, frame in enumerate(ImageSequence.Iterator(opened)):
                if number >= MOST_FRAMES or frame.width * frame.height > MOST_PIXELS:
                    raise LoadError(f"图片太大（上限 {MOST_PIXELS // 10**6} 百万像素、{MOST_FRAMES} 页）；请缩小后再试")
                page_begins(number + 1, getattr(opened, "n_frames", 1))
                picture = ImageOps.exif_transpose(frame).convert("RGB")
                picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                yield picture
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError, EOFError) as error:
        raise LoadError("不是完好的图片；请重新扫描或另存后再试") from error
    except OSError as error:
        raise LoadError(f"图片读不出（{error}）；请重新扫描或另存后再试") from error


@cache
def _engine() -> Any:
    """The recogniser, made once a process. It knows its models by their place in its own folder: nothing is fetched."""
    from rapidocr import EngineType, RapidOCR

    parameters: dict[str, object] = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    # Lines one by one: a batch is as wide as its widest line, and as hungry.
    parameters |= {"Cls.cls_batch_num": 1, "Rec.rec_batch_num": 1, "Global.max_side_len": LONGEST_SIDE}
    parameters |= {"Det.limit_type": "max", "Det.limit_side_len": _FINDING_SIDE, "Global.log_level": "error"}
    engine: Any = RapidOCR(params=parameters)
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    lines = engine._load_rec_model()
    lines.session = _Stepped(lines.session)
    return engine


class _Stepped:
    """A session that reads lines, filled up to few widths: each new one would cost memory for good."""

    def __init__(self, session: Callable[[Any], Any]) -> None:
        self._session = session

    def __call__(self, lines: Any) -> Any:
        """What the session gives for lines of shape (n, 3, 48, width), -1 to 1, 0 where there is no picture."""
        import numpy as np

        return self._session(np.pad(lines, ((0, 0), (0, 0), (0, 0), (0, -lines.shape[3] % _LINE_STEP))))
