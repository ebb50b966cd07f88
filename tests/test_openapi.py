"""The API's description of itself is complete and true."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from schemathesis_run import examined

from ui.problem import MEDIA_TYPE

METHODS = {"get", "post", "put", "delete"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with examined(tmp_path_factory.mktemp("openapi")) as app:
        yield TestClient(app)


@pytest.fixture(scope="module")
def described(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def operations(described: Any) -> Iterator[tuple[str, Any]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_in_chinese_what_it_does_and_shows_an_example(described: Any) -> None:
    for name, operation in operations(described):
        assert operation["summary"] > "一", name
        assert operation["tags"], name
        for parameter in operation.get("parameters", []):
            assert {"example", "examples"} & set(parameter), (name, parameter["name"])
        for part in (operation.get("requestBody"), *(operation["responses"].get(code) for code in ("200", "202"))):
            content = (part or {}).get("content", {}).get("application/json")
            assert not content or "example" in content or not content.get("schema"), name


def test_every_refusal_is_described_as_it_is_sent(described: Any) -> None:
    for name, operation in operations(described):
        refusals = {code: told for code, told in operation["responses"].items() if code >= "400"}
        assert {"401", "403", "429", "422"} <= set(refusals), name
        if "/api/v1/" in name:
            assert {tuple(told["content"]) for told in refusals.values()} == {(MEDIA_TYPE,)}, name


def test_the_example_of_a_request_is_understood(client: TestClient, described: Any) -> None:
    for name, operation in operations(described):
        method, path = name.split()
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        parameters = operation.get("parameters", [])
        for parameter in parameters:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        asked = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and p["example"] is not None}
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
            continue
        answer = client.request(method, path, params=asked, json=body)
        assert answer.status_code != 422, (name, answer.text)


def test_an_address_names_all_its_methods(client: TestClient) -> None:
    assert client.put("/api/v1/documents/x").headers["Allow"] == "DELETE, GET"
    assert client.put("/api/v1/search").headers["Allow"] == "GET"


@pytest.mark.timeout(120)
def test_schemathesis_finds_nothing() -> None:
    script = Path(__file__).with_name("schemathesis_run.py")
    options = ["--minutes", "0.3", "--seed", "1", "--phases", "examples,coverage"]
    run = subprocess.run([sys.executable, str(script), *options], capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
