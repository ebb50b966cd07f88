"""A form with files, read as it arrives: files go to their place on the disk, never whole into memory."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from index.errors import LoadError, QueryError
from ui.upload import Incoming

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LONGEST_FIELD = 64 * 1024
_MOST_FIELDS = 50
_BROKEN = "表单不完整或写法不对；请用 multipart/form-data 上传，文件放在 file 这一项"


async def read_form(content_type: str, body: AsyncIterator[bytes], incoming: Incoming) -> dict[str, str]:
    """The fields of a multipart form; its files, whatever their field, are received by `incoming` meanwhile.

    QueryError for what is no form or ends early; what `Incoming` refuses. Writing is left to a worker thread.
    """
    from anyio.to_thread import run_sync
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise QueryError(_BROKEN)
    form = _Form(incoming)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        async for chunk in body:
            await run_sync(parser.write, chunk)
    except FormParserError as error:
        raise QueryError(_BROKEN) from error
    if not form.ended:
        raise QueryError("上传没有完成就中断了；请重新上传")
    return form.fields


class _Form:
    """What the parser tells, part by part."""

    def __init__(self, incoming: Incoming) -> None:
        self.fields: dict[str, str] = {}
        self.ended = False
        self._incoming = incoming
        self._name = self._value = b""
        self._disposition = b""
        self._field = ""
        self._text: bytearray | None = None  # a field's value, None while a file comes

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._begin,
            "on_part_data": self._part,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _header_name(self, chunk: bytes, start: int, end: int) -> None:
        self._name += chunk[start:end]

    def _header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def _header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value
        self._name = self._value = b""

    def _begin(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        self._field = _words(options.get(b"name", b""))
        if b"filename" in options:
            self._text = None
            self._incoming.begin(_words(options[b"filename"]))
            return
        self._text = bytearray()
        if len(self.fields) >= _MOST_FIELDS:
            raise QueryError(_BROKEN)

    def _part(self, chunk: bytes, start: int, end: int) -> None:
        if self._text is None:
            self._incoming.write(memoryview(chunk)[start:end])
        elif len(self._text) + end - start > _LONGEST_FIELD:
            raise QueryError(f"表单的 {self._field[:40]} 一项太长")
        else:
            self._text += chunk[start:end]

    def _end(self) -> None:
        if self._text is None:
            self._incoming.end()
        else:
            self.fields[self._field] = _words(bytes(self._text))

    def _finish(self) -> None:
        self.ended = True


def _words(raw: bytes) -> str:
    """A name or value as sent: UTF-8, or what older Chinese systems send."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LoadError("文件名或表单内容不是 UTF-8 编码，请改名后再试")
