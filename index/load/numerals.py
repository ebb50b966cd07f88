"""Numbers written as Word's number formats write them (ISO 29500-1, ST_NumberFormat)."""

from index.numbering import chinese

_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
_FORMAL_OLD = "零壹貳參肆伍陸柒捌玖"
_DIGITS = "〇一二三四五六七八九"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_COUNTING = frozenset(
    {"chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting"}
)
_BY_DIGIT = frozenset({"ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"})


def numeral(number: int, form: str) -> str:
    """A list's number in a format of Word: 十二 for chineseCounting, ③ for decimalEnclosedCircle; 1, 2, 3 otherwise."""
    if form == "none":
        return ""
    if number < 0 or form == "decimal":
        return str(number)
    if form in _COUNTING:
        return _counted(number, japanese=form == "japaneseCounting")
    if form in _BY_DIGIT:
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    if form in ("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"):
        return _formal(number, _FORMAL if form == "chineseLegalSimplified" else _FORMAL_OLD)
    if form in ("upperLetter", "lowerLetter"):
        # After z comes aa, then bb.
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if 0 < number < 1000 else str(number)
        return letters.upper() if form == "upperLetter" else letters
    if form in ("upperRoman", "lowerRoman"):
        return _roman(number).upper() if form == "upperRoman" else _roman(number)
    if form in ("ideographTraditional", "ideographZodiac"):
        signs = _STEMS if form == "ideographTraditional" else _BRANCHES
        return signs[number - 1] if 0 < number <= len(signs) else str(number)
    return _decorated(number, form)


def _decorated(number: int, form: str) -> str:
    if form.startswith("custom:"):
        sample = form[7:].partition(",")[0].strip()  # 001, 002, 003, ...
        return str(number).zfill(len(sample)) if sample.isdigit() else str(number)
    if form == "decimalZero":
        return f"{number:02}"
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord("０") + int(digit)) for digit in str(number))
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese"):
        return _enclosed(number, ((0x2460, 1, 20), (0x3251, 21, 35), (0x32B1, 36, 50)))
    ranges = {
        "decimalEnclosedFullstop": (0x2488, 1, 20),
        "decimalEnclosedParen": (0x2474, 1, 20),
        "ideographEnclosedCircle": (0x3280, 1, 10),
    }
    return _enclosed(number, (ranges[form],)) if form in ranges else str(number)


def _enclosed(number: int, ranges: tuple[tuple[int, int, int], ...]) -> str:
    return next((chr(code + number - first) for code, first, last in ranges if first <= number <= last), str(number))


def _counted(number: int, *, japanese: bool) -> str:
    if not 0 < number < 1000:
        return str(number) if number else "〇"
    text = chinese(number)
    return text.removeprefix("一") if japanese and 100 <= number < 200 else text


def _formal(number: int, digits: str) -> str:
    if not 0 < number < 1000:
        return str(number)
    plain = chinese(number) if number >= 20 or number < 10 else "一" + chinese(number)
    table = str.maketrans("零一二三四五六七八九十百", digits + "拾佰")
    return plain.translate(table)


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    text = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        text += sign * count
    return text
