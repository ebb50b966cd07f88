"""Lines of a web page that are no part of the document: navigation, link lists, licences."""

import re
import unicodedata
from collections.abc import Sequence

_LINK_TITLE = re.compile(
    r"(?:推荐阅读|最新文章|热门文章|热门推荐|热点推荐|猜你喜欢|相关(?:阅读|文章|推荐|链接|新闻|资讯|稿件)|延伸阅读|更多文章)[：:]?"
)
_TAIL = re.compile(
    r"(?:上一[篇条]|下一[篇条])[：:].*|(?:返回)?(?:顶部|列表|首页)|返回(?:上页|上一页)|扫一扫.{0,24}|分享(?:到|至)?[：:]?.{0,16}"
    r"|【?打印(?:本页|此页)?】?.{0,12}|【?关闭(?:窗口|本页|页面)?】?|【?字体[：:].{0,16}|【?(?:责任)?编辑[：:].{0,16}|收藏|点赞"
    r"|公开程序[：:].{0,60}|责任部门[：:].{0,40}|网站地图|联系我们|关于我们|版权(?:所有|声明)[：:]?.{0,60}|.{0,40}ICP备.{0,40}|.{0,20}公网安备.{0,40}|网站标识码.{0,30}"
    r"|(?:主办|承办|技术支持)(?:单位)?[：:].{0,40}|Public domain|false|true|更多信息请关注.{0,40}|Copyright.{0,80}"
)
_HEAD = re.compile(
    r"(?:您?(?:当前|现在)?的?(?:所在)?位置[：:]?)?\s*(?:网站)?首页\s*[>＞»›/→].{0,120}|(?:您?(?:当前|现在)的?)(?:所在)?位置[：:].{0,120}"
    r"|(?:发布|更新|发表)(?:时间|日期)[：:].{0,120}|(?:浏览|阅读|点击)(?:次数|量|数)[：:].{0,40}|【?字体[：:].{0,60}|字号[：:].{0,40}"
    r"|【?打印(?:本页|此页)?】?.{0,12}|【?关闭(?:窗口|本页)?】?|扫一扫.{0,24}|分享(?:到|至)?[：:]?.{0,16}|收藏|保存"
    r"|【法宝引证码】.{0,60}|原文链接[：:].{0,300}|信息来源[：:].{0,40}"
)
_DATED_LINK = re.compile(r"\S.{1,60}?\s*(?:\d{4}[-/.])?(?:0\d|1[0-2])[-/](?:[0-2]\d|3[01])")
_LICENCE = re.compile(
    r"(?:本|此|[这這]部|该|該)作品.{0,80}?(?:著作权法|著作權法|中华人民共和国的|中華人民共和國的|公有领域|公有領域|版权|版權|發表|发表"
    r"|中国共产党文件)"
)
_HEAD_LINES = 15
_REPEATED = 60  # characters; a shorter text may say the same twice on purpose


def leave_out(lines: Sequence[str]) -> tuple[range, str]:
    """Which lines are the document, as a range, and what was left out around them, said in Chinese ("" when nothing).

    Only whole lines at the head and the tail are left out, and none is when in doubt; a page that is nothing but such
    lines is kept.
    """
    start, head = _head(lines)
    end, tail = _tail(lines, start)
    if not _filled(lines[start:end]):
        return range(len(lines)), ""
    notes = [_note("文首页面信息", head)] if head else []
    below = next((i for i in range(start + 1, min(start + 3, end)) if lines[i].strip()), None)
    if below is not None and len(_folded(lines[start])) > 8 and _folded(lines[start]) == _folded(lines[below]):
        notes.append(_note("页面上重复的标题", [lines[start].strip()]))
        start = below
    notes += [_note(what, left) for what, left in tail]
    return range(start, end), "；".join(notes)


def printed_once(lines: Sequence[str]) -> tuple[list[str], str]:
    """The lines of a text without its second printing when a page prints it twice over, and what was left out.

    The whole text, or all below its first line, must be the same twice, white space apart; else nothing is left out.
    """
    for first in (0, 1):
        signs = ["".join(line.split()) for line in lines[first:]]
        body = "".join(signs)
        half = len(body) // 2
        if half < _REPEATED or "。" not in body[:half] or body[:half] != body[half:]:
            continue
        kept = list(lines[:first])
        for line, own in zip(lines[first:], signs, strict=True):
            kept.append(line if len(own) <= half else _prefix(line, half))
            half -= len(own)
            if half <= 0:
                break
        return kept, f"重复刊出的正文 {len(body) // 2} 字"
    return list(lines), ""


def _prefix(line: str, signs: int) -> str:
    """The beginning of a line that holds so many characters, white space apart."""
    for position, character in enumerate(line):
        if not signs:
            return line[:position]
        signs -= not character.isspace()
    return line


def _head(lines: Sequence[str]) -> tuple[int, list[str]]:
    """The first line of the document, after the navigation lines that open the page."""
    start = 0
    left: list[str] = []
    for position, line in enumerate(lines[:_HEAD_LINES]):
        text = line.strip()
        if text and not _HEAD.fullmatch(text):
            break
        if text:
            left.append(text)
            start = position + 1
    return start, left


def _tail(lines: Sequence[str], start: int) -> tuple[int, list[tuple[str, list[str]]]]:
    end = len(lines)
    notes: list[tuple[str, list[str]]] = []
    licence = _licence(lines, start)
    if licence is not None:
        notes.append(("文末版权说明", _filled(lines[licence:end])))
        end = licence
    while True:
        cut = _links(lines, start, end)
        if cut < end:
            notes.append(("文末链接", _filled(lines[cut:end])))
            end = cut
            continue
        cut = end
        while cut > start and (not lines[cut - 1].strip() or _TAIL.fullmatch(lines[cut - 1].strip())):
            cut -= 1
        if not _filled(lines[cut:end]):
            return end, notes
        notes.append(("文末页面信息", _filled(lines[cut:end])))
        end = cut


def _licence(lines: Sequence[str], start: int) -> int | None:
    """Where a licence notice as Wikisource appends it begins; it runs to the end."""
    for position in range(max(start, len(lines) - 80), len(lines)):
        if _LICENCE.match(lines[position].strip()):
            rest = "".join(lines[position:])
            return position if re.search("公有领域|公有領域|Public domain|署名", rest) else None
    return None


def _links(lines: Sequence[str], start: int, end: int) -> int:
    """Where a closing list of links begins: titles ending in a date, or short lines under 推荐阅读 and the like."""
    cut, links, titled = end, 0, end
    for position in range(end - 1, max(start - 1, end - 200), -1):
        text = lines[position].strip()
        if not text:
            continue
        if _LINK_TITLE.fullmatch(text):
            cut = titled = position
        elif _DATED_LINK.fullmatch(text) and "。" not in text:
            cut, links = position, links + 1
        elif len(text) > 60 or re.search("[。；！？]", text) or position < end - 60:
            break
    return min(cut, titled) if links >= 3 else titled


def _folded(line: str) -> str:
    """A title without the differences between a page's heading and the document's own."""
    return (
        unicodedata.normalize("NFKC", "".join(line.split())).replace("—", "-").replace("〈", "《").replace("〉", "》")
    )


def _filled(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _note(what: str, lines: Sequence[str]) -> str:
    shown = "、".join(line[:20] for line in lines[:2])
    return f"{what} {len(lines)} 行：{shown}{'…' if len(lines) > 2 else ''}"
