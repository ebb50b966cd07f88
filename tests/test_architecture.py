"""The shape of the house: which room may import which, in what form, and what an import may cost.

Every rule is a function that returns what breaks it, so that each can be shown a planted offender.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {"index": set(), "rag": {"index"}, "ui": {"rag", "index"}, "eval": {"rag", "index"}}
HEAVY = ("torch", "gradio", "transformers", "sentence_transformers", "onnxruntime", "openvino")
LONGEST_FILE = 400


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and absolute module name of every import in the source, also one by a literal `import_module("…")`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def wrong_arrows(room: str, source: str) -> list[str]:
    """Imports of a room that this one may not know."""
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[room] - {room}
    return [f"line {line}: {name}" for line, name in imported(source) if name.partition(".")[0] in forbidden]


def wrong_forms(source: str) -> list[str]:
    """Imports of our own code in another form than `from room.module import Name`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [
                f"line {node.lineno}: import {alias.name}"
                for alias in node.names
                if alias.name.partition(".")[0] in MAY_IMPORT
            ]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                found.append(f"line {node.lineno}: relative import")
            elif node.module in MAY_IMPORT:
                found.append(f"line {node.lineno}: from {node.module} import …")
            elif any(alias.name == "*" for alias in node.names):
                found.append(f"line {node.lineno}: from {node.module} import *")
    return found


def not_flat(tests: Path) -> list[str]:
    """Python files below a subfolder of tests, and names there that would hide a room."""
    files = [path.relative_to(tests) for path in tests.rglob("*.py")]
    return sorted(str(path) for path in files if len(path.parts) > 1 or path.stem in {*MAY_IMPORT, "__init__"})


def packages_on_disk(root: Path) -> set[str]:
    """Every folder of the rooms that holds Python files, as a dotted name."""
    files = (path for room in MAY_IMPORT for path in (root / room).rglob("*.py"))
    return {".".join(path.parent.relative_to(root).parts) for path in files}


def not_packaged(root: Path, patterns: Mapping[str, Sequence[str]]) -> list[str]:
    """Files of the rooms, other than Python and the question sets, that no package-data pattern takes along."""
    taken = {path for name, globs in patterns.items() for glob in globs for path in (root / name).glob(glob)}
    files = {path for room in MAY_IMPORT for path in (root / room).rglob("*") if path.is_file()} - taken
    names = (path.relative_to(root) for path in files if path.suffix not in (".py", ".pyc"))
    return sorted(str(name) for name in names if name.parts[:2] != ("eval", "sets"))


def too_long(path: Path) -> list[str]:
    """The file with its number of lines, when there are more than LONGEST_FILE."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    return [f"{path.name}: {lines} lines"] if lines > LONGEST_FILE else []


def heavy_after_import(root: Path, packages: Sequence[str]) -> list[str]:
    """Heavy libraries that are loaded once every module of the packages has been imported, in a fresh Python.

    `__main__` modules are left out: to import one may be to run it.
    """
    program = f"""
import importlib, pkgutil, sys
sys.path.insert(0, {str(root)!r})
for name in {list(packages)!r}:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
print(*[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("path", python_files(*MAY_IMPORT), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_keeps_to_its_arrows_form_and_length(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert wrong_arrows(path.relative_to(ROOT).parts[0], source) == []
    assert wrong_forms(source) == []
    assert too_long(path) == []


@pytest.mark.parametrize("path", python_files("tests"), ids=lambda path: path.name)
def test_tests_import_in_the_same_form(path: Path) -> None:
    assert wrong_forms(path.read_text(encoding="utf-8")) == []


def test_the_tests_folder_is_flat() -> None:
    assert not_flat(ROOT / "tests") == []


def test_pyproject_lists_the_packages_that_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["packages"]) == packages_on_disk(ROOT)


def test_an_installed_copy_has_the_files_that_are_not_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert not_packaged(ROOT, project["tool"]["setuptools"]["package-data"]) == []


def test_every_package_has_its_init() -> None:
    missing = {
        name for name in packages_on_disk(ROOT) if not (ROOT.joinpath(*name.split(".")) / "__init__.py").exists()
    }
    assert missing == set()


def test_importing_every_module_loads_no_heavy_library() -> None:
    assert heavy_after_import(ROOT, list(MAY_IMPORT)) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("index", "from rag.types import Answer"),
        ("index", "def f():\n    from ui.cli import main"),
        ("index", "from importlib import import_module\nimport_module('rag.pipeline')"),
        ("rag", "from ui.words import TITLE"),
        ("rag", "import eval.run"),
        ("ui", "if True:\n    from eval.measures import ndcg"),
        ("eval", "from ui.cli import main"),
    ],
)
def test_an_import_against_the_arrows_is_found(room: str, source: str) -> None:
    assert len(wrong_arrows(room, source)) == 1


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("index", "from index.types import Passage\nimport re"),
        ("rag", "from index.types import Hit"),
        ("ui", "from rag.types import Answer\nfrom index.types import Hit"),
        ("eval", "from rag.types import Answer\nfrom eval.measures import ndcg"),
        ("index", "from evaluate import load"),
    ],
)
def test_an_import_along_the_arrows_is_left_alone(room: str, source: str) -> None:
    assert wrong_arrows(room, source) == []
    assert wrong_forms(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import index",
        "import eval.run as run",
        "import re, rag.types",
        "from index import types",
        "from . import types",
        "from .types import Passage",
        "from index.types import *",
    ],
)
def test_another_form_of_import_is_found(source: str) -> None:
    assert len(wrong_forms(source)) == 1


def test_a_nested_test_or_a_name_that_hides_a_room_is_found(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    for name in ("eval/test_run.py", "index.py", "__init__.py", "test_fold.py", "conftest.py"):
        (tmp_path / name).touch()
    assert not_flat(tmp_path) == ["__init__.py", "eval/test_run.py", "index.py"]


def test_a_package_that_pyproject_does_not_know_is_found(tmp_path: Path) -> None:
    (tmp_path / "index" / "load").mkdir(parents=True)
    (tmp_path / "index" / "load" / "word.py").touch()
    assert packages_on_disk(tmp_path) == {"index.load"}


def test_a_style_sheet_that_is_not_packaged_is_found(tmp_path: Path) -> None:
    (tmp_path / "ui" / "assets").mkdir(parents=True)
    for name in ("page.py", "assets/page.css", "assets/page.js"):
        (tmp_path / "ui" / name).touch()
    assert not_packaged(tmp_path, {"ui": ["assets/*.js"]}) == ["ui/assets/page.css"]


def test_a_file_one_line_too_long_is_found(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x = 1\n" * LONGEST_FILE, encoding="utf-8")
    assert too_long(path) == []
    path.write_text("x = 1\n" * (LONGEST_FILE + 1), encoding="utf-8")
    assert too_long(path) == ["long.py: 401 lines"]


def test_a_heavy_import_deep_in_a_package_is_found(tmp_path: Path) -> None:
    (tmp_path / "planted" / "deep").mkdir(parents=True)
    (tmp_path / "torch.py").touch()
    (tmp_path / "planted" / "__init__.py").touch()
    (tmp_path / "planted" / "deep" / "__init__.py").touch()
    (tmp_path / "planted" / "deep" / "model.py").write_text("import torch\n", encoding="utf-8")
    assert heavy_after_import(tmp_path, ["planted"]) == ["torch"]
