"""An OpenAI-compatible face at /v1, so that any chat client can ask: a conversation in, a cited answer out.

What a client sends of temperature and the like is accepted and has no effect: nothing here is left to chance.
"""

import json
import re
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from index.errors import QueryError
from rag.followup import Turn, turn
from rag.pipeline import Pipeline
from rag.types import Answer
from ui.live import LEFT, UNKEPT, Growing, complete, growing

if TYPE_CHECKING:
    from fastapi import FastAPI

MODEL = "yinde"
_MARK = re.compile(r"\[(\d{1,3})\]")


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[str, Field(max_length=100_000)] | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words; the text parts of a message of several."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class ChatBody(BaseModel):
    """A conversation whose last user message is the question."""

    model_config = ConfigDict(extra="allow")
    model: str = MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: Annotated[bool, Field(strict=True)] = False


def add_openai(app: "FastAPI", pipeline: Pipeline) -> None:
    """Serve /v1/chat/completions and /v1/models."""
    from fastapi import Request, Response
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import StreamingResponse

    @app.get("/v1/models", tags=["OpenAI"], summary="可用的模型：只有一个")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @app.post("/v1/chat/completions", tags=["OpenAI"], summary="与 OpenAI 兼容的问答，逐句注明出处")
    async def completions(body: ChatBody, request: Request) -> object:
        base = str(request.base_url)
        question, history = _asked(body)
        answers = pipeline.stream(question, history=history)
        if not body.stream:
            answer = await complete(answers, request)
            return _completion(answer, base) if answer else Response(status_code=LEFT)
        first = await run_in_threadpool(next, answers)  # what cannot be asked is refused before the stream begins
        return StreamingResponse(_chunks(first, answers, base), media_type="text/event-stream", headers=UNKEPT)


def _asked(body: ChatBody) -> tuple[str, list[Turn]]:
    """The last user message, and the turns before it: a user's words with the assistant's answer to them."""
    history: list[Turn] = []
    question = ""
    for message in body.messages:
        words = message.text.strip()
        if message.role == "assistant" and question:
            history.append(turn(question, words))
            question = ""
        elif message.role == "user":
            history += [Turn(question)] if question else []
            question = words
    if not question and history:  # a client that lets an answer be made anew
        question = history.pop().question
    if not question:
        raise QueryError("messages 里没有 user 的问题")
    return question, history


def _completion(answer: Answer, base: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": _said(answer), "annotations": annotations(answer, base)}
    return {
        **_frame("chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def annotations(answer: Answer, base: str) -> list[dict[str, Any]]:
    """A url_citation for every marker [n] of the answer's text: where it stands there, and its source's own link."""
    sources = {citation.number: citation for citation in answer.citations}
    found = []
    for mark in _MARK.finditer(answer.text):
        citation = sources.get(int(mark[1]))
        if citation is None:  # [3] in the words of the document itself
            continue
        link = {
            "start_index": mark.start(),
            "end_index": mark.end(),
            "url": f"{base}?id={citation.passage.id}",
            "title": " ".join(part for part in (citation.title, citation.passage.address) if part),
        }
        found.append({"type": "url_citation", "url_citation": link})
    return found


async def _chunks(first: Answer, rest: Growing, base: str) -> AsyncIterator[str]:
    frame = _frame("chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return f"data: {json.dumps({**frame, 'choices': [choice]}, ensure_ascii=False)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    sent, answer = "", first
    async for answer in growing(rest):
        whole = _said(answer)
        if whole.startswith(sent) and len(whole) > len(sent):
            yield chunk({"content": whole[len(sent) :]})
            sent = whole
        else:
            yield ": \n\n"
    yield chunk({"annotations": annotations(answer, base)}, "stop")
    yield "data: [DONE]\n\n"


def _said(answer: Answer) -> str:
    """What a chat shows: the answer's text, and its note below, since nothing else carries it."""
    return f"{answer.text}\n\n（{answer.note}）" if answer.note and not answer.abstained else answer.text


def _frame(kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": MODEL}
