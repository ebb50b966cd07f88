"""A connection to Milvus: bounded in time, tried again where that can help, its errors told with their cure."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from index.errors import LibraryError
from index.milvus.address import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient
    from pymilvus.exceptions import MilvusException

LONGEST_LIST = 16_384  # Milvus answers no longer list at once
TIMEOUT = 60.0  # seconds that one request may take, its repetitions included
CONNECT = 10.0

_OLDEST = (2, 5)
_BATCH_BYTES = 8_000_000
_BATCH_ROWS = 2_000
_NOT_LOADED = 101
# pymilvus asks every ten seconds whether the server is there, which Lite takes for an attack and hangs up.
_QUIET = {"grpc.keepalive_time_ms": 300_000, "grpc.keepalive_permit_without_calls": 0}

Consistency = Literal["Strong", "Bounded", "Session"]
Row = dict[str, Any]  # an entity, as it goes over the wire
T = TypeVar("T")


class Server:
    """The requests that a library makes. Thread-safe, as pymilvus is.

    Every request names its consistency: a writer reads Strong, so that it sees what it wrote; a reader Bounded.
    """

    def __init__(self, address: Address, *, timeout: float = TIMEOUT, connect: float = CONNECT) -> None:
        """Connect; LibraryError when nothing answers, the token is wrong or the server too old."""
        self.address = address
        self._timeout = timeout
        self._loaded: set[str] = set()
        self._client = self._connected(connect)
        try:
            self._check_version()
        except LibraryError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection. A Milvus Lite file stays open for this process: others of it may use it."""
        self._client.close()

    # collections

    def has(self, name: str) -> bool:
        """Whether there is a collection or alias of this name."""
        return bool(self._run(lambda: self._client.has_collection(name, timeout=self._timeout)))

    def names(self) -> list[str]:
        """All collections."""
        return list(self._run(lambda: self._client.list_collections(timeout=self._timeout)))

    def create(self, name: str, fields: Sequence[Mapping[str, Any]], indexes: Sequence[Mapping[str, Any]]) -> None:
        """Make a collection of these fields and indexes, unless it is there."""
        if self.has(name):
            return
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        for field in fields:
            schema.add_field(**field)
        index = self._client.prepare_index_params()
        for one in indexes:
            index.add_index(**one)
        self._run(
            lambda: self._client.create_collection(
                name, schema=schema, index_params=index, consistency_level="Bounded", timeout=self._timeout
            )
        )

    def drop(self, name: str) -> None:
        """Remove a collection with all it holds."""
        self._loaded.discard(name)
        self._run(lambda: self._client.drop_collection(name, timeout=self._timeout))

    def point(self, alias: str, name: str) -> None:
        """Have an alias name this collection from now on, at once for everybody."""
        aliases = self._run(lambda: self._client.list_aliases(timeout=self._timeout))["aliases"]
        switch = self._client.alter_alias if alias in aliases else self._client.create_alias
        self._run(lambda: switch(name, alias, timeout=self._timeout))

    # entities

    def query(
        self,
        name: str,
        where: str,
        fields: Sequence[str],
        *,
        limit: int = LONGEST_LIST,
        consistency: Consistency = "Bounded",
    ) -> list[Row]:
        """Up to `limit` entities that satisfy an expression, in no order."""
        found = self._run(
            lambda: self._client.query(
                name,
                filter=where,
                output_fields=list(fields),
                limit=limit,
                consistency_level=consistency,
                timeout=self._timeout,
            ),
            load=name,
        )
        return [dict(row) for row in found]

    def count(self, name: str, where: str = "") -> int:
        """How many entities satisfy an expression, seen as of now."""
        found = self._run(
            lambda: self._client.query(
                name, filter=where, output_fields=["count(*)"], consistency_level="Strong", timeout=self._timeout
            ),
            load=name,
        )
        return int(found[0]["count(*)"])

    def every(self, name: str, where: str, fields: Sequence[str], *, batch: int = 1000) -> Iterator[list[Row]]:
        """All entities that satisfy an expression, some at a time, by primary key."""
        iterator = self._run(
            lambda: self._client.query_iterator(
                name,
                batch_size=batch,
                filter=where,
                output_fields=list(fields),
                consistency_level="Strong",
                timeout=self._timeout,
            ),
            load=name,
        )
        try:
            while found := self._run(iterator.next):
                yield [dict(row) for row in found]
        finally:
            iterator.close()

    def search(
        self,
        name: str,
        field: str,
        vector: Any,
        k: int,
        *,
        where: str = "",
        fields: Sequence[str] = (),
        consistency: Consistency = "Bounded",
    ) -> list[tuple[float, Row]]:
        """The `k` entities nearest by inner product, best first: (product, primary key and `fields`)."""
        k = min(k, LONGEST_LIST)
        options = {"metric_type": "IP", "params": {"ef": max(128, 2 * k)}}
        found = self._run(
            lambda: self._client.search(
                name,
                data=[vector],
                anns_field=field,
                limit=k,
                filter=where,
                output_fields=list(fields),
                search_params=options,
                consistency_level=consistency,
                timeout=self._timeout,
            ),
            load=name,
        )
        return [(float(hit["distance"]), dict(hit["entity"])) for hit in found[0]]

    def upsert(self, name: str, rows: Sequence[Row], *, size: int = 2_000) -> None:
        """Write entities, replacing those of the same key; `size` is about what one takes in bytes."""
        step = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, size)))
        for start in range(0, len(rows), step):
            part = list(rows[start : start + step])
            self._run(lambda part=part: self._client.upsert(name, part, timeout=self._timeout), load=name)  # type: ignore[misc]

    def delete(self, name: str, where: str) -> None:
        """Remove the entities that satisfy an expression."""
        self._run(lambda: self._client.delete(name, filter=where, timeout=self._timeout), load=name)

    def flush(self, name: str) -> None:
        """Have what was written sealed and indexed."""
        self._run(lambda: self._client.flush(name, timeout=None if self.address.lite else self._timeout))

    # what goes wrong

    def _connected(self, timeout: float) -> "MilvusClient":
        try:
            from pymilvus import MilvusClient

            if self.address.lite:
                import milvus_lite  # noqa: F401
        except ImportError as error:
            raise LibraryError("本机没有装 Milvus 的客户端；请先运行 pip install 'yinde[milvus]'") from error
        from pymilvus.exceptions import MilvusException

        # It logs every refused request with its traceback; what matters is told once, in our own words.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
        options: dict[str, Any] = {"token": self.address.token, "timeout": timeout, "grpc_options": _QUIET}
        if self.address.certificate:
            options |= {"secure": True, "server_pem_path": self.address.certificate}
        try:
            if self.address.lite:
                Path(self.address.uri).parent.mkdir(parents=True, exist_ok=True)
            return MilvusClient(self.address.uri, **options)
        except (MilvusException, OSError, ValueError) as error:
            raise told(error, self.address, self._timeout) from error

    def _check_version(self) -> None:
        if self.address.lite:
            return
        version = str(self._run(lambda: self._client.get_server_version(timeout=self._timeout)))
        numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:2])
        if numbers and numbers < _OLDEST:
            raise LibraryError(
                f"{self.address.shown} 的 Milvus 是 {version}，太旧，没有引得要用的稀疏向量与短语筛选；"
                "请升级到 2.5 或更新的版本，什么也没有写入"
            )

    def _run(self, request: Callable[[], T], *, load: str = "") -> T:
        from pymilvus.exceptions import MilvusException

        try:
            if load and load not in self._loaded:
                self._client.load_collection(load, timeout=self._timeout)
                self._loaded.add(load)
            return request()
        except MilvusException as error:
            if error.code != _NOT_LOADED or not load:
                raise told(error, self.address, self._timeout) from error
        # Somebody released the collection; it is loaded once more.
        try:
            self._client.load_collection(load, timeout=self._timeout)
            return request()
        except MilvusException as error:
            raise told(error, self.address, self._timeout) from error


def told(error: "MilvusException | OSError | ValueError", address: Address, seconds: float) -> LibraryError:
    """What failed at this address, in our words and with its cure."""
    shown, said = address.shown, str(getattr(error, "message", "") or error)
    low = f"{said} {error.__cause__ or ''}".lower()  # a refused token is to pymilvus a server that is not there
    if address.lite and "open local milvus" in low:
        return LibraryError(f"{shown} 打不开：另一个程序正在使用，或它不是 Milvus Lite 文件；请先关闭那个程序")
    if any(word in low for word in ("unauthenticated", "auth check failure", "permission", "privilege")):
        return LibraryError(f"{shown} 不认这个令牌；请检查环境变量 MILVUS_TOKEN（用户:密码，或密钥）和它的权限")
    if "ssl" in low or "certificate" in low or "handshake" in low:
        return LibraryError(f"{shown} 的 TLS 连接没有建成；请检查地址是否要用 milvuss://，以及 MILVUS_CERTIFICATE")
    if "dimension" in low or "dim" in low.split():
        return LibraryError(f"{shown} 里的向量与现用模型维数不同（{said}）；请去掉 --model，或另建文库")
    if any(word in low for word in ("deadline", "timeout", "timed out")):
        return LibraryError(f"{shown} 在 {seconds:.0f} 秒内没有答复；请稍后再试，或请管理员查看它的负载")
    if any(word in low for word in ("unavailable", "fail connecting", "connection refused", "channel")):
        return LibraryError(f"连不上 {shown}；请检查地址、端口与网络，以及 Milvus 是否在运行")
    if "rate limit" in low or "quota" in low or "memory" in low or "disk" in low:
        return LibraryError(f"{shown} 暂时收不下（{said}）；请等它空下来，或请管理员加内存、磁盘或配额")
    return LibraryError(f"{shown} 拒绝了请求（{said}）；请检查 Milvus 的版本和日志")


def quoted(text: str) -> str:
    """Text as a string of Milvus' expressions."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def among(field: str, values: Sequence[int] | Sequence[str]) -> str:
    """The expression for one of these values; nothing satisfies it when there are none."""
    return f"{field} in [{','.join(quoted(v) if isinstance(v, str) else str(v) for v in values)}]"
