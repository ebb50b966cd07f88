"""The API's description of itself: every refusal as it is really sent, keys, and an example for every operation."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ui.problem import MEDIA_TYPE

if TYPE_CHECKING:
    from fastapi import FastAPI

Schema = dict[str, Any]

ABOUT = (
    "在公文资料中查找、引用、核对原文。位置（start、end）按字符计，含头不含尾：text[start:end] 就是该段原文。"
    "发放过密钥的服务，请求须带 Authorization: Bearer 密钥。"
    "出错时返回 application/problem+json，detail 写明原因和办法。"
)
_KEYS = {401: "需要密钥", 403: "密钥的权限不够", 429: "请求太密"}
_REFUSED = {
    400: "请求不能执行",
    404: "没有找到",
    409: "不能这样做",
    413: "内容太大",
    422: "请求的写法不对，或文件读不了",
    503: "暂不可用",
    507: "磁盘空间不足",
}
_EXAMPLES: dict[str, Any] = {
    "q": "加装电梯补助标准",
    "phrase": "新质生产力",
    "topic": "补助标准",
    "filter": ["文种:通知", "年份:2025..2026"],
    "per_document": 2,
    "style": "gongwen",
    "if-none-match": '"5d41402abc4b2a76b9719d911017c592"',
}
_IDS = {"passages": "d3k7q2m5xa-p4h6t2", "documents": "d3k7q2m5xa", "jobs": "5f0c2a9d1b7e4c36"}
_OPENAI_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["message", "type"], "additionalProperties": True}},
    "example": {"error": {"message": "messages 里没有 user 的问题", "type": "invalid_request_error", "code": None}},
}


def describe(app: "FastAPI") -> None:
    """Have the application's /openapi.json tell all that; made once, when it is first asked for."""
    make = app.openapi

    def described() -> Schema:
        if not app.openapi_schema:
            app.openapi_schema = _complete(make())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def allowed(app: "FastAPI", path: str) -> str:
    """The methods of the address that `path` is one of, as an Allow header has them; "" when none is described."""
    for template, item in app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), path):
            return ", ".join(sorted(method.upper() for method in item))
    return ""


def _complete(schema: Schema) -> Schema:
    schema["info"]["description"] = ABOUT
    components = schema.setdefault("components", {})
    components.setdefault("securitySchemes", {})["key"] = {"type": "http", "scheme": "bearer"}
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schema["security"] = [{}, {"key": []}]
    for path, item in schema["paths"].items():
        for operation in item.values():
            _refusals(operation, path)
            for parameter in operation.get("parameters", []):
                _show_parameter(parameter, path, schemas)
            for body in (operation.get("requestBody", {}), operation["responses"].get("200", {})):
                for kind, content in body.get("content", {}).items():
                    if kind == "application/json" and "schema" in content:
                        content.setdefault("example", sample(content["schema"], schemas))
            accepted = operation["responses"].get("202", {}).get("content", {}).get("application/json")
            if accepted:
                accepted.setdefault("example", sample(accepted["schema"], schemas))
    return schema


def _refusals(operation: Schema, path: str) -> None:
    """Every refusal by its status, as problem+json, or in the words of OpenAI's clients."""
    openai = path.startswith("/v1/")
    responses = operation["responses"]
    if openai:
        responses.update({str(status): {} for status in (400, 404, 413, 422, 503)})
        if path.endswith("/completions"):
            responses["200"].setdefault("content", {})["text/event-stream"] = {}
    responses.update({str(status): {} for status in _KEYS})
    for status in [code for code in responses if code >= "400"]:
        told = {**_REFUSED, **_KEYS}.get(int(status), "请求不能执行")
        by_guard = int(status) in _KEYS or status == "413"
        problem = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {"type": "about:blank", "title": told, "status": int(status), "detail": f"{told}：原因和办法"},
        }
        content = {MEDIA_TYPE: problem}
        if openai:
            content = {"application/json": {"schema": _OPENAI_ERROR}, **(content if by_guard else {})}
        responses[status] = {"description": told, "content": content}


def _show_parameter(parameter: Schema, path: str, schemas: Mapping[str, Schema]) -> None:
    if "example" in parameter or "examples" in parameter:
        return
    name = parameter["name"]
    example = _EXAMPLES.get(name, sample(parameter.get("schema", {}), schemas))
    if parameter["in"] == "path" or name in ("first", "second"):
        kind = next((kind for kind in _IDS if f"/{kind}/" in path), "documents")
        example = _IDS[kind]
    parameter["example"] = example


def sample(schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    """A value that fits a JSON schema: its own example or default, its first choice, else the plainest of its type."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for key in ("example", "default", "const"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return sample(schema[key][0], schemas)
    return _plain(schema, schemas)


def _plain(schema: Schema, schemas: Mapping[str, Schema]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(inner, schemas) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        if "prefixItems" in schema:
            return [sample(inner, schemas) for inner in schema["prefixItems"]]
        return [sample(schema.get("items", {}), schemas)] * max(1, schema.get("minItems", 1))
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"boolean": False, "string": "文字"[: schema.get("maxLength", 2)], "null": None}.get(str(kind))
