"""A library for chat assistants, by the Model Context Protocol: over standard input and output, or at /mcp.

The protocol itself is the SDK's (extra `mcp`); `ui.mcp_tools` says what can be asked. Every tool only reads.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from index.errors import YindeError
from index.library import Library
from rag.pipeline import Pipeline
from ui.mcp_tools import INSTRUCTIONS, Tool, tools

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

ADDRESS = "/mcp"
MISSING = "没有装 MCP 组件；安装：.venv/bin/pip install -c constraints.txt mcp，再重新启动"
_LARGEST_MESSAGE = 1024 * 1024
_AT_ONCE = 4  # tools at work at the same time; the others wait their turn


def build_server(library: Library, pipeline: Pipeline) -> "Server[dict[str, Any]]":
    """The protocol's server over a library; YindeError with the cure when the extra is not installed."""
    if find_spec("mcp") is None:
        raise YindeError(MISSING)
    from anyio import CapacityLimiter, to_thread
    from mcp import types
    from mcp.server.lowlevel import Server
    from mcp.shared.exceptions import MCPError

    known = {tool.name: tool for tool in tools(library, pipeline)}
    turn = CapacityLimiter(_AT_ONCE)

    async def list_tools(_: object, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[types.Tool(**_told(tool)) for tool in known.values()])

    async def call_tool(_: object, asked: types.CallToolRequestParams) -> types.CallToolResult:
        tool = known.get(asked.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"没有名为 {asked.name[:80]} 的工具；现有：{'、'.join(known)}")
        try:
            record = await to_thread.run_sync(tool.call, asked.arguments or {}, limiter=turn)
        except YindeError as error:  # told as a result, so that the assistant reads it and tries again
            return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
        text = types.TextContent(text=json.dumps(record, ensure_ascii=False))
        return types.CallToolResult(content=[text], structured_content=record)

    return Server(
        "yinde",
        title="引得",
        version=version("yinde"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def serve_stdio(library: Library, pipeline: Pipeline) -> None:
    """Speak the protocol over standard input and output until the other side closes them.

    Whatever else prints goes to standard error: one stray line would end the conversation.
    """
    import anyio

    server = build_server(library, pipeline)
    wire = sys.__stdout__ or sys.stdout  # the SDK takes it over, and lets what is printed go to standard error

    async def converse() -> None:
        from mcp.server.stdio import stdio_server

        async with stdio_server() as (received, sent):
            await server.run(received, sent, server.create_initialization_options())

    with redirect_stdout(wire):
        anyio.run(converse)


def add_mcp(app: "FastAPI", library: Library, pipeline: Pipeline) -> None:
    """Serve the protocol at /mcp ("streamable HTTP"); without the extra the address says how to install it.

    No session is kept: each request stands alone, so nothing piles up and a restart goes unnoticed. Keys, host names,
    other sites and rates are the business of `ui.guard`, which stands before this as before everything.
    """
    from starlette.routing import Route

    door = _Door()
    app.router.routes.append(Route(ADDRESS, endpoint=door, name="mcp"))
    if find_spec("mcp") is None:
        return
    within = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Any) -> AsyncIterator[Any]:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(
            build_server(library, pipeline),
            json_response=True,
            stateless=True,
            max_request_body_size=_LARGEST_MESSAGE,
        )
        async with manager.run(), within(running) as state:
            door.manager = manager
            try:
                yield state
            finally:
                door.manager = None

    app.router.lifespan_context = lifespan


class _Door:
    """The address's ASGI application. `manager` is there while the program runs."""

    def __init__(self) -> None:
        self.manager: StreamableHTTPSessionManager | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.exceptions import HTTPException

        if self.manager is None:
            raise HTTPException(501, MISSING)
        if scope["method"] != "POST":  # a GET would hold a connection open for messages that never come
            raise HTTPException(405, headers={"Allow": "POST"})
        await self.manager.handle_request(scope, receive, send)


def _told(tool: Tool) -> dict[str, Any]:
    """A tool as the protocol tells of it."""
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "input_schema": tool.asks.model_json_schema(),
        "output_schema": tool.gives.model_json_schema(mode="serialization"),
        "annotations": {"read_only_hint": True, "idempotent_hint": True, "open_world_hint": False},
    }
