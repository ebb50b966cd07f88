"""Characters that are typed for one another: the same syllable without its tone, or nearly the same shape."""

import os
import unicodedata
from collections import defaultdict
from functools import cache

# What one hand, one stroke or one radical tells apart.
_SHAPES = (
    "己已巳 末未 土士 日曰 干千于 人入八 戊戌戍 大太犬 刀刁力 天夫无元 免兔 析折拆 侯候 即既 贷货 账帐 竟竞 兢竞 拔拨 "
    "治冶 洽恰 折拆 祟崇 栗粟 茶荼 裁栽载 幕墓暮慕 燥躁噪 辨辩辫 密蜜 准淮 壁璧 遣遗 官宫 晴睛 待侍 徒徙 师帅 "
    "王玉主 今令 问间 田由甲申 休体 住往 侧测 坚竖 名各 杆秆 仓仑 代伐 历厉 斤斥 失矢 乌鸟 市布 技枝 优忧 炼练 梁粱"
)
# 南方口音里常混的声母、韵母.
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))


@cache
def alike(char: str) -> str:
    """The common characters that are easily typed for `char`, itself left out, in code point order."""
    sounds, by_sound = _sounds()
    found = {other for sound in sounds.get(char, ()) for other in by_sound[sound]}
    for shapes in _SHAPES.split():
        if char in shapes:
            found |= set(shapes)
    return "".join(sorted(found - {char}))


@cache
def _sounds() -> tuple[dict[str, tuple[str, ...]], dict[str, list[str]]]:
    """Character → its syllables, syllable → its characters, of the 6,763 characters of GB 2312."""
    # Its 47,000 phrases are not asked for, and take half a second and 46 MB.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin.pinyin_dict import pinyin_dict

    sounds: dict[str, tuple[str, ...]] = {}
    by_sound: dict[str, list[str]] = defaultdict(list)
    for point, readings in pinyin_dict.items():
        char = chr(point)
        if _is_common(char):
            sounds[char] = tuple(dict.fromkeys(_plain(reading) for reading in readings.split(",")))
            for sound in sounds[char]:
                by_sound[sound].append(char)
    return sounds, by_sound


def _plain(reading: str) -> str:
    """shǒu → sou: without tone, and with what accents merge made one."""
    sound = "".join(c for c in unicodedata.normalize("NFD", reading) if c.isascii())
    for longer, shorter in _MERGED:
        sound = sound.replace(longer, shorter)
    return sound


def _is_common(char: str) -> bool:
    try:
        return len(char.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False
