import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typesetting import equal_passages

from index.embed import HashEmbedder
from index.errors import LoadError
from index.gongwen import compose
from index.letterhead import signatures, title_lines
from index.library import LocalLibrary
from index.load import load
from index.load.html import load_html, page
from index.load.html_lines import Walk
from index.load.html_part import CHROME, document_part
from index.load.html_tree import parse
from index.types import Loaded
from rag.cite import cite

# Raw pages of a government site, where they lie beside the checkout; they are no part of it.
PAGES = Path(__file__).resolve().parents[2] / "shared" / "data" / "gongwen" / "statecouncil_html"


def texts(source: str, encoding: str = "utf-8") -> list[str]:
    return [text for block in page(source.encode(encoding)).blocks if (text := block.text.strip())]


# Pages as content systems write them.

HEAD = """<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">
<title>{title}_江澜市人民政府门户网站</title><meta name="ArticleTitle" content="{title}">
<meta name="PubDate" content="2026-03-06 10:00"><link rel="canonical" href="http://www.example.gov.cn/a/1.html">
<style>p{{margin:0}}</style></head><body><div class="header"><a href="/">首页</a><a href="/zw">政务公开</a></div>
<div class="dqwz">您当前的位置：<a href="/">首页</a>
&gt; <a href="/zw">政务公开</a> &gt; <a href="/tz">通知公告</a></div>"""
TOOLS = """<div class="info">发布时间：2026-03-06 10:00&nbsp;&nbsp;来源：市政府办公室
浏览次数：<span id="c"></span>次
【字体：<a>大</a> <a>中</a> <a>小</a>】<a href="#">打印</a> <a href="#">关闭</a></div>"""
FOOT = """<div>（责任编辑：张三）</div><div class="share">分享到：<a href="#">微信</a></div><div><b>相关链接</b><ul>
<li><a href="/1">关于印发若干措施的通知</a></li><li><a href="/2">一图读懂若干措施</a></li></ul></div>
<div class="footer">版权所有：江澜市人民政府办公室
未经授权，不得转载。ICP备00000000号</div><script>var a = "正文，";</script>
</body></html>"""


def simple(paragraphs: Sequence[str]) -> str:
    return "<html><body>" + "\n".join(f"<p>{text}</p>" for text in paragraphs) + "</body></html>"


def broken_lines(paragraphs: Sequence[str]) -> str:
    """All paragraphs in one element, divided by <br> and indented by ideographic spaces."""
    titled, signed = title_lines(paragraphs), signatures(paragraphs)
    shift = ["　" * (12 if i in signed else 6 if i in titled else 2) for i in range(len(paragraphs))]
    body = "<br>\n".join(f"{space}{text}" for space, text in zip(shift, paragraphs, strict=True))
    return HEAD.format(charset="gb2312", title="") + TOOLS + f'<div class="TRS_Editor">{body}<br></div>' + FOOT


def nested_tables(paragraphs: Sequence[str]) -> str:
    body = "".join(
        f"<p style='text-indent:2em'><span>{text[:4]}</span><span>{text[4:]}</span>\n</p>" for text in paragraphs
    )
    menu = (
        "<td><table><tr><td><a href='/1'>机构概况</a></td></tr><tr><td><a href='/2'>政策文件</a></td></tr></table></td>"
    )
    return HEAD.format(charset="utf-8", title="") + f"<table><tr>{menu}<td>{body}</td></tr></table>" + FOOT


@pytest.mark.parametrize("make", [simple, broken_lines, nested_tables], ids=lambda make: make.__name__)
def test_the_passages_of_a_document_are_the_same_from_a_page(samples: Path, make: object) -> None:
    assert callable(make)
    equal = total = 0
    for path in sorted(samples.iterdir()):
        original = load(path)
        lines = compose(original, name=path.stem).text.split("\n")
        found = equal_passages(original, page(make(lines).encode("gb18030")), name=path.stem)
        equal, total = equal + found[0], total + found[1]
    assert equal >= 0.98 * total, (equal, total)


# First paragraph, last paragraph (digests) and number of paragraphs of real pages, read by eye.
LABELS = {
    "001": ("280c4366eece", "4083f40783ed", 42),
    "003": ("d340968751c0", "092b7a7242d6", 60),
    "005": ("6b178d3c8e2f", "4083f40783ed", 49),
    "007": ("3616e8c4cdd2", "9e18e8c12222", 51),
    "009": ("900c1fccf44c", "4083f40783ed", 32),
    "011": ("4e3bb399d2b5", "4083f40783ed", 10),
    "013": ("af87a5f1f205", "4083f40783ed", 50),
    "015": ("48d5675190ad", "4083f40783ed", 38),
    "017": ("6ecd5754f10b", "4083f40783ed", 36),
    "019": ("0f8e17b78c8a", "8cdc16168ead", 12),
    "021": ("f6e6f0dd1c32", "5fc36d4845dd", 27),
    "023": ("70f92f4d2d09", "3bf8b2074689", 46),
    "025": ("6ddc7089dbf7", "cda776ef2298", 11),
    "027": ("8ab6d6d536df", "6064580063e3", 12),
    "029": ("8ab6d6d536df", "6064580063e3", 10),
    "031": ("b10c36d03953", "52adbc0986b5", 9),
    "033": ("cdd82d4344c7", "68ad6d52c5bd", 89),
    "035": ("bca46bb1650a", "4083f40783ed", 25),
    "037": ("a6e6e79e75af", "4083f40783ed", 41),
    "039": ("89bb3012bb87", "4083f40783ed", 29),
    "041": ("5f71ee271134", "60cbe4d96e84", 161),
    "043": ("f1a2062eb7d7", "5fc36d4845dd", 12),
    "045": ("f1efec85c5de", "991257be238a", 8),
    "047": ("8baad616dc5b", "9c6646fc7889", 87),
    "049": ("23e3734286f0", "5fc36d4845dd", 19),
    "051": ("8063a4f4590e", "578b1d4c46bf", 29),
    "053": ("8b99ec9d2a39", "4083f40783ed", 13),
    "055": ("fbdece2e5903", "c34a21a494ec", 38),
    "057": ("f172ef6b19ba", "4083f40783ed", 70),
    "059": ("6c65132fab01", "4083f40783ed", 27),
}


def digest(text: str) -> str:
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:12]


@pytest.mark.skipif(not PAGES.is_dir(), reason="needs the raw pages beside the checkout, which are not part of it")
def test_real_pages_begin_and_end_with_their_document_and_lose_no_paragraph() -> None:
    for path in sorted(PAGES.iterdir()):
        if path.name[:3] in LABELS:
            blocks = load_html(path).blocks
            assert (digest(blocks[0].text), digest(blocks[-1].text), len(blocks)) == LABELS[path.name[:3]], path.name


def test_the_frame_of_a_page_is_left_out_and_told_of() -> None:
    title = "江澜市人民政府办公室关于做好防汛工作的通知"
    body = "<p>各县（区）人民政府：</p><p>　　现就有关事项通知如下。</p><p>特此通知。</p>"
    body += "<p>附件：<a href='/a.doc'>任务分工表</a></p>"
    loaded = page((HEAD.format(charset="utf-8", title=title) + f"<h1>{title}</h1>{TOOLS}{body}{FOOT}").encode())
    assert [block.text for block in loaded.blocks] == [
        title,
        "各县（区）人民政府：",
        "现就有关事项通知如下。",
        "特此通知。",
        "附件：任务分工表",
    ]
    assert [block.heading for block in loaded.blocks] == [1, 0, 0, 0, 0]
    assert {key: loaded.meta[key] for key in ("title", "published", "url")} == {
        "title": title,
        "published": "2026-03-06",
        "url": "http://www.example.gov.cn/a/1.html",
    }
    assert loaded.meta["left_out"].startswith("网页框架 9 行：首页政务公开、您当前的位置")


def test_the_fields_above_a_document_become_its_meta() -> None:
    fields = [("索 引 号：", "000/2026-1"), ("发文机关：", "江澜市人民政府"), ("成文日期：", "2026年03月05日")]
    fields += [("标　　题：", "关于防汛的通知"), ("发文字号：", "江政发〔2026〕5号"), ("发布日期：", "2026年03月06日")]
    table = "".join(f"<tr><td><b>{name}</b></td><td>{value}</td></tr>" for name, value in fields)
    loaded = page(f"<table>{table}</table><p>各县人民政府：</p><p>现就有关事项通知如下，请遵照执行。</p>".encode())
    assert [block.text for block in loaded.blocks][-2:] == ["各县人民政府：", "现就有关事项通知如下，请遵照执行。"]
    assert {key: value for key, value in loaded.meta.items() if key != "left_out"} == {
        "title": "关于防汛的通知",
        "issuer": "江澜市人民政府",
        "number": "江政发〔2026〕5号",
        "date": "2026-03-05",
        "published": "2026-03-06",
    }


def test_fields_written_as_a_list_are_read_too() -> None:
    rows = ["发布机构：市水利局", "发文字号：江水发〔2026〕1号", "成文日期：2026-01-05", "主题词："]
    source = "<ul>" + "".join(f"<li>{row}</li>" for row in rows) + "</ul><p>现就有关事项通知如下，请遵照执行。</p>"
    loaded = page(source.encode())
    assert (loaded.meta["issuer"], loaded.meta["number"], loaded.meta["date"]) == (
        "市水利局",
        "江水发〔2026〕1号",
        "2026-01-05",
    )


@pytest.mark.parametrize(
    ("declared", "real"), [("gb2312", "gb18030"), ("utf-8", "gbk"), ("gb2312", "utf-8"), ("", "big5")]
)
def test_a_page_is_decoded_by_its_bytes_and_not_by_its_declaration(declared: str, real: str) -> None:
    sentence = (
        "機關應於收受申請後作成處分，並送交審查委員會。" if real == "big5" else "朱镕基同志指出，要把这项工作抓紧抓好。"
    )
    assert texts(f"<meta charset='{declared}'><p>{sentence}</p>", real) == [sentence]


def test_line_breaks_and_wide_indents_divide_paragraphs() -> None:
    assert texts("<div>　　第一段，内容。<br/>　　第二段，内容。　　第三段，内容。</div>") == [
        "第一段，内容。",
        "第二段，内容。",
        "第三段，内容。",
    ]


def test_line_ends_of_the_source_leave_no_space_in_chinese() -> None:
    assert texts("<p>为贯彻落实\n   全国会议精神，use\n Python。</p>") == ["为贯彻落实全国会议精神，use Python。"]


def test_what_a_reader_does_not_see_is_not_read() -> None:
    source = (
        "<p>甲<script>x()</script><!-- 注 -->乙<span style='DISPLAY : none'>隐</span><b hidden>藏</b>丙"
        "<ruby>汉<rp>(</rp><rt>hàn</rt></ruby>，<select><option>选</option></select>丁。</p>"
    )
    assert texts(source) == ["甲乙丙汉，丁。"]


def test_raised_figures_do_not_run_into_the_words() -> None:
    assert texts("<p>面积10km<sup>2</sup>，增长5%<sup>[1]</sup>，能力<sup>3</sup>，CO<sub>2</sub>。</p>") == [
        "面积10km²，增长5%[1]，能力[3]，CO2。"
    ]


def test_numbers_of_lists_are_read_as_they_are_shown() -> None:
    source = "<ol start='3'><li>甲，甲。<li>乙，乙。<ul><li>丙，丙。</ul></ol><ol type='a'><li>丁，丁。</ol>"
    source += "<ol><li>1.戊，戊。</ol>"
    assert texts(source) == ["3.甲，甲。", "4.乙，乙。", "丙，丙。", "a.丁，丁。", "1.戊，戊。"]


def test_headings_are_kept_and_a_whole_paragraph_in_a_heading_element_is_none() -> None:
    source = (
        "<h1>关于防汛的通知</h1><h2>一、要求</h2><p>要备足物资，加强值守。</p><h3>各级要压实责任，确保安全度汛。</h3>"
    )
    assert [(block.heading, block.text) for block in page(source.encode()).blocks] == [
        (1, "关于防汛的通知"),
        (2, "一、要求"),
        (0, "要备足物资，加强值守。"),
        (0, "各级要压实责任，确保安全度汛。"),
    ]


def test_a_table_of_figures_gives_rows_and_one_of_layout_paragraphs() -> None:
    figures = "<table><tr><th>项目<th>金额<tr><td>道路<td>3亿元<tr><td>桥梁<td>2亿元</table>"
    source = f"<table><tr><td><p>现就有关事项通知如下，请遵照执行。</p>{figures}</td></tr></table>"
    assert texts(source) == [
        "现就有关事项通知如下，请遵照执行。",
        "项目：道路；金额：3亿元。",
        "项目：桥梁；金额：2亿元。",
    ]


@pytest.mark.parametrize(
    ("title", "cut"),
    [
        ("关于防汛的通知_江澜市人民政府门户网站", "关于防汛的通知"),
        ("关于防汛的通知_政策文件_中国政府网", "关于防汛的通知"),
        ("关于防汛的通知 - 江澜市水利局网站", "关于防汛的通知"),
        ("江澜市数字政府建设行动方案（2024-2026年）", "江澜市数字政府建设行动方案（2024-2026年）"),
        ("在大会上的讲话——迈向新征程", "在大会上的讲话——迈向新征程"),
    ],
)
def test_the_name_of_the_site_is_cut_from_a_title(title: str, cut: str) -> None:
    source = f"<title>{title}</title><p>{cut}</p><p>现就有关事项通知如下，请遵照执行。</p>"
    assert page(source.encode()).meta["title"] == cut


def test_the_note_of_the_browser_says_where_a_page_came_from() -> None:
    source = "<!-- saved from url=(0031)http://www.example.gov.cn/b.html --><p>现将有关事项通知如下。</p>"
    assert page(source.encode()).meta["url"] == "http://www.example.gov.cn/b.html"


def test_the_address_of_a_saved_page_reaches_its_citation(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    source = (
        "<!-- saved from url=(0031)http://www.example.gov.cn/b.html --><h1>关于防汛的通知</h1><p>各县人民政府：</p>"
    )
    (folder / "a.html").write_text(source + "<p>现将有关事项通知如下，请遵照执行。</p>", encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", embedder=HashEmbedder(), create=True) as library:
        (doc_id,) = library.sync([folder]).added
        document = library.document(doc_id)
    assert document.title == "关于防汛的通知"
    assert document.meta["source"].endswith("a.html")
    assert "[A/OL]" in cite(document, None, "gbt7714")
    assert cite(document, None, "gbt7714").endswith("http://www.example.gov.cn/b.html.")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "没有可读的内容"),
        ("<html><body>  </body></html>", "没有文字"),
        ("<frameset><frame src='a.htm'><frame src='b.htm'></frameset>", "只有框架"),
        ("<div id='app'></div><script src='a.js'></script><noscript>请启用脚本</noscript>", "由脚本生成"),
        ("<div>" * 100_000 + "正文。" + "</div>" * 100_000, "嵌套过深"),
    ],
    ids=["nothing", "blank", "frames", "script", "deep"],
)
def test_a_page_without_text_is_refused_with_its_reason(source: str, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        page((source or "<!-- -->").encode())


def test_deep_pages_within_bounds_are_read_whole() -> None:
    assert texts("<div>" * 1500 + "<p>正文，正文。</p>" + "</div>" * 1500 + "<p>后文，后文。</p>") == [
        "正文，正文。",
        "后文，后文。",
    ]


def test_huge_pages_take_bounded_time() -> None:
    start = time.monotonic()
    assert len(texts("<p>正文，正文。<!-- 注 --><br></p>" * 20_000)) == 20_000
    assert texts("<p title='" + "长" * 2_000_000 + "'>" + "字，" * 1_000_000 + "</p>")[0].endswith("字，")
    page(("<ol><li><table><tr><td>甲，乙。" * 400).encode())
    assert time.monotonic() - start < 20


VALID = broken_lines(
    ["关于防汛的通知", "各县人民政府：", "现就有关事项通知如下。", "江澜市人民政府", "2026年3月5日"]
).encode("gbk")


@settings(max_examples=150)
@given(st.data())
def test_damaged_pages_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(VALID)
    for _ in range(data.draw(st.integers(0, 30))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = page(bytes(raw[: data.draw(st.integers(0, len(raw)))]) or b" ")
    except LoadError:
        return
    assert isinstance(loaded, Loaded)
    assert any(block.text for block in loaded.blocks)


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<table>",
                "<tr>",
                "<td>",
                "</table>",
                "<ol>",
                "<li>",
                "<br>",
                "<sup>2",
                "</sup>",
                "<a>",
                "</a>",
                "<pre>",
                "正文，正文。",
                "　　",
                "\n",
            ]
        ),
        max_size=40,
    )
)
def test_no_words_are_lost_however_tags_are_nested(pieces: list[str]) -> None:
    walk = Walk(chrome=CHROME)
    walk.through(parse("".join(["<p>第一段正文，第一段正文。</p>", *pieces])))
    part = document_part(walk)
    found = "".join([*(line.text for line in part.lines), *part.left_out])  # a link at the foot is left out and told
    assert found.count("正文，正文。") == pieces.count("正文，正文。")
