"""How a source is named in print: 《title》 with its number and date, and the quotation ready to paste."""

from collections.abc import Mapping

from ui.words import CITATION, CITATION_NOTE, DATE_UNITS

# GB/T 15834-2011: marks inside the same marks take the other form.
_INNER_TITLE = str.maketrans("《》", "〈〉")
_INNER_QUOTE = str.maketrans("“”", "‘’")


def chinese_date(date: str) -> str:
    """2024-03-05 as 2024年3月5日; a year, or a year and month, likewise; anything else as it is."""
    parts = date.split("-")
    if len(parts) > len(DATE_UNITS) or not all(part.isascii() and part.isdigit() for part in parts):
        return date
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, DATE_UNITS, strict=False))


def book_title(title: str) -> str:
    """The title without marks of its own around it, titles inside it in 〈〉, ready to stand in 《》."""
    if title.startswith("《") and title.endswith("》") and "《" not in title[1:]:
        title = title[1:-1]
    return title.translate(_INNER_TITLE)


def facts(meta: Mapping[str, str]) -> list[str]:
    """What is known of 发文机关, 发文字号, 成文日期, 文种, in this order, as printed."""
    known = [meta.get("issuer"), meta.get("number"), chinese_date(meta.get("date", "")), meta.get("kind")]
    return [fact for fact in known if fact]


def citation(quote: str, title: str, meta: Mapping[str, str], address: str) -> str:
    """“quote”——《title》（number，date）address; what is unknown is left out, the quote's own “” become ‘’."""
    known = [fact for fact in (meta.get("number"), chinese_date(meta.get("date", ""))) if fact]
    note = CITATION_NOTE.format(facts="，".join(known)) if known else ""
    return CITATION.format(quote=quote.translate(_INNER_QUOTE), title=book_title(title), note=note, address=address)
