"""The HTTP API under /api/v1: what the terminal can ask, as JSON over one port. `ui.schema` has its objects."""

import json
import time
from collections.abc import AsyncIterator, Sequence
from functools import reduce
from hashlib import blake2b
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

from index.errors import LoadError
from index.filters import Filter
from index.library import Library
from index.query import demands
from rag.cite import STYLES, Style
from rag.followup import turn
from rag.pipeline import Pipeline
from rag.types import Answer
from ui.api_reading import add_reading
from ui.live import LEFT, UNKEPT, Growing, complete, growing
from ui.records import (
    Record,
    answer_record,
    cite_record,
    document_record,
    facets_record,
    history_record,
    hit_records,
    passage_record,
    search_record,
    stats_record,
    trace_record,
)
from ui.turns import Turns

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ui.keep import Keeper

QUERY = '问题、关键词或一句原话；可写 "精确短语"、-排除、标题: 机关: 文号: 文种: 年份: 日期: 格式: 目录: 章节: 正文:'
FILTER = "筛选条件，写法同查询里的字段，如 文种:通知、年份:2020..2024、-机关:办公室；可写多个"
OFFSET = "翻页：从第几段起，0 为第一段；写了它，结果就取自最好的 100 段，各页取自同一个次序"
PAGED = 100  # the hits that can be paged through; the ranking's order is the same for every k up to this
LARGEST_DRAFT = 32 * 1024 * 1024


def build_api(library: Library, pipeline: Pipeline, keeper: "Keeper | None" = None) -> "APIRouter":
    """The routes over a library, those that change it where there is a keeper. They run in worker threads."""
    from fastapi import APIRouter

    from ui.schema import Problem

    refusals = {status: {"model": Problem} for status in (400, 404, 409, 413, 422, 503, 507)}
    api = APIRouter(prefix="/api/v1", responses=refusals)  # type: ignore[arg-type]
    _add_questions(api, library, pipeline)
    _add_documents(api, library)
    _add_quotations(api, library)
    add_reading(api, library)
    if keeper:
        from ui.api_keep import add_keeping

        add_keeping(api, keeper)
    return api


def _add_questions(api: "APIRouter", library: Library, pipeline: Pipeline) -> None:
    from fastapi import Query, Request, Response
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import StreamingResponse

    from ui.schema import AnswerModel, AskBody, FacetsModel, Mode, SearchModel, SimilarModel, SuggestModel

    turns = Turns()

    @api.get(
        "/search", response_model=SearchModel, response_model_exclude_unset=True, tags=["检索"], summary="查找段落"
    )
    @turns
    def search(
        q: Annotated[str, Query(min_length=1, max_length=2000, description=QUERY)],
        k: Annotated[int, Query(ge=1, le=1000, description="最多几段")] = 10,
        offset: Annotated[int | None, Query(ge=0, lt=PAGED, description=OFFSET)] = None,
        mode: Mode = "hybrid",
        filters: Annotated[Sequence[str], Query(alias="filter", description=FILTER)] = (),
        sort: Annotated[Literal["relevance", "date"], Query(description="按相关程度，或新的在前")] = "relevance",
        collapse: Annotated[Literal["nothing", "copies"], Query(description="copies：相同的并为一条")] = "nothing",
        per_document: Annotated[int | None, Query(ge=1, description="同一篇文件最多几段")] = None,
    ) -> Record:
        began = time.perf_counter()
        hits = library.search(
            q,
            k=k if offset is None else PAGED,
            mode=mode,
            filters=_demands(filters),
            sort=sort,
            collapse=collapse,
            per_document=per_document,
        )
        took_ms = (time.perf_counter() - began) * 1000
        record = search_record(q, hits, took_ms=took_ms, corrected=library.corrected(q) or "")
        if offset is not None:
            record |= {"offset": offset, "total": len(hits), "hits": record["hits"][offset : offset + k]}
        return record

    @api.get("/facets", response_model=FacetsModel, tags=["检索"], summary="符合条件的文件，分类计数")
    @turns
    def facets(
        q: Annotated[str, Query(max_length=2000, description="同 search；不写为整个文库")] = "",
        filters: Annotated[Sequence[str], Query(alias="filter", description=FILTER)] = (),
    ) -> Record:
        return facets_record(library.facets(q, filters=_demands(filters)))

    @api.get("/suggest", response_model=SuggestModel, tags=["检索"], summary="输入时的提示")
    def suggest(
        q: Annotated[str, Query(max_length=2000, description="已输入的字")],
        k: Annotated[int, Query(ge=1, le=50, description="最多几条")] = 8,
    ) -> Record:
        return {"suggestions": [{"text": one.text, "source": one.source} for one in library.suggest(q, k=k)]}

    @api.get("/passages/{id}/similar", response_model=SimilarModel, tags=["检索"], summary="相近的段落")
    @turns
    def similar(id: str, k: Annotated[int, Query(ge=1, le=1000)] = 10) -> Record:
        began = time.perf_counter()
        hits = library.similar(id, k=k)
        return {"id": id, "took_ms": round((time.perf_counter() - began) * 1000, 1), "hits": hit_records(hits)}

    @api.post(
        "/ask",
        response_model=AnswerModel,
        tags=["问答"],
        summary="依据原文回答",
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def ask(body: AskBody, request: Request) -> object:
        history = [turn(one.question, one.answer, asked=one.asked) for one in body.history]
        answers = pipeline.stream(body.question, mode=body.mode, history=history)
        if not body.stream:
            answer = await complete(answers, request)
            return answer_record(answer) if answer else Response(status_code=LEFT)
        first = await run_in_threadpool(next, answers)  # what cannot be asked is refused before the stream begins
        return StreamingResponse(_events(first, answers), media_type="text/event-stream", headers=UNKEPT)


async def _events(first: Answer, answers: Growing) -> AsyncIterator[str]:
    """An event for each answer that says more than the one before, and signs of life."""
    told = first
    yield _event("answer", answer_record(first))
    async for answer in growing(answers):
        if answer.complete or answer != told:
            yield _event("done" if answer.complete else "answer", answer_record(answer))
            told = answer
        else:
            yield ": \n\n"


def _add_documents(api: "APIRouter", library: Library) -> None:
    from fastapi import Header, Query, Response

    from ui.schema import CiteModel, DocumentModel, DocumentsModel, PassageModel, StatsModel

    @api.get(
        "/passages/{id}",
        response_model=PassageModel,
        response_model_exclude_unset=True,
        tags=["原文"],
        summary="一段和它的上下文",
    )
    def passage(id: str) -> Record:
        """A passage between its neighbours; one that is gone, as it was, with what became of it."""
        past = library.history(id)
        if past.fate != "live":
            return history_record(past)
        before, after = library.context(id)
        return passage_record(past.then, library.document(past.then.doc_id), before=before, after=after)

    @api.get("/passages/{id}/cite", response_model=CiteModel, tags=["引用"], summary="写成引文")
    def cite_as(id: str, style: Annotated[Style | None, Query(description="只要一种格式")] = None) -> Record:
        from rag.cite import cite
        from rag.reference import source

        passage = library.passage(id)
        document = library.document(passage.doc_id)
        citations: dict[str, str] = {name: cite(document, passage, name) for name in ([style] if style else STYLES)}
        return cite_record(passage, document, citations, source(document, passage).missing)

    @api.get("/documents", response_model=DocumentsModel, tags=["原文"], summary="文件目录，按标题")
    def documents(offset: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Record:
        found = library.documents()
        page = [{"id": d.id, "title": d.title, "meta": dict(d.meta)} for d in found[offset : offset + limit]]
        return {"total": len(found), "offset": offset, "documents": page}

    @api.get("/documents/{id}", response_model=DocumentModel, tags=["原文"], summary="一篇文件的全文和各段位置")
    def document(id: str, response: Response, if_none_match: Annotated[str, Header()] = "") -> object:
        record = document_record(library.document(id), library.passages(id))
        digest = blake2b(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"), digest_size=16)
        response.headers["ETag"] = tag = f'"{digest.hexdigest()}"'
        if tag in if_none_match:
            return Response(status_code=304, headers={"ETag": tag})
        return record

    @api.get("/stats", response_model=StatsModel, tags=["文库"], summary="文库的规模")
    def stats() -> Record:
        return stats_record(library.stats())


def _add_quotations(api: "APIRouter", library: Library) -> None:
    from fastapi import Query, UploadFile

    from ui.schema import CheckBody, CheckModel, QuoteBody, QuoteModel, TraceModel

    @api.post("/quote", response_model=QuoteModel, tags=["引用"], summary="核对一句引文")
    def quote(body: QuoteBody) -> Record:
        from ui.quote_screen import quote_record

        return quote_record(library.find_quote(body.quote, limit=body.limit))

    @api.post("/check", response_model=CheckModel, tags=["引用"], summary="核查一篇稿件（纯文本）")
    def check_text(body: CheckBody) -> Record:
        return _checked("稿件.txt", body.text.encode("utf-8", "replace"), library)

    @api.post("/check/file", response_model=CheckModel, tags=["引用"], summary="核查一篇稿件（docx、pdf、md、txt）")
    def check_file(file: UploadFile) -> Record:
        content = file.file.read(LARGEST_DRAFT + 1)
        if len(content) > LARGEST_DRAFT:
            raise LoadError(f"稿件超过 {LARGEST_DRAFT // 2**20} MB；请拆分后重试")
        return _checked(file.filename or "稿件.txt", content, library)

    @api.get("/trace", response_model=TraceModel, tags=["引用"], summary="一个提法的演变")
    def trace(phrase: Annotated[str, Query(min_length=1, max_length=200, examples=["新质生产力"])]) -> Record:
        from rag.trace import trace as traced

        return trace_record(traced(phrase, library))


def _demands(filters: Sequence[str]) -> Filter:
    """Filters written as the fields of a query; QueryError for one that is none."""
    return reduce(add, (demands(text) for text in filters), Filter())


def _checked(name: str, content: bytes, library: Library) -> Record:
    """The report on a draft that arrived as bytes; `name` is shown, and only its suffix reaches the disk."""
    from rag.check import check
    from rag.draft import read_draft
    from ui.check_report import check_record

    with TemporaryDirectory() as folder:
        file = Path(folder) / f"draft{Path(name).suffix.lower()[:10]}"
        file.write_bytes(content)
        try:
            draft = read_draft(file)
        except LoadError as error:
            raise LoadError(str(error).replace(file.name, name)) from None
    return {**check_record(check(draft, library)), "file": name}


def _event(name: str, record: Record) -> str:
    return f"event: {name}\ndata: {json.dumps(record, ensure_ascii=False)}\n\n"
