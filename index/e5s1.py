"""Reads the E5S1 image: one file that holds a BERT encoder in 4 bits and its whole tokenizer.

Little endian, unaligned: magic "E5S1"; version; hidden, layers, heads, feed-forward, vocabulary, positions and types;
layer-norm epsilon; block size; the Unigram pieces with their scores; the normaliser as a table of code points; a
directory of tensors, as f32 or Q4_0.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the encoder and the ids of its special pieces."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class Image:
    """A whole image: `pieces` with log probabilities by id, `normaliser` character → characters, flat f32 `tensors`."""

    shape: Shape
    pieces: list[tuple[str, float]]
    normaliser: Mapping[str, str]
    tensors: Mapping[str, NDArray[np.float32]]


class _Cursor:
    """A position in the image that moves with every read."""

    def __init__(self, image: bytes) -> None:
        self.image = image
        self.position = 0

    def bytes(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        return self.image[start : self.position]

    def values(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.bytes(np.dtype(kind).itemsize * count), kind)


def read_image(path: Path) -> Image:
    """The image at `path`, weights dequantised. Raises ValueError when it is not a whole E5S1 image."""
    cursor = _Cursor(path.read_bytes())
    if cursor.bytes(4) != b"E5S1":
        raise ValueError(f"{path} is not an E5S1 image")
    try:
        sizes = cursor.values("I7i")[1:]
        (epsilon, _block), (count, *special) = cursor.values("fi"), cursor.values("5i")
        pieces = _read_pieces(cursor, count)
        normaliser = _read_normaliser(cursor)
        tensors = dict(_read_tensor(cursor) for _ in range(*cursor.values("i")))
    except struct.error as error:
        raise ValueError(f"{path} ends too early") from error
    return Image(Shape(*(*sizes, epsilon, *special)), pieces, normaliser, tensors)


def _read_pieces(cursor: _Cursor, count: int) -> list[tuple[str, float]]:
    (size,) = cursor.values("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    text = cursor.bytes(size)
    return [(text[offsets[i] : offsets[i + 1]].decode(), scores[i]) for i in range(count)]


def _read_normaliser(cursor: _Cursor) -> dict[str, str]:
    count, _size = cursor.values("iI")
    table = {}
    for _ in range(count):
        source, length = cursor.values("IB")
        table[chr(source)] = "".join(map(chr, cursor.values(f"{length}I")))
    return table


def _read_tensor(cursor: _Cursor) -> tuple[str, NDArray[np.float32]]:
    (length,) = cursor.values("H")
    name = cursor.bytes(length).decode()
    quantised, count, offset, size = cursor.values("BIQQ")
    stored = cursor.image[offset : offset + size]
    return name, _dequantised(stored) if quantised else np.frombuffer(stored, "<f4", count)


def _dequantised(stored: bytes) -> NDArray[np.float32]:
    """Weights of Q4_0 blocks, (nibble - 8) · scale: byte j holds weight j in its low nibble and j + 16 in its high."""
    blocks = np.frombuffer(stored, Q4_0)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)  # (blocks, 32)
    return ((nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
