"""OFD files for tests, written by hand after GB/T 33190-2016."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from typesetting import Line

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
BOX = "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"


def text_object(text: str, x: float, y: float, size: float, *, number: int = 0, more: str = "", code: str = "") -> str:
    """A text object whose box begins at (x, y); `more` are further attributes, `code` those of its TextCode."""
    code = code or f'X="0" Y="{size * 0.9:.3f}"' + (f' DeltaX="g {len(text) - 1} {size:.3f}"' if len(text) > 1 else "")
    return (
        f'<ofd:TextObject ID="{number}" Boundary="{x:.3f} {y:.3f} 150 {size:.3f}" Font="3" Size="{size:.3f}" {more}>'
        f"<ofd:TextCode {code}>{escape(text)}</ofd:TextCode></ofd:TextObject>"
    )


def set_line(line: Line, *, number: int = 0) -> str:
    """A line as office programs write it: evenly spaced, half steps for Latin letters and figures."""
    steps = [(0.5 if sign.isascii() else 1.0) * line.advance for sign in line.text[:-1]]
    runs: list[str] = []
    position = 0
    while position < len(steps):
        end = position
        while end < len(steps) and steps[end] == steps[position]:
            end += 1
        count = end - position
        runs.append(f"g {count} {steps[position]:.4f}" if count > 1 else f"{steps[position]:.4f}")
        position = end
    code = f'X="0" Y="{line.size * 0.9:.3f}"' + (f' DeltaX="{" ".join(runs)}"' if runs else "")
    return text_object(line.text, line.x, line.y - line.size * 0.9, line.size, number=number, code=code)


def page(*objects: str, template: str = "", layer: str = "Body") -> str:
    used = f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>' if template else ""
    return (
        f'<ofd:Page {NAMESPACE}>{used}<ofd:Content><ofd:Layer ID="2" Type="{layer}">{"".join(objects)}</ofd:Layer>'
        f"</ofd:Content></ofd:Page>"
    )


def document(
    pages: Sequence[str], *, folder: str = "Doc_0", templates: Sequence[str] = (), more: str = ""
) -> dict[str, str]:
    """The parts of one document by their names."""
    listed = "".join(f'<ofd:Page ID="{10 + i}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(len(pages)))
    shared = "".join(f'<ofd:TemplatePage ID="t{i}" BaseLoc="Tpls/Tpl_{i}.xml"/>' for i in range(len(templates)))
    return {
        f"{folder}/Document.xml": (
            f"<ofd:Document {NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea>{BOX}"
            f"</ofd:PageArea>{shared}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>{more}</ofd:Document>"
        ),
        **{f"{folder}/Pages/Page_{i}/Content.xml": content for i, content in enumerate(pages)},
        **{f"{folder}/Tpls/Tpl_{i}.xml": content for i, content in enumerate(templates)},
    }


def write(
    path: Path, *documents: Mapping[str, str], title: str = "", custom: Mapping[str, str] | None = None, more: str = ""
) -> Path:
    """An OFD file of documents; `more` is put into each DocBody after its root."""
    data = "".join(
        f"<ofd:CustomData Name={quoteattr(name)}>{escape(value)}</ofd:CustomData>"
        for name, value in (custom or {}).items()
    )
    bodies = "".join(
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{'0' * 32}</ofd:DocID><ofd:Title>{escape(title)}</ofd:Title>"
        f"<ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>{next(iter(parts))}</ofd:DocRoot>{more}"
        f"</ofd:DocBody>"
        for parts in documents
    )
    root = f'<?xml version="1.0" encoding="UTF-8"?><ofd:OFD {NAMESPACE} DocType="OFD" Version="1.0">{bodies}</ofd:OFD>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", root)
        for parts in documents:
            for name, content in parts.items():
                archive.writestr(name, content)
    return path


def from_lines(lines: Sequence[Line]) -> list[str]:
    """Pages of text objects, one a line."""
    count = max((line.page for line in lines), default=0)
    return [
        page(*(set_line(line, number=i + 100) for i, line in enumerate(lines) if line.page == number))
        for number in range(1, count + 1)
    ]
