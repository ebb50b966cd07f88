"""Where a Milvus library is: milvus://user@host:19530/collection?tls=1, or a Milvus Lite file that ends in .db."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from index.errors import LibraryError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_SCHEME = re.compile(r"milvus(s?):[/\\]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A Milvus library's place. `uri` and `token` are pymilvus'; `shown` holds no secret.

    `workspace` is the folder on this machine where the writer keeps its catalog.
    """

    uri: str
    token: str
    certificate: str
    name: str
    shown: str
    workspace: Path

    @property
    def lite(self) -> bool:
        """Whether it is a Milvus Lite file on this machine."""
        return "://" not in self.uri


def is_milvus(place: Path | str) -> bool:
    """Whether a library's place names a Milvus library and not a folder."""
    text = str(place)
    return _SCHEME.match(text) is not None or text.lower().endswith(".db")


def address(place: Path | str, environ: Mapping[str, str] = os.environ) -> Address:
    """The address written as `place`; LibraryError for one that cannot be.

    MILVUS_TOKEN gives the token (user:password, or a key), MILVUS_CERTIFICATE the file of a private authority.
    milvuss:// or ?tls=1 asks for TLS. A Path is taken too, which makes one slash of two.
    """
    text = str(place)
    scheme = _SCHEME.match(text)
    token = environ.get("MILVUS_TOKEN", "")
    if scheme is None:
        file = Path(text).expanduser().absolute()
        return Address(str(file), "", "", "yinde", str(file), file.with_name(file.name + ".work"))
    try:
        parts = urlsplit("milvus://" + text[scheme.end() :].replace("\\", "/"))
        host, port = parts.hostname or "", parts.port or 19530
    except ValueError as error:
        raise _bad(text) from error
    name = parts.path.strip("/") or "yinde"
    if not host or not _NAME.fullmatch(name):
        raise _bad(text)
    certificate = environ.get("MILVUS_CERTIFICATE", "")
    tls = bool(scheme.group(1)) or bool(certificate) or parse_qs(parts.query).get("tls", ["0"])[-1] in ("1", "true")
    if parts.password:
        token = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
    uri = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
    shown = f"milvus://{host}:{port}/{name}"
    return Address(uri, token, certificate, name, shown, _home(environ) / f"{name}-{_short(shown)}")


def _home(environ: Mapping[str, str]) -> Path:
    if folder := environ.get("YINDE_MILVUS_WORK"):
        return Path(folder).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("yinde", appauthor=False) / "milvus"


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=5).hexdigest()


def _bad(text: str) -> LibraryError:
    shown = re.sub(r"//[^/@]*@", "//…@", text)
    return LibraryError(
        f"{shown} 不是 Milvus 文库的地址；请写成 milvus://主机:19530/名称（名称用英文字母、数字和下划线），"
        "或以 .db 结尾的本机文件"
    )
