"""A library on a medium mounted read-only, in a mount namespace of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mounted.py")


def able() -> bool:
    """Whether this machine lets its user mount in a namespace of his own."""
    try:
        mounting = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(mounting, capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.mark.skipif(not able(), reason="this machine does not allow mounting in a namespace")
def test_a_library_on_a_read_only_medium_is_read_and_what_would_write_is_refused(tmp_path: Path) -> None:
    run = ["unshare", "-rm", sys.executable, str(SCRIPT), "read_only", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout or "{}")
    assert (told["hits"], told["quoted"], told["examined"]) == (3, "verbatim", []), done.stderr
    assert (told["exported"], told["moved"], told["kept"]) == (3, 3, True)
    assert told["refused"].pop("mend") == ""  # nothing to mend
    assert all("写不进去" in said and "请检查" in said for said in told["refused"].values())
