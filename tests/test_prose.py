"""Chinese prose on a terminal: line breaks, indents, and text that cannot steer the terminal."""

from io import StringIO
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ui.prose import Prose, line_breaks, printable

CHARACTERS = "党建引领，基层治理。（一）“双减”《意见》2026年GDP增长5.5%、；"


def lines(text: str, width: int) -> list[str]:
    breaks = [0, *line_breaks(text, width), len(text)]
    return [text[a:b] for a, b in pairwise(breaks)]


def test_a_comma_does_not_open_a_line() -> None:
    assert lines("坚持人民至上，为民造福。", 12) == ["坚持人民至", "上，为民造", "福。"]


def test_an_opening_mark_does_not_end_a_line() -> None:
    assert lines("落实中央的“双减”政策", 12) == ["落实中央的", "“双减”政策"]


def test_a_number_stays_whole() -> None:
    assert lines("到2026年底", 5) == ["到", "2026", "年底"]


def test_decimals_and_percentages_stay_whole() -> None:
    assert lines("下降19.4%；增长", 8) == ["下降", "19.4%；", "增长"]


def test_a_citation_mark_stays_with_its_sentence() -> None:
    assert lines("引进人才。[1]", 10) == ["引进人", "才。[1]"]


def test_what_fits_is_not_broken() -> None:
    assert lines("坚持人民至上", 12) == ["坚持人民至上"]
    assert lines("", 12) == [""]


def test_a_run_without_a_good_break_is_cut_at_the_width() -> None:
    assert lines("。。。。。。", 4) == ["。。", "。。", "。。"]


@given(st.text(st.sampled_from(CHARACTERS)), st.integers(8, 40))
def test_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    assert "".join(lines(text, width)) == text
    assert all(cell_len(line) <= width for line in lines(text, width))


@given(st.text())
def test_printable_keeps_every_offset(text: str) -> None:
    assert len(printable(text)) == len(text)


def test_a_document_cannot_steer_the_terminal() -> None:
    assert printable("通知\x1b[31m\x9b2J\u202e\r\n附件") == "通知 [31m 2J  \n附件"


def printed(prose: Prose, width: int) -> list[str]:
    paper = StringIO()
    Console(file=paper, width=width).print(prose)
    return paper.getvalue().splitlines()


def test_prose_is_indented_on_every_line() -> None:
    lines_of_it = printed(Prose(Text("坚持人民至上，为民造福。"), indent=2), 14)
    assert lines_of_it == ["  坚持人民至", "  上，为民造", "  福。"]


def test_a_lead_stands_in_the_first_indent_and_widens_it() -> None:
    title = Text("关于人才工作的通知")
    assert printed(Prose(title, indent=4, lead=Text("[1]")), 14) == ["[1] 关于人才工", "    作的通知"]
    assert printed(Prose(title, indent=2, lead=Text("[1] ")), 14) == ["[1] 关于人才工", "    作的通知"]
