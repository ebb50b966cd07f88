"""Signs as fonts draw them, written as people type them: ⼀ 一, ⻓ 长, ﬁ fi, ︵ （.

PDF files name the glyph that was drawn, which need not be the character that was meant.
"""

import re
import unicodedata

# The radicals that stand for a character of modern text; NFKC knows those of Kangxi only.
_RADICALS = (
    "⺌小⺎兀⺒巳⺓幺⺜日⺝月⺟母⺠民⺧牛⺩王⺪疋⺫目⺬示⺮竹⺶羊⺻聿⺼肉⺾艹⻁虎⻄西⻅见⻆角⻉贝⻊足⻋车⻏邑⻑長⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞"
    "⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟"
)
_VERTICAL = "︐，︑、︒。︓：︔；︕！︖？︙…︰：︱—︵（︶）︷{︸}︹〔︺〕︻【︼】︽《︾》︿〈﹀〉﹁「﹂」﹃『﹄』"
_TABLE: dict[int, str] = {
    ord(a): b for pairs in (_RADICALS, _VERTICAL) for a, b in zip(pairs[::2], pairs[1::2], strict=True)
}
_TABLE |= {code: unicodedata.normalize("NFKC", chr(code)) for code in [*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07)]}
_TABLE |= dict.fromkeys([0xAD, 0x200B, 0xFEFF, 0xFFFE], "")
_UNREADABLE = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")


def typed(text: str) -> str:
    """The text with radicals, ligatures and vertical forms as they are typed, everything else unchanged."""
    return unicodedata.normalize("NFC", text.translate(_TABLE))


def unreadable(text: str) -> float:
    """The share of signs, in [0, 1], that a font keeps to itself: private use and replacement; 0 without any sign."""
    signs = sum(not char.isspace() for char in text)
    return len(_UNREADABLE.findall(text)) / signs if signs else 0.0
