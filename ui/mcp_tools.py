"""What a chat assistant may ask of a library over MCP: each tool's words, its arguments and what it gives.

The results are the HTTP API's own objects (`ui.schema`), so what is written for one face reads the other.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import QueryError
from index.filters import Filter
from index.fold import fold
from index.library import Library
from index.query import demands
from rag.cite import STYLES, Style
from rag.pipeline import Pipeline
from ui.problem import told
from ui.records import (
    Record,
    answer_record,
    cite_record,
    history_record,
    passage_record,
    search_record,
)
from ui.schema import AnswerModel, CheckModel, CiteModel, DocumentsModel, Mode, PassageModel, QuoteModel, SearchModel

INSTRUCTIONS = (
    "引得是本机公文资料的检索与核对工具，全部依据收录的原文。"
    "回答有关资料的问题：先 search（或直接 ask），需要上下文时 get_passage；"
    "写进文稿的引文先用 check_quotation 核对，逐字一致才能加引号；注明出处用 cite_as。"
    "资料里没有的，请如实说没有，不要补写。"
)


class Arguments(BaseModel):
    """What all tools' arguments share: an unknown one is a mistake that the assistant should hear of."""

    model_config = ConfigDict(extra="forbid")


PassageId = Annotated[str, Field(min_length=1, max_length=80, description="段落编号，即检索结果里的 id")]


class SearchArguments(Arguments):
    """What to look for."""

    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description='一个问题，或几个词。可写 "精确短语"、-排除，以及 标题: 机关: 文号: 文种: 年份:2020..2024',
            examples=["加装电梯补助标准", '"精简会议" 文种:通知 年份:2024..2026'],
        ),
    ]
    k: Annotated[int, Field(ge=1, le=50, description="最多几段")] = 5
    mode: Annotated[Mode, Field(description="hybrid 兼用两种，dense 按语义，lexical 按字词")] = "hybrid"
    filters: Annotated[
        list[Annotated[str, Field(max_length=2000)]],
        Field(max_length=20, description="另加的条件，写法同查询里的字段，如 文种:通知、-机关:办公室"),
    ] = []


class AskArguments(Arguments):
    """What to answer."""

    question: Annotated[str, Field(min_length=1, max_length=2000, description="完整的问题，不要用“它”“那年”指代上文")]


class PassageArguments(Arguments):
    """Which passage."""

    id: PassageId
    around: Annotated[int, Field(ge=0, le=10, description="前后各带几段")] = 1


class QuotationArguments(Arguments):
    """Words said to stand in a document."""

    quote: Annotated[str, Field(min_length=2, max_length=20_000, description="引文，不带引号")]
    limit: Annotated[int, Field(ge=1, le=50, description="最多列出几处")] = 5


class DraftArguments(Arguments):
    """A text to be checked."""

    text: Annotated[str, Field(min_length=1, max_length=50_000, description="稿件全文，纯文本，一段一行")]


class DocumentsArguments(Arguments):
    """Which part of the list."""

    title: Annotated[str, Field(max_length=200, description="标题里有这些字；不写为全部")] = ""
    offset: Annotated[int, Field(ge=0, description="跳过前几篇")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="最多几篇")] = 50


class CiteArguments(Arguments):
    """Which passage, in which style."""

    id: PassageId
    style: Annotated[Style | None, Field(description="只要一种格式；不写则各种都给")] = None


@dataclass(frozen=True, slots=True)
class Tool:
    """Something an assistant may do: what it reads before it does, `asks` and `gives` as models, and the doing."""

    name: str
    title: str
    description: str
    asks: type[Arguments]
    gives: type[BaseModel]
    run: Callable[[Any], Record]

    def call(self, arguments: Record) -> Record:
        """The tool's object for arguments as they came. QueryError says in Chinese which of them is wrong."""
        try:
            asked = self.asks.model_validate(arguments)
        except ValidationError as error:
            wrong = "；".join(told({**fault, "loc": ("query", *fault["loc"])}) for fault in error.errors()[:5])
            raise QueryError(f"{wrong}；请照 {self.name} 的说明改正后重试") from error
        # A file name that is no UTF-8 holds lone surrogates, which no client could read.
        record = json.dumps(self.run(asked), ensure_ascii=False).encode("utf-8", "replace")
        return self.gives.model_validate_json(record).model_dump(mode="json", exclude_unset=True)


def tools(library: Library, pipeline: Pipeline) -> list[Tool]:
    """All tools over a library, in the order an assistant should think of them. None of them changes anything."""
    return [*_finding(library, pipeline), *_checking(library)]


def _finding(library: Library, pipeline: Pipeline) -> list[Tool]:
    def search(asked: SearchArguments) -> Record:
        began = time.perf_counter()
        filters = reduce(add, (demands(text) for text in asked.filters), Filter())
        hits = library.search(asked.query, k=asked.k, mode=asked.mode, filters=filters)
        took_ms = (time.perf_counter() - began) * 1000
        return search_record(asked.query, hits, took_ms=took_ms, corrected=library.corrected(asked.query) or "")

    def get_passage(asked: PassageArguments) -> Record:
        past = library.history(asked.id)
        if past.fate != "live":
            return history_record(past)
        before, after = library.context(asked.id, before=asked.around, after=asked.around)
        return passage_record(past.then, library.document(past.then.doc_id), before=before, after=after)

    def list_documents(asked: DocumentsArguments) -> Record:
        words = fold(asked.title)
        found = [document for document in library.documents() if words in fold(document.title)]
        page = found[asked.offset : asked.offset + asked.limit]
        lines = [{"id": one.id, "title": one.title, "meta": dict(one.meta)} for one in page]
        return {"total": len(found), "offset": asked.offset, "documents": lines}

    return [
        Tool(
            "search",
            "检索公文",
            "在收录的公文里按意思和字词查段落，好的在前。每段有编号 id、标题 title、位置 address、页码 page、原文。"
            "hits 为空表示没有找到；corrected 不为空时，可能是查询里有错别字。",
            SearchArguments,
            SearchModel,
            search,
        ),
        Tool(
            "ask",
            "依据原文回答",
            "依据收录的公文回答一个问题，每句后面的 [n] 对应 citations 里的出处（quote 是原文）。"
            "abstained 为 true 表示资料里没有，answer 说明缺什么；这时不要自行作答。",
            AskArguments,
            AnswerModel,
            lambda asked: answer_record(pipeline.ask(asked.question)),
        ),
        Tool(
            "get_passage",
            "看原文",
            "按编号看一段原文和它前后的段落，以及所在文件的发文机关、文号、日期等。"
            "有 retired 时，这一段已改动或删除，successor 是现在的编号。",
            PassageArguments,
            PassageModel,
            get_passage,
        ),
        Tool(
            "list_documents",
            "文件目录",
            "列出收录的文件，按标题排列，total 是总数。可用标题里的字筛选。",
            DocumentsArguments,
            DocumentsModel,
            list_documents,
        ),
    ]


def _checking(library: Library) -> list[Tool]:
    def check_quotation(asked: QuotationArguments) -> Record:
        from ui.quote_screen import quote_record

        return quote_record(library.find_quote(asked.quote, limit=asked.limit))

    def check_draft(asked: DraftArguments) -> Record:
        from rag.check import check
        from rag.draft import from_text
        from ui.check_report import check_record

        return {**check_record(check(from_text(asked.text, name="稿件"), library)), "file": "稿件"}

    def cite_as(asked: CiteArguments) -> Record:
        from rag.cite import cite
        from rag.reference import source

        passage = library.passage(asked.id)
        document = library.document(passage.doc_id)
        styles = [asked.style] if asked.style else STYLES
        citations: dict[str, str] = {name: cite(document, passage, name) for name in styles}
        return cite_record(passage, document, citations, source(document, passage).missing)

    return [
        Tool(
            "check_quotation",
            "核对引文",
            "核对一句引文出自哪里、与原文是否一致。verdict：verbatim 逐字一致，typographic 仅标点或字形差异，"
            "altered 有改动，elided 有删节，spliced 由不相连的几处拼成，not_found 查无。"
            "matches 给出原文 text 和逐处差异 diff；只有 verbatim 和 typographic 可以照引。",
            QuotationArguments,
            QuoteModel,
            check_quotation,
        ),
        Tool(
            "check_draft",
            "核查稿件",
            "核查一篇稿件里的引文、文号、书名号里的文件名和数字，逐条给出结论和出处。"
            "start、end 是稿件里的位置，按字符计。资料里没有的记为未核，不算错。",
            DraftArguments,
            CheckModel,
            check_draft,
        ),
        Tool(
            "cite_as",
            "写成引文",
            "把一段原文写成引文：国标 gbt7714、公文内引用、脚注、BibTeX 等；missing 是著录不全的项目，须人工补上。",
            CiteArguments,
            CiteModel,
            cite_as,
        ),
    ]
