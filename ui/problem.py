"""What the HTTP API says when something is wrong: problem+json (RFC 9457), in Chinese, with the cure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from index.errors import LibraryError, LoadError, ModelError, NotFoundError, QueryError, YindeError
from ui.jobs import CrowdedError
from ui.keep import ConflictError
from ui.upload import DiskFullError, TooLargeError
from ui.veil import bare

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[YindeError], tuple[int, str]] = {
    NotFoundError: (404, "没有找到"),
    QueryError: (400, "请求不能执行"),
    LoadError: (422, "文件读不了"),
    LibraryError: (503, "文库暂不可用"),
    ModelError: (503, "模型暂不可用"),
    TooLargeError: (413, "内容太大"),
    DiskFullError: (507, "磁盘空间不足"),
    ConflictError: (409, "不能这样做"),
    CrowdedError: (503, "暂时太忙"),
}
_WHERE = {"query": "参数", "body": "正文", "path": "路径", "header": "请求头"}
_WRONG = {
    "missing": "缺少",
    "extra_forbidden": "不认识这一项",
    "json_invalid": "不是合法的 JSON",
    "string_too_long": "太长",
    "string_too_short": "不能为空",
    "too_long": "项数太多",
    "int_parsing": "应当是整数",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "less_than": "太大",
    "model_attributes_type": "应当是 JSON 对象，请求头写 Content-Type: application/json",
    "literal_error": "不在可选值之中",
    "enum": "不在可选值之中",
}

# What pydantic knows of the bound, in words.
_BOUNDS = {"ge": "，至少 {}", "le": "，至多 {}", "lt": "，要小于 {}", "max_length": "，至多 {}", "expected": "：{}"}


def problem(request: "Request", status: int, title: str, detail: str) -> "JSONResponse":
    """A problem as a response; under /v1 in the words that OpenAI's clients read."""
    from fastapi.responses import JSONResponse

    if getattr(request.state, "keyed", False):
        detail = bare(detail)
    if request.url.path.startswith("/v1/"):
        error = {"message": detail, "type": "invalid_request_error" if status < 500 else "server_error", "code": None}
        return JSONResponse({"error": error}, status)
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def tell_problems(app: "FastAPI") -> None:
    """Answer every refusal with problem+json, also those of the framework."""
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    @app.exception_handler(YindeError)
    async def refused(request: "Request", error: YindeError) -> "JSONResponse":
        found = (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
        status, title = next(found, (400, "请求不能执行"))
        return problem(request, status, title, str(error))

    @app.exception_handler(Exception)
    async def broken(request: "Request", _: Exception) -> "JSONResponse":
        # The log has the traceback; who asked gets the number to tell.
        number = getattr(request.state, "request_id", "")
        return problem(request, 500, "程序内部出错", f"请把请求编号 {number} 告诉管理员，日志里有详情")

    @app.exception_handler(RequestValidationError)
    async def malformed(request: "Request", error: "RequestValidationError") -> "JSONResponse":
        return problem(request, 422, "请求的写法不对", "；".join(told(one) for one in error.errors()[:5]))

    @app.exception_handler(HTTPException)
    async def http(request: "Request", error: HTTPException) -> "JSONResponse":
        titles = {404: "没有这个地址", 405: "这个地址不接受此方法", 413: "内容太大"}
        title = titles.get(error.status_code, "请求不能执行")
        answer = problem(request, error.status_code, title, error.detail if title not in titles.values() else title)
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            from ui.openapi import allowed

            # The framework names the methods of the first route alone.
            answer.headers["Allow"] = allowed(request.app, request.url.path) or answer.headers.get("Allow", "")
        return answer


def told(error: Mapping[str, Any]) -> str:
    """What is wrong with one place of a request, in Chinese; `error` is pydantic's."""
    location = error.get("loc")
    parts = [str(part) for part in location] if isinstance(location, tuple | list) else []
    where = _WHERE.get(parts[0], parts[0]) if parts else "请求"
    name = ".".join(part for part in parts[1:] if not part.isdigit())
    known = error.get("ctx") or {}
    bound = next((words.format(known[at]) for at, words in _BOUNDS.items() if at in known), "")
    bound = bound.replace("'", "").replace(" or ", "、").replace(", ", "、")  # 'hybrid', 'dense' or 'lexical'
    return f"{where}{f' {name} ' if name else ''}{_WRONG.get(str(error.get('type')), '不合要求')}{bound}"
