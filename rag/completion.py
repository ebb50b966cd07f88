"""The words of a chat completion: read from its events however they are cut, garbled or dressed up."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Flaw = Literal["garbage", "error", "broken"]

_LONGEST_LINE = 1 << 20  # bytes without a line's end
_MOST = 1 << 24  # bytes of a whole response
_GARBAGE = 20  # events that cannot be read before the service is given up
_THOUGHT, _THOUGHT_END = "<think>", "</think>"


class UnreadableError(Exception):
    """A response that is no completion: `flaw` tells garbage, an error told in it, or one that breaks off."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw: Flaw = flaw


@dataclass(slots=True)
class _Seen:
    """What a response held besides words."""

    garbage: int = 0
    ended: bool = False
    alone: list[str] = field(default_factory=list)


async def contents(blocks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """The contents of a stream's events; of the one object where the service does not stream. None is empty.

    UnreadableError for what is neither, after what could be read.
    """
    seen = _Seen()
    async for line in _lines(blocks):
        if not line.startswith("data:"):
            if line.strip() and not line.startswith((":", "event:", "id:", "retry:")):
                seen.alone.append(line)
            continue
        if line[5:].strip() == "[DONE]":
            return
        found = _read(line[5:])
        seen.garbage += found is None
        if seen.garbage > _GARBAGE:
            raise UnreadableError("garbage")
        text, finished = found or ("", False)
        seen.ended = seen.ended or finished
        if text:
            yield text
    if seen.ended:
        return
    whole = _read("\n".join(seen.alone))
    if not whole or not whole[0]:
        raise UnreadableError("garbage" if seen.alone else "broken")
    yield whole[0]


def without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without <think>…</think> and blanks at the beginning, wherever a tag is cut in two; "" for those."""
    held, thinking, begun = "", False, False
    for piece in pieces:
        if begun:
            yield piece
            continue
        held = (held + piece).lstrip()
        thinking = thinking or held.startswith(_THOUGHT)
        if thinking and _THOUGHT_END in held:
            held, thinking = held.partition(_THOUGHT_END)[2].lstrip(), False
        begun = bool(held) and not thinking and not _THOUGHT.startswith(held)
        yield held if begun else ""
        if thinking:
            held = held if len(held) < len(_THOUGHT) else _THOUGHT + held[len(_THOUGHT) :][-len(_THOUGHT_END) :]
    if held and not begun and not thinking:
        yield held


async def _lines(blocks: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """The response's lines; UnreadableError when they or the whole grow too long."""
    rest, length = b"", 0
    async for block in blocks:
        length += len(block)
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > _LONGEST_LINE or length > _MOST:
            raise UnreadableError("garbage")
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")


def _read(line: str) -> tuple[str, bool] | None:
    """(words, whether it is the last) of an event or a whole completion; None for what is neither."""
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    if said.get("error"):
        raise UnreadableError("error")
    choices = said.get("choices")
    if not isinstance(choices, list):
        return None
    choice = choices[0] if choices and isinstance(choices[0], dict) else {}
    holder = choice.get("delta") or choice.get("message") or {}
    content = holder.get("content") if isinstance(holder, dict) else None
    return content if isinstance(content, str) else "", bool(choice.get("finish_reason"))
