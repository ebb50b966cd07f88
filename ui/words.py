"""Every Chinese string of the page and its server, in one place."""

BRAND = "引得"
MOTTO = "公文检索与引证：答有所据，句句可查"
PAGE_TITLE = "引得 · 公文检索与引证"
STOCK = "收录文件 {documents} 篇、段落 {passages} 段，离线运行，内容不出本机"

QUESTION_LABEL = "问题或关键词"
QUESTION_HINT = "输入问题、关键词或一句原话"
GO = "检索"
MODE_LABEL = "检索方式"
MODES = (("综合", "hybrid"), ("语义", "dense"), ("字面", "lexical"))
EXAMPLES_LABEL = "试着问："
EXAMPLES = (
    "2026年人才引进的目标是什么？",
    "加装电梯补助标准是多少？",
    "2026年地区生产总值增长目标是多少？",
    "容错情形怎样认定？",
    "发生数据安全事件应当多久报告？",
    "养老机构护理型床位建设补助标准",
)
SHELF = "文库中的文件"
SHELF_REST = "另有 {n} 篇未列出，可直接检索。"
SHELF_EMPTY = "文库里还没有文件。先收录：yinde index 文件夹"

SEARCHING = "正在检索……"
ANSWER = "回答"
MORE_TO_COME = "正在整理……"
ALL_VERBATIM = "以上各句均为原文摘录，点数字看出处。"
SUPPORT = {"verbatim": "逐字", "supported": "有据", "unsupported": "未得到支持"}
SUPPORT_TIP = {
    "verbatim": "与原文一字不差",
    "supported": "不是原话，其中的事实逐项与原文核对相符",
    "unsupported": "在资料中没有得到支持，请勿直接引用",
}
DOUBT_TIP = "所引资料中没有{doubt}"
VERIFIED = "已逐句核对原文：{counts}。"
VERIFIED_COUNT = "{name} {n} 句"
WITHHELD = "另有 {n} 句在资料中没有得到支持，已略去。"
WRITTEN_BY = "由大模型 {writer} 行文。"
SURE = ((0.85, "依据充分"), (0.55, "依据较充分"), (0.0, "依据有限，请对照原文"))
SURE_TIP = "资料中确有答案的把握约 {share}"
FEEDBACK = "这条回答"
FEEDBACK_UP = "有用"
FEEDBACK_DOWN = "有误"
FEEDBACK_WHAT = "哪里有误？（可不填）"
FEEDBACK_SEND = "记下"
FEEDBACK_THANKS = "已记下，供评测改进。"
FEEDBACK_GONE = "这条回答已清除，请重新提问后再评价。"
FOLLOW = "接着问"
COPY_ANSWER = "复制回答"
MARK_LABEL = "出处 {number}：《{title}》{address}"
SOURCES = "出处"
ABSTAINED = "资料中没有找到可以回答这个问题的内容。"
NEAREST = "最接近的段落"
HITS = "相关段落"
HITS_COUNT = "{n} 段"
NO_HITS = "没有找到相关段落。换个说法，或把检索方式改为“综合”。"

MEANING = "意思相近"
MEANING_TIP = "语义相似度（余弦），只宜在同一次检索内比较"
LETTERS = "字面相符"
LETTERS_TIP = "字面得分（BM25），只宜在同一次检索内比较"
COVERAGE = "用词覆盖"
COVERAGE_TIP = "问题中的用词有多少出现在本段（越少见的词分量越重）"
MATCHED = "命中"
QUOTED = "“{term}”"

COPY = "复制引文"
COPIED = "已复制"
COPY_LINK = "复制链接"
OPEN = "看原文"
SOURCE_HINT = "点回答里的数字，或点“看原文”，原文在这里展开。"
CLOSE = "关闭"
CLOSE_HINT = "关闭原文（Esc）"
SOURCE = "原文"
OUTLINE = "目录（{n}）"
STEPS = "各处引文"
PREVIOUS = "上一处（←）"
NEXT = "下一处（→）"
WHERE = "出处：{address}"
WHERE_UNKNOWN = "引文已在文中标出"

ORIGINAL_PAGE = "看原页（第{page}页）"
ORIGINAL_ALT = "《{title}》第{page}页"
NO_ORIGINAL = "这篇文件没有可看的原页：原件不是 PDF，或已移走。"
RECOGNISED = "第{pages}页的文字由扫描件识别而来，引用前请核对原件。"

LOADING = "正在打开原文……"
LOAD_FAILED = "原文没有打开，请检查引得是否仍在运行，然后再试。"
NO_PASSAGE_GIVEN = "没有指明要看哪一段：地址里应有 id 或 doc。"

VIEWS_LABEL = "功能"
VIEWS = (
    ("检索", "search"),
    ("问答", "ask"),
    ("引文核查", "check"),
    ("演变", "trace"),
    ("文库", "shelf"),
    ("评测", "eval"),
)
CORRECTED = "您是不是要找："
FACETS = "筛选"
FACET_NAMES = (("机关", "issuer"), ("文种", "kind"), ("年份", "year"), ("格式", "format"))
FACET_MORE = "其余 {n} 项"
FACET_ADD = "只看{name}：{value}，{n} 篇"
FACET_DROP = "取消条件 {part}"
SORTS = (("按相关程度", "relevance"), ("新的在前", "date"))
SORT_LABEL = "排列"
COPIES = "相同文字另见 {n} 处"
SIMILAR = "相近段落"
SIMILAR_NONE = "没有相近的段落。"
SUGGESTIONS = "输入提示"

ASK_INTRO = (
    "依据文库中的文件作答，每句话都与原文核对；答不出的会说明缺什么。可以接着追问：“那2025年呢？”“第二点展开说说。”"
)
ASK_LABEL = "问题"
ASK_HINT = "输入问题，可接着追问"
ASK_GO = "提问"
ASK_STOP = "停止"
ASK_NEW = "新的对话"
ASK_MEANT = "理解为"
ASK_AGAIN = "按此重问"
ASK_FINDS = "查看找到的 {n} 段"
ASK_STOPPED = "已停止。"
ASK_LOST = "连接中断，请检查引得是否仍在运行，然后再问一次。"

HISTORY = "提问记录"
LOADING_LIST = "正在打开……"
HISTORY_NONE = "还没有记录。"
HISTORY_NEVER = "这个服务不保存提问。"
HISTORY_OFF = "记录已关闭，新的提问不再保存。"
HISTORY_CLEAR = "清空"
HISTORY_SWITCH_OFF = "不再记录"
HISTORY_SWITCH_ON = "恢复记录"
HISTORY_WHERE = "记录保存在本机的文库文件夹里。"

CHECK_INTRO = (
    "粘贴稿件，或上传 docx、pdf、md、txt 文件，逐句核对引文、数字、文件名和文号，指出与原文的出入。稿件不留存。"
)
CHECK_TEXT = "稿件内容"
CHECK_TEXT_HINT = "在这里粘贴稿件，可以是 Markdown"
CHECK_FILE = "或选择文件"
CHECK_GO = "核查"
CHECK_EMPTY = "请先粘贴稿件内容，或选择一个文件。"
CHECK_PASTED = "粘贴的稿件.txt"
CHECK_PASTED_MARKDOWN = "粘贴的稿件.md"
CHECK_BUSY = "同时核查的稿件太多，请稍后再试。"
CHECK_GONE = "这份核查报告已清除，请重新核查。"
CHECK_SAVE_HTML = "下载网页报告"
CHECK_SAVE_WORD = "下载带批注的 Word"
CHECK_WHOLE = "全屏查看"
CHECK_REPORT = "《{name}》的核查报告"
CHECK_TOO_LARGE = "稿件超过 {megabytes} MB；请拆分后重试"
CHECKING = "正在核查……"

TRACE_INTRO = "输入一个提法，看它从哪一年开始出现、哪些机关在用、有哪些相近的说法。"
TRACE_LABEL = "提法"
TRACE_HINT = "例如：营商环境"
TRACE_GO = "查演变"
TRACE_LEAD = "“{phrase}”见于 {documents} 篇文件，共 {places} 处"
TRACE_FIRST = "首见 {date}"
TRACE_LAST = "最近 {date}"
TRACE_NONE = "文库里没有“{phrase}”这一提法。换个更短的说法再试。"
TRACE_INCOMPLETE = "用字太常见，没有读完全部段落，以上次数只是下限。"
TRACE_UNDATED = "另有 {n} 处所在文件没有写明日期。"
TRACE_YEARS = "逐年次数"
TRACE_ISSUERS = "发文机关"
TRACE_VARIANTS = "相近的说法"
TRACE_USES = "用到的文件（由早到晚）"
TRACE_MORE = "共 {n} 处"
TRACE_REST = "另有 {n} 篇未列出。"
TRACE_COLUMNS = ("处", "篇", "首见", "最近")
TRACING = "正在查找……"

KEEP_PICK = "上传文件"
KEEP_DROP = "可一次选多个，也可以拖到这里"
KEEP_REPLACE = "同名文件以新换旧"
KEEP_AGAIN_ALL = "检查文件有无变化"
KEEP_INTRO = "可读 docx、pdf、doc、wps、xlsx、pptx、ofd、html、eml、txt、md 和压缩包等；文件保存在本机的文库文件夹里。"
KEEP_JOBS = "收录、删除的进度"
KEEP_KINDS = {"upload": "收录", "delete": "删除", "reindex": "重新收录"}
KEEP_STATES = {
    "queued": "排队中……",
    "running": "正在进行……",
    "done": "已完成",
    "failed": "没有完成",
    "cancelled": "已取消",
}
KEEP_OUTCOMES = {
    "added": "新收录 {n} 篇",
    "changed": "更新 {n} 篇",
    "removed": "删除 {n} 篇",
    "unchanged": "没有变化 {n} 篇",
    "failed": "未收录 {n} 个",
}
KEEP_SENDING = "正在上传 {share}%"
KEEP_OTHERS = " 等 {n} 个文件"
KEEP_CANCEL = "取消"
KEEP_DISMISS = "不再显示这一条"
KEEP_LOST = "没有完成：连接中断，请检查引得是否仍在运行，然后再试。"
KEEP_SURE = "删除《{title}》？文件也会从文库文件夹里删去，不能恢复。"
KEEP_YES = "删除"
KEEP_DELETE = "删除"
KEEP_AGAIN = "重新收录"

EVAL_INTRO = "先提几个自己熟悉的问题，判定每段是否答得上；判过的就是一个问题集，可以随时用来评测检索和回答的质量。"
EVAL_JUDGE = "判定"
EVAL_QUESTION = "要判定的问题"
EVAL_JUDGE_HINT = "例如：加装电梯补助标准是多少？"
EVAL_JUDGE_GO = "找段落"
EVAL_KEYS = "按 0～3 判定并转到下一段，按 ↑↓ 换段。"
EVAL_JUDGED = "已判 {done} / {total} 段"
EVAL_GRADES = ("无关", "沾边", "相关", "正是")
EVAL_NO_HITS = "没有找到段落。换个说法再试。"
EVAL_RUN = "评测"
EVAL_NO_SETS = "还没有问题集。先在上面判定几个问题；已有的问题集可放进文库文件夹的“评测/sets”里。"
EVAL_SET = "问题集"
EVAL_ANSWERS = "也评测回答"
EVAL_GO = "开始评测"
EVAL_CANCEL = "取消"
EVAL_RUNNING = "正在评测 {name}：{done} / {total} 题"
EVAL_STATES = {"failed": "没有完成：", "cancelled": "已取消。"}
EVAL_NONE = "还没有评测过。"
EVAL_RUNS = "历次评测（满分 100）"
EVAL_COLUMNS = ("时间", "问题集", "题数")
EVAL_MEASURES = (
    ("nDCG@10", "nDCG@10"),
    ("RR@10", "首中排名"),
    ("Success@5", "前五有中"),
    ("citation precision", "引用准确率"),
    ("supported", "有据句占比"),
    ("answered", "该答已答"),
)
EVAL_REPORT = "看报告"
EVAL_QUESTIONS = "判定过的问题"

SHELF_FIND = "按标题、机关、文号、文种、年份查找"
SHELF_HINT = "标题、机关、文号……"
SHELF_GO = "筛选"
SHELF_COUNT = "共 {total} 篇，列出 {shown} 篇"
SHELF_NONE = "没有符合的文件。"
SHELF_STATS = (("文件", "documents"), ("段落", "passages"), ("窗口", "windows"))
SHELF_DISK = "占用磁盘"
SHELF_MODEL = "模型"
SHELF_ABOUT = "详情"
SHELF_WARNED = "文字可能有问题"
ABOUT_OUTLINE = "目录"
ABOUT_NO_OUTLINE = "没有识别出标题。"
ABOUT_WARNINGS = "质量提示"
ABOUT_LEFT_OUT = "未收录的网页附件和页面文字"
ABOUT_VERSIONS = "相近版本"
ABOUT_LIKENESS = "相同 {share}"
ABOUT_SOURCE = "原件"
ABOUT_SIZE = "{characters} 字，{passages} 段"

LOGIN = "登录"
LOGIN_HINT = "访问密钥"
LOGIN_GO = "进入"
LOGIN_WRONG = "密钥不对，或已被撤销。请向管理员索取。"
PUBLIC_WITHOUT_KEYS = (
    "在 {host} 上监听会让别的机器也能读到文库，须先发放密钥：yinde keys add 名称；只在本机使用请写 --host 127.0.0.1"
)

READY = "引得已就绪：{url}  （按 Ctrl+C 停止）"
SENT_AWAY = "提醒：问题和查到的段落会发给 {host} 的大模型服务。"
PORT_TAKEN = "端口 {port} 已被占用；换一个端口，例如：yinde serve --port {other}"
PORT_FORBIDDEN = "没有使用端口 {port} 的权限；请用 1024 以上的端口，例如：yinde serve --port {other}"
HOST_UNKNOWN = "本机没有 {host} 这个地址；只在本机使用请写：yinde serve --host 127.0.0.1"
