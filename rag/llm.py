"""A chat with an OpenAI-compatible service: words as they come, bounded in time and length, its failures in Chinese.

No message holds the key, the service's own words (some repeat the key) or the address beyond its host.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from index.errors import EndpointError
from rag.background import drawn
from rag.completion import UnreadableError, contents, without_thoughts
from rag.settings import Endpoint

if TYPE_CHECKING:
    import httpx

Message = Mapping[str, str]

_TRIES = 3
_PAUSE = 0.5  # seconds before the second try, doubled before the third
_PATIENCE = 15.0  # seconds of Retry-After that are waited for
_HEARTBEAT = 0.5  # seconds after which whoever takes the words may leave
_LONGEST_ANSWER = 20_000  # characters
_UNREACHED = "连不上{}；请检查地址，或看它是否在运行"
_FLAWS = {
    "garbage": "读不懂{}的回答；请检查 YINDE_LLM_BASE_URL 是否以 /v1 之类结尾",
    "error": "{}报告了错误；请看它的日志",
    "broken": "{}中途断开",
}
_REFUSALS = {
    400: "不接受这个请求（400）；请检查模型名称和 YINDE_LLM_CONTEXT",
    401: "不认这个密钥（401）；请检查 YINDE_LLM_API_KEY",
    402: "的账户余额不足（402）",
    403: "不允许使用（403）；请检查密钥的权限",
    404: "没有这个模型或地址（404）；请检查 YINDE_LLM_BASE_URL 和 YINDE_LLM_MODEL",
    429: "请求太多（429）；请稍后再试",
}


class _PassingError(Exception):
    """A failure before the first word that another try may mend; `wait` in seconds, 0 where none was asked for."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class _RefusedError(Exception):
    """The service did not take the request as it was made (400, 422)."""


def chat(endpoint: Endpoint, messages: Sequence[Message]) -> Generator[str, None, None]:
    """Yield the answer's words as they arrive, thoughts left out (reasoning_content, <think>…</think>).

    "" is yielded every half second without words, so that a reader may leave: closing ends the connection at once.
    Ends quietly after 20,000 characters. What can pass (no connection, 429, 5xx) is tried three times, before the first
    word only. EndpointError when the service fails, answers nothing, is silent for `endpoint.silence`, or is not done
    after `endpoint.whole`.
    """
    length, spoken = 0, False
    words = drawn(lambda: _bounded(endpoint, messages), every=_HEARTBEAT)
    try:
        for piece in without_thoughts(words):
            yield piece
            length += len(piece)
            spoken = spoken or bool(piece.strip())
            if length > _LONGEST_ANSWER:
                return
    finally:
        words.close()
    if not spoken:
        raise EndpointError(f"{_name(endpoint)}没有给出回答")


async def _bounded(endpoint: Endpoint, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
    """The words in at most the whole time, in several tries."""
    deadline = time.monotonic() + endpoint.whole
    try:
        async with asyncio.timeout(endpoint.whole):
            async for piece in _tried(endpoint, messages, deadline):
                yield piece
    except TimeoutError:
        raise EndpointError(_too_slow(endpoint)) from None
    except UnreadableError as error:
        raise EndpointError(_FLAWS[error.flaw].format(_name(endpoint))) from None


async def _tried(endpoint: Endpoint, messages: Sequence[Message], deadline: float) -> AsyncGenerator[str, None]:
    bodies = [_body(endpoint, messages), _plainer(endpoint, messages)]
    attempt = 0
    while True:
        attempt += 1
        try:
            async with _response(endpoint, bodies[0]) as response:
                async for piece in contents(response.aiter_bytes()):
                    yield piece
            return
        except _RefusedError:
            bodies.pop(0)
            if not bodies:
                raise EndpointError(_name(endpoint) + _REFUSALS[400]) from None
        except _PassingError as failure:
            wait = failure.wait or _PAUSE * 2 ** (attempt - 1)
            if attempt >= _TRIES or wait > min(_PATIENCE, deadline - time.monotonic()):
                raise EndpointError(str(failure)) from None
            await asyncio.sleep(wait)


def _body(endpoint: Endpoint, messages: Sequence[Message]) -> dict[str, object]:
    return {"model": endpoint.model, "messages": list(messages), "stream": True, "temperature": 0.1}


def _plainer(endpoint: Endpoint, messages: Sequence[Message]) -> dict[str, object]:
    """The same for models that know no system message (Gemma) or no temperature (those that reason)."""
    joined = "\n\n".join(message["content"] for message in messages)
    return {"model": endpoint.model, "messages": [{"role": "user", "content": joined}], "stream": True}


@asynccontextmanager
async def _response(endpoint: Endpoint, body: Mapping[str, object]) -> "AsyncGenerator[httpx.Response, None]":
    """A response that is well so far; a failure of the connection becomes a message."""
    import httpx

    headers = {"Accept-Encoding": "identity"}  # so that a small body cannot unpack to a large one
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    timeout = httpx.Timeout(endpoint.silence, connect=min(endpoint.connect, endpoint.silence))
    started = False
    try:
        # A proxy set for the outside cannot reach a service on this machine.
        async with (
            httpx.AsyncClient(timeout=timeout, headers=headers, trust_env=endpoint.elsewhere) as client,
            client.stream("POST", f"{endpoint.base_url}/chat/completions", json=body) as response,
        ):
            _check(endpoint, response)
            started = True
            yield response
    except httpx.ConnectTimeout:
        raise _PassingError(_UNREACHED.format(_name(endpoint))) from None
    except httpx.TimeoutException:
        raise EndpointError(_too_slow(endpoint)) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        if started:
            raise UnreadableError("broken") from None
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            cure = "单位自签的证书用 SSL_CERT_FILE 指明"
            raise EndpointError(f"{_name(endpoint)}的证书不可信；{cure}") from None
        unreached = _UNREACHED if isinstance(error, httpx.ConnectError) else _FLAWS["broken"]
        raise _PassingError(unreached.format(_name(endpoint))) from None


def _check(endpoint: Endpoint, response: "httpx.Response") -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (400, 422):
        raise _RefusedError
    if status == 429 or status >= 500:
        message = _REFUSALS.get(status, f"出错（{status}）；请稍后再试，或看它的日志")
        raise _PassingError(_name(endpoint) + message, _retry_after(response.headers.get("retry-after", "")))
    raise EndpointError(_name(endpoint) + _REFUSALS.get(status, f"没有照常回答（{status}）；请检查 YINDE_LLM_BASE_URL"))


def _retry_after(said: str) -> float:
    """Seconds; a date, which hardly any service sends, counts as not said."""
    return float(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0.0


def _name(endpoint: Endpoint) -> str:
    return f"大模型服务（{endpoint.host}）"


def _too_slow(endpoint: Endpoint) -> str:
    return f"{_name(endpoint)}太久没有答完；可以用 YINDE_LLM_TIMEOUT 放宽时限（秒）"
