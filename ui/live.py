"""Answers that grow while they are sent; the work for them ends when their reader leaves."""

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

from rag.types import Answer

if TYPE_CHECKING:
    from fastapi import Request

LEFT = 499  # the status, as nginx logs it, of a reader who left before the answer
UNKEPT = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
Growing = Generator[Answer, None, None]


async def growing(answers: Growing) -> AsyncGenerator[Answer, None]:
    """The answers as they come, made in a worker thread; closed when nobody takes them any more."""
    from starlette.concurrency import iterate_in_threadpool

    try:
        async for answer in iterate_in_threadpool(answers):
            yield answer
    finally:
        answers.close()


async def complete(answers: Growing, request: "Request") -> Answer | None:
    """The last of the answers; None as soon as the reader has left."""
    last: Answer | None = None
    taken = growing(answers)
    try:
        async for answer in taken:
            last = answer
            if await request.is_disconnected():
                return None
    finally:
        await taken.aclose()
    return last
