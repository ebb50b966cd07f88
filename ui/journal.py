"""Requests by number: every answer carries its request's id, and a log tells of each in a line of JSON.

Neither queries nor keys are written down, only who asked for what kind of thing, when, and how it went.
"""

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from index.errors import YindeError

HEADER = b"x-request-id"
LOG = "yinde.requests"

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger(LOG)


class Journal:
    """The ASGI application within. A caller's own X-Request-ID is kept where it is a plain word."""

    def __init__(self, app: Any) -> None:
        """Number the requests of `app`."""
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Let the request through under its number."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(HEADER, b"").decode("latin-1")
        id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = id
        status, began = 500, time.perf_counter()

        async def sent(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (HEADER, id.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            if log.isEnabledFor(logging.INFO):
                log.info(_line(scope, id, status, time.perf_counter() - began))


def write_requests(handler: logging.Handler) -> None:
    """Have every request's line go to a handler, and there alone."""
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def write_to(place: str) -> None:
    """Have the lines go to a file, which may be moved away at any time and is begun anew, or to standard error: "-".

    YindeError where it cannot be written.
    """
    if place != "-" and not Path(place).absolute().parent.is_dir():
        raise YindeError(f"请求日志 {place} 写不了：没有这个文件夹；请先建立它，或换一个 --log 文件")
    try:
        write_requests(logging.StreamHandler() if place == "-" else WatchedFileHandler(place, encoding="utf-8"))
    except OSError as error:
        raise YindeError(f"请求日志 {place} 写不了（{error.strerror or error}）；请换一个 --log 文件") from error


def _line(scope: dict[str, Any], id: str, status: int, seconds: float) -> str:
    told = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "id": id,
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 1),
        "client": (scope.get("client") or ("",))[0],
        "key": scope.get("state", {}).get("holder", ""),
    }
    return json.dumps(told, ensure_ascii=False)
