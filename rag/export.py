"""Citations for reference managers: BibTeX, RIS and CSL-JSON, each with its own escaping.

All three carry the cited words and their place as an annotation, which no printed style shows, and name what is
missing as a note.
"""

import json
import re
from typing import Any

from rag.reference import Source, nested

# Braces must balance in a BibTeX value whatever stands before them, so \{ is not enough.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: f"\\{char}" for char in "$&#_%"},
    }
)
# TeX prints -- as a dash, '' as ”, ?` as ¿.
_LIGATURE = re.compile(r"([-'`?!])(?=[-'`])")
_RIS_TYPES = {"A": "GOVDOC", "R": "RPRT", "Z": "GEN"}
_CSL_TYPES = {"A": "regulation", "R": "report", "Z": "document"}


def bibtex(cited: Source) -> str:
    """A BibTeX entry, `@techreport` for reports, else `@misc`; `mark` is read by the GB/T 7714 bibliography styles."""
    kind = "techreport" if cited.mark == "R" else "misc"
    authors = " and ".join(f"{{{_tex(name)}}}" for name in cited.issuers)
    fields = {
        "author": authors,
        "title": f"{{{_tex(cited.short_title)}}}",
        "institution": _tex("、".join(cited.issuers)) if kind == "techreport" else "",
        "number": _tex(cited.number),
        "pages": cited.pages.replace("-", "--"),
        "date": _tex(cited.date),
        "year": str(_date_parts(cited.date)[0]) if _date_parts(cited.date) else "",
        "mark": cited.mark,
        "langid": "chinese",
        "url": re.sub(r"[{}\\\s]", lambda m: f"%{ord(m[0]):02X}", cited.url),
        "note": _tex(_missing(cited)),
        "annote": _tex(_words(cited)),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{cited.id},\n{lines}}}"


def ris(cited: Source) -> str:
    """A RIS record, its lines ended by CR LF as the format asks; the last line has no end."""
    parts = _date_parts(cited.date)
    day = "/".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:]), *[""] * (4 - len(parts))]) if parts else ""
    rows = [
        ("TY", _RIS_TYPES[cited.mark]),
        ("ID", cited.id),
        # A half-width comma would part family from given name.
        *(("AU", name.replace(",", "，")) for name in cited.issuers),
        ("TI", cited.short_title),
        ("M1", cited.number),
        ("SP", cited.pages.split("-")[0]),
        ("EP", cited.pages.partition("-")[2]),
        ("PY", f"{parts[0]:04}" if parts else ""),
        ("DA", day),
        ("LA", "zh-CN"),
        ("UR", cited.url),
        ("N1", _missing(cited)),
        ("N1", _words(cited)),
        ("ER", ""),
    ]
    return "\r\n".join(f"{tag}  - {' '.join(value.split())}" for tag, value in rows if value or tag == "ER")


def csl_json(cited: Source) -> str:
    """A CSL-JSON array of one item, indented by two."""
    parts = _date_parts(cited.date)
    item: dict[str, Any] = {
        "id": cited.id,
        "type": "speech" if cited.spoken else _CSL_TYPES[cited.mark],
        "title": cited.short_title,
        "author": [{"literal": name} for name in cited.issuers],
        "number": cited.number,
        "page": cited.pages,
        "issued": {"date-parts": [parts]} if parts else {"literal": cited.date} if cited.date else {},
        "language": "zh-CN",
        "URL": cited.url,
        "note": _missing(cited),
        "annote": _words(cited),
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2)


def _date_parts(date: str) -> list[int]:
    """[2024, 3, 5] of 2024-03-05, fewer of a month or a year; [] of anything else."""
    return [int(part) for part in date.split("-")] if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", date) else []


def _missing(cited: Source) -> str:
    return f"缺：{'、'.join(cited.missing)}" if cited.missing else ""


def _words(cited: Source) -> str:
    """“the cited words”（where they stand）, "" for a whole document."""
    place = f"（{cited.place}）" if cited.place else ""
    return f"“{nested(' '.join(cited.quote.split()), '“”', '‘’')}”{place}" if cited.quote else ""


def _tex(text: str) -> str:
    return _LIGATURE.sub(r"\1{}", " ".join(text.split()).translate(_TEX))
