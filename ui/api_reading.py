"""Reading aids under /api/v1: a document's summary, two documents' statements on a topic."""

from typing import TYPE_CHECKING, Annotated

from index.library import Library
from ui.reading import contrast_record, summary_record
from ui.records import Record

if TYPE_CHECKING:
    from fastapi import APIRouter


def add_reading(api: "APIRouter", library: Library) -> None:
    """Put the routes on an API; they run in worker threads."""
    from fastapi import Query

    from ui.schema import ContrastModel, SummaryModel

    @api.get("/documents/{id}/summary", response_model=SummaryModel, tags=["原文"], summary="用原文的句子概括")
    def summary(
        id: str,
        section: Annotated[
            str, Query(max_length=200, description="只要这一节：标题里的几个字，或地址，如 二(一)")
        ] = "",
        sentences: Annotated[int, Query(ge=1, le=30, description="最多几句")] = 5,
    ) -> Record:
        from rag.summary import summarise

        return summary_record(summarise(library, id, section=section, sentences=sentences))

    @api.get("/contrast", response_model=ContrastModel, tags=["原文"], summary="两篇文件对同一主题的说法")
    def contrast(
        first: Annotated[str, Query(max_length=100, description="一篇文件的编号")],
        second: Annotated[str, Query(max_length=100, description="另一篇文件的编号")],
        topic: Annotated[str, Query(min_length=1, max_length=200, examples=["补助标准"])],
        sentences: Annotated[int, Query(ge=1, le=12, description="每篇最多几句")] = 8,
    ) -> Record:
        from rag.contrast import contrast as set_beside

        return contrast_record(set_beside(library, first, second, topic, sentences=sentences))
