"""A chat with an OpenAI-compatible service: words as they come, bounded in time and length, its failures in Chinese.

No message holds the key, the service's own words (some repeat the key) or the address beyond its host.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from index.errors import EndpointError
from rag.settings import Endpoint

if TYPE_CHECKING:
    import httpx

Message = Mapping[str, str]

_TRIES = 3
_PAUSE = 0.5  # seconds before the second try, doubled before the third
_PATIENCE = 15.0  # seconds of Retry-After that are waited for
_LONGEST_LINE = 1 << 20  # bytes without a line's end
_LONGEST_ANSWER = 20_000  # characters
_GARBAGE = 20  # lines that cannot be read before the service is given up
_THOUGHT, _THOUGHT_END = "<think>", "</think>"
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


def chat(endpoint: Endpoint, messages: Sequence[Message]) -> Iterator[str]:
    """Yield the answer's words as they arrive, thoughts left out (reasoning_content, <think>…</think>).

    Ends quietly after 20,000 characters. What can pass (no connection, 429, 5xx) is tried three times, before the first
    word only. Closing the iterator closes the connection. EndpointError when the service fails, answers nothing, is
    silent for `endpoint.silence`, or is not done after `endpoint.whole` (a last silence comes on top).
    """
    deadline = time.monotonic() + endpoint.whole
    for attempt in range(1, _TRIES + 1):
        try:
            spoken = False
            for piece in _without_thoughts(_words(endpoint, messages, deadline)):
                spoken = True
                yield piece
            if not spoken:
                raise EndpointError(f"{_name(endpoint)}没有给出回答")
        except _PassingError as failure:
            wait = failure.wait or _PAUSE * 2 ** (attempt - 1)
            if attempt == _TRIES or wait > min(_PATIENCE, deadline - time.monotonic()):
                raise EndpointError(str(failure)) from None
            time.sleep(wait)
        else:
            return


def _words(endpoint: Endpoint, messages: Sequence[Message], deadline: float) -> Iterator[str]:
    """The pieces of one try; _PassingError only before the first."""
    length = 0
    with _response(endpoint, messages, deadline) as response:
        for piece in _pieces(endpoint, response, deadline):
            length += len(piece)
            yield piece
            if length > _LONGEST_ANSWER:
                return


@contextmanager
def _response(endpoint: Endpoint, messages: Sequence[Message], deadline: float) -> "Iterator[httpx.Response]":
    """A response that is well so far; a failure of the connection becomes a message."""
    import httpx

    left = deadline - time.monotonic()
    if left <= 0:
        raise EndpointError(_too_slow(endpoint))
    timeout = httpx.Timeout(min(endpoint.silence, left), connect=min(endpoint.connect, left))
    headers = {"Accept-Encoding": "identity"}  # so that a small body cannot unpack to a large one
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    body = {"model": endpoint.model, "messages": list(messages), "stream": True, "temperature": 0.1}
    started = False
    try:
        # A proxy set for the outside cannot reach a service on this machine.
        with (
            httpx.Client(timeout=timeout, headers=headers, trust_env=endpoint.elsewhere) as client,
            client.stream("POST", f"{endpoint.base_url}/chat/completions", json=body) as response,
        ):
            _check(endpoint, response)
            started = True
            yield response
    except httpx.ConnectTimeout:
        raise _PassingError(f"连不上{_name(endpoint)}；请检查地址，或看它是否在运行") from None
    except httpx.TimeoutException:
        raise EndpointError(_too_slow(endpoint)) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        if started:
            raise EndpointError(_broken(endpoint)) from None
        if isinstance(error, httpx.ConnectError):
            raise _PassingError(f"连不上{_name(endpoint)}；请检查地址，或看它是否在运行") from None
        raise _PassingError(_broken(endpoint)) from None


def _check(endpoint: Endpoint, response: "httpx.Response") -> None:
    status = response.status_code
    if status == 200:
        return
    if status == 429 or status >= 500:
        message = _REFUSALS.get(status, f"出错（{status}）；请稍后再试，或看它的日志")
        raise _PassingError(_name(endpoint) + message, _retry_after(response.headers.get("retry-after", "")))
    raise EndpointError(_name(endpoint) + _REFUSALS.get(status, f"没有照常回答（{status}）；请检查 YINDE_LLM_BASE_URL"))


def _retry_after(said: str) -> float:
    """Seconds; a date, which hardly any service sends, counts as not said."""
    return float(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0.0


def _pieces(endpoint: Endpoint, response: "httpx.Response", deadline: float) -> Iterator[str]:
    """The contents of a stream's events; of the one object where the service does not stream. Not empty."""
    garbage, ended, alone = 0, False, []
    for line in _lines(endpoint, response, deadline):
        if not line.startswith("data:"):
            alone.append(line if not line.startswith((":", "event:", "id:", "retry:")) else "")
            continue
        if line[5:].strip() == "[DONE]":
            return
        found = _read(endpoint, line[5:])
        garbage += found is None
        if garbage > _GARBAGE:
            break
        text, finished = found or ("", False)
        ended = ended or finished
        if text:
            yield text
    if ended:
        return
    whole = _read(endpoint, "\n".join(alone))
    if whole and whole[0]:
        yield whole[0]
    elif any(line.strip() for line in alone) or garbage > _GARBAGE:
        raise EndpointError(f"读不懂{_name(endpoint)}的回答；请检查 YINDE_LLM_BASE_URL 是否以 /v1 之类结尾")
    else:
        raise EndpointError(_broken(endpoint))


def _lines(endpoint: Endpoint, response: "httpx.Response", deadline: float) -> Iterator[str]:
    """The response's lines, bounded in number of bytes and in time, however slowly they drip."""
    rest = b""
    for block in response.iter_bytes():
        if time.monotonic() > deadline:
            raise EndpointError(_too_slow(endpoint))
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > _LONGEST_LINE:
            raise EndpointError(f"读不懂{_name(endpoint)}的回答")
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")


def _read(endpoint: Endpoint, line: str) -> tuple[str, bool] | None:
    """(words, whether it is the last) of an event or a whole completion; None for what is neither."""
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    if said.get("error"):
        raise EndpointError(f"{_name(endpoint)}报告了错误；请看它的日志")
    choices = said.get("choices")
    if not isinstance(choices, list):
        return None
    choice = choices[0] if choices and isinstance(choices[0], dict) else {}
    holder = choice.get("delta") or choice.get("message") or {}
    content = holder.get("content") if isinstance(holder, dict) else None
    return content if isinstance(content, str) else "", bool(choice.get("finish_reason"))


def _without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without <think>…</think> and blanks at the beginning, wherever a tag is cut in two."""
    held, thinking, begun = "", False, False
    for piece in pieces:
        if begun:
            yield piece
            continue
        held = (held + piece).lstrip()
        if not thinking and len(held) < len(_THOUGHT) and _THOUGHT.startswith(held):
            continue
        thinking = thinking or held.startswith(_THOUGHT)
        if thinking and _THOUGHT_END not in held:
            held = held[-len(_THOUGHT_END) :]
            continue
        held = held.partition(_THOUGHT_END)[2].lstrip() if thinking else held
        thinking, begun = False, bool(held)
        if begun:
            yield held
    if held and not begun and not thinking:
        yield held


def _name(endpoint: Endpoint) -> str:
    return f"大模型服务（{endpoint.host}）"


def _too_slow(endpoint: Endpoint) -> str:
    return f"{_name(endpoint)}太久没有答完；可以用 YINDE_LLM_TIMEOUT 放宽时限（秒）"


def _broken(endpoint: Endpoint) -> str:
    return f"{_name(endpoint)}中途断开"
