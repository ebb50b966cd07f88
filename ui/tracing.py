"""OpenTelemetry where it is asked for: a span a request, sent to where OTEL_EXPORTER_OTLP_ENDPOINT says.

A span tells what the request log tells: neither what was asked nor with which key. Without the variable nothing is
loaded.
"""

import os
from importlib.metadata import version
from typing import Any

from index.errors import YindeError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Traced:
    """The ASGI application within, a span around each request; one that comes with a `traceparent` continues it."""

    def __init__(self, app: Any, *, provider: Any) -> None:
        """Make spans with a `TracerProvider` of OpenTelemetry's."""
        self._app = app
        self._tracer = provider.get_tracer("yinde", version("yinde"))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Let the request through inside a span; its id is the one `ui.journal` gave."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carried = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status = 500

        async def sent(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        # An exception's words may hold what was asked, so none is recorded.
        quiet = {"record_exception": False, "set_status_on_exception": False}
        context = TraceContextTextMapPropagator().extract(carried)
        with self._tracer.start_as_current_span("HTTP", context=context, kind=SpanKind.SERVER, **quiet) as span:
            try:
                await self._app(scope, receive, sent)
            finally:
                method, route = scope["method"], getattr(scope.get("route"), "path", "other")
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.request.method": method, "http.route": route})
                span.set_attribute("http.response.status_code", status)
                span.set_attribute("yinde.request_id", scope.get("state", {}).get("request_id", ""))
                if status >= 500:
                    span.set_status(StatusCode.ERROR)


def provider() -> Any:
    """A `TracerProvider` that sends spans by OTLP over HTTP, None where no endpoint is named.

    It is not made the process's own: other libraries would put what they see into spans. YindeError without the
    packages of the extra `otel`.
    """
    named = next((name for name in ENDPOINTS if os.environ.get(name)), "")
    if not named:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        cure = "请运行 .venv/bin/pip install -c constraints.txt -e '.[otel]'，或去掉这个变量"
        raise YindeError(f"设了 {named}，但没有装 OpenTelemetry；{cure}") from error
    service = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "yinde"), "service.version": version("yinde")}
    made = TracerProvider(resource=Resource.create(service))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made
