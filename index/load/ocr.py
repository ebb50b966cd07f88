"""Pictures of pages: words by optical recognition, offline, by RapidOCR (the extra `ocr`).

RapidOCR's wheel holds the PP-OCR models; OpenVINO, which the default engine needs anyway, runs them twice as fast as
ONNX Runtime.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Lock
from typing import Any

from index.errors import LoadError
from index.load.glyphs import typed
from index.load.layout import left_out_note, paragraphs
from index.load.lines import Run
from index.types import Block, Loaded

# From a picture (PIL) and its page number to its words, in pixels.
Recognise = Callable[[Any, int], list[Run]]

OCR_HINT = "识别扫描件请安装：pip install 'yinde[ocr]'，再重新收入"
MOST_PIXELS = 100_000_000
MOST_FRAMES = 500

_LONGEST_SIDE = 3000
_SURE = 0.6  # the mean certainty of a line below which it is noise
_SHORT, _LONG = 6.0, 12.0  # ems from which a line's width tells its type's size, and the page's usual size
_LIKE = 0.18

_ENGINE = Lock()  # it keeps state from one picture to the next


def recogniser() -> Recognise | None:
    """What reads pictures on this machine; None where the extra is not installed. Loads nothing yet."""
    return recognised_runs if find_spec("rapidocr") else None


def recognised_runs(picture: Any, page: int) -> list[Run]:
    """The lines that a PIL picture shows, in pixels; [] when it shows no words."""
    import numpy as np

    with _ENGINE:
        found = _engine()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    if found.boxes is None:
        return []
    runs = []
    for corners, text, certainty in zip(found.boxes, found.txts, found.scores, strict=True):
        words = typed(text).strip()
        if words and certainty >= _SURE:
            xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
            runs.append(Run(page, min(xs), min(ys), max(xs), max(ys), 0.0, words))
    return sized(runs)


def sized(runs: Sequence[Run]) -> list[Run]:
    """Lines with the size of their type, told from their width; lines near the page's usual size have exactly that.

    A recognised line's box is as high as its ink, which differs from line to line of one size.
    """
    guesses = [_size(run) for run in runs]
    long = [guess for guess, run in zip(guesses, runs, strict=True) if ems(run.text) >= _LONG]
    usual = median(long or guesses) if guesses else 0.0
    return [
        replace(run, size=usual if abs(guess - usual) <= _LIKE * usual else guess)
        for guess, run in zip(guesses, runs, strict=True)
    ]


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


def _size(run: Run) -> float:
    width = ems(run.text)
    return (run.x1 - run.x0) / width if width >= _SHORT else run.y1 - run.y0


def _frames(path: Path) -> Iterator[Any]:
    """The pictures in a file, upright, none longer than _LONGEST_SIDE."""
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures that are large, which is asked below
            opened = Image.open(path)
        with opened:
            for number, frame in enumerate(ImageSequence.Iterator(opened)):
                if number >= MOST_FRAMES or frame.width * frame.height > MOST_PIXELS:
                    raise LoadError(f"图片太大（上限 {MOST_PIXELS // 10**6} 百万像素、{MOST_FRAMES} 页）；请缩小后再试")
                picture = ImageOps.exif_transpose(frame).convert("RGB")
                picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
                yield picture
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError, EOFError) as error:
        raise LoadError("不是完好的图片；请重新扫描或另存后再试") from error
    except OSError as error:
        raise LoadError(f"图片读不出（{error}）；请重新扫描或另存后再试") from error


@cache
def _engine() -> Any:
    """The recogniser, made once a process. It knows its models by their place in its own folder: nothing is fetched."""
    from rapidocr import EngineType, RapidOCR

    engines = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    engine = RapidOCR(params={"Global.log_level": "error", **engines})
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine
