"""The HTTP API's objects, as pydantic models of what `ui.records` makes; field for field the terminal's `--json`.

Offsets are Unicode code points, half-open, into the document's text.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["hybrid", "dense", "lexical"]
Start = Annotated[int, Field(description="首字在文件全文中的位置，从 0 数起，按字符计", examples=[120])]
End = Annotated[int, Field(description="末字之后的位置", examples=[156])]
PassageId = Annotated[str, Field(description="段落编号，永久有效", examples=["d3k7q2m5xa-p4h6t2"])]
DocId = Annotated[str, Field(description="文件编号", examples=["d3k7q2m5xa"])]
Title = Annotated[str, Field(examples=["关于做好2026年人才引进工作的通知"])]
Address = Annotated[str, Field(description="在文件中的位置", examples=["二(一)·三是"])]
Page = Annotated[int | None, Field(description="所在页，从 1 数起；没有页的格式为 null", examples=[3])]
Step = Annotated[list[str], Field(min_length=3, max_length=3)]


class Model(BaseModel):
    """What all objects share: fields may be added by later versions, none goes away within /api/v1."""

    model_config = ConfigDict(extra="allow")


class HitModel(Model):
    """A passage found; `score` compares only inside one list."""

    rank: Annotated[int, Field(ge=1)]
    score: float
    id: PassageId
    doc_id: DocId
    title: Title
    path: list[str]
    address: Address
    page: Page
    start: Start
    end: End
    text: str
    signals: dict[str, float]
    date: Annotated[str, Field(description="成文日期，不详为空", examples=["2026-03-05"])]
    terms: Annotated[list[str], Field(description="本段含有的查询用词，少见的在前")]
    evidence: Annotated[list[tuple[int, int]], Field(description="最相关的一两句的位置")]
    copies: Annotated[list[dict[str, str]], Field(description="内容相同而未单列的段落：id、doc_id、title、date")]


class SearchModel(Model):
    """A search and its hits, best first."""

    query: str
    took_ms: float
    corrected: Annotated[str, Field(description="可能想查的话（改正错别字），没有则为空")]
    offset: Annotated[int | None, Field(description="翻页时，从第几段起")] = None
    total: Annotated[int | None, Field(description="翻页时，共有几段可翻，至多 100")] = None
    hits: list[HitModel]


class SimilarModel(Model):
    """The passages nearest to one."""

    id: PassageId
    took_ms: float
    hits: list[HitModel]


class SuggestionModel(Model):
    """Something to search for: a term, a title, an issuer or a recurring heading."""

    text: str
    source: str


class SuggestModel(Model):
    """What the reader may be typing."""

    suggestions: list[SuggestionModel]


class FacetValue(Model):
    """A value with the number of its documents."""

    value: str
    documents: int


class FacetsModel(Model):
    """Documents with matching passages, by issuer, kind, year and format."""

    documents: int
    passages: int
    issuer: list[FacetValue]
    kind: list[FacetValue]
    year: list[FacetValue]
    format: list[FacetValue]


class CitationModel(Model):
    """A source of an answer: `start:end` spans the quote."""

    number: Annotated[int, Field(ge=1)]
    id: PassageId
    doc_id: DocId
    title: Title
    address: Address
    page: Page
    start: Start
    end: End
    quote: str


class StatementModel(Model):
    """One sentence of an answer without its markers, and what it rests on."""

    text: str
    support: Annotated[str, Field(description="verbatim 原文照录，supported 资料支持，unsupported 未在资料中得到支持")]
    citations: Annotated[list[int], Field(description="所依据的出处的编号")]
    focus: Annotated[list[int], Field(description="句中直接回答问题的字的起止位置，没有则为空")]
    doubt: Annotated[str, Field(description="资料不支持的是什么，如：数字“87个”")]


class SummaryModel(Model):
    """Sentences of a document in reading order; statement n rests on citation n."""

    doc_id: DocId
    title: Title
    section: str
    statements: list[StatementModel]
    citations: list[CitationModel]


class ContrastRowModel(Model):
    """What two documents say of one thing; null where one says nothing of it."""

    heading: str
    first: CitationModel | None
    second: CitationModel | None


class ContrastModel(Model):
    """Two documents' statements on a topic, side by side."""

    topic: str
    first: Annotated[dict[str, str], Field(description="doc_id、title")]
    second: Annotated[dict[str, str], Field(description="doc_id、title")]
    rows: list[ContrastRowModel]


class AnswerModel(Model):
    """An answer with its markers [n], or an abstention that says why."""

    question: str
    asked: Annotated[str, Field(description="追问补全后的问题；不是追问则为空")]
    answer: str
    abstained: bool
    confidence: Annotated[float, Field(ge=0, le=1, description="资料里有答案的可能")]
    note: Annotated[str, Field(description="对这个回答的说明，没有则为空")]
    writer: Annotated[str, Field(description="执笔的大模型；摘录原文时为空")]
    withheld: Annotated[int, Field(ge=0, description="因未得到支持而没有显示的句子数")]
    statements: list[StatementModel]
    citations: list[CitationModel]
    evidence: list[HitModel]


class Retired(Model):
    """What became of a passage that is gone."""

    what: str
    when: str
    successor: str
    diff: list[Step]


class PassageModel(Model):
    """A passage in its place; `retired` is there only when it is gone, as it was then."""

    id: PassageId
    doc_id: DocId
    title: Title
    path: list[str]
    address: Address
    page: Page
    start: Start
    end: End
    text: str
    before: str
    after: str
    meta: dict[str, Any]
    retired: Retired | None = None


class Place(Model):
    """Where a passage stands in its document's text."""

    id: PassageId
    start: Start
    end: End
    path: list[str]
    address: Address
    page: Page


class DocumentModel(Model):
    """A whole document."""

    id: DocId
    title: Title
    meta: dict[str, Any]
    text: str
    passages: list[Place]


class DocumentLine(Model):
    """A document in a list."""

    id: DocId
    title: Title
    meta: dict[str, Any]


class DocumentsModel(Model):
    """One page of the library's documents, by title; `total` counts all of them."""

    total: int
    offset: int
    documents: list[DocumentLine]


class QuoteMatchModel(Model):
    """One place of a quotation; `diff` goes from source to quotation, `reversal` is a denial (不得) left out, or ""."""

    verdict: str
    doc_id: DocId
    id: PassageId
    title: Title
    address: Address
    page: Page
    start: Start
    end: End
    text: str
    similarity: float
    reversal: str
    diff: list[Step]


class QuoteModel(Model):
    """Where a quotation stands, and whether it is right."""

    quote: str
    verdict: str
    matches: list[QuoteMatchModel]


class CheckModel(Model):
    """A checked draft; `start` and `end` of findings are positions in the draft's text."""

    file: str
    format: str
    characters: int
    counts: dict[str, int]
    verdicts: dict[str, int]
    findings: list[dict[str, Any]]


class CiteModel(Model):
    """A passage cited, by style; `missing` names what a full reference needs and the document does not tell."""

    id: PassageId
    doc_id: DocId
    title: Title
    address: Address
    page: Page
    citations: dict[str, str]
    missing: list[str]


class TraceModel(Model):
    """A formulation over time."""

    phrase: str
    count: int
    complete: bool
    first: str
    last: str
    documents: list[dict[str, Any]]
    variants: list[dict[str, Any]]
    years: list[dict[str, Any]]
    issuers: list[dict[str, Any]]


class StatsModel(Model):
    """How much the library holds; `sizes` are bytes on disk by part."""

    documents: int
    passages: int
    windows: int
    model: str
    dimension: int
    generation: int
    sizes: dict[str, int]


class TurnBody(BaseModel):
    """An earlier question; an answer of the API may be handed back whole."""

    model_config = ConfigDict(extra="ignore")
    question: Annotated[str, Field(min_length=1, max_length=2000)]
    asked: Annotated[str, Field(max_length=2000, description="当时补全后的问题")] = ""
    answer: Annotated[str, Field(max_length=100_000, description="当时的回答，一句一行")] = ""


class AskBody(BaseModel):
    """A question; with `stream` the answer comes as server-sent events, each a whole, growing answer."""

    model_config = ConfigDict(extra="forbid", strict=True)
    question: Annotated[str, Field(min_length=1, max_length=2000, examples=["2026年人才引进的目标是什么？"])]
    mode: Mode = "hybrid"
    stream: bool = False
    history: Annotated[
        list[TurnBody], Field(max_length=50, description="此前的问答，早的在前；“那2025年呢？”之类据此补全")
    ] = []


class QuoteBody(BaseModel):
    """A quotation to look up."""

    model_config = ConfigDict(extra="forbid", strict=True)
    quote: Annotated[str, Field(min_length=1, max_length=20_000, examples=["全市性会议数量比上年减少三分之一"])]
    limit: Annotated[int, Field(ge=1, le=1000)] = 20


class CheckBody(BaseModel):
    """A draft as plain text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: Annotated[str, Field(min_length=1, max_length=200_000)]


class Problem(BaseModel):
    """RFC 9457: what went wrong, and in `detail` the cure, in Chinese."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
