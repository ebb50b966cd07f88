"""What a question asks for by name or in kind: years, places, numbers, names, and the type of its answer."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.fold import fold
from rag.question import topic, years

Kind = Literal["number", "when", "who", "where", "what"]

_DIGITS = "〇零一二两三四五六七八九十百千万亿"
_HAN = r"[\u4e00-\u9fff]"
_UNIT = "个?(?:人|家|户|名|项|条|件|处|座|台|辆|艘|亩|公顷|公里|千米|米|吨|次|倍|岁|班|张|岗位|学位|站|点|折|篇|所|位)"
_WHEN = re.compile(
    r"什么时[候间]|何时|哪[一]?[天年月日]|几[月号日点时]|多久|多长时间|几[个]?(?:工作日|小时|天|年(?!排)|个月)|期限|时限|日期"
)
_HOW_MANY = re.compile(
    rf"(?:多少|几)(?P<unit>(?:[亿万千百]?[元吨亩]|{_UNIT}|钱|奖金|补[贴助]|费|%)?)|多[大高长宽深远重]|比例|百分之|占比|几成|增长率"
)
_WHO = re.compile(
    r"谁|哪[一个些几]?(?:个)?(?:部门|单位|局|机构|公司|企业|组织|家)|什么(?:部门|单位|机构)|归哪|名字|姓名|姓甚|牵头单位|主管部门|负责人"
)
_WHERE = re.compile(r"哪里|哪儿|何地|何处|什么地方|选址|地址|在哪")
_DATE_IN = re.compile(r"[0-9]{1,4}年|[0-9]{1,2}月|[0-9]{1,2}[日时]|(?:小时|工作日|[0-9]天|年底|年内|期间|以前|之日起)")
_NUMBER_IN = re.compile(rf"[0-9]|[{_DIGITS}]+(?:个|项|名|人|户|家|元|分|倍|成|次|米|亩|条|公里)")
_ORGAN_IN = re.compile(
    r"(?:政府|委员会|办公室|部门|指挥部|法院|集团|公司|中心|协会|学校|大学|医院|单位|书记|市长|县长|局长|部长|主任|同志)|[市县区省](?:委|[\u4e00-\u9fff]{2,12}[局委办部])"
)
_WHERE_IN = re.compile(r"[省市县区镇乡村路街站楼号馆院园侧口]|位于|地处|地点")
_PLACE = re.compile(r"(?:其中|关于|来|到|在)?(?P<name>[\u4e00-\u9fff]{2}(?:省|市|县|新?区|自治州))(?![场域级])")
_NO_PLACE = re.compile(
    r"全[省市县区]|股市|超市|各[省市县]|城市|小区|社区|城区|县区|市县|地区|片区|园区|[本我该]|哪|县域|学区|山区|农村|乡村|行政"
)
_CODE = re.compile(
    rf"第[0-9{_DIGITS}]+[\u4e00-\u9fff]?|[0-9a-z]+(?:[-.·][0-9a-z]+)*(?:\+[0-9a-z]+)*(?:号线|[号届级条])?"
)
_QUOTED = re.compile(r'"([^"]{2,20})"|《([^》]{2,60})》')


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for, folded. `unit` is what is counted (亿元, 户), `focus` the words before the asking word.

    `codes` are numbers that are no years, with the sign they count (第8届, 2号线); `names` stand in quotation marks.
    """

    kind: Kind
    unit: str
    focus: str
    years: frozenset[str]
    places: tuple[str, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]


@lru_cache(maxsize=256)
def asked(question: str) -> Asked:
    """Read a question; one that names nothing has empty fields and kind `what`."""
    folded = fold(question)
    kind, unit = _kind(folded)
    named = years(folded)
    bare = re.sub(r"(?:19|20)[0-9]{2}\s*年?", " ", folded)
    return Asked(
        kind=kind,
        unit=unit,
        focus=_focus(folded),
        years=named,
        places=tuple(dict.fromkeys(_places(folded))),
        codes=tuple(dict.fromkeys(match.group() for match in _CODE.finditer(bare))),
        names=tuple(dict.fromkeys(a or b for a, b in _QUOTED.findall(folded))),
    )


def answers_kind(wanted: Asked, folded: str, question: str) -> bool:
    """Whether folded text holds something of the wanted kind that does not stand in the folded question already.

    A number must come with the unit asked for, in any magnitude: 多少亿元 is answered by 3502万元.
    """
    if wanted.kind == "what":
        return True
    if wanted.kind == "number":
        return _counted(wanted.unit, folded, question)
    pattern = {"when": _DATE_IN, "who": _ORGAN_IN, "where": _WHERE_IN}[wanted.kind]
    return any(match.group() not in question for match in pattern.finditer(folded))


def _kind(folded: str) -> tuple[Kind, str]:
    if _WHEN.search(folded):
        return "when", ""
    if match := _HOW_MANY.search(folded):
        unit = match["unit"] or ""
        if re.search("钱|奖金|补[贴助]|费", unit):
            unit = "元"
        return "number", unit.lstrip("个") or unit
    if _WHO.search(folded):
        return "who", ""
    return ("where", "") if _WHERE.search(folded) else ("what", "")


def _counted(unit: str, folded: str, question: str) -> bool:
    sign = "元" if unit.endswith("元") else unit if unit not in ("", "个", "%", "点") else ""
    found = [m.group() for m in _NUMBER_IN.finditer(folded)] if not sign else []
    if sign:
        pattern = rf"(?:[0-9]|[{_DIGITS}])+[多余]?[万亿]?[\u4e00-\u9fff]{{0,2}}?{re.escape(sign)}"
        return any(match.group() not in question for match in re.finditer(pattern, folded))
    numbers = set(re.findall(r"[0-9]+(?:\.[0-9]+)?", folded)) - set(re.findall(r"[0-9]+(?:\.[0-9]+)?", question))
    return bool(numbers - years(folded)) or bool(found and not re.search("[0-9]", folded))


def _focus(folded: str) -> str:
    """The last words before the asking word, at most six signs: 望山水库总库容有多大 → 水库总库容."""
    pieces = [piece for piece in topic(folded).split(" ") if re.search(_HAN, piece)]
    if not pieces:
        return ""
    clause = re.split("[,，;；、]", pieces[0])[-1]
    clause = re.sub(r"(?:19|20)[0-9]{2}年?", "", clause)
    clause = re.sub(r"(?:一共|总共|到底|现在|目前|分别|各|都|是|有|在|要|能|为|由|的|了|用|让|叫|定|设)+$", "", clause)
    return clause[-6:]


def _places(folded: str) -> list[str]:
    found = []
    for match in _PLACE.finditer(folded):
        name = match["name"]
        if not _NO_PLACE.search(name) and not re.search("[年月日个是有的在里和]", name):
            found.append(name)
    return found
