"""What docs/security.md promises, threat by threat, where no other file shows it."""

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree, html

from index.library import LocalLibrary
from rag.check import check
from rag.draft import from_text
from rag.pipeline import Pipeline
from rag.settings import endpoint
from rag.types import Answer
from ui.check_page import render_check
from ui.feedback import Feedback
from ui.guard import BURST, Sessions
from ui.history import Questions
from ui.keys import Keys
from ui.login import add_login
from ui.server import Access, create_app

HOSTILE = "<script>stolen=1</script><img src=x onerror=stolen=1>\"'><svg onload=stolen=1>"
NOTICE = f"""关于{HOSTILE}事件的通知

一、补助标准{HOSTILE}

每户补助两千元。{HOSTILE}由市财政负担。
"""
CLIMBS = [
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "....//etc/passwd",
    "/etc/passwd",
    "a\x00b",
]


def dangers(page: str) -> list[str]:
    """What of an HTML text a browser would run or fetch, as a browser takes it apart."""
    found = []
    for element in html.fragment_fromstring(page, create_parent="div").iter(etree.Element):
        found += [element.tag] if element.tag in ("script", "iframe", "object", "embed", "base", "link") else []
        for name, value in element.items():
            outside = name in ("href", "src", "action") and value.split("/")[0].rstrip().lower() not in ("page", "")
            if name.startswith("on") or (outside and not value.startswith(("#", "?", "data:image/"))):
                found.append(f"{element.tag} {name}={value}")
    return found


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLibrary]:
    folder = tmp_path_factory.mktemp("security")
    (folder / "通知.txt").write_text(NOTICE, encoding="utf-8")
    with LocalLibrary.open(folder / "library", model="hash", create=True) as opened:
        opened.sync([folder / "通知.txt"])
        yield opened


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def client(library: LocalLibrary) -> TestClient:
    app = create_app(library, Pipeline(library), Access(origins=["https://www.example.org"]))
    return TestClient(app, base_url="http://localhost:7860", follow_redirects=False)


def test_every_fragment_of_the_page_escapes_documents_and_queries(client: TestClient, library: LocalLibrary) -> None:
    assert len(dangers(HOSTILE)) == 4
    document = library.documents()[0].id
    passage = library.passages(document)[0].id
    addresses = {
        "/page/source": {"id": passage},
        "/page/source?": {"doc": document},
        "/page/source??": {"id": HOSTILE},
        "/page/similar": {"id": passage},
        "/page/trace": {"phrase": HOSTILE},
        "/page/shelf": {"find": "通知"},
        "/page/shelf?": {"find": HOSTILE},
        "/page/about": {"doc": document},
        "/page/about?": {"doc": HOSTILE},
    }
    for address, asked in addresses.items():
        answer = client.get(address.rstrip("?"), params=asked)
        assert answer.headers["content-type"].startswith("text/html"), address
        assert dangers(answer.text) == [], address


def test_a_report_on_a_hostile_draft_runs_nothing_and_may_load_nothing(library: LocalLibrary) -> None:
    draft = from_text(f"通知要求“每户补助三千元”。{HOSTILE}", name=HOSTILE)
    page = render_check(check(draft, library))
    assert HOSTILE not in page
    assert dangers(page) == ["script"]  # its own


def test_pages_of_our_own_have_a_policy_without_inline_script(
    client: TestClient, tmp_path: Path, library: LocalLibrary
) -> None:
    Keys(tmp_path).add("张三", "read")
    locked = TestClient(create_app(library, Pipeline(library), Access(keys=tmp_path)))
    for answer in (client.get("/widget/"), locked.get("/login")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<script>|<style>|\sstyle=|\son\w+=", answer.text)


def test_the_page_may_load_and_tell_nothing_elsewhere(client: TestClient) -> None:
    policy = dict(part.strip().split(" ", 1) for part in client.get("/").headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("folder", ["/page/", "/widget/", "/static/", "/assets/", "/svelte/", "/gradio_api/file="])
def test_no_path_leads_out_of_the_served_folders(client: TestClient, folder: str, climb: str) -> None:
    answer = client.get(folder + climb.replace("\x00", "%00"))
    assert answer.status_code in (307, 400, 403, 404)
    assert "root:" not in answer.text


def test_an_id_that_is_a_path_is_no_document(client: TestClient) -> None:
    for id in ("../catalog.sqlite", "/etc/passwd", "..%2fkeys.json"):
        assert client.get("/page/original", params={"doc": id}).status_code == 404
        assert client.get(f"/api/v1/documents/{id}").status_code == 404


def test_gradio_takes_no_file_and_fetches_nothing(client: TestClient) -> None:
    assert client.post("/gradio_api/upload", files={"files": ("a.html", b"x")}).status_code == 404
    for address in ("proxy=http://127.0.0.1:1/", "file=http://127.0.0.1:1/", "file=/etc/hostname", "vibe-code"):
        assert client.get(f"/gradio_api/{address}").status_code == 404


def test_a_cookie_does_not_let_another_site_change_anything(library: LocalLibrary, tmp_path: Path) -> None:
    key = Keys(tmp_path).add("张三", "admin")
    app = create_app(library, Pipeline(library), Access(keys=tmp_path, origins=["https://www.example.org"]))
    asked = TestClient(app, base_url="http://localhost:7860", follow_redirects=False)
    assert "samesite=strict" in asked.post("/login", data={"key": key}).headers["set-cookie"].lower()
    changes = [("POST", "/api/v1/documents"), ("DELETE", "/api/v1/documents/d1"), ("POST", "/api/v1/reindex")]
    for method, path in [*changes, ("POST", "/page/feedback"), ("POST", "/page/history/clear"), ("POST", "/logout")]:
        for origin in ("https://evil.example", "https://www.example.org", "null"):
            answer = asked.request(method, path, headers={"Origin": origin})
            assert (answer.status_code, answer.json()["title"]) == (403, "不接受别的网站发来的请求"), (path, origin)
    assert asked.get("/api/v1/stats").status_code == 200  # still logged in


def test_an_allowed_site_may_still_ask(client: TestClient) -> None:
    allowed = {"Origin": "https://www.example.org"}
    assert client.post("/api/v1/quote", json={"quote": "每户补助两千元"}, headers=allowed).status_code == 200
    refused = client.post("/api/v1/documents", files={"file": ("a.txt", b"x")}, headers=allowed)
    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == "https://www.example.org"


def test_no_address_near_an_open_one_is_open(library: LocalLibrary, tmp_path: Path) -> None:
    Keys(tmp_path).add("张三", "read")
    asked = TestClient(create_app(library, Pipeline(library), Access(keys=tmp_path)), follow_redirects=False)
    for path in ("/login/", "/loginx", "/healthz/x", "/widget", "/opensearch.xml/x", "/config", "/mcp", "/"):
        assert asked.get(path).status_code == 401, path


def test_a_key_is_written_to_no_log_and_into_no_answer(
    library: LocalLibrary, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = Keys(tmp_path).add("张三", "read")
    asked = TestClient(create_app(library, Pipeline(library), Access(keys=tmp_path)), raise_server_exceptions=False)
    answers = [
        asked.get("/api/v1/stats", headers={"Authorization": f"Bearer {key}"}),
        asked.get("/api/v1/stats", headers={"Authorization": f"Bearer {key}x"}),
        asked.post("/api/v1/quote", headers={"Authorization": f"Bearer {key}"}, json={"quote": ""}),
        asked.post("/login", data={"key": key + "x"}),
        asked.post("/login", data={"key": key}),
        asked.get("/metrics", headers={"Authorization": f"Bearer {key}"}),
    ]
    secret = key.split("_", 2)[2]
    printed = capfd.readouterr()
    assert secret not in printed.out + printed.err + caplog.text
    assert all(secret not in answer.text + json.dumps(dict(answer.headers)) for answer in answers)


def test_guessing_keys_is_slowed_down(library: LocalLibrary, tmp_path: Path) -> None:
    Keys(tmp_path).add("张三", "read")
    asked = TestClient(create_app(library, Pipeline(library), Access(keys=tmp_path)))
    told = [asked.post("/login", data={"key": "yd_00000000_" + "A" * 43}).status_code for _ in range(int(BURST) + 50)]
    assert told[0] == 401
    assert 429 in told


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_sessions_cookie_is_out_of_reach_of_script_and_of_other_sites(
    library: LocalLibrary, tmp_path: Path, scheme: str, secure: bool
) -> None:
    key = Keys(tmp_path).add("张三", "read")
    app = FastAPI()
    add_login(app, Keys(tmp_path), Sessions())
    asked = TestClient(app, base_url=f"{scheme}://yinde.example.org", follow_redirects=False)
    told = asked.post("/login", data={"key": key}).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "max-age=43200"} <= {part.strip() for part in told.split(";")}
    assert ("secure" in told) is secure


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_readers_asked_and_thought_is_the_programs_own(tmp_path: Path) -> None:
    Questions(tmp_path).add("张三", "秘密？", "ask")
    Feedback(tmp_path).add(Answer("秘密？", (), (), (), abstained=True), "up")
    for name in ("history.json", "feedback.jsonl"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_language_model_elsewhere_is_told_of_and_one_on_this_machine_is_not() -> None:
    for address, elsewhere in (
        ("http://127.0.0.1:11434/v1", False),
        ("http://localhost:8000/v1", False),
        ("https://llm.example.org/v1", True),
        ("http://127.0.0.1.example.org/v1", True),
    ):
        found = endpoint({"YINDE_LLM_BASE_URL": address, "YINDE_LLM_MODEL": "m"})
        assert found is not None
        assert found.elsewhere is elsewhere, address
