"""What reference managers read back from our BibTeX and RIS, by parsers that others wrote."""

from dataclasses import replace
from typing import Any

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from index.types import Document
from rag.export import bibtex, ris
from rag.reference import Source, source

NOTICE = source(
    Document(
        "dnotice",
        "江澜市人民政府办公室关于调整《老旧小区改造实施方案（2025—2027年）》部分内容的通知",
        "",
        {
            "issuer": "中共江澜市委、江澜市人民政府",
            "number": "江政办发〔2026〕9号",
            "date": "2026-03-18",
            "kind": "通知",
            "url": "https://www.example.gov.cn/a_b.html?x=1&y=50%25#{top}",
        },
    )
)
AWKWARD = [
    "收支{100}万元",
    "}{不成对",
    "增长5.5%",
    "A&B#1_2$3~4^5",
    "他说：“好\"的'",
    r"路径C:\公文\{名}",
    "《〈办法〉》（〔2026〕9号）",
    "覆蓋𠀀龦",
    "a, b and c",
    "政府工作报告--2008年",
]
WORDS = st.text(st.sampled_from("增长5.5%&#{}\\$_~^“”\"'《》〔〕、，-`?and @="), min_size=1).filter(
    lambda text: text.strip()
)


def tex_reader() -> LatexNodes2Text:
    """Prints TeX as text; its own table lacks LaTeX's names of the braces and has a letter's accent for ^."""
    known = get_default_latex_context_db()
    signs = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    macros = [MacroTextSpec(name, sign) for name, sign in signs.items()]
    known.add_context_category("signs", macros=macros, prepend=True)
    return LatexNodes2Text(latex_context=known, strict_latex_spaces=True)


def entry(cited: Source) -> dict[str, str]:
    """The entry's fields as they stand in the file, without their outer braces."""
    parsed = bibtexparser.parse_string(bibtex(cited))
    assert not parsed.failed_blocks
    (only,) = parsed.entries
    assert only.key == cited.id
    return {name: str(field.value) for name, field in only.fields_dict.items()}


def field(cited: Source, name: str) -> str:
    """A field as TeX prints it."""
    return str(tex_reader().latex_to_text(entry(cited)[name]))


def record(cited: Source) -> dict[str, Any]:
    (only,) = rispy.loads(ris(cited))
    return dict(only)


@pytest.mark.parametrize("title", AWKWARD)
def test_bibtex_gives_every_character_of_an_awkward_title_back(title: str) -> None:
    assert field(replace(NOTICE, short_title=title), "title") == title


@pytest.mark.parametrize("title", AWKWARD)
def test_ris_gives_every_character_of_an_awkward_title_back(title: str) -> None:
    assert record(replace(NOTICE, short_title=title))["title"] == title


@given(WORDS)
def test_whatever_is_quoted_the_entry_stays_whole(words: str) -> None:
    cited = replace(NOTICE, short_title=words, quote=words)
    assert field(cited, "title") == " ".join(words.split())
    assert field(cited, "number") == "江政办发〔2026〕9号"
    assert record(cited)["title"] == " ".join(words.split())


def test_issuers_are_whole_names_and_not_family_and_given_ones() -> None:
    assert entry(NOTICE)["author"] == "{中共江澜市委} and {江澜市人民政府}"
    assert record(NOTICE)["authors"] == ["中共江澜市委", "江澜市人民政府"]


def test_number_date_and_address_come_back() -> None:
    assert field(NOTICE, "date") == "2026-03-18"
    assert field(NOTICE, "year") == "2026"
    assert entry(NOTICE)["url"] == "https://www.example.gov.cn/a_b.html?x=1&y=50%25#%7Btop%7D"
    read = record(NOTICE)
    assert (read["year"], read["date"], read["language"]) == ("2026", "2026/03/18/", "zh-CN")
    assert read["urls"] == ["https://www.example.gov.cn/a_b.html?x=1&y=50%25#{top}"]
    assert read["type_of_reference"] == "GOVDOC"


def test_what_is_missing_has_no_field_and_is_named_in_the_note() -> None:
    bare = source(Document("dbare", "关于做好防汛工作的通知", "", {"kind": "通知"}))
    read = entry(bare)
    assert not {"author", "number", "date", "year", "url"} & set(read)
    assert field(bare, "note") == "缺：发文机关、发文字号、成文日期"
    told = record(bare)
    assert not {"authors", "year", "date", "urls"} & set(told)
    assert told["notes"] == ["缺：发文机关、发文字号、成文日期"]
