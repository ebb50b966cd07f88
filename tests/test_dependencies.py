"""What the program stands on: every package it needs is pinned, and free to be passed on."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Weak copyleft over single unchanged files (MPL) is no burden; GPL of any kind would be one.
PERMISSIVE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|0BSD|CC0|HPND|Unlicense|MPL|Mozilla Public", re.IGNORECASE
)
COPYLEFT = re.compile(r"\b[AL]?GPL|GNU|Affero|SSPL|BUSL|Commons Clause|Non-?Commercial", re.IGNORECASE)
OUR_EXTRAS = ("ocr", "mcp", "milvus", "otel")  # not dev: what nobody passes on


def licence(name: str) -> str:
    metadata = distribution(name).metadata
    classes = [one.split("::")[-1].strip() for one in metadata.get_all("Classifier") or [] if one.startswith("License")]
    return metadata.get("License-Expression") or "; ".join(classes) or (metadata.get("License") or "")[:80]


def needed() -> dict[str, str]:
    """Every installed package that the program or one of its extras pulls in, by name, with who wants it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = list(project["dependencies"]) + [one for extra in OUR_EXTRAS for one in extras.get(extra, ())]
    queue, found = [(Requirement(text), "yinde") for text in wanted], dict[str, str]()
    while queue:
        requirement, why = queue.pop()
        name = canonicalize_name(requirement.name)
        marks = [{"extra": extra} for extra in requirement.extras] or [{"extra": ""}]
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            below = distribution(name).requires or []
        except PackageNotFoundError:  # an extra that is not installed here
            continue
        found[name] = why
        inner = [Requirement(text) for text in below]
        queue += [(one, name) for one in inner if not one.marker or any(one.marker.evaluate(mark) for mark in marks)]
    return found


def test_every_package_may_be_passed_on() -> None:
    told = {name: licence(name) for name in needed()}
    assert len(told) > 50
    doubtful = {name: words for name, words in told.items() if not PERMISSIVE.search(words) or COPYLEFT.search(words)}
    assert doubtful == {}


@pytest.mark.parametrize("text", ["GPL-3.0-only", "GNU Affero General Public License v3", "LGPL-2.1", "SSPL-1.0"])
def test_a_licence_that_binds_the_whole_is_noticed(text: str) -> None:
    assert COPYLEFT.search(text)


def test_every_package_is_pinned_to_one_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert all("==" in line for line in lines)
    assert sorted(set(needed()) - pinned) == []
