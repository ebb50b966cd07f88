"""Where a language model is served, from the environment; nothing set means no model, and answers that quote."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import urlsplit

from index.errors import EndpointError

Unsupported = Literal["withhold", "mark"]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible service.

    base_url  up to /v1 or what stands for it; /chat/completions is put behind it
    context   how many tokens the model takes in and gives out together
    connect, silence, whole  seconds: until a connection stands, without a sign, for a whole answer
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    context: int = 4096
    connect: float = 5.0
    silence: float = 60.0
    whole: float = 180.0

    @property
    def host(self) -> str:
        """The machine that serves it, without port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def elsewhere(self) -> bool:
        """Whether questions and passages leave this machine."""
        return self.host not in LOOPBACK


def endpoint(environ: Mapping[str, str] = os.environ) -> Endpoint | None:
    """The service that YINDE_LLM_BASE_URL, _MODEL and _API_KEY name; None when none of them is set.

    YINDE_LLM_CONTEXT is the model's context in tokens, YINDE_LLM_TIMEOUT the seconds an answer may take. EndpointError
    for what cannot be meant; it never repeats the key.
    """
    said = {name: environ.get(f"YINDE_LLM_{name}", "").strip() for name in ("BASE_URL", "MODEL", "API_KEY")}
    if not any(said.values()):
        return None
    if not said["BASE_URL"] or not said["MODEL"]:
        raise EndpointError("YINDE_LLM_BASE_URL 和 YINDE_LLM_MODEL 要一起设置；不用大模型就都不设")
    key = said["API_KEY"]
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EndpointError("YINDE_LLM_API_KEY 含有空格或非英文字符；请重新复制密钥")
    whole = _number(environ, "YINDE_LLM_TIMEOUT", default=180, least=5, most=3600)
    return Endpoint(
        _address(said["BASE_URL"]),
        said["MODEL"],
        key,
        context=_number(environ, "YINDE_LLM_CONTEXT", default=4096, least=2048, most=1_000_000),
        silence=whole if "YINDE_LLM_TIMEOUT" in environ else 60.0,
        whole=whole,
    )


def unsupported(environ: Mapping[str, str] = os.environ) -> Unsupported:
    """What becomes of a sentence that its sources do not bear: YINDE_LLM_UNSUPPORTED, `withhold` when not set."""
    said = environ.get("YINDE_LLM_UNSUPPORTED", "").strip() or "withhold"
    if said not in ("withhold", "mark"):
        raise EndpointError(f"YINDE_LLM_UNSUPPORTED 不能是“{said}”；写 withhold（不显示）或 mark（显示并标明）")
    return cast("Unsupported", said)


def _address(written: str) -> str:
    """The address without a slash at its end, and without /chat/completions, which many copy along."""
    example = "例如 http://127.0.0.1:11434/v1"
    try:
        parts = urlsplit(written)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right:
        raise EndpointError(f"YINDE_LLM_BASE_URL 不是网址；{example}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EndpointError(f"YINDE_LLM_BASE_URL 里不要写密码和参数，密钥写在 YINDE_LLM_API_KEY；{example}")
    return written.rstrip("/").removesuffix("/chat/completions").rstrip("/")


def _number(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    said = environ.get(name, "").strip() or str(default)
    if not (said.isascii() and said.isdigit() and len(said) < 9 and least <= int(said) <= most):
        raise EndpointError(f"{name} 要写 {least} 到 {most} 之间的整数，现在是“{said[:20]}”")
    return int(said)
