"""A document on its way in: its passages, the windows that are embedded of them, and its sketch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from index.gongwen import document_id
from index.sketch import sketch
from index.split import split, windows
from index.types import Document, Passage, Span


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage that is embedded as one vector, with the words it stands under.

    `span` is relative to the passage; `key` names its vector: a digest of the model's name, text and context.
    """

    span: Span
    text: str
    context: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document to take in or to replace. `keys[i]` are the spans and keys of the windows of `passages[i]`.

    `digest` tells its text from others, whatever its id.
    """

    document: Document
    digest: str
    passages: tuple[Passage, ...]
    keys: tuple[tuple[tuple[Span, bytes], ...], ...]
    sketch: bytes

    def named(self, doc_id: str) -> "Arrival":
        """The same under another id; its passages' ids follow."""
        old = len(self.document.id)
        if doc_id == self.document.id:
            return self
        passages = tuple(replace(p, id=doc_id + p.id[old:], doc_id=doc_id) for p in self.passages)
        return replace(self, document=replace(self.document, id=doc_id), passages=passages)

    def windows(self) -> Iterator[Window]:
        """All windows in order."""
        for passage, keys in zip(self.passages, self.keys, strict=True):
            context = _context(passage, self.document.title)
            for span, key in keys:
                yield Window(span, passage.text[span[0] : span[1]], context, key)


def arrival(document: Document, *, model: str) -> Arrival:
    """A document split into passages, its windows keyed for the model of that name."""
    passages = tuple(split(document))
    keys = tuple(tuple((w.span, w.key) for w in embedded_windows(p, document.title, model)) for p in passages)
    return Arrival(document, document_id(document.text), passages, keys, sketch(document.text))


def embedded_windows(passage: Passage, title: str, model: str) -> list[Window]:
    """The windows of a passage; their context is the document's title and the passage's headings."""
    context = _context(passage, title)
    result = []
    for start, end in windows(passage.text):
        text = passage.text[start:end]
        key = blake2b(f"{model}\0{context}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        result.append(Window((start, end), text, context, key))
    return result


def _context(passage: Passage, title: str) -> str:
    return "\n".join([title, *passage.path])
