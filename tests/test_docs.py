"""What the documents name exists: commands and their options, targets, addresses, variables, links and pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from conftest import ROOT
from markdown_it import MarkdownIt
from markdown_it.token import Token
from schemathesis_run import examined

from eval.cli import app as yinde_eval
from ui.cli import app as yinde

PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
# Options of programs that are not ours, named alone.
FOREIGN = {"--index-url", "--max-model-len", "--api-key"}
COMMAND = re.compile(
    r"(?:^|(?<=bin[/\\]))(yinde-eval|yinde|python (?:-m eval\.\w+|tests/\w+\.py|docs/\w+\.py))(?:\s+(.*))?$"
)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
VARIABLE = re.compile(r"YINDE_[A-Z]+(?:_[A-Z]+)*(?!\w)")
ADDRESS = re.compile(r"(?:\b(GET|POST|PUT|DELETE)\s+)?((?:/api)?/v1/[\w{}./$-]+)")


@dataclass(frozen=True)
class Page:
    """A document: its code by line, its links, and the anchors of its headings."""

    name: str
    code: tuple[str, ...]
    links: tuple[str, ...]
    images: tuple[str, ...]
    anchors: frozenset[str]


@cache
def read(path: Path) -> Page:
    code: list[str] = []
    links: list[str] = []
    images: list[str] = []
    anchors: set[str] = set()
    tokens = MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "fence":
            code += re.sub(r"\\\n\s*", "", token.content).splitlines()
        for inner in token.children or ():
            if inner.type == "code_inline":
                code.append(inner.content)
            links += [str(inner.attrs["href"])] if inner.type == "link_open" else []
            images += [str(inner.attrs["src"])] if inner.type == "image" else []
        if before and before.type == "heading_open":
            anchors.add(slug(token))
    return Page(path.relative_to(ROOT).as_posix(), tuple(code), tuple(links), tuple(images), frozenset(anchors))


def slug(heading: Token) -> str:
    """The anchor that GitHub gives a heading: lower case, no punctuation, hyphens for spaces."""
    words = "".join(inner.content for inner in heading.children or ()).lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def commands(page: Page) -> Iterator[tuple[str, str]]:
    """(program, the rest of the line) of every command shown."""
    for line in page.code:
        if re.match(r"\w+ = ", line):  # yinde = Yinde("http://127.0.0.1:7860")
            continue
        for part in re.split(r"\s#\s|\s#$|\s&&\s|[|;；]\s", line):
            if found := COMMAND.search(part.strip()):
                yield found[1], found[2] or ""


@cache
def programs() -> dict[str, Any]:
    return {"yinde": typer.main.get_command(yinde), "yinde-eval": typer.main.get_command(yinde_eval)}


def options_of(*commands: Any) -> set[str]:
    return {"--help"} | {o for command in commands for p in command.params for o in (*p.opts, *p.secondary_opts)}


def unknown(program: str, rest: str) -> list[str]:
    """What of a command line of ours does not exist."""
    if program.startswith("python -m "):
        module = find_spec(program.removeprefix("python -m "))
        return unwritten(Path(module.origin), rest) if module and module.origin else [program]
    if program.startswith("python "):
        return unwritten(ROOT / program.removeprefix("python "), rest)
    command = group = programs()[program]
    words = re.sub(r"^(?:--(?:library|model) \S+ )+", "", rest).split()
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        if words[0] not in command.commands:
            return [words[0]]
        command = command.commands[words.pop(0)]
    return sorted(set(OPTION.findall(rest)) - options_of(group, command))


def unwritten(script: Path, rest: str) -> list[str]:
    """The options that a script's own text does not name."""
    text = script.read_text(encoding="utf-8") if script.is_file() else ""
    return [script.name] if not text else [one for one in OPTION.findall(rest) if f'"{one}"' not in text]


@cache
def operations() -> frozenset[tuple[str, str]]:
    """(method, path) of all that the API describes of itself."""
    with TemporaryDirectory() as folder, examined(Path(folder)) as app:
        paths = app.openapi()["paths"]
    return frozenset((method.upper(), path) for path, item in paths.items() for method in item)


def is_at(address: str, template: str) -> bool:
    """Whether an address is one of a template's: /api/v1/jobs/5f0c of /api/v1/jobs/{id}."""
    return re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), address) is not None


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_command_named_exists_with_its_options(path: Path) -> None:
    page = read(path)
    wrong = [(program, rest, what) for program, rest in commands(page) if (what := unknown(program, rest))]
    assert wrong == []
    known = FOREIGN | {o for one in programs().values() for c in walked(one) for o in options_of(c)}
    alone = [code for code in page.code if re.fullmatch(r"--(?!yinde-)[a-z-]+(?:[ =].*)?", code)]
    assert [code for code in alone if not set(OPTION.findall(code)) <= known] == []


def test_every_command_is_shown_somewhere() -> None:
    shown = {rest.split()[0] for page in PAGES for program, rest in commands(read(page)) if program == "yinde" and rest}
    assert sorted(set(programs()["yinde"].commands) - shown) == []


def walked(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from walked(inner)


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_target_of_make_exists_with_its_variables(path: Path) -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    scripts = rules + (ROOT / ".ci" / "install").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", rules, re.MULTILINE))
    for line in read(path).code:
        if not (made := re.match(r"(?:[A-Z_]+=\S+ )*make((?:\s+[\w-]+(?:=\S+)?)+)", line.partition("#")[0])):
            continue
        words = made[1].split()
        assert [word for word in words if "=" not in word and word not in targets] == [], line
        for word in (word.partition("=")[0] for word in words if "=" in word):
            assert re.search(rf"\$[({{]?{word}\b", scripts), line


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_link_leads_somewhere_and_every_picture_is_there(path: Path) -> None:
    page = read(path)
    for link in (*page.links, *page.images):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / unquote(place) if place else path
        assert target.exists(), link
        assert not anchor or unquote(anchor) in read(target).anchors, link


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_file_of_ours_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(
        re.findall(r"(?<![\w/.])(?:index|rag|ui|eval|tests|docs)/[\w./-]+\.(?:py|json|md|sh|toml|html|js)\b", text)
    )
    named |= {f"tests/{name}" for name in re.findall(r"(?<![\w/])test_\w+\.py", text)}
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_every_document_is_a_click_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in read(ROOT / "README.md").links}
    assert {page.name for page in PAGES if page.resolve() not in linked} == {"README.md"}


def test_every_picture_kept_is_shown() -> None:
    shown = {(path.parent / image).resolve() for path in PAGES for image in read(path).images}
    assert {file for file in (ROOT / "docs" / "images").iterdir() if file.resolve() not in shown} == set()


@pytest.mark.parametrize("path", PAGES, ids=NAMES)
def test_every_address_named_is_one_of_the_api(path: Path) -> None:
    for line in read(path).code:
        for method, address in ADDRESS.findall(line):
            methods = {verb for verb, template in operations() if is_at(address.rstrip("."), template)}
            assert methods or address in ("/api/v1/", "/v1/"), line
            assert not method or method in methods, line
            if "curl" in line:
                assert sent_by(line) in methods, line


def sent_by(line: str) -> str:
    """The method of a request that a line of curl makes."""
    if named := re.search(r"-X\s*([A-Z]+)", line):
        return named[1]
    body = re.search(r"\s(?:-d|-F|--data\S*|--json)\s", f"{line} ") and not re.search(r"\s(?:-G|--get)\s", line)
    return "POST" if body else "GET"


def test_every_operation_of_the_api_is_documented() -> None:
    told = {found for line in read(ROOT / "docs" / "api.md").code for found in ADDRESS.findall(line) if found[0]}
    assert sorted(operations() - told) == []


def test_environment_variables_are_documented_and_read() -> None:
    named = {name: path.name for path in PAGES for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    shipped = sources("index", "rag", "ui", "eval", ".ci")
    elsewhere = sources("tests") | set(VARIABLE.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert {name: page for name, page in named.items() if name not in shipped | elsewhere} == {}
    assert shipped - set(named) == set()


def sources(*folders: str) -> set[str]:
    """The variables that our code names."""
    found: set[str] = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in ("", ".py")):
        if file.is_file():
            found |= set(VARIABLE.findall(file.read_text(encoding="utf-8")))
    return found


def test_what_is_told_of_the_search_box_is_in_its_script() -> None:
    script = (ROOT / "ui" / "assets" / "yinde-search.js").read_text(encoding="utf-8")
    told = "\n".join(line for name in ("api.md", "embed.md") for line in read(ROOT / "docs" / name).code)
    styles = set(re.findall(r"--yinde-[a-z]+", told))
    assert styles == set(re.findall(r"var\((--yinde-[a-z]+)", script))
    table = (ROOT / "docs" / "embed.md").read_text(encoding="utf-8")
    attributes = set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE))
    read_ones = set(re.findall(r"\bthis\.getAttribute\(\"([a-z]+)\"", script))
    by_style = set(re.findall(r":host\(\[([a-z]+)=", script)) | set(re.findall(r"\.closest\(\"\[([a-z]+)", script))
    assert attributes == read_ones | by_style
    assert set(re.findall(r"<yinde-search ([a-z]+)=", told)) <= attributes
    events = set(re.findall(r"new CustomEvent\(\"([a-z-]+)\"", script))
    assert set(re.findall(r"addEventListener\(\"(yinde-[a-z]+)\"", told)) == events
