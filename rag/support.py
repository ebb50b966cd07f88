"""Does a passage bear a sentence that is not its own? Facts one by one, the rest by words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.fold import fold, tokens

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
_CODE = re.compile(r"[\u4e00-\u9fff]{1,8}\[[0-9]{4}\][0-9]+号|[a-z]+[-0-9a-z.]*[0-9][-0-9a-z.]*")
_QUOTED = re.compile(r'"([^"]{2,})"|《([^》]{2,})》')
_ORGAN = re.compile(
    r"(?:市|县|区|省|国家|中央)(?:(?![由将要向对请])[\u4e00-\u9fff]){1,12}?(?:委员会|办公室|指挥部|政府|集团|[局委办厅部院])"
)
_PLACE = re.compile(r"[\u4e00-\u9fff]{2}(?:省|市|县|新区|区|镇|乡)(?![\u4e00-\u9fff]{0,2}[局委办])")
_PERSON = re.compile(
    "(?<![\u4e00-\u9fff])(?P<name>[\u4e00-\u9fff]{2,3})(?:同志|市长|书记|主任|局长|县长|部长|省长|教授|处长)"
)
_NEGATIVE = re.compile(
    "不得|不再|不予|不能|不可|不准|不应|不需|不必|不超过|不低于|不少于|未经|未能|没有|禁止|严禁|取消|停止|免予|无需|不|未|非|无"
)
_OPPOSITES = (
    ("增长", "下降"), ("增加", "减少"), ("提高", "降低"), ("上升", "下降"), ("扩大", "缩小"), ("允许", "禁止"),
    ("不低于", "不超过"), ("不少于", "不超过"), ("以上", "以下"), ("超过", "低于"), ("开工", "竣工"), ("上调", "下调"),
)  # fmt: skip
_NOT_NEGATIVE = re.compile("不断|不仅|不但|不同|不动产|未来|非常|无障碍|无人机|无偿|不久|不少(?!于)|不良|不足")
_COVERED = 0.6  # of a sentence's pairs of characters must stand in its sources
_CLAUSE = 0.55  # and of each clause's
_BEFORE = 3  # characters before what is told again, where 不得 stands
_LEAST = 4  # characters of a clause that is looked at by itself


@dataclass(frozen=True, slots=True)
class Finding:
    """What a sentence says that its sources do not; `what` names it in Chinese, "" where all is borne."""

    what: str

    @property
    def borne(self) -> bool:
        """Whether the sources bear the sentence."""
        return not self.what


def support(sentence: str, sources: Sequence[str]) -> Finding:
    """Whether the sources together bear a sentence; the first thing they do not is named.

    Every number with its unit, document number, quoted span, organ, place and person must stand in them after folding
    (二〇二四 = 2024, 3.5亿 = 35000万); a clause must stand near words of one sentence of theirs and keep its polarity.
    """
    if not sources or not sentence.strip():
        return Finding("出处")
    said, text = normal(sentence), normal("\n".join(sources))
    for what, missing in _missing(said, text):
        return Finding(f"{what}“{missing}”")
    pieces = [piece for piece in re.split("[。！？!?;；\n]", text) if piece.strip()]
    pairs = _pairs(said)
    held = _pairs(text)
    if pairs and len(pairs & held) < _COVERED * len(pairs):
        return Finding("原文的意思")
    for clause in _clauses(said):
        if found := _unborne(clause, pieces):
            return Finding(found)
    return Finding("")


def normal(text: str) -> str:
    """Folded text with Han numerals as figures: 二〇二四年 → 2024年, 三十五个 → 35个."""
    folded = fold(text)
    folded = _YEAR.sub(lambda m: "".join(_DIGITS[c] for c in m[0]), folded)
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


def numbers(normalised: str) -> set[tuple[float, str]]:
    """The numbers of a normalised text with what they count, magnitudes worked out: 3.5亿元 → (350000000, 元)."""
    found = set()
    for match in _NUMBER.finditer(normalised):
        value = float(match["n"].replace(",", "")) * _SCALE.get(match["m"] or "", 1.0)
        unit = match["u"] or ""
        found.add((round(value, 6), unit if len(unit) > 1 or unit in _UNITS or unit == "%" else ""))
    return found


def _missing(said: str, text: str) -> Iterator[tuple[str, str]]:
    """What is named in a sentence and stands nowhere in the text: (sort, words)."""
    held = numbers(text)
    values = {value for value, _ in held}
    for value, unit in sorted(numbers(said)):
        if (value, unit) not in held and (unit or value not in values):
            yield "数字", f"{value:g}{unit}"
    bare = _bare(text)
    for what, pattern in (
        ("文号或代号", _CODE),
        ("引文", _QUOTED),
        ("单位", _ORGAN),
        ("地方", _PLACE),
        ("人名", _PERSON),
    ):
        for match in pattern.finditer(said):
            words = next((group for group in match.groups() if group), match.group())
            if _bare(words) not in bare and not _within_longer(words, bare, what):
                yield what, words


def _within_longer(words: str, bare: str, what: str) -> bool:
    """Whether a name's end, read with a verb before it, stands in the text: 由市财政局 for 市财政局."""
    return what in ("单位", "地方") and any(words[at:] in bare for at in range(1, min(3, len(words) - 2)))


def _unborne(clause: str, pieces: Sequence[str]) -> str:
    """What is wrong with a clause against the sentence nearest to it; "" when nothing is."""
    pairs = _pairs(clause)
    if len(pairs) < _LEAST:
        return ""
    near = max(pieces, key=lambda piece: (len(pairs & _pairs(piece)), -len(piece)), default="")
    if len(pairs & _pairs(near)) < _CLAUSE * len(pairs):
        return "原文的意思"
    parts = re.split("[,，:：]", near)
    close = max(parts, key=lambda part: len(pairs & _pairs(part)))
    if _negatives(clause) != _negatives(_aligned(clause, near)):
        return "肯定与否定"
    for one, other in _OPPOSITES:
        for said, told in ((one, other), (other, one)):
            if said in clause and said not in near and told in close:
                return f"“{said}”（原文为“{told}”）"
    wanted = numbers(clause)
    if wanted and not any(
        _most(wanted, numbers(piece)) for piece in pieces if len(pairs & _pairs(piece)) >= _CLAUSE * len(pairs)
    ):
        return "数字所属的事项"
    return ""


def _aligned(clause: str, near: str) -> str:
    """The part of a sentence that a clause tells again: from the first pair they share to the last."""
    found = [at for pair in _pairs(clause) if (at := near.find(pair)) >= 0]
    return near[max(0, min(found) - _BEFORE) : max(found) + 2] if found else ""


def _most(wanted: set[tuple[float, str]], held: set[tuple[float, str]]) -> bool:
    values = {value for value, _ in held}
    return all(one in held or (not one[1] and one[0] in values) for one in wanted)


def _negatives(text: str) -> int:
    return len(_NEGATIVE.findall(_NOT_NEGATIVE.sub("", text)))


def _clauses(said: str) -> list[str]:
    return [clause for clause in re.split("[。！？!?;；,，:：\n]", said) if clause.strip()]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(token.term for token in tokens(text) if len(token.term) > 1 or token.term.isascii())


def _bare(text: str) -> str:
    return re.sub(r"[\s,，、]", "", text)
