"""The numbering of official documents: 第一章, 第五条, 一、, （一）, 1., （1）, ①, in full and half width."""

import re
from dataclasses import dataclass
from functools import lru_cache

_HAN = "一二三四五六七八九十百千零〇○两"
_DIGIT = "0-9０-９"

# Nesting by custom (GB/T 9704 and legislative practice). 条 runs on through 一、 where a document has both.
BOOK, CHAPTER, SECTION, CHINESE, ARTICLE, CHINESE_BRACKET, DIGIT, DIGIT_BRACKET, CIRCLE = range(9)
_UNITS = {"编": BOOK, "編": BOOK, "章": CHAPTER, "节": SECTION, "節": SECTION, "条": ARTICLE, "條": ARTICLE}

PATTERN = (
    rf"(?P<unit>第[{_HAN}{_DIGIT}]{{1,9}}(?:[编編章节節]|[条條](?:之[{_HAN}]{{1,3}})?(?!\s*[款项項]|规定|規定|第)))(?![、和与至及或])"
    rf"|(?P<han>[{_HAN}]{{1,4}})[、．](?![{_HAN}]{{1,3}}[、等])"
    rf"|[（(](?P<hanb>[{_HAN}]{{1,4}})[）)]、?|(?P<hanc>[㈠-㈩])"
    rf"|(?P<digit>[{_DIGIT}]{{1,3}})(?:[.．﹒](?:(?![{_DIGIT}])|(?=(?:19|20)\d\d年))|、(?![{_DIGIT}]))|(?P<dotted>[⒈-⒛])"
    rf"|[（(](?P<digitb>[{_DIGIT}]{{1,3}})[）)]|(?P<digitc>[{_DIGIT}]{{1,2}})[）)]|(?P<paren>[⑴-⒇])"
    r"|(?P<circle>[①-⑳])"
)
_LABEL = re.compile(rf"(?:{PATTERN})[ \t　]*")
_POINT = re.compile(
    rf"(?P<is>[{_HAN}]{{1,2}}[是要])(?![、的])|(?P<first>首先|其次|再次|最后)(?=[，,、是要：:])"
    rf"|(?P<nth>第[{_HAN}]{{1,2}})[，,、：:]|(?P<qi>其[{_HAN}]{{1,2}})[，,、：:是]"
)
_ORDER = {"首先": 1, "其次": 2, "再次": 3, "最后": 99}


@dataclass(frozen=True, slots=True)
class Label:
    """A numbering found in a text: how deep it usually stands, its number, as it is cited, and where it ends."""

    rank: int
    number: int
    text: str
    start: int
    end: int


def label_at(text: str, start: int = 0) -> Label | None:
    """The numbering that begins exactly at `start`, trailing spaces included; None when there is none."""
    match = _LABEL.match(text, start)
    return from_match(match) if match else None


def from_match(match: re.Match[str]) -> Label:
    """The label of a match of `PATTERN`."""
    kind, written = match.lastgroup or "", match[match.lastgroup or 0]
    start, end = match.span()
    if kind == "unit":
        unit = next(c for c in reversed(written) if c in _UNITS)
        return Label(_UNITS[unit], number_of(written[1 : written.rindex(unit)]), written, start, end)
    if kind == "han":
        return Label(CHINESE, number_of(written), written, start, end)
    if kind in ("hanb", "hanc"):
        number = number_of(written) if kind == "hanb" else ord(written) - ord("㈠") + 1
        return Label(CHINESE_BRACKET, number, f"({chinese(number)})", start, end)
    if kind in ("digit", "dotted"):
        number = number_of(written) if kind == "digit" else ord(written) - ord("⒈") + 1
        return Label(DIGIT, number, str(number), start, end)
    if kind == "circle":
        return Label(CIRCLE, ord(written) - ord("①") + 1, written, start, end)
    number = ord(written) - ord("⑴") + 1 if kind == "paren" else number_of(written)
    return Label(DIGIT_BRACKET, number, f"({number})", start, end)


@lru_cache(4096)
def number_of(written: str) -> int:
    """The value of 十二, 一百零三, 二〇二四 or ２０２４; 0 when it is none."""
    digits = [_VALUES.get(c) for c in written]
    if all(d is not None and d < 10 for d in digits):
        return int("".join(str(d) for d in digits) or 0)
    total, current = 0, 0
    for value in digits:
        if value is None:
            return 0
        if value >= 10:
            total, current = total + (current or 1) * value, 0
        else:
            current = value
    return total + current


def chinese(number: int) -> str:
    """A number below 1,000 as Chinese writes it: 十二, 二十, 一百零三."""
    if number >= 1000:
        return str(number)
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = _DIGITS[hundreds] + "百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones or not number else "")


def points(text: str) -> list[tuple[int, str]]:
    """Starts of a paragraph's points and their names, in order: 一是 … 二是 …, 首先 … 其次 …, 第一， … 第二， ….

    A series counts when it begins with its first number, rises by one and has at least two points; each point stands
    after a punctuation mark or at the paragraph's start. The longest series wins; [] when there is none.
    """
    series: dict[str, list[tuple[int, str, int]]] = {}
    for match in _POINT.finditer(text):
        if match.start() and text[match.start() - 1] not in "。；：！？，、;:!?,”）) \n":
            continue
        kind, name = match.lastgroup or "", match[match.lastgroup or 0]
        if kind == "is":
            kind += name[-1]
        number = _ORDER.get(name) or number_of(name.strip("第其是要"))
        run = series.setdefault(kind, [])
        if number == len(run) + 1 or (number == 99 and run):
            run.append((match.start(), name, number))
    best = max(series.values(), key=len, default=[])
    return [(start, name) for start, name, _ in best] if len(best) > 1 else []


_DIGITS = "零一二三四五六七八九"
_VALUES = {c: i for i, c in enumerate(_DIGITS)} | {"〇": 0, "○": 0, "两": 2, "十": 10, "百": 100, "千": 1000}
_VALUES |= {c: i for i, c in enumerate("0123456789")} | {c: i for i, c in enumerate("０１２３４５６７８９")}
