"""The HTTP API from Python: a thin httpx client whose answers are the API's own objects (`ui.schema`).

with Yinde("http://127.0.0.1:7860", key="yd_…") as yinde:
    for hit in yinde.search("基层减负", k=3).hits:
        print(hit.title, hit.address, hit.text)
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self, TypeVar
from urllib.parse import quote as percent_encoded

import httpx

from index.errors import YindeError
from rag.cite import Style
from ui.schema import (
    AnswerModel,
    CheckModel,
    CiteModel,
    ContrastModel,
    DocumentModel,
    DocumentsModel,
    FacetsModel,
    Mode,
    Model,
    PassageModel,
    QuoteModel,
    SearchModel,
    SimilarModel,
    StatsModel,
    SuggestModel,
    SummaryModel,
    TraceModel,
)
from ui.schema_keep import JobModel, JobsModel

_M = TypeVar("_M", bound=Model)
Upload = Path | tuple[str, bytes | IO[bytes]]  # a file, or a name and its content


class ApiError(YindeError):
    """The API refused; the message says why and the cure. `status` is HTTP's, 0 when the service was not reached."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        """Tell a problem as it came."""
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail


class Yinde:
    """A served library; a context. Every method raises ApiError for what is refused or not reached."""

    def __init__(
        self, address: str = "http://127.0.0.1:7860", *, key: str = "", timeout: float = 60.0, **options: Any
    ) -> None:
        """Talk to the service at `address`; `options` are passed to `httpx.Client`. ApiError for what is no key."""
        if not key.isascii():
            raise ApiError(0, "密钥不对", "密钥只有字母、数字和符号；请把 yinde keys add 显示的整个复制过来")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=f"{address.rstrip('/')}/api/v1", headers=headers, timeout=timeout, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        offset: int | None = None,
        mode: Mode = "hybrid",
        filters: Sequence[str] = (),
        sort: Literal["relevance", "date"] = "relevance",
        collapse: Literal["nothing", "copies"] = "nothing",
        per_document: int | None = None,
    ) -> SearchModel:
        """The best `k` passages, or with `offset` a page of the best 100; `filters` as fields of a query, 文种:通知."""
        asked = {"q": query, "k": k, "mode": mode, "filter": list(filters), "sort": sort, "collapse": collapse}
        optional = {"per_document": per_document, "offset": offset}
        asked |= {name: value for name, value in optional.items() if value is not None}
        return self._get(SearchModel, "/search", **asked)

    def facets(self, query: str = "", *, filters: Sequence[str] = ()) -> FacetsModel:
        """The matching documents, counted by what they are."""
        return self._get(FacetsModel, "/facets", q=query, filter=list(filters))

    def suggest(self, typed: str, *, k: int = 8) -> SuggestModel:
        """What may be being typed."""
        return self._get(SuggestModel, "/suggest", q=typed, k=k)

    def similar(self, passage_id: str, *, k: int = 10) -> SimilarModel:
        """The passages nearest to one."""
        return self._get(SimilarModel, f"/passages/{_part(passage_id)}/similar", k=k)

    def passage(self, passage_id: str) -> PassageModel:
        """A passage between its neighbours; one that is gone as it was, with `retired`."""
        return self._get(PassageModel, f"/passages/{_part(passage_id)}")

    def cite(self, passage_id: str, *, style: Style | None = None) -> CiteModel:
        """A passage as a reference, in one style or in every one."""
        return self._get(CiteModel, f"/passages/{_part(passage_id)}/cite", **({"style": style} if style else {}))

    def documents(self, *, offset: int = 0, limit: int = 50) -> DocumentsModel:
        """A page of the list of documents, by title."""
        return self._get(DocumentsModel, "/documents", offset=offset, limit=limit)

    def document(self, doc_id: str) -> DocumentModel:
        """A whole document and where its passages stand."""
        return self._get(DocumentModel, f"/documents/{_part(doc_id)}")

    def summary(self, doc_id: str, *, section: str = "", sentences: int = 5) -> SummaryModel:
        """A document, or one section of it, in its own sentences."""
        return self._get(SummaryModel, f"/documents/{_part(doc_id)}/summary", section=section, sentences=sentences)

    def contrast(self, first: str, second: str, topic: str, *, sentences: int = 8) -> ContrastModel:
        """What two documents say of a topic, side by side."""
        return self._get(ContrastModel, "/contrast", first=first, second=second, topic=topic, sentences=sentences)

    def trace(self, phrase: str) -> TraceModel:
        """A formulation over time."""
        return self._get(TraceModel, "/trace", phrase=phrase)

    def stats(self) -> StatsModel:
        """How much the library holds."""
        return self._get(StatsModel, "/stats")

    def ask(self, question: str, *, history: Sequence[AnswerModel] = (), mode: Mode = "hybrid") -> AnswerModel:
        """An answer with its sources; `history` are the answers before, for a follow-up."""
        return self._post(AnswerModel, "/ask", json=_asked(question, history, mode))

    def stream(
        self, question: str, *, history: Sequence[AnswerModel] = (), mode: Mode = "hybrid"
    ) -> Iterator[AnswerModel]:
        """The answer as it grows, whole at every moment; the last is what `ask` gives."""
        for _, text in self._events("POST", "/ask", json={**_asked(question, history, mode), "stream": True}):
            yield AnswerModel.model_validate_json(text)

    def quote(self, quote: str, *, limit: int = 20) -> QuoteModel:
        """Where a quotation stands, and whether it is right."""
        return self._post(QuoteModel, "/quote", json={"quote": quote, "limit": limit})

    def check(self, text: str) -> CheckModel:
        """The report on a draft given as text."""
        return self._post(CheckModel, "/check", json={"text": text})

    def check_file(self, file: Path) -> CheckModel:
        """The report on a draft: docx, pdf, md, txt."""
        with file.open("rb") as content:
            return self._post(CheckModel, "/check/file", files={"file": (file.name, content)})

    def upload(
        self, files: Sequence[Upload], *, meta: Mapping[str, str] | None = None, replace: bool = False
    ) -> JobModel:
        """Have documents taken in; the job tells how that goes (`follow`, `wait`)."""
        with ExitStack() as stack:
            parts: list[tuple[str, tuple[str, Any]]] = []
            for file in files:
                one = (file.name, stack.enter_context(file.open("rb"))) if isinstance(file, Path) else file
                parts.append(("file", one))
            fields = {"meta": json.dumps(dict(meta or {}), ensure_ascii=False), "replace": str(replace).lower()}
            return self._post(JobModel, "/documents", files=parts, data=fields)

    def delete(self, doc_ids: Sequence[str], *, container: bool = False) -> JobModel:
        """Have uploaded documents deleted; `container` with all others in the same archive."""
        return self._post(JobModel, "/delete", json={"documents": list(doc_ids), "container": container})

    def reindex(self, doc_ids: Sequence[str] = ()) -> JobModel:
        """Have documents read again; without ids all files that have changed."""
        return self._post(JobModel, "/reindex", json={"documents": list(doc_ids)})

    def jobs(self) -> list[JobModel]:
        """The jobs remembered, the latest first."""
        return self._get(JobsModel, "/jobs").jobs

    def job(self, job_id: str) -> JobModel:
        """A job as it stands."""
        return self._get(JobModel, f"/jobs/{_part(job_id)}")

    def cancel(self, job_id: str) -> JobModel:
        """Have a job break off."""
        return self._post(JobModel, f"/jobs/{_part(job_id)}/cancel")

    def follow(self, job_id: str) -> Iterator[JobModel]:
        """The job at each change, until it is over."""
        for _, text in self._events("GET", f"/jobs/{_part(job_id)}/events"):
            yield JobModel.model_validate_json(text)

    def wait(self, job_id: str) -> JobModel:
        """The job once it is over."""
        *_, job = self.follow(job_id)
        return job

    def _get(self, model: type[_M], path: str, **asked: Any) -> _M:
        return model.model_validate_json(self._sent("GET", path, params=asked).content)

    def _post(self, model: type[_M], path: str, **sent: Any) -> _M:
        return model.model_validate_json(self._sent("POST", path, **sent).content)

    def _sent(self, method: str, path: str, **sent: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **sent)
        except httpx.HTTPError as error:
            raise _unreached(self._http, error) from error
        return _accepted(answer)

    def _events(self, method: str, path: str, **sent: Any) -> Iterator[tuple[str, str]]:
        """(name, data) of each server-sent event."""
        try:
            with self._http.stream(method, path, **sent) as answer:
                if answer.is_error:
                    answer.read()
                _accepted(answer)
                name = ""
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        yield name, line.removeprefix("data: ")
        except httpx.HTTPError as error:
            raise _unreached(self._http, error) from error


def _asked(question: str, history: Sequence[AnswerModel], mode: Mode) -> dict[str, Any]:
    turns = [{"question": one.question, "asked": one.asked, "answer": one.answer} for one in history]
    return {"question": question, "mode": mode, "history": turns}


def _accepted(answer: httpx.Response) -> httpx.Response:
    if not answer.is_error:
        return answer
    try:
        told = answer.json()
        title, detail = str(told["title"]), str(told["detail"])
    except (ValueError, KeyError, TypeError):
        title, detail = f"服务返回 {answer.status_code}", answer.text[:500]
    raise ApiError(answer.status_code, title, detail)


def _unreached(http: httpx.Client, error: httpx.HTTPError) -> ApiError:
    cure = "请检查地址，以及那里的 yinde serve 是否在运行"
    return ApiError(0, "连不上服务", f"连不上 {http.base_url.copy_with(path='/')}（{error}）；{cure}")


def _part(id: str) -> str:
    """An id as one part of an address, whatever it holds."""
    return percent_encoded(id, safe="")
