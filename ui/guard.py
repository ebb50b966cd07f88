"""What stands between the network and the program: hosts, keys, sizes, rates, and headers that browsers obey.

One ASGI layer, outermost. It never reads a body; it counts what goes by.
"""

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from index.errors import LibraryError
from ui.keys import Key, Keys, Scope
from ui.problem import MEDIA_TYPE
from ui.upload import UploadLimits

Message = dict[str, Any]

LARGEST_BODY = 64 * 1024 * 1024
LARGEST_UPLOAD = UploadLimits().total + (1 << 20)
COOKIE = "yinde"
SESSION_SECONDS = 12 * 3600
RATE = 20.0  # API requests a second that one client may go on making
BURST = 100.0  # and those it may make at once
_CLIENTS = 10_000  # remembered at once, the longest unseen forgotten first
_OPEN = frozenset({"/healthz", "/readyz", "/login", "/opensearch.xml", "/page/favicon.svg"})  # and /widget/
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ASKS = ("/api/v1/ask", "/api/v1/quote", "/api/v1/check", "/v1/", "/mcp")  # POST, and yet change nothing
# Of Gradio's own API the page needs these; the rest takes files to the disk, or fetches for whoever asks.
_GRADIO = tuple(
    f"/gradio_api/{name}" for name in ("queue/", "startup-events", "heartbeat/", "info", "app_id", "cancel")
)
# Gradio's page needs inline script and eval; even so nothing is loaded from, or sent to, another place.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", _POLICY.encode()),
)


@dataclass(slots=True)
class Sessions:
    """Who is logged in to the page: random tokens, in memory only, so that a restart asks again."""

    _until: dict[str, tuple[str, float]] = field(default_factory=dict)

    def open(self, key: Key) -> str:
        """A token for the holder of a key."""
        now = time.monotonic()
        self._until = {token: kept for token, kept in self._until.items() if kept[1] > now}
        token = secrets.token_urlsafe(32)
        self._until[token] = (key.id, now + SESSION_SECONDS)
        return token

    def key(self, token: str, keys: Keys) -> Key | None:
        """The key behind a token, None when it has ended or its key was taken back."""
        id, until = self._until.get(token, ("", 0.0))
        if until <= time.monotonic():
            return None
        return next((key for key in keys.all() if key.id == id), None)

    def close(self, token: str) -> None:
        """Forget a token."""
        self._until.pop(token, None)


class Rates:
    """A bucket a client: it holds BURST requests and refills by RATE a second."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, *, now: float) -> float:
        """Seconds until this client may ask; 0 takes one request off its bucket."""
        left, seen = self._left.pop(client, (BURST, now))
        left = min(BURST, left + (now - seen) * RATE)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > _CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / RATE


class Refused(Exception):  # noqa: N818 - it is an answer rather than an error
    """A request that goes no further."""

    def __init__(self, status: int, title: str, detail: str, **headers: str) -> None:
        """Answer with this problem and these headers."""
        self.status, self.title, self.detail, self.headers = status, title, detail, headers


class Guard:
    """The ASGI application within, behind its rules. `hosts` are the names it answers to, empty for any."""

    def __init__(
        self, app: Any, *, keys: Keys, sessions: Sessions, hosts: Collection[str] = (), origins: Collection[str] = ()
    ) -> None:
        """Guard `app`; `origins` may ask across sites (`ui.widget.allow_origins`)."""
        self._app = app
        self._keys = keys
        self._sessions = sessions
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)
        self._rates = Rates()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks over web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            self._admit(scope, headers)
        except LibraryError as error:  # damaged keys open no door
            await _answer(Refused(503, "文库暂不可用", str(error)), scope, send)
            return
        except Refused as refused:
            await _answer(refused, scope, send)
            return
        await self._app(scope, _counted(receive, _largest(scope)), _with_headers(send))

    def _admit(self, scope: Message, headers: Mapping[str, str]) -> None:
        path, method = scope["path"], scope["method"]
        host = headers.get("host", "")
        # A page elsewhere whose name was made to point here would else read the library as if it were ours.
        if self._hosts and _name(host) not in self._hosts:
            cure = "用 yinde serve --allow-host 加上它"
            raise Refused(421, "不认识这个主机名", f"{host or '（空）'} 不是本服务的名称；{cure}")
        origin = headers.get("origin", "")
        if method not in _READS and origin and origin.partition("://")[2] != host:
            self._check_origin(origin, path)
        if path.startswith("/gradio_api/") and not path.startswith(_GRADIO):
            raise Refused(404, "没有这个地址", "没有这个地址")
        length, largest = headers.get("content-length", "0"), _largest(scope)
        if length.isdigit() and int(length[:20]) > largest:
            raise Refused(413, "内容太大", f"一次最多 {largest // 2**20} MB；请拆分后重试")
        holder = self._holder(headers)
        scope.setdefault("state", {})["holder"] = holder.name if holder else ""
        scope["state"]["keyed"] = bool(self._keys.all())
        if self._keys.all() and method != "OPTIONS" and not (path in _OPEN or path.startswith("/widget/")):
            self._check_key(holder, path, method)
        if path.startswith(("/api/", "/v1/", "/mcp", "/login", "/readyz")) or method not in _READS:
            client = holder.id if holder else (scope.get("client") or ("",))[0]
            wait = self._rates.wait(client, now=time.monotonic())
            if wait:
                seconds = str(max(1, round(wait)))
                raise Refused(429, "请求太密", f"请 {seconds} 秒后再试", **{"retry-after": seconds})

    def _check_origin(self, origin: str, path: str) -> None:
        """Refuse another site's page what changes anything, and everything where it was not allowed."""
        if not {origin, "*"} & self._origins:
            cure = "用 yinde serve --allow-origin 加上它"
            raise Refused(403, "不接受别的网站发来的请求", f"来源 {origin} 未获许可；{cure}")
        if not path.startswith(_ASKS):
            raise Refused(403, "不接受别的网站发来的请求", "别的网站只能检索、提问和核对，不能改动文库")

    def _holder(self, headers: Mapping[str, str]) -> Key | None:
        given = headers.get("authorization", "")
        if given[:7].lower() == "bearer ":
            return self._keys.holder(given[7:].strip())
        token = session_token(headers.get("cookie", ""))
        return self._sessions.key(token, self._keys) if token else None

    def _check_key(self, holder: Key | None, path: str, method: str) -> None:
        if holder is None:
            how = "在请求头写 Authorization: Bearer 密钥；密钥由管理员用 yinde keys add 发放"
            raise Refused(401, "需要密钥", how, **{"www-authenticate": "Bearer"})
        changes = (
            path.startswith(("/api/", "/page/measure", "/page/judge"))
            and method not in _READS
            and not path.startswith(_ASKS)
        )
        changes = changes or path.startswith("/api/v1/jobs")
        needed: Scope = "write" if changes else "read"
        if not holder.may(needed):
            raise Refused(403, "密钥的权限不够", f"这一操作需要 {needed} 权限，您的密钥是 {holder.scope}")


def session_token(cookie: str) -> str:
    """The page's session in a Cookie header, "" when there is none."""
    try:
        found = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _name(host: str) -> str:
    """A Host header without its port: [::1]:7860 is ::1."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _largest(scope: Message) -> int:
    """How many bytes the body of a request may have."""
    uploads = scope["method"] == "POST" and scope["path"] == "/api/v1/documents"
    return LARGEST_UPLOAD if uploads else LARGEST_BODY


def _counted(receive: Any, largest: int) -> Any:
    """`receive` that ends a body without a length once it has grown too large, as if its sender had left."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message: Message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > largest else message

    return counted


def _with_headers(send: Any) -> Any:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            extra = [pair for pair in _HEADERS if pair[0] not in present]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sent


async def _answer(refused: Refused, scope: Message, send: Any) -> None:
    """The refusal as problem+json; a browser that wants a page is led to the login."""
    accepts = dict(scope["headers"]).get(b"accept", b"")
    if refused.status == 401 and b"text/html" in accepts:
        start = {"type": "http.response.start", "status": 303, "headers": [(b"location", b"/login")]}
        body = b""
    else:
        told = {"type": "about:blank", "title": refused.title, "status": refused.status, "detail": refused.detail}
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode()), *_HEADERS]
        headers += [(name.encode(), value.encode()) for name, value in refused.headers.items()]
        start = {"type": "http.response.start", "status": refused.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
