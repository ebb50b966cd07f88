"""The HTTP API's part that changes a library: upload, delete, read again; each gives a job to follow (`ui.jobs`)."""

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from index.errors import QueryError
from ui.jobs import Job
from ui.keep import Keeper
from ui.multipart import read_form
from ui.records import Record, sync_record
from ui.schema_keep import DeleteBody, JobModel, JobsModel, ReindexBody, upload_form

if TYPE_CHECKING:
    from fastapi import APIRouter

_LOOK = 0.1  # seconds between two looks at a job by those who follow it
_ALIVE = 15.0  # seconds after which a silent stream says that it lives
_TRUE = {"": False, "false": False, "0": False, "true": True, "1": True}
WAIT = "等它完成，最多这么多秒；不等则立即返回"


def job_record(job: Job) -> Record:
    """A job as JSON."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "files": list(job.files),
        "by": job.by,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "made": job.made,
        "ended": job.ended,
        "error": job.error,
        "report": sync_record(job.report) if job.report else None,
    }


def add_keeping(api: "APIRouter", keeper: Keeper) -> None:
    """Serve what changes the library."""
    from anyio.to_thread import run_sync
    from fastapi import Query, Request
    from fastapi.responses import JSONResponse
    from starlette.requests import ClientDisconnect

    form = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": upload_form()}}}}
    wait_for = Annotated[float, Query(ge=0, le=60, description=WAIT)]

    async def told(job: Job, wait: float) -> JSONResponse:
        """202 with where to follow it, 200 once it is over."""
        job = await _settled(keeper, job, wait)
        headers = {"Location": f"/api/v1/jobs/{job.id}"}
        return JSONResponse(job_record(job), 200 if job.over else 202, headers=headers)

    options: dict[str, Any] = {
        "tags": ["文库"],
        "status_code": 202,
        "response_model": JobModel,
        "responses": {200: {"model": JobModel, "description": "已完成"}},
    }

    @api.post("/documents", summary="上传文件", openapi_extra=form, **options)
    async def upload(request: Request, wait: wait_for = 0) -> JSONResponse:
        """Take files in, one or more; those that cannot be read are told in the job's report."""
        length = request.headers.get("content-length", "")
        expected = int(length) if length.isdigit() else 0
        with await run_sync(lambda: keeper.uploads.receive(expected=expected)) as incoming:
            try:
                fields = await read_form(request.headers.get("content-type", ""), request.stream(), incoming)
            except ClientDisconnect:
                raise QueryError("上传没有完成就中断了；请重新上传") from None
            replace = _TRUE.get(fields.get("replace", "").lower())
            if replace is None:
                raise QueryError("replace 应为 true 或 false")
            meta, by = _meta(fields.get("meta", "")), _holder(request)
            batch = await run_sync(lambda: incoming.finish(meta=meta, replace=replace, by=by))
        return await told(keeper.upload(batch), wait)

    @api.delete("/documents/{id}", summary="删除上传的文件", **options)
    async def delete(
        id: str,
        request: Request,
        container: Annotated[bool, Query(description="在压缩包里的，连同包里的其他文件一起删除")] = False,
        wait: wait_for = 0,
    ) -> JSONResponse:
        by = _holder(request)
        return await told(await run_sync(lambda: keeper.delete([id], container=container, by=by)), wait)

    @api.post("/delete", summary="删除几篇上传的文件", **options)
    async def delete_all(body: DeleteBody, request: Request, wait: wait_for = 0) -> JSONResponse:
        ids, by = body.documents, _holder(request)
        return await told(await run_sync(lambda: keeper.delete(ids, container=body.container, by=by)), wait)

    @api.post("/reindex", summary="重新收录", **options)
    async def reindex(body: ReindexBody, request: Request, wait: wait_for = 0) -> JSONResponse:
        ids, by = body.documents, _holder(request)
        return await told(await run_sync(lambda: keeper.reindex(ids, by=by)), wait)

    _add_jobs(api, keeper)


def _add_jobs(api: "APIRouter", keeper: Keeper) -> None:
    from fastapi.responses import StreamingResponse

    @api.get("/jobs", response_model=JobsModel, tags=["文库"], summary="收录、删除等工作的记录")
    def jobs() -> Record:
        return {"jobs": [job_record(job) for job in keeper.jobs.all()]}

    @api.get("/jobs/{id}", response_model=JobModel, tags=["文库"], summary="一件工作的进度")
    def job(id: str) -> Record:
        return job_record(keeper.jobs.get(id))

    @api.post("/jobs/{id}/cancel", response_model=JobModel, tags=["文库"], summary="取消一件工作")
    def cancel(id: str) -> Record:
        """Break off at the next step; nothing half done stays. What is over already stays as it is."""
        return job_record(keeper.jobs.cancel(id))

    @api.get(
        "/jobs/{id}/events",
        tags=["文库"],
        summary="一件工作的进度，实时送来",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "progress 若干次，最后是 done"}},
    )
    async def events(id: str) -> StreamingResponse:
        """Server-sent events, each the whole job: `progress` at each change, `done` once it is over."""
        first = keeper.jobs.get(id)
        return StreamingResponse(
            _events(keeper, first), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )


async def _events(keeper: Keeper, job: Job) -> AsyncIterator[str]:
    """The reader may leave at any time; the job goes on."""
    from anyio import sleep

    silent = 0.0
    while True:
        name, stands = "done" if job.over else "progress", json.dumps(job_record(job), ensure_ascii=False)
        yield f"event: {name}\ndata: {stands}\n\n"
        if job.over:
            return
        version = job.version
        while (job := keeper.jobs.get(job.id)).version == version:
            await sleep(_LOOK)
            silent += _LOOK
            if silent >= _ALIVE:
                silent = 0.0
                yield ": \n\n"


async def _settled(keeper: Keeper, job: Job, seconds: float) -> Job:
    from anyio import sleep

    job = keeper.jobs.get(job.id)
    while not job.over and seconds > 0:
        await sleep(_LOOK)
        seconds -= _LOOK
        job = keeper.jobs.get(job.id)
    return job


def _meta(text: str) -> dict[str, str]:
    """The form's `meta`; what its keys mean is looked at where it becomes a sidecar."""
    if not text.strip():
        return {}
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict):
        raise QueryError('meta 应是一个 JSON 对象，如 {"issuer": "江澜市人民政府", "date": "2026-03-05"}')
    return meta


def _holder(request: Any) -> str:
    """The name of the key that asks, "" without keys."""
    return str(getattr(request.state, "holder", ""))
