# ruff: noqa: E501 - sources are clearer unbroken
"""Valid files of every format, made here, for fuzzing to change."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import ofd_writer
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from test_eml import archive, letter
from test_office_fuzz import docx, epub, pptx, xlsx
from typesetting import EM, typeset

POINT = 72 / 25.4
TEXT = [
    "江岚市人民政府关于加强数据共享工作的通知",
    "江政发〔2024〕5号",
    "各县（市、区）人民政府：",
    "一、总体要求",
    "（一）目标。到2025年，数据共享率达到95%。" * 6,
    "二、重点任务",
    "1.建设平台，统一目录；2.“一网通办”覆盖全部事项。",
    "江岚市人民政府",
    "二○二四年三月五日",
]
HTML = (
    '<!doctype html><html><head><meta charset="utf-8"><title>通知</title></head><body><div class="nav"><a href="/">首页</a>'
    f"</div><div class=content><h1>{TEXT[0]}</h1>{''.join(f'<p>{line}</p>' for line in TEXT[1:])}<ul><li>甲<li>乙</ul>"
    "<table><tr><th rowspan=2>项目<th colspan=2>金额</tr><tr><td>甲<td>乙</tr><tr><td>修路<td>5<td>6</table></div></html>"
)


def made(suffix: str, write: Callable[[Path], object]) -> bytes:
    """The bytes of a file that `write` makes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        write(path)
        return path.read_bytes()


def pdf() -> bytes:
    """A document of two kinds of stream: plain ones can be changed to some effect."""
    return _pdf(compressed=1)


def _pdf(*, compressed: int) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    content = io.BytesIO()
    canvas = Canvas(content, pageCompression=compressed)
    page = 1
    for line in typeset(TEXT * 3, head="江岚市人民政府公报"):
        if line.page > page:
            canvas.showPage()
            page = line.page
        canvas.setFont("STSong-Light", line.size * POINT)
        canvas.drawString(line.x * POINT, (297 - line.y) * POINT, line.text)
    canvas.rect(50, 50, EM * 20, EM)
    canvas.save()
    return content.getvalue()


def ofd(path: Path) -> None:
    """A document of some lines."""
    ofd_writer.write(path, ofd_writer.document(ofd_writer.from_lines(typeset(TEXT * 2))), title=TEXT[0])


def mail() -> bytes:
    """A letter with words, a page and two attachments."""
    message = letter(plain="\n".join(TEXT), html=HTML)
    message.add_attachment(made(".docx", docx), maintype="application", subtype="octet-stream", filename="附件1.docx")
    message.add_attachment("甲\n乙".encode("gb18030"), maintype="text", subtype="plain", filename="附件2.txt")
    return message.as_bytes()


def packed() -> bytes:
    """An archive of files and of an archive."""
    content = io.BytesIO()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive_:
        archive_.writestr("里/通知.txt", "\n".join(TEXT))
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("文件/通知.md", "# " + "\n\n".join(TEXT))
        archive_.writestr("页.html", HTML)
        archive_.writestr("表.docx", made(".docx", docx))
        archive_.writestr("包.zip", inner.getvalue())
    return content.getvalue()


RECORDS = [{"title": TEXT[0], "content": "\n".join(TEXT), "date": "2024-03-05"}, {"title": "乙", "content": "一、甲。"}]
CSV = "标题,正文,日期\n" + "".join(f'"通知{i}","一、甲，“乙”。\n二、丙。",2024-03-0{i}\n' for i in range(1, 5))

SEEDS: dict[str, Callable[[], list[bytes]]] = {
    ".txt": lambda: ["\n".join(TEXT).encode(code) for code in ("utf-8", "gb18030", "utf-16")],
    ".md": lambda: [
        f"---\ntitle: 甲\n---\n# {TEXT[0]}\n\n- 甲\n\n|甲|乙|\n|-|-|\n|1|2|\n\n```\n{TEXT[4]}\n```".encode()
    ],
    ".html": lambda: [HTML.encode(), HTML.replace("utf-8", "gb2312").encode("gb18030")],
    ".mhtml": lambda: [archive(("http://www.example.gov.cn/a.html", HTML), ("http://www.example.gov.cn/b.html", HTML))],
    ".eml": lambda: [mail()],
    ".docx": lambda: [made(".docx", docx)],
    ".pptx": lambda: [made(".pptx", pptx)],
    ".xlsx": lambda: [made(".xlsx", xlsx)],
    ".epub": lambda: [made(".epub", epub)],
    ".pdf": lambda: [_pdf(compressed=0), pdf()],
    ".ofd": lambda: [made(".ofd", ofd)],
    ".zip": lambda: [packed()],
    ".csv": lambda: [CSV.encode(), CSV.encode("gb18030"), "项目,金额\n修路,5\n植树,6\n".encode()],
    ".json": lambda: [json.dumps(RECORDS, ensure_ascii=False).encode(), json.dumps(RECORDS).encode()],
    ".jsonl": lambda: ["\n".join(json.dumps(row, ensure_ascii=False) for row in RECORDS * 3).encode()],
}
