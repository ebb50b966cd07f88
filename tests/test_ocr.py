from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from index.errors import LoadError
from index.load import load
from index.load.lines import Run
from index.load.ocr import ems, full_width, page_ranges, recogniser, sized

FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
LINES = (
    "关于减负的通知",
    "　　为切实减轻基层负担，全市督查检查每年",
    "不超过五项，能合并的一律合并。",
    "　　（一）精简会议。",
)


def chinese_font() -> str:
    """A font file with Chinese signs; skips the test where there is none."""
    for pattern in ("*CJK*.ttc", "*CJK*.otf", "wqy*.ttc", "PingFang.ttc", "simsun.ttc"):
        for folder in FONTS:
            found = next(Path(folder).rglob(pattern), None) if Path(folder).is_dir() else None
            if found:
                return str(found)
    pytest.skip("no font with Chinese signs on this machine")


@pytest.fixture
def letter() -> Image.Image:
    """A page as a scanner delivers it."""
    if recogniser() is None:
        pytest.skip("the extra ocr is not installed")
    page = Image.new("L", (900, 420), 250)
    font = ImageFont.truetype(chinese_font(), 40)
    for row, line in enumerate(LINES):
        x = 310 if row == 0 else 50 + 80 * line.startswith("　　")
        ImageDraw.Draw(page).text((x, 40 + 80 * row), line.strip("　"), fill=20, font=font)
    return page


def test_a_picture_becomes_paragraphs(letter: Image.Image, tmp_path: Path) -> None:
    letter.save(tmp_path / "通知.png")
    loaded = load(tmp_path / "通知.png")
    assert [(block.page, block.text) for block in loaded.blocks] == [
        (0, "关于减负的通知"),
        (0, "为切实减轻基层负担，全市督查检查每年不超过五项，能合并的一律合并。"),
        (0, "（一）精简会议。"),
    ]
    assert loaded.meta == {"format": "png", "recognised": "1"}


def test_the_frames_of_a_fax_are_its_pages(letter: Image.Image, tmp_path: Path) -> None:
    blank = Image.new("L", letter.size, 250)
    blank.save(tmp_path / "传真.tif", save_all=True, append_images=[letter])
    loaded = load(tmp_path / "传真.tif")
    assert {block.page for block in loaded.blocks} == {2}
    assert loaded.meta["recognised"] == "1-2"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "不是完好的图片"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "不是完好的图片"), (None, "没有认出文字")],
)
def test_a_picture_that_cannot_be_read_says_why(
    letter: Image.Image, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is None:
        Image.new("L", letter.size, 250).save(tmp_path / "图.png")
    else:
        (tmp_path / "图.png").write_bytes(content)
    with pytest.raises(LoadError, match=reason):
        load(tmp_path / "图.png")


def test_lines_of_one_height_have_one_size() -> None:
    body = [Run(1, 0, 40 * row, 400, 40 * row + high, 0, "字" * 20) for row, high in enumerate((19, 20, 21))]
    title = Run(1, 0, 200, 240, 230, 0, "题" * 8)
    assert [run.size for run in sized([*body, title])] == [20, 20, 20, 30]
    assert sized([]) == []


def test_marks_beside_chinese_words_are_chinese() -> None:
    assert full_width("(一)加强领导,做到:见方案(2025)。") == "（一）加强领导，做到：见方案（2025）。"
    assert full_width("f(x), 3:2, GB(T)") == "f(x), 3:2, GB(T)"


def test_widths_and_page_ranges_by_hand() -> None:
    assert ems("共3项") == 2.5
    assert [page_ranges(pages) for pages in ([], [4], [1, 2, 3, 7])] == ["", "4", "1-3,7"]
