"""The HTTP API's objects for what changes a library: uploads, deletions, readings and the jobs that do them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ui.jobs import Kind, State
from ui.schema import DocId, Model

JobId = Annotated[str, Field(description="工作编号", examples=["5f0c2a9d1b7e4c36"])]
MOST_IDS = 1000


class FailureModel(Model):
    """A file that was not taken in, and why."""

    path: Annotated[str, Field(description="文件名；压缩包里的带包内路径", examples=["附件.zip/旧表.xls"])]
    reason: Annotated[str, Field(examples=["文件已加密；请另存为不加密的 docx"])]


class ReportModel(Model):
    """What a job did, documents by id; `passages` counts the whole library's."""

    added: list[DocId]
    changed: list[DocId]
    unchanged: list[DocId]
    removed: list[DocId]
    failed: list[FailureModel]
    passages: int


class JobModel(Model):
    """Long work as it stands; `report` is null until it is done."""

    id: JobId
    kind: Annotated[Kind, Field(description="upload 收录，delete 删除，reindex 重新收录")]
    state: Annotated[State, Field(description="queued 排队，running 进行，done 完成，failed 失败，cancelled 已取消")]
    files: list[str]
    by: Annotated[str, Field(description="用谁的密钥，没有密钥时为空")]
    stage: Annotated[str, Field(examples=["读取"])]
    done: int
    total: int
    made: Annotated[str, Field(examples=["2026-03-05T09:30:00+00:00"])]
    ended: str
    error: Annotated[str, Field(description="失败的原因和办法，没有则为空")]
    report: ReportModel | None


class JobsModel(Model):
    """The jobs that are remembered, the latest first."""

    jobs: list[JobModel]


class ReindexBody(BaseModel):
    """Documents to read again; none for all files that have changed."""

    model_config = ConfigDict(extra="forbid", strict=True)
    documents: Annotated[list[DocId], Field(max_length=MOST_IDS, description="不写为全部有变化的文件")] = []


class DeleteBody(BaseModel):
    """Documents to delete."""

    model_config = ConfigDict(extra="forbid", strict=True)
    documents: Annotated[list[DocId], Field(min_length=1, max_length=MOST_IDS)]
    container: Annotated[bool, Field(description="在压缩包里的，连同包里的其他文件一起删除")] = False


class UploadForm(BaseModel):
    """What the form of an upload holds."""

    file: Annotated[list[bytes], Field(description="一个或多个文件；文件名.docx.meta.json 是前者的旁注")]
    meta: Annotated[
        str,
        Field(
            description='适用于全部文件的说明，JSON：{"title","issuer","number","date","kind","url"}，可只写一部分',
            examples=['{"issuer": "江澜市人民政府", "date": "2026-03-05"}'],
        ),
    ] = ""
    replace: Annotated[bool, Field(description="取代此前上传的同名文件；否则两份都保留")] = False


def upload_form() -> dict[str, Any]:
    """The form's schema, its files as binary, for the OpenAPI description of an operation that reads it itself."""
    schema = UploadForm.model_json_schema()
    schema["properties"]["file"]["items"] = {"type": "string", "format": "binary"}
    return schema
