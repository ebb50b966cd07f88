"""PDF files made here by reportlab, whose STSong-Light needs no font file."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from index.errors import LoadError, NotFoundError
from index.gongwen import compose
from index.load import load
from index.load.glyphs import typed, unreadable
from index.load.lines import Run
from index.load.pdf import page_image, read_pdf
from index.split import split
from index.types import Loaded

WIDTH, HEIGHT = 595, 842
TITLE = "江澜市人民政府关于推进老旧小区改造的实施意见"
FIRST = (
    "为贯彻落实党中央、国务院决策部署，全面推进城镇老旧小区改造工作，改善居民居住条件，提升城市品质，结合我市实际，"
    "现提出以下实施意见，请各地各部门认真贯彻落实。"
)
SECOND = (
    "到2026年底，改造老旧小区一百二十个，惠及居民三万户；每户补助两千元，由市财政和区财政各负担一半，"
    "不足部分由居民出资。"
)
THIRD = (
    "（一）加强组织领导。各县（市、区）人民政府要落实主体责任，建立工作专班，定期研究解决改造中的困难和问题，"
    "确保按期完成。"
)


class Sheet:
    """A PDF being written, y from the top; all in STSong-Light."""

    def __init__(self, **options: Any) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        self.stored = io.BytesIO()
        self.canvas = Canvas(self.stored, pagesize=(WIDTH, HEIGHT), **options)

    def line(self, x: float, y: float, text: str, size: float = 16, font: str = "STSong-Light") -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, HEIGHT - y, text)

    def lines(self, x: float, y: float, texts: list[str], size: float = 16) -> float:
        for text in texts:
            self.line(x + 2 * size * text.startswith("　　"), y, text.lstrip("　"), size)
            y += 1.75 * size
        return y

    def turn(self) -> None:
        self.canvas.showPage()

    def bytes(self) -> bytes:
        self.canvas.save()
        return self.stored.getvalue()


def wrapped(text: str, ems: int = 28) -> list[str]:
    """Lines of a paragraph with an indent of two, cut where the line is full; an ASCII sign takes half an em."""
    lines, used = [""], 0.0
    for sign in "　　" + text:
        wide = 0.5 if sign.isascii() else 1.0
        if used + wide > ems and sign not in "，。、；：）”":
            lines, used = [*lines, ""], 0.0
        lines[-1] += sign
        used += wide
    return lines


def texts(loaded: Loaded) -> list[str]:
    return [block.text for block in loaded.blocks]


def letter(sheet: Sheet) -> None:
    """Two pages with a running head and page numbers; the second paragraph runs over the page's end."""
    lines = [line for text in (FIRST, SECOND, THIRD) for line in wrapped(text)]
    sheet.line(80, 50, "江澜市人民政府公报", 10)
    sheet.line((WIDTH - 22 * 20) / 2, 100, TITLE[:20], 22)
    sheet.line((WIDTH - 22 * len(TITLE[20:])) / 2, 135, TITLE[20:], 22)
    sheet.lines(73, 190, lines[:5])
    sheet.line(280, 800, "— 1 —", 14)
    sheet.turn()
    sheet.line(80, 50, "江澜市人民政府公报", 10)
    sheet.lines(73, 100, lines[5:])
    sheet.line(280, 800, "— 2 —", 14)


def test_paragraphs_are_whole_again_over_lines_and_pages() -> None:
    sheet = Sheet()
    letter(sheet)
    loaded = read_pdf(sheet.bytes())
    assert texts(loaded) == [TITLE, FIRST, SECOND, THIRD]
    assert [block.page for block in loaded.blocks] == [1, 1, 1, 2]
    (turn,) = loaded.blocks[2].turns
    assert turn == (SECOND.index(wrapped(SECOND)[2 - (len(wrapped(FIRST)) > 3)][:6]), 2)


def test_running_heads_and_page_numbers_are_left_out_and_named() -> None:
    sheet = Sheet()
    letter(sheet)
    assert "江澜市人民政府公报" in read_pdf(sheet.bytes()).meta["left_out"]


def test_a_passage_knows_its_page_and_where_the_next_begins() -> None:
    sheet = Sheet()
    letter(sheet)
    document = compose(read_pdf(sheet.bytes()), name="意见")
    assert document.title == TITLE
    turned = next(passage for passage in split(document) if passage.text.endswith(SECOND))
    assert turned.page == 1
    (turn,) = turned.turns
    assert turn[1] == 2
    assert turned.page_at(turned.end - 1) == 2


def test_radicals_ligatures_and_vertical_forms_are_typed_signs() -> None:
    assert typed("⼀、⽂件⻓度 ﬁnance ︵试⾏︶") == "一、文件长度 finance （试行）"
    assert typed("（一）２０２４年①②㎡，“甲”") == "（一）２０２４年①②㎡，“甲”"


def test_signs_that_only_the_font_knows_are_counted() -> None:
    assert unreadable("\ue001\ue002甲 乙") == 0.5
    assert unreadable(" ") == 0.0


def test_two_columns_are_read_one_after_the_other() -> None:
    sheet = Sheet()
    left = [line for text in (FIRST, SECOND) for line in wrapped(text, ems=20)]
    right = [line for text in (THIRD, FIRST) for line in wrapped(text, ems=20)]
    sheet.line((WIDTH - 16 * len(TITLE)) / 2, 60, TITLE, 16)
    sheet.lines(50, 100, left, size=12)
    sheet.lines(50 + 21 * 12, 100, right, size=12)
    assert texts(read_pdf(sheet.bytes())) == [TITLE, FIRST, SECOND, THIRD, FIRST]


def test_signs_drawn_twice_count_once() -> None:
    sheet = Sheet()
    sheet.lines(73, 100, wrapped(FIRST))
    sheet.lines(73.3, 100, wrapped(FIRST))
    assert texts(read_pdf(sheet.bytes())) == [FIRST]


def test_words_up_the_margin_and_across_the_page_are_left_out_and_named() -> None:
    sheet = Sheet()
    sheet.lines(73, 100, wrapped(FIRST))
    for x, y, angle, text in ((30, 300, 90, "内部资料注意保存"), (200, 300, 45, "征求意见稿")):
        sheet.canvas.saveState()
        sheet.canvas.translate(x, y)
        sheet.canvas.rotate(angle)
        sheet.canvas.drawString(0, 0, text)
        sheet.canvas.restoreState()
    for number, sign in enumerate("骑缝编号"):
        sheet.line(560, 300 + 20 * number, sign)
    loaded = read_pdf(sheet.bytes())
    assert texts(loaded) == [FIRST]
    assert "骑缝编号" in loaded.meta["left_out"]
    assert "侧边文字和水印 2 种" in loaded.meta["left_out"]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_set_sideways_is_read_upright(turn: int) -> None:
    sheet = Sheet()
    sheet.canvas.translate({90: WIDTH, 180: WIDTH, 270: 0}[turn], {90: 0, 180: HEIGHT, 270: HEIGHT}[turn])
    sheet.canvas.rotate(turn)
    sheet.lines(73, 300, wrapped(FIRST))
    assert texts(read_pdf(sheet.bytes())) == [FIRST]


def test_divided_words_are_whole_and_codes_keep_their_hyphen() -> None:
    sheet = Sheet()
    for number, text in enumerate(
        [
            "The committee adopted a resolution on the interna-",
            "tional treaty; moreover the annex names plots LH-",
            "D02 and C07, to be settled by the parties in 2026.",
        ]
    ):
        sheet.line(73, 100 + 20 * number, text, 12, "Courier")
    (text,) = texts(read_pdf(sheet.bytes()))
    assert "on the international treaty" in text
    assert "LH-D02 and C07" in text


def test_radicals_in_a_file_become_characters() -> None:
    sheet = Sheet()
    sheet.line(73, 100, "⼀、⼯作⽬标和⻓期任务")
    assert texts(read_pdf(sheet.bytes())) == ["一、工作目标和长期任务"]


def scan(sheet: Sheet) -> None:
    """A page that is nothing but a grey picture."""
    sheet.canvas.drawInlineImage(Image.new("L", (60, 80), 200), 0, 0, WIDTH, HEIGHT)


def recognise(picture: Any, page: int) -> list[Run]:
    """A reader of pictures that sees the same line on every page, in pixels."""
    assert picture.height > picture.width > 1000
    return [Run(page, 200.0, 300.0 + page, 1000.0, 340.0 + page, 40.0, f"第{page}面认出的文字。")]


def test_only_the_scanned_pages_are_recognised() -> None:
    sheet = Sheet()
    scan(sheet)
    sheet.turn()
    sheet.lines(73, 100, wrapped(FIRST))
    sheet.turn()
    scan(sheet)
    loaded = read_pdf(sheet.bytes(), recognise=recognise)
    found = [(block.page, block.text) for block in loaded.blocks]
    assert found == [(1, "第1面认出的文字。"), (2, FIRST), (3, "第3面认出的文字。")]
    assert loaded.meta["recognised"] == "1,3"


def test_scanned_pages_that_cannot_be_recognised_are_named_with_the_cure() -> None:
    sheet = Sheet()
    sheet.lines(73, 100, wrapped(FIRST))
    sheet.turn()
    scan(sheet)
    loaded = read_pdf(sheet.bytes())
    assert texts(loaded) == [FIRST]
    assert loaded.meta["left_out"].startswith("没有读出的扫描页 1 页：第2页（")
    assert "yinde[ocr]" in loaded.meta["left_out"]


def test_a_blank_page_is_no_scan() -> None:
    sheet = Sheet()
    sheet.lines(73, 100, wrapped(FIRST))
    sheet.turn()
    sheet.turn()
    assert "left_out" not in read_pdf(sheet.bytes()).meta


def nothing_but_a_scan() -> bytes:
    sheet = Sheet()
    scan(sheet)
    return sheet.bytes()


def encrypted() -> bytes:
    sheet = Sheet(encrypt=StandardEncryption("secret"))
    sheet.line(73, 100, FIRST)
    return sheet.bytes()


def blank() -> bytes:
    sheet = Sheet()
    sheet.turn()
    return sheet.bytes()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (nothing_but_a_scan, "没有可读的文字"),
        (encrypted, "取消密码"),
        (blank, "没有文字"),
        (lambda: b"%PDF-1.7\nnothing more", "不是完好的 PDF"),
        (lambda: nothing_but_a_scan()[:300], "不是完好的 PDF"),
        (lambda: b"", "文件为空"),
    ],
)
def test_what_cannot_be_read_says_why(made: Any, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        read_pdf(made())


def test_a_page_becomes_a_picture_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "意见.pdf"
    sheet = Sheet()
    letter(sheet)
    path.write_bytes(sheet.bytes())
    assert load(path).meta["format"] == "pdf"
    first, second = (page_image(path, page, 600) for page in (1, 2))
    assert first.startswith(b"\x89PNG")
    assert first != second
    assert Image.open(io.BytesIO(first)).size in ((600, 849), (600, 848), (600, 850))
    assert Image.open(io.BytesIO(page_image(path, 1, 10**6))).width == 2400
    with pytest.raises(NotFoundError, match="共 2 页"):
        page_image(path, 3, 600)
