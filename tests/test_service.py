import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from typer.main import get_command

from index.errors import LibraryError
from ui.cli import app, run
from ui.service import unit


def settings(text: str) -> dict[str, list[str]]:
    """Every setting's values, in order, of a unit without line continuations."""
    found = defaultdict(list)
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found[name].append(value)
    return found


def test_the_unit_serves_this_program_with_options_that_serve_takes() -> None:
    found = settings(unit(Path("/srv/公文 库"), user="yinde", hosts=["a.example.org", "b.example.org"], port=8080))
    [start] = found["ExecStart"]
    assert start.endswith(
        '/yinde" serve --port 8080 --allow-host "a.example.org" --allow-host "b.example.org"'
        " --log /var/log/yinde/requests.log"
    )
    taken = {name for option in get_command(app).commands["serve"].params for name in option.opts}  # type: ignore[attr-defined]
    assert {word for word in start.split() if word.startswith("--")} <= taken
    assert '"YINDE_LIBRARY=/srv/公文 库"' in found["Environment"]
    assert found["ReadWritePaths"] == ['"-/srv/公文 库"']
    assert found["User"] == ["yinde"]


def test_the_unit_is_hardened() -> None:
    found = settings(unit(Path("/var/lib/yinde/library"), user="yinde"))
    wanted = {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "MemoryMax": "4G",
        "SystemCallFilter": "@system-service",
        "RestartPreventExitStatus": "2",
        "UMask": "0077",
    }
    assert {name: found.get(name, [None])[0] for name in wanted} == wanted
    assert "ReadWritePaths" not in found  # the state folder is writable by itself


def test_a_library_under_home_can_be_reached() -> None:
    found = settings(unit(Path("/home/li/library"), user="li"))
    assert found["ProtectHome"] == ["read-only"]
    assert found["ReadWritePaths"] == ['"-/home/li/library"']


def test_signs_that_systemd_reads_are_escaped_or_refused() -> None:
    assert settings(unit(Path("/srv/100%"), user="yinde"))["ReadWritePaths"] == ['"-/srv/100%%"']
    for user, host in (("a\nExecStartPre=/bin/x", "h"), ("yinde", 'h" --host "0.0.0.0'), ("yinde", "h\\"), ("", "h")):
        with pytest.raises(LibraryError, match="systemd"):
            unit(Path("/srv/library"), user=user, hosts=[host])


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    assert run(["service", "--allow-host", "yinde.example.org", "--library", "/srv/公文 库"]) == 0
    (tmp_path / "yinde.service").write_text(capsys.readouterr().out, encoding="utf-8")
    verify = ["systemd-analyze", "verify", str(tmp_path / "yinde.service")]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "yinde.service" in done.stderr) == (0, False), done.stderr
