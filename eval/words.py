"""What tables and plots call things, in Chinese."""

LABELS = {
    "nDCG@10": "nDCG@10",
    "RR@10": "RR@10",
    "R@1": "召回 R@1",
    "R@5": "召回 R@5",
    "R@10": "召回 R@10",
    "R@100": "召回 R@100",
    "Success@1": "首条即中",
    "Success@5": "前五有中",
    "citation precision": "引用准确率",
    "citation recall": "引用召回率",
    "supported": "有据句占比",
    "F1": "短答字 F1",
    "exact": "短答全对",
    "contains": "含短答",
    "rejected": "该拒已拒",
    "answered": "该答已答",
    "evidence hit": "引到依据",
}
WAYS = {
    "answer": "引得的回答",
    "direct": "直接答出的几个字",
    "first hit": "整段照搬第一条",
    "best sentence": "最相近的一句",
}
MEANINGS = {
    "nDCG@10": "前十条的排序质量，越靠前得分越高",
    "RR@10": "第一条正确结果名次的倒数，前十条之外记 0",
    "R@1": "第一条里找回的依据占全部依据的比例",
    "R@5": "前五条里找回的依据占全部依据的比例",
    "R@10": "前十条里找回的依据占全部依据的比例",
    "R@100": "前一百条里找回的依据占全部依据的比例",
    "Success@1": "第一条就是依据的问题占比",
    "Success@5": "前五条里有依据的问题占比",
    "citation precision": "所引句子落在标准依据里的比例",
    "citation recall": "标准依据被引用到的比例；该答而拒答记 0",
    "supported": "答案句子逐字出自或被原文支持的比例",
    "F1": "答案与标准短答按字计算的 F1；逐字摘句的答案偏长，此值偏低",
    "exact": "答案与标准短答完全一致的比例",
    "contains": "答案里包含标准短答的比例",
    "rejected": "资料里没有答案的问题，被拒答的比例",
    "answered": "资料里有答案的问题，没有被拒答的比例",
}
TIMINGS = {"search": "检索", "ask": "问答"}
MODES = {"hybrid": "混合", "dense": "语义", "lexical": "字面"}
FAULTS = {
    "missed": "前十未中",
    "late": "不在首位",
    "refused": "误拒",
    "invented": "漏拒",
    "miscited": "引错",
}
KINDS = {
    "": "未分类",
    "everyday": "口语问法",
    "official": "公文问法",
    "term": "词语",
    "figure": "数字日期",
    "list": "列举",
    "who": "主体",
    "amended": "修订",
    "cross": "跨文件",
    "followup": "追问",
    "nomention": "未提及",
    "offtopic": "题外",
    "wrongperson": "主体不符",
    "wrongplace": "地点不符",
    "wrongyear": "年份不符",
    "unanswerable": "无答案",
    "nogold": "依据未标",
}


def label(measure: str) -> str:
    """A measure's name for the reader; its own name where there is no other."""
    return LABELS.get(measure, measure)


def percent(share: float | None) -> str:
    """A share as points with one decimal, 83.4; a dash for None."""
    return "—" if share is None else f"{share * 100:.1f}"


def points(delta: float) -> str:
    """A difference of shares in points, signed, with a true minus: +1.2, −0.8."""
    return f"{delta * 100:+.1f}".replace("-", "−")


def duration(ms: float) -> str:
    """Milliseconds for the reader: 0.8 毫秒, 12 毫秒, 1.5 秒."""
    if ms >= 1000:
        return f"{ms / 1000:.1f} 秒"
    return f"{ms:.1f} 毫秒" if ms < 10 else f"{ms:.0f} 毫秒"


def kind(name: str) -> str:
    """A kind of question for the reader; its own name where there is no other."""
    return KINDS.get(name, name)


def chance(p: float) -> str:
    """A p value: 0.034, <0.001."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def signed(value: float) -> str:
    """A number with two decimals and a true minus: 0.83, −0.57."""
    return f"{value:.2f}".replace("-", "−")
