"""What a monitoring system reads: /healthz, /readyz and /metrics, the last in Prometheus' text format."""

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from index.errors import YindeError
from index.library import Library
from ui.veil import bare

if TYPE_CHECKING:
    from fastapi import FastAPI

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15)  # seconds


class Measured:
    """The ASGI application within, its requests counted and timed by route; a path nobody made is no route."""

    def __init__(self, app: Any, *, registry: Any) -> None:
        """Count into a `prometheus_client.CollectorRegistry`."""
        from prometheus_client import Counter, Histogram

        self._app = app
        labels = ["method", "route"]
        self._requests = Counter("yinde_requests", "Requests answered", [*labels, "status"], registry=registry)
        self._seconds = Histogram(
            "yinde_request_seconds", "Time to the last byte", labels, registry=registry, buckets=_BUCKETS
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Let the request through and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def sent(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = (
                scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"
            )
            self._requests.labels(method, route, status).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - began)


def add_metrics(app: "FastAPI", library: Library) -> None:
    """Serve the three addresses and count every request."""
    from fastapi.responses import JSONResponse, Response
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
    from prometheus_client import generate_latest as told

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    for what in ("documents", "passages", "windows", "generation"):
        gauge = Gauge(f"yinde_{what}", f"{what.capitalize()} of the library", registry=registry)
        gauge.set_function(partial(_count, library, what))
    app.add_middleware(Measured, registry=registry)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        try:
            library.search("引得", k=1)
        except YindeError as error:
            return JSONResponse({"status": "unready", "detail": bare(str(error))}, 503)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(told(registry), media_type=CONTENT_TYPE_LATEST)


def _count(library: Library, what: str) -> float:
    return float(getattr(library.stats(), what))
