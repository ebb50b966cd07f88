"""Who speaks in a document, as its own head tells."""

import re

from index.types import Document

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻柏苏潘葛范彭郎鲁韦马苗方俞任袁柳鲍史唐费廉岑薛雷"
    "贺倪汤滕罗毕郝邬安常乐于时傅皮齐康伍余顾孟黄穆萧尹姚邵汪祁毛狄戴宋庞熊纪舒屈项祝董梁杜阮蓝闵席季强贾路江童颜郭梅盛林钟徐"
    "邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房裘解应丁宣邓洪包左石崔吉龚程邢陆翁段焦巴谷车侯全班秋仲伊宁仇甘武符刘景詹束龙叶司黎薄白"
    "怀从索赖卓屠池乔胥苍双闻翟谭贡姬申冉桑桂牛边尚农温庄晏瞿习肖闫涂"
)
OFFICES = "总书记|国家主席|主席|总理|副总理|省长|市长|县长|区长|书记|部长|主任|局长|委员长|同志"

_HEAD = 300
_SPOKEN = frozenset({"讲话", "报告", "致辞", "发言"})
_NAME = f"(?P<name>[{SURNAMES}][ \u3000]?[\u4e00-\u9fff](?:[ \u3000]?[\u4e00-\u9fff])?)"
_IN_TITLE = re.compile(f"{_NAME}?(?:同志)?(?:在(?=.*(?:讲话|致辞|发言|报告|演讲))|[：:])")
# 国务院总理 李 强
_OWN_LINE = re.compile(f"[（(]?(?:[^，。]{{0,30}}(?:{OFFICES}))?[ \u3000]*{_NAME}[）)]?")


def speaker_of(document: Document) -> str:
    """The speaker of a speech or report, from its title (X在…上的讲话) or a line under it; "" when it names none."""
    titled = _IN_TITLE.match(document.title)
    if titled and titled["name"]:
        return _bare(titled["name"])
    if document.meta.get("kind") not in _SPOKEN:
        return ""
    lines = [line.strip() for line in document.text[:_HEAD].split("\n") if line.strip()]
    own = next((match for line in lines[1:6] if (match := _OWN_LINE.fullmatch(line))), None)
    return _bare(own["name"]) if own else ""


def _bare(name: str) -> str:
    return re.sub("[ \u3000]", "", name)
