"""What a sentence states as fact: its numbers with what they count, its names, and which way it says yes or no."""

import re
from collections.abc import Iterator

from index.fold import fold

_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_YEAR = re.compile("[〇零一二三四五六七八九]{4}(?=年)")
_HAN_NUMBER = re.compile(
    "(?:[零〇一二两三四五六七八九十百千]+[万亿]?)+(?=[个项名户家元吨倍成次米亩条件年月日天人所座])"
)
_NUMBER = re.compile(
    r"(?P<n>[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*(?P<m>万亿|千万|百万|[万亿千])?"
    r"(?P<u>个百分点|百分点|平方公里|公里|公顷|小时|工作日|岁|%|元|人次|[\u4e00-\u9fff])?"
)
_SCALE = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12}
_UNITS = frozenset("元年月日天号个项名户家吨倍次米亩条件人所座岁时台辆艘分")
_PERCENT = re.compile("百分之(?P<n>[0-9.]+|[零一二两三四五六七八九十百]+)(?:点(?P<after>[零一二三四五六七八九]+))?")
_DATE = re.compile("(?P<y>(?:19|20)[0-9]{2})年(?P<d>[0-9]{1,2}月[0-9]{1,2}日)")

CODE = re.compile(r"[\u4e00-\u9fff]{1,8}\[[0-9]{4}\][0-9]+号|[a-z]+[-0-9a-z.]*[0-9][-0-9a-z.]*")
QUOTED = re.compile(r'"([^"]{2,})"|《([^》]{2,})》')
ORGAN = re.compile(
    r"(?:市|县|区|省|国家|中央)(?:(?![由将要向对请])[\u4e00-\u9fff]){1,12}?(?:委员会|办公室|指挥部|政府|集团|[局委办厅部院])"
    r"|国务院|最高人民(?:法院|检察院)|(?:财政|教育|公安|商务|水利)部(?!门)"
)
PLACE = re.compile(
    r"(?:(?![我全各本该某在向为和与及对到至由的有年月日度])[\u4e00-\u9fff]){2}(?:省|市|县|新区|(?<!小)区|镇|(?<!城)乡)"
    r"(?!域|间|(?!党)[\u4e00-\u9fff]{0,2}[局委办])"
)
# 市级 and 市财政 are of one level, 省级 and 市级 are not.
_LEVEL = re.compile("(?P<sort>中央|国家|省|市|县|区|乡|镇)(?:本?级|财政|直)(?!市场)")
_EACH = re.compile("(?P<sort>每(?:平方米|季度|学期|学年|户|人|年|月|日|天|周|次|家|亩|件|名|个|台))")
_RANK = re.compile("(?P<sort>副?(?:[省市县区镇乡局部处科厅院校会]长|主任|书记|主席|秘书长))")
_SORTS = (("级别", _LEVEL), ("计算单位", _EACH), ("职务", _RANK))
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹喻苏潘葛范彭郎鲁韦马苗方俞任袁柳史唐薛雷贺倪汤罗毕郝安常"
    "于傅康余顾孟黄穆萧尹姚邵汪毛米戴宋庞熊纪舒项祝董梁杜阮蓝季贾江童郭梅林钟徐邱骆高夏蔡田樊胡凌霍万卢莫房丁邓洪包左石崔龚程邢"
    "裴陆荣翁段侯武刘景龙叶黎白蒲赖卓屠乔温柴阎连易廖耿匡寇辜曾关游肖谭邝熊涂隋"
)
PERSON = re.compile(
    "(?<![\u4e00-\u9fff])(?P<name>[\u4e00-\u9fff]{2,3})(?:同志|市长|书记|主任|局长|县长|部长|省长|教授|处长)"
    f'|(?:^|[,。;:、"]|由|任命|免去|聘任)(?P<other>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})'
    "(?:同志|担任|兼任|任|当选|签发|签署|牵头|主持|出席|为)"
)

# Ways to say the same, brought to one sign each, longest first; the signs are told apart where polarity is compared.
_SENSES = (
    ("≥", "不(?:少于|低于|小于)"), ("≤", "不(?:超过|多于|高于|大于|超出)"),
    ("禁", "不(?:得|准|允许|许|可以|应当|应|能|可)|严禁|禁止"), ("免", "无需|不需要|不需|不必|免予|免于"),
    ("无", "未能|没有|未经|不再|不予|未|取消|停止|无权"), ("不", "不|非(?![常遗])"),
)  # fmt: skip
_NOT_NEGATIVE = re.compile(
    "不断|不仅|不但|不同|不动产|不久|不足|不良|不少(?!于)|未来|没有哪|不限于|不忘|不懈|不折不扣|不见面"
)
OPPOSITES = (
    ("增长", "下降"), ("增加", "减少"), ("提高", "降低"), ("上升", "下降"), ("上升", "降低"), ("增长", "降低"),
    ("扩大", "缩小"), ("允许", "禁止"), ("以上", "以下"), ("超过", "低于"), ("多于", "低于"), ("开工", "竣工"),
    ("上调", "下调"), ("加强", "放松"), ("加强", "削弱"), ("加快", "放缓"), ("有权", "无权"), ("支持", "反对"),
    ("盈利", "亏损"), ("合格", "不合格"), ("流入", "流出"), ("继续", "停止"), ("之前", "之后"), ("以前", "以后"),
)  # fmt: skip


def normal(text: str) -> str:
    """Folded text with Han numerals as figures: 二〇二四年 → 2024年, 三十五个 → 35个, 百分之三十 → 30%."""
    folded = fold(text)
    folded = _YEAR.sub(lambda m: "".join(_DIGITS[c] for c in m[0]), folded)
    folded = _PERCENT.sub(_percent, folded)
    folded = folded.replace("每一", "每")
    return _HAN_NUMBER.sub(lambda m: str(han_number(m[0])), folded)


def han_number(written: str) -> int:
    """The value of a numeral in Han: 三千五百 → 3500, 一万二千 → 12000; digits alone are read as written, 〇五 → 5."""
    total = section = digit = 0
    if not any(char in _TENS or char in _MYRIADS for char in written):
        return int("".join(_DIGITS[char] for char in written))
    for char in written:
        if char in _DIGITS:
            digit = int(_DIGITS[char])
        elif char in _TENS:
            section += (digit or 1) * _TENS[char]
            digit = 0
        else:
            total += (section + digit or 1) * _MYRIADS[char]
            section = digit = 0
    return total + section + digit


def _percent(match: re.Match[str]) -> str:
    whole = match["n"] if match["n"][0].isascii() else str(han_number(match["n"]))
    after = "".join(_DIGITS[char] for char in match["after"] or "")
    return f"{whole}.{after}%" if after else f"{whole}%"


def numbers(normalised: str) -> set[tuple[float, str]]:
    """The numbers of a normalised text with what they count, magnitudes worked out: 3.5亿元 → (350000000, 元)."""
    return set(_written(normalised))


def _written(normalised: str) -> dict[tuple[float, str], str]:
    """The numbers of a normalised text, each as it is written there first."""
    found: dict[tuple[float, str], str] = {}
    for match in _NUMBER.finditer(normalised):
        value = float(match["n"].replace(",", "")) * _SCALE.get(match["m"] or "", 1.0)
        unit = match["u"] or ""
        unit = unit if len(unit) > 1 or unit in _UNITS or unit == "%" else ""
        found.setdefault((round(value, 6), unit), f"{match['n']}{match['m'] or ''}{unit}")
    return found


def holds(held: set[tuple[float, str]], number: tuple[float, str]) -> bool:
    """Whether numbers hold one; one that counts nothing is held by the same value of whatever."""
    return number in held or (not number[1] and number[0] in {value for value, _ in held})


def absent(said: str, text: str) -> Iterator[tuple[str, str]]:
    """What is named in a normalised sentence and stands nowhere in a normalised text: (sort in Chinese, words)."""
    held = numbers(text)
    for number, words in sorted(_written(said).items()):
        if not holds(held, number):
            yield "数字", words
    for match in _DATE.finditer(said):
        if match[0] not in text and any(one["d"] == match["d"] for one in _DATE.finditer(text)):
            yield "日期", match[0]
    for what, pattern in _SORTS:
        there = {match["sort"] for match in pattern.finditer(text)}
        for match in pattern.finditer(said):
            if match["sort"] not in there and _another(match["sort"], there):
                yield what, match[0]
    bare = _bare(text)
    for what, pattern in (("文号或代号", CODE), ("引文", QUOTED), ("单位", ORGAN), ("地方", PLACE), ("人名", PERSON)):
        for match in pattern.finditer(said):
            words = next((group for group in match.groups() if group), match.group())
            if _bare(words) not in bare and not _within_longer(words, bare, what):
                yield what, words


def senses(text: str) -> list[str]:
    """Which ways of negating and bounding a normalised text holds, sorted: 不得超过 → 禁, >."""
    left, found = _NOT_NEGATIVE.sub("", text), []
    for sign, pattern in _SENSES:
        left, times = re.subn(pattern, "", left)
        found += [sign] * times
    return sorted(found)


def names(text: str) -> dict[str, frozenset[str]]:
    """The organs and places named in a normalised text, by sort."""
    return {
        "单位": frozenset(match[0] for match in ORGAN.finditer(text)),
        "地方": frozenset(match[0] for match in PLACE.finditer(text)),
    }


def _another(sort: str, there: set[str]) -> bool:
    """Whether a text names another of a sort: 省 beside 市, 每人 beside 每户, 副局长 beside 局长."""
    return (
        any(sort.removeprefix("副") == other.removeprefix("副") for other in there)
        if sort[-1] in "长任记席"
        else bool(there)
    )


def _within_longer(words: str, bare: str, what: str) -> bool:
    """Whether a name's end, read with what stands before it, is in the text: 由市财政局, 按照江政办发〔2024〕18号."""
    if what == "文号或代号":
        return any(words[at:] in bare for at in range(1, words.find("[") - 1))
    return what in ("单位", "地方") and any(words[at:] in bare for at in range(1, min(3, len(words) - 2)))


def _bare(text: str) -> str:
    return re.sub(r"[\s,，、]", "", text)
