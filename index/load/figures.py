"""Values of a spreadsheet's cells as they are displayed: 2024-03-05, 12.5%, 1,234.00."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|!(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]')
_DATE = re.compile(r'"([^"]*)"|\\(.)|\[\$?-?[^\]]*\]|;@|y+|m+|d+|h+|s+(?:\.0+)?|上午/下午|am/pm|a+|.', re.IGNORECASE)
_DIGITS = re.compile(r"[#0?,.]*[#0?][#0?,.]*(?:E[+-]0+)?", re.IGNORECASE)
_WAN = re.compile(r"0[!\\]\.(0+),")  # 0!.0,"万元": thousands, with a stop put before the last digit
_MARK = "\x01"
# Built-in formats that are shown as the system's language has it.
_SHORT, _LONG, _TIME = "yyyy/m/d", 'yyyy"年"m"月"d"日"', "h:mm:ss"


def shown(value: object, form: str = "General") -> str:
    """A cell's value in its number format, as a Chinese Excel displays it; "" for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time):
        return _dated(value, form or "")
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, int | float):
        return _number(value, form or "General")
    return str(value)


def _dated(value: datetime | date | time, form: str) -> str:
    form = form.split(";")[0]
    if form.startswith("[$-F800]"):
        form = _LONG
    elif form.startswith("[$-F400]"):
        form = _TIME
    elif form.lower() in ("mm-dd-yy", "m/d/yy", "general", "@", ""):
        form = _TIME if isinstance(value, time) else _SHORT
    elif form.lower() in ("m/d/yy h:mm", "m/d/yyyy h:mm"):
        form = _SHORT + " h:mm"
    out: list[str] = []
    hour = False
    pieces = list(_DATE.finditer(form))
    for position, piece in enumerate(pieces):
        mark = piece[0].lower()
        if mark[0] == "h":
            hour = True
        following = next((p[0].lower()[0] for p in pieces[position + 1 :] if p[0].lower()[0] in "ymdhs"), "")
        minute = mark[0] == "m" and (hour or following == "s")
        out.append(piece[1] or piece[2] or _part(value, mark, minute=minute))
    return "".join(out).strip()


def _part(value: datetime | date | time, mark: str, *, minute: bool) -> str:
    if mark[0] in "[;":
        return ""
    day = value if isinstance(value, date) else date(1900, 1, 1)
    clock = value if isinstance(value, time) else value.time() if isinstance(value, datetime) else time()
    if mark[0] == "y":
        return f"{day.year:04}" if len(mark) > 2 else f"{day.year % 100:02}"
    if mark in ("m", "mm", "mmm", "mmmm", "mmmmm"):
        number = clock.minute if minute else day.month
        return str(number) if len(mark) != 2 else f"{number:02}"
    if mark in ("d", "dd"):
        return f"{day.day:0{len(mark)}}"
    if mark in ("ddd", "dddd", "aaa", "aaaa"):
        return ("星期" if len(mark) == 4 else "周") + "一二三四五六日"[day.weekday()]
    if mark[0] in "hs":
        return f"{clock.hour if mark[0] == 'h' else clock.second:0{min(len(mark.partition('.')[0]), 2)}}"
    if mark in ("am/pm", "上午/下午"):
        return "上午" if clock.hour < 12 else "下午"
    return mark


def _number(value: float, form: str) -> str:
    try:
        exact = Decimal(repr(value))
    except InvalidOperation:
        return str(value)
    if not exact.is_finite():
        return str(value)
    sections = _sections(form)
    section, negative = sections[0], exact < 0
    if negative and len(sections) > 1:
        section, exact, negative = sections[1], -exact, False
    elif exact == 0 and len(sections) > 2:
        section = sections[2]
    tens = _WAN.search(section)
    if tens:
        exact = (exact / 1000).quantize(Decimal(1), ROUND_HALF_UP).scaleb(-len(tens[1]))
        section = section.replace(tens[0], "0." + tens[1])
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(next((group for group in match.groups() if group), ""))
        return _MARK

    bare = _LITERAL.sub(keep, section.replace("G/通用格式", "General"))
    if "/" in bare:
        return ("-" if negative else "") + _plain(abs(exact))  # fractions
    found = re.search("General|@", bare, re.IGNORECASE)
    text = _plain(abs(exact)) if found else ""
    if found is None:
        found = _DIGITS.search(bare)
        text = _digits(abs(exact) * 100 ** bare.count("%"), found[0]) if found else ""
    if found is None:
        return "".join(literals).strip()
    whole = bare[: found.start()] + text + bare[found.end() :]
    for literal in literals:
        whole = whole.replace(_MARK, literal, 1)
    return ("-" if negative and re.search("[1-9]", text) else "") + whole.strip()


def _digits(number: Decimal, pattern: str) -> str:
    if "e" in pattern.lower():
        places = len(pattern.lower().partition("e")[0].partition(".")[2])
        return f"{number:.{places}E}"
    integral, _, fraction = pattern.partition(".")
    while integral.endswith(",") or fraction.endswith(","):
        number /= 1000  # a comma at the end shows thousands
        integral, fraction = (integral, fraction[:-1]) if fraction else (integral[:-1], fraction)
    least = fraction.count("0")
    if number < Decimal(10) ** 20:
        number = number.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    before, _, after = f"{number:f}".partition(".")
    after = after[:least] + after[least:].rstrip("0")
    before = before.zfill(integral.count("0")) if before != "0" or "0" in integral else ""
    if "," in integral and before:
        before = f"{int(before):,}"
    return (before or ("0" if not after else "")) + ("." + after if after else "")


def _plain(number: Decimal) -> str:
    """A number without a format: at most 11 significant digits, as Excel shows it."""
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** 15:
        return str(int(number))
    text = f"{float(number):.11g}"
    return text if "e" not in text else f"{float(number):.5E}"


def _sections(form: str) -> list[str]:
    """The parts of a number format for positive, negative, zero and text; a ; in quotes parts nothing."""
    parts, depth = [""], False
    for char in form:
        depth ^= char == '"'
        if char == ";" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts
