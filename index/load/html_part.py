"""Which lines of a web page are the document, and which its frame."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index.load.html_lines import Line, Walk
from index.load.html_table import FIELDS, field_of

# Names by which elements of a page's frame go.
CHROME = re.compile(
    r"(?:^|[-_ ])(?:nav|navi|navbar|menu|header|footer|foot|copyright|banquan|breadcrumbs?|crumbs?|location|position"
    r"|weizhi|dqwz|share|bdsharebuttonbox|fenxiang|sidebar|related|relate|xgxw|xgwd|recommend|toolbar|tools|print|qrcode|search"
    r"|login|comments?|pager|pagination|prenext|friendlinks?)(?:$|[-_ 0-9])",
    re.IGNORECASE,
)
# Names by which content systems call the part that holds the text.
_CONTENT = re.compile(
    r"(?:^|\s)(?:ucap-content|trs_u?editor|trs_preappend|view|zoom|zoomcon|article(?:[-_]?(?:content|body|con|text|main))?"
    r"|pages_content|(?:news|main|text|xxgk|info|detail|post|entry|bt|vsb)[-_]?content(?:_\d+)?|content|con_?text|conts?"
    r"|b12c|txt|txtcontent|nr|neirong)(?:$|\s)",
    re.IGNORECASE,
)
_PAUSE = re.compile("[，。；：！？,;]")
_STOP = re.compile("[，。；！？]")
_SENTENCE = re.compile(r"[。；！？](?:\s*\[?\d{1,3}\]?)*\s*$")  # and the marks of its footnotes
_FRAME_WORDS = re.compile(
    r"版权所有|ICP备|公网安备|网站标识码|(?:主办|承办|技术支持)(?:单位)?[：:]|Copyright|分辨率|浏览器|未经授权|免责声明"
)
# What stands in the line of tools under a title or at the foot; a line of nothing else is left out.
_TOOLS = re.compile(
    r"(?:发布|更新|发表|录入|公开|上传)(?:时间|日期)[：:]?\s*\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?"
    r"|\d{4}-\d{1,2}-\d{1,2}\s+\d{1,2}:\d{2}(?::\d{2})?|(?:信息|文章|稿件|新闻)?来源[：:]\s*[^\s|｜【\[]{0,30}"
    r"|[（(【\[]?(?:责任|本文|网站|编辑)?(?:编辑|校对|审核|录入)[：:]\s*[^\s|｜】\])）]{0,20}[）)】\]]?|(?:文章|信息)?作者[：:]\s*[^\s|｜【\[]{0,20}"
    r"|(?:浏览|阅读|点击|访问)(?:次数|总?量|数)?[：:]?\s*\d*\s*次?|(?:字体|字号|文字大小)[：:]?|打印(?:本页|此页|文章|正文|页面)?"
    r"|关闭(?:窗口|本页|此页|页面)?|分享(?:到|至)?[：:]?|收藏(?:本页)?|保存(?:本页)?|下载(?:本页|正文|文字版|图片版)?|复制(?:链接)?|我要纠错|纠错"
    r"|返回(?:顶部|列表|首页|上一页)?|视力保护色|默认|超大|微信|微博|新浪微博|QQ空间|人人网|扫一扫.{0,24}|上一[篇条][：:].*|下一[篇条][：:].*|繁體|繁体|简体"
)
_GLUE = re.compile(r"[\s　\u00a0|｜【】\[\]（）()：:·—\-/>＞»大中小特T+-]*")
_HERE = re.compile(r"(?:您?(?:当前|现在)?的?(?:所在)?位置[：:]|首页\s*[>＞»›/→]).{0,200}")
_LIST_TITLE = re.compile(
    r"(?:推荐阅读|最新文章|热门(?:文章|推荐)|热点推荐|猜你喜欢|相关(?:阅读|文章|推荐|链接|新闻|资讯|稿件|文件|文档|信息|解读|政策)"
    r"|延伸阅读|更多文章|政策解读|图解|友情链接|网站地图)[：:]?"
)
_ATTACHMENT = re.compile(r"附\s*[件表]|\.(?:docx?|xlsx?|pdf|ofd|wps|zip|rar)")
_ATTACHED = re.compile(r"附\s*[件表]\s*[：:0-9一二三]")
_BELOW = 10  # lines below the text among which attached files are looked for
_SMALL = 0.2  # the share of running text that an element named like a frame may hold


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of the document in order, its fields as they stand above it, and the lines left out, in order."""

    lines: tuple[Line, ...]
    fields: dict[str, str]
    left_out: tuple[str, ...]


def document_part(walk: Walk) -> Part:
    """The document of a page: what holds all of its running text, without the lines of the page's frame around.

    A page without running text is taken whole but for its menus.
    """
    lines = list(walk.lines)
    frames = _frames(lines)
    inside = [line for line in lines if line.region not in frames]
    first, last = _extent(walk, inside)
    fields, used = _fields(inside, first, last)
    kept = _trimmed([line for line in inside if first <= line.at <= last and id(line) not in used])
    # The list of attached files often stands right below the element that holds the text.
    below = [line for line in inside if line.at > last and line.text.strip()][:_BELOW]
    kept += [line for line in below if line.attached or _ATTACHED.match(line.text.strip())]
    there = {id(line) for line in kept}
    left = [text for line in lines if id(line) not in there and (text := line.text.strip(" \u00a0\u3000"))]
    return Part(tuple(kept), fields, tuple(left))


def _prose(line: Line) -> int:
    """How many signs of running text a line is."""
    text = line.text
    running = _STOP.search(text) if len(text) >= 8 else None
    running = running or (_PAUSE.search(text) if len(text) >= 15 else None)
    return len(text) if running and _is_plain(line) else 0


def _is_link(line: Line) -> bool:
    """Whether a line leads elsewhere; a whole sentence that is a link is text all the same."""
    return line.linked and not _SENTENCE.search(line.text)


def _is_plain(line: Line) -> bool:
    """Whether a line may be a document's: no link, no button, no field, no word of the page's frame."""
    text = line.text.strip(" \u00a0\u3000")
    frame = _is_tools(text) or field_of(text) or _HERE.fullmatch(text) or _FRAME_WORDS.search(text[:400])
    return not (_is_link(line) or frame or _LIST_TITLE.fullmatch(text))


def _frames(lines: Sequence[Line]) -> set[int]:
    """The regions named like a frame that hold little of the page's running text."""
    held: Counter[int] = Counter()
    for line in lines:
        held[line.region] += _prose(line)
    total = sum(held.values())
    return {region for region, signs in held.items() if region and signs <= _SMALL * total}


def _extent(walk: Walk, lines: Sequence[Line]) -> tuple[int, int]:
    """First and last place of the element that holds the document.

    The smallest that holds all running text, or four fifths of it when content systems name it so: the rest belongs to
    summaries of others. One that is not named so grows to those around it as long as they add more than half as many
    plain lines as links and buttons: titles, dates and short paragraphs are no running text.
    """
    whole = (0, walk.spans[-1][1] if walk.spans else 0)
    places = [(line.at, signs) for line in lines if (signs := _prose(line))]
    if not places:
        named = [(first, last) for first, last, element in walk.spans if _holds_content(element)]
        return max(named, key=lambda span: span[1] - span[0], default=whole)
    running = _Sums(places, whole[1])
    total = running.between(*whole)
    around = [  # from the inside out
        (last - first, first, last, _holds_content(element))
        for first, last, element in walk.spans
        if (share := running.between(first, last)) >= 0.8 * total and (share == total or _holds_content(element))
    ]
    around.sort()
    if not around:
        return whole
    every = _Sums([(line.at, 1) for line in lines if line.text.strip()], whole[1])
    plain = _Sums([(line.at, 1) for line in lines if line.text.strip() and _is_plain(line)], whole[1])
    _, first, last, named_so = around[0]
    for _, outer, end, holds in around[1:]:
        more = every.between(outer, end) - every.between(first, last)
        if named_so or 3 * (plain.between(outer, end) - plain.between(first, last)) < more:
            break
        first, last, named_so = outer, end, holds
    return first, last


def _holds_content(element: object) -> bool:
    names = getattr(element, "get", lambda *_: "")
    return (
        getattr(element, "tag", "") in ("article", "main")
        or names("itemprop", "") == "articleBody"
        or any(_CONTENT.search(names(key, "")[:200]) for key in ("id", "class"))
    )


class _Sums:
    """Running sums over places up to `last`, for what stands between two of them."""

    def __init__(self, places: Sequence[tuple[int, int]], last: int) -> None:
        self._upto = [0] * (last + 2)
        for place, count in places:
            self._upto[min(place, last) + 1] += count
        for place in range(last + 1):
            self._upto[place + 1] += self._upto[place]

    def between(self, first: int, last: int) -> int:
        """What stands from the first to the last place, both included."""
        return self._upto[last + 1] - self._upto[first]


def _fields(lines: Sequence[Line], first: int, last: int) -> tuple[dict[str, str], set[int]]:
    """The 政务信息 above or below the document (three fields at least), and the lines it takes.

    Of lines inside the document only those before its running text count.
    """
    start = next((line.at for line in lines if first <= line.at <= last and _prose(line)), last + 1)
    found: dict[str, str] = {}
    used: set[int] = set()
    count = 0
    for position, line in enumerate(lines):
        field = field_of(line.text) if not start <= line.at <= last else None
        if field is None:
            continue
        name, value = field
        used.add(id(line))
        count += 1
        below = next((x for x in lines[position + 1 : position + 3] if x.text.strip()), None)
        if (
            not value
            and below
            and not field_of(below.text)
            and len(below.text) <= 300
            and not start <= below.at <= last
        ):
            value = below.text.strip(" \u00a0\u3000")
            used.add(id(below))
        key = FIELDS[name]
        if key and value:
            found.setdefault(key, value)
    return (found, used) if count >= 3 else ({}, set())


def _is_tools(text: str) -> bool:
    """Whether a line is nothing but publishing facts and buttons: 发布时间：… 来源：… 【字体：大 中 小】打印."""
    if len(text) > 200:
        return False
    rest, count = _TOOLS.subn("", text)
    return bool(count) and _GLUE.fullmatch(rest) is not None


def _trimmed(lines: Sequence[Line]) -> list[Line]:
    """Without buttons near the head and tail, links before and after the text, lists of other documents below."""
    filled = [line for line in lines if line.text.strip()]
    if not any(_prose(line) for line in filled):
        return [line for line in lines if not (_is_tools(line.text) or _HERE.fullmatch(line.text.strip()))]
    begin = next(i for i, line in enumerate(filled) if _prose(line))
    end = len(filled) - next(i for i, line in enumerate(reversed(filled)) if _prose(line))
    gone: set[int] = set()
    for position, line in enumerate(filled):
        text = line.text.strip(" \u00a0\u3000")
        if begin - 12 <= position < max(begin, 1) or position >= end:
            link = _is_link(line) and not line.heading and not (line.attached or _ATTACHMENT.search(text))
            if link or _is_tools(text) or _HERE.fullmatch(text) or _FRAME_WORDS.search(text[:400]):
                gone.add(id(line))
    for position in range(end, len(filled)):
        if _LIST_TITLE.fullmatch(filled[position].text.strip(" \u00a0\u3000")):
            gone.update(
                id(line) for line in filled[position:] if line.linked or _LIST_TITLE.fullmatch(line.text.strip())
            )
    return [line for line in lines if id(line) not in gone]
