"""Names of organs: where one begins in running text, and which stand side by side without a separator."""

import re
from functools import cache

# The bodies of party and state that sign documents, in full and as they sign jointly with others.
_CENTRAL = """
中共中央 中共中央办公厅 中共中央组织部 中共中央宣传部 中共中央统战部 国务院 国务院办公厅 中央办公厅
全国人民代表大会常务委员会 全国人大常委会 中央军委 中央军委办公厅 中央军委科技委 中央军委装备发展部
中央军委政治工作部 中央军委后勤保障部 总参谋部 总政治部 总后勤部 总装备部 最高人民法院 最高人民检察院
中央组织部 中央宣传部 中央统战部 中央政法委 中央网信办 中央编办 中央文明办 中央农办 中央财办 中央外办
中央党校 外交部 国防部 国家发展改革委 发展改革委 国家发展和改革委员会 发改委 国家计委 国家经贸委 教育部
科技部 科学技术部 工业和信息化部 信息产业部 国家民委 国家民族事务委员会 公安部 国家安全部 民政部 司法部
财政部 人力资源社会保障部 人力资源和社会保障部 劳动保障部 人事部 自然资源部 国土资源部 生态环境部 环境保护部
住房城乡建设部 住房和城乡建设部 建设部 交通运输部 交通部 铁道部 水利部 农业农村部 农业部 商务部
文化和旅游部 文化部 国家旅游局 国家卫生健康委 国家卫生计生委 国家卫生健康委员会 卫生健康委 卫生计生委 卫生部
退役军人事务部 退役军人部 应急管理部 应急部 国家安全监管总局 安全监管总局 中国人民银行 人民银行 审计署
监察部 国家监委 国务院国资委 国资委 海关总署 国家税务总局 税务总局 市场监管总局 国家市场监督管理总局
工商总局 质检总局 国家质检总局 食品药品监管总局 金融监管总局 国家金融监督管理总局 银保监会 中国银保监会
银监会 中国银监会 保监会 中国保监会 证监会 中国证监会 广电总局 国家广电总局 广播电视总局 新闻出版署 版权局
国家版权局 体育总局 国家体育总局 统计局 国家统计局 知识产权局 国家知识产权局 国际发展合作署 医保局
国家医保局 国管局 国家机关事务管理局 参事室 新华社 中科院 中国科学院 社科院 中国社会科学院 工程院
中国工程院 国务院发展研究中心 中央广播电视总台 气象局 中国气象局 粮食和储备局 国家粮食和储备局 能源局
国家能源局 数据局 国家数据局 国防科工局 国家国防科工局 烟草局 国家烟草局 移民局 国家移民局 林草局
国家林草局 国家林业局 铁路局 国家铁路局 民航局 中国民航局 邮政局 国家邮政局 文物局 国家文物局 中医药局
国家中医药局 疾控局 国家疾控局 矿山安监局 国家矿山安监局 外汇局 国家外汇局 药监局 国家药监局 国家保密局
国家档案局 国家密码局 乡村振兴局 国家乡村振兴局 国务院扶贫办 扶贫办 国务院法制办公室 国务院法制办 法制办
自然科学基金委 全国总工会 中华全国总工会 全国妇联 共青团中央 团中央 中国科协 中国残联 全国工商联 中国企联
中国文联 中国作协 供销合作总社 国家开发银行 开发银行 进出口银行 农业发展银行 铁路总公司
"""
_PROVINCES = (
    "北京天津上海重庆河北山西辽宁吉林黑龙江江苏浙江安徽福建江西山东河南湖北湖南广东海南四川贵州云南陕西甘肃青海台湾"
    "内蒙古广西西藏宁夏新疆香港澳门"
)
_PROVINCE = "|".join(re.findall("黑龙江|内蒙古|..", _PROVINCES))
_END = re.compile(
    "(?=(人民政府|政府|委员会|办公厅|办公室|常务委员会|代表大会|法院|检察院|税务局|海关|分行|支行|银行|监管局|总队|联合会|总工会|工商联|残联|妇联|科协"
    "|厅|局|委|办|部|院|署|办事处|管理处|协会|学会|总会|商会|公司|集团|大学|学院|中心|党组|小组|指挥部|军区|总社|档案馆|图书馆))"
)
# One organ that holds the name of another: 国家税务总局河北省税务局, 中国银保监会河北监管局.
_BRANCH = re.compile(
    r"(?:国家税务总局|税务总局)[\u4e00-\u9fff]{2,12}?税务局|中国人民银行[\u4e00-\u9fff]{2,12}?(?:分行|支行|营业管理部)"
    r"|(?:国家金融监督管理总局|中国(?:银行保险|银行业|证券|保险)监督管理委员会|中国(?:银保|银|证|保)监会)[\u4e00-\u9fff]{2,8}?监管局"
    r"|国家统计局[\u4e00-\u9fff]{2,8}?调查总队|国家矿山安全监察局[\u4e00-\u9fff]{2,8}?局|共青团[\u4e00-\u9fff]{1,12}?委(?:员会)?"
)
_PLACE = rf"(?:{_PROVINCE})(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)?"
_NO_NAME = re.compile(
    "[，。；：！？、《》0-9a-zA-Z]|名单|方案|办法|目录|清单|标准|指南|意见|通知|证明|规定|规划(?![局和委厅院])|计划(?!生育|委)|细则"
    "|报告|文件|关于|条例|任务|要求|公示|协议|措施|^[（(号年]"
)
_LONGEST = 36
_BEFORE = re.compile(r"[\s、，,]+")


@cache
def _known_starts() -> re.Pattern[str]:
    names = "|".join(sorted(_CENTRAL.split(), key=len, reverse=True))
    return re.compile(rf"{names}|{_PLACE}|中共|中国|中华|国家|最高人民|全国|中央|共青团|武警")


@cache
def _starts() -> re.Pattern[str]:
    return re.compile(rf"{_known_starts().pattern}|[省市县区州](?:(?:人民)?政府|委(?!员))")


def organs(text: str) -> list[str]:
    """The names that a line of organs holds, in order: 河北省教育厅河北省财政厅 is two; [] when it is no such line.

    Separators (、, white space, line feeds) part names; without them a new name begins where, right after the end of
    one, the name of a province, of the same place as the first name, or of a body of the centre begins.
    """
    parts = [part for part in _BEFORE.split(text.strip()) if part]
    if parts and all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]  # 河 北 省 教 育 厅
    names: list[str] = []
    for part in parts:
        found = _joined(part)
        if not found:
            return []
        names += found
    return names


def organs_begin(text: str) -> int | None:
    """Where the names of organs that close a text begin: …（农业部等负责）国务院办公厅 at 国; None when none does.

    They begin with the name of a place or of a body of the centre; the longest such closing stretch is taken.
    """
    first = max(0, len(text) - 40 * _LONGEST)
    for match in re.finditer(f"(?=({_known_starts().pattern}))", text[first:]):
        at = first + match.start()
        if organs(text[at:]):
            return at
    return None


def _joined(text: str) -> list[str]:
    """The names written without a separator; [] when the text is not wholly names."""
    place = re.match(
        rf"(?:中共)?(?P<place>{_PLACE}|[\u4e00-\u9fff]{{2,6}}?[省市县区州盟旗]|[省市县区州](?=[^委]))", text
    )
    starts = re.compile(f"{_starts().pattern}|{re.escape(place['place'])}" if place else _starts().pattern)
    names: list[str] = []
    at = 0
    while at < len(text):
        end = _end(text, at, starts)
        if end is None:
            return []
        names.append(text[at:end])
        at = end
    return names


def _end(text: str, start: int, starts: re.Pattern[str]) -> int | None:
    """Where the name that begins at `start` ends: at the text's end, or where the next name begins."""
    branch = _BRANCH.match(text, start)
    known = _starts().match(text, start)
    ends = [branch.end()] if branch else []
    ends += [known.end()] if known and known[0] in _central() else []
    ends += sorted(match.end(1) for match in _END.finditer(text, start, start + _LONGEST + 4))
    for end in ends:
        name = text[start:end]
        place = re.match(_PLACE, name)
        if (
            not 3 <= len(name) <= _LONGEST
            or _open(name)
            or _NO_NAME.search(name)
            or (place and name.count(place[0]) > 1)
        ):
            continue
        if end == len(text) or starts.match(text, end):
            return end
    return None


def _open(name: str) -> bool:
    return any(name.count(opener) != name.count(closer) for opener, closer in ("“”", "（）", "()"))


@cache
def _central() -> frozenset[str]:
    return frozenset(_CENTRAL.split())
