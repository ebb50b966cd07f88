"""OpenTelemetry: spans with the request's id and without its words, and nothing of it where it is not asked for."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from index.embed import HashEmbedder
from index.errors import YindeError
from index.library import LocalLibrary
from rag.pipeline import Pipeline
from ui.api import build_api
from ui.journal import Journal
from ui.problem import tell_problems
from ui.tracing import Traced, provider

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(kept: InMemorySpanExporter) -> TracerProvider:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(kept))
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("tracing")
    (folder / "通知.txt").write_text("关于减负的通知\n\n会议数量减少三分之一。\n", encoding="utf-8")
    with LocalLibrary.open(folder / "library", embedder=HashEmbedder(), create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


def test_a_request_is_a_span_with_its_id_and_without_its_words(
    library: LocalLibrary, tracing: TracerProvider, kept: InMemorySpanExporter
) -> None:
    app = FastAPI()
    tell_problems(app)
    app.include_router(build_api(library, Pipeline(library)))
    app.add_middleware(Traced, provider=tracing)
    app.add_middleware(Journal)
    client = TestClient(app)
    headers = {"traceparent": PARENT, "Authorization": "Bearer yd_secret"}
    answer = client.get("/api/v1/search?q=机密词", headers=headers)
    client.post("/api/v1/ask", json={"question": "机密的问题？"})
    client.get("/api/v1/documents/机密的编号")
    found, asked, missing = kept.get_finished_spans()
    assert dict(found.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/api/v1/search",
        "http.response.status_code": 200,
        "yinde.request_id": answer.headers["x-request-id"],
    }
    assert (found.name, asked.name) == ("GET /api/v1/search", "POST /api/v1/ask")
    assert found.context is not None
    assert format(found.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert missing.attributes is not None
    assert missing.attributes["http.response.status_code"] == 404
    told = "".join(span.to_json() for span in (found, asked, missing))
    assert "机密" not in told.encode().decode("unicode_escape", "replace")
    assert "%E6%9C%BA" not in told
    assert "yd_secret" not in told


def test_a_failure_is_marked_and_its_words_stay_out(tracing: TracerProvider, kept: InMemorySpanExporter) -> None:
    app = FastAPI()

    @app.get("/fail")
    def fail() -> None:
        raise RuntimeError("secret words")

    @app.get("/refuse")
    def refuse() -> None:
        raise HTTPException(400)

    app.add_middleware(Traced, provider=tracing)
    app.add_middleware(Journal)
    client = TestClient(app, raise_server_exceptions=False)
    client.get("/fail")
    client.get("/refuse")
    failed, refused = kept.get_finished_spans()
    assert (failed.status.is_ok, refused.status.is_ok) == (False, True)
    assert failed.events == ()
    assert "secret" not in failed.to_json()


def test_nothing_is_loaded_where_it_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    code = "import sys, ui.tracing; ui.tracing.provider(); sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_the_packages_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(YindeError, match=r"\[otel\]"):
        provider()


def test_spans_arrive_at_the_collector_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        made = provider()
        app = FastAPI()
        app.add_middleware(Traced, provider=made)
        TestClient(app).get("/nothing?q=secret")
        made.shutdown()
        collector.shutdown()
        thread.join()
    ((path, body),) = arrived
    assert path == "/v1/traces"
    assert b"yinde" in body
    assert b"GET other" in body
    assert b"secret" not in body
