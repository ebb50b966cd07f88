"""An OpenAI-compatible service that follows a script: what it says, how slowly, how it fails."""

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]
Says = str | Callable[[Request], str]


@dataclass(frozen=True)
class Reply:
    """One answer of the service.

    says     the answer's words, or what makes them of the request
    status   of the response; anything but 200 has no words
    headers  besides the usual ones
    raw      the body as it stands, in place of events
    piece    characters an event holds
    gap      seconds before each event
    cut      events after which the connection breaks; -1 for never
    hang     seconds of silence before the response's first byte
    thoughts said before as reasoning_content
    """

    says: Says = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    piece: int = 7
    gap: float = 0.0
    cut: int = -1
    hang: float = 0.0
    thoughts: str = ""


@dataclass
class Service:
    """A running service: where it is, what it was asked, and how many readers left before the end."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def script(self, *replies: Reply) -> None:
        """Give these replies from now on, the last again and again; forget what was asked before."""
        self.replies[:] = replies
        self.requests.clear()
        self.keys.clear()
        self.left.clear()

    def next(self, request: Request) -> Reply:
        """The reply to a request."""
        self.requests.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Service]:
    """A service on a port of its own until left."""
    service = Service(replies=list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.keys.append(self.headers.get("Authorization", ""))
            try:
                _answer(self, service, request)
            except OSError:
                service.left.set()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def numbered(request: Request, words: str) -> int:
    """The number under which the prompt shows the passage that holds `words`; 0 when none does."""
    number = 0
    for line in str(request["messages"][-1]["content"]).split("\n"):
        head = line[1 : line.find("]")] if line.startswith("[") else ""
        number = int(head) if head.isdecimal() else number
        if words in line:
            return number
    return 0


def _answer(handler: BaseHTTPRequestHandler, service: Service, request: Request) -> None:
    reply = service.next(request)
    if not _patient(handler, service, reply.hang):
        return
    handler.send_response(reply.status)
    for name, value in reply.headers or (("Content-Type", "text/event-stream"),):
        handler.send_header(name, value)
    handler.send_header("Connection", "close")
    if reply.status != 200 or reply.raw is not None:
        body = reply.raw if reply.raw is not None else b'{"error": {"message": "wrong key sk-secret-123"}}'
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for count, event in enumerate(_events(reply, request)):
        if count == reply.cut or service.stopping.is_set():
            return  # without the last chunk: the connection breaks
        if reply.gap:
            time.sleep(reply.gap)
        data = f"data: {event}\n\n".encode()
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        handler.wfile.flush()
    handler.wfile.write(b"0\r\n\r\n")


def _patient(handler: BaseHTTPRequestHandler, service: Service, seconds: float) -> bool:
    """Wait; False as soon as the reader has left or the service stops."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if service.stopping.is_set():
            return False
        readable, _, _ = select.select([handler.connection], [], [], 0.02)
        if readable and not handler.connection.recv(1, socket.MSG_PEEK):
            service.left.set()
            return False
    return True


def _events(reply: Reply, request: Request) -> Iterator[str]:
    words = reply.says if isinstance(reply.says, str) else reply.says(request)
    yield _event({"role": "assistant", "content": ""})
    for text in _pieces(reply.thoughts, reply.piece):
        yield _event({"reasoning_content": text, "content": None})
    for text in _pieces(words, reply.piece):
        yield _event({"content": text})
    yield _event({}, finish="stop")
    yield json.dumps({"choices": [], "usage": {"total_tokens": 1}})
    yield "[DONE]"


def _event(delta: dict[str, Any], finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, ensure_ascii=False)


def _pieces(text: str, length: int) -> Sequence[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]
