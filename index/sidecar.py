"""Sidecars: 文件.docx.meta.json beside 文件.docx says what the document is, above what was read from it."""

import json
import re
from pathlib import Path

from index.errors import LoadError

SIDECAR = ".meta.json"
KEYS = ("title", "issuer", "number", "date", "kind", "url")

_DATE = re.compile(r"[12][0-9]{3}(?:-[01][0-9](?:-[0-3][0-9])?)?", re.ASCII)
_LARGEST = 1 << 20


def read_sidecar(path: Path) -> dict[str, str]:
    """What a sidecar says, of KEYS; keys with an empty value are left out.

    Raises:
        LoadError: not JSON, told with its line; not an object of strings; an unknown key; a date not as 2024-05-01.
    """
    name = path.name
    try:
        raw = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
        stored = json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise LoadError(f"旁注 {name} 第 {error.lineno} 行不是合法的 JSON；请改正或删去它") from None
    except (UnicodeDecodeError, RecursionError):
        raise LoadError(f"旁注 {name} 不是 UTF-8 编码的 JSON；请改正或删去它") from None
    except OSError as error:
        raise LoadError(f"旁注 {name} 读不了：{error.strerror or error}") from None
    if not isinstance(stored, dict):
        raise LoadError(f'旁注 {name} 应是一个 JSON 对象，如 {{"date": "2024-05-01"}}')
    lines = raw.decode("utf-8-sig").split("\n")
    for key, value in stored.items():
        line = next((number for number, text in enumerate(lines, 1) if f'"{key}"' in text), 1)
        if key not in KEYS:
            raise LoadError(f"旁注 {name} 第 {line} 行的 {key} 不认识；可用：{'、'.join(KEYS)}")
        if not isinstance(value, str):
            raise LoadError(f"旁注 {name} 第 {line} 行的 {key} 应是带引号的文字")
        if key == "date" and value and not _DATE.fullmatch(value):
            raise LoadError(f"旁注 {name} 第 {line} 行的日期“{value}”应写成 2024-05-01")
    return {key: value.strip() for key, value in stored.items() if value.strip()}
