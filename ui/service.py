"""The systemd unit of `yinde serve`, with the places of this machine."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from index.errors import LibraryError
from index.milvus.address import is_milvus
from index.opening import home

_STATE = Path("/var/lib/yinde")


def unit(library: Path, *, user: str, hosts: Sequence[str] = (), port: int = 7860) -> str:
    """The file's text for a library's place (a folder, or milvus://…), served by this program.

    LibraryError for a name or path that a unit cannot hold: a line break, a quotation mark or a backslash.
    """
    program = Path(sys.executable).parent / "yinde"
    milvus = is_milvus(library)
    folder = home(library).absolute()
    place = str(library) if milvus else str(folder)
    for text in (user, place, str(program), *hosts):
        if not text or re.search(r'[\x00-\x1f"\\]', text):
            raise LibraryError(f"{text!r} 不能写进 systemd 单元：不能有换行、引号和反斜杠")
    allowed = "".join(f' --allow-host "{_escaped(host)}"' for host in hosts)
    own_state = folder.is_relative_to(_STATE)
    at_home = any(path.is_relative_to(top) for path in (folder, program) for top in ("/home", "/root"))
    values = {
        "USER": _escaped(user),
        "LIBRARY": _escaped(place),
        # The state folder is writable by itself. "-": one that is not there yet stops nothing.
        "WRITABLE": "" if own_state else f'ReadWritePaths="-{_escaped(str(folder))}"\n',
        "HOME": "read-only" if at_home else "yes",
        "SERVE": f'"{_escaped(str(program))}" serve --port {port}{allowed} --log /var/log/yinde/requests.log',
    }
    text = (Path(__file__).parent / "assets" / "yinde.service").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], text)


def _escaped(text: str) -> str:
    """As systemd reads it: % begins a specifier and $ a variable."""
    return text.replace("%", "%%").replace("$", "$$")
