"""A catalog's change into Milvus: new rows first, unseen; then the state, at once; then what is replaced goes.

Every step may be cut off and is done again: entities are written by their rows, counts with the step that they belong
to (`index.milvus.ledger`). Nothing is embedded here: vectors come from the catalog.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice

from index.catalog import Catalog
from index.fold import tokens
from index.milvus.drafts import Draft, Drafts
from index.milvus.ledger import Ledger
from index.milvus.server import Row, among
from index.milvus.shelf import LOOK
from index.milvus.tables import State, Tables, parts
from index.staging import Progress

_MANY = 200  # passages from which it is worth the second that sealing takes
_TOGETHER = 4_000  # passages between two notes of how far it came
_ROWS = 1_000  # rows named in one expression
_TERMS = 5_000
_SAMPLE = 2_000  # documents that tell the mean length
_GONE = 6_000  # rows in one record
_BYTES_PASSAGE = 8_000  # about what an entity takes on the wire
_BYTES_DOCUMENT = 120_000

Renew = Callable[[], None]


class Publication:
    """Brings Milvus up to a catalog. The caller holds the workspace's lock and the lease."""

    def __init__(self, tables: Tables, catalog: Catalog, ledger: Ledger, *, progress: Progress, renew: Renew) -> None:
        """`renew` is called between requests and raises when another writer has taken over."""
        self._tables = tables
        self._server = tables.server
        self._catalog = catalog
        self._ledger = ledger
        self._progress = progress
        self._renew = renew

    def run(self, library: str) -> State:
        """Publish what the catalog has and Milvus has not; `library` names the catalog's line of descent."""
        tables, catalog = self._tables, self._catalog
        tables.create()
        before = tables.state("Strong")
        model = catalog.setting("model")
        whole = before is None or before.model != model or self._ledger.fact("generation") != before.generation
        drafts = self._drafts(before)
        try:
            if before is not None and before.since >= 0 and not whole:
                before = self._clear_up(drafts, before)
            if before is None or whole or before.generation != catalog.generation:
                before = self._change(drafts, before, library, model, whole=whole)
                before = self._clear_up(drafts, before)
            self._keep_records(drafts)
            if before.passages > _MANY and (self._server.address.lite or whole):
                # Lite searches what is not sealed slowly.
                for name in (tables.passages, tables.documents, tables.records, before.windows):
                    self._server.flush(name)
        finally:
            drafts.close()
        return before

    def _drafts(self, before: State | None) -> Drafts:
        path = self._catalog.folder / "catalog.sqlite"
        if before is not None:
            return Drafts(path, document_length=before.document_length)
        first = Drafts(path, document_length=1.0)
        mean = first.mean_length(_SAMPLE)
        first.close()
        return Drafts(path, document_length=mean)

    # the change, unseen until it is published

    def _change(self, drafts: Drafts, before: State | None, library: str, model: str, *, whole: bool) -> State:
        target, ledger = self._catalog.generation, self._ledger
        since = -1 if whole or before is None else before.generation
        if ledger.fact("target") != target or ledger.fact("since") != since:
            if since < 0:
                ledger.clear()
            with ledger.step():
                for name, value in (("target", target), ("since", since), ("cursor", 0), ("removed", 0)):
                    ledger.note(name, value)
        windows = self._windows(before, model)
        self._write_new(drafts, windows, since)
        gone = [] if since < 0 else self._catalog.died_after(since, "document")
        if since >= 0 and not ledger.fact("removed"):
            self._uncount(since)
        self._write_terms()
        for number, start in enumerate(range(0, len(gone), _GONE)):
            key = f"gone:{target}:{number}"
            self._tables.put("gone", {key: json.dumps(gone[start : start + _GONE])})
        documents, passages, window_count = self._catalog.counts()
        last_row, last_document = drafts.last_rows()
        state = State(
            generation=target,
            library=library,
            model=model,
            model_name=self._catalog.setting("model_name"),
            dimension=int(self._catalog.setting("dimension")),
            windows=windows,
            passages=passages,
            documents=documents,
            window_count=window_count,
            last_row=last_row,
            last_document=last_document,
            length=max(1.0, ledger.fact("tokens") / max(1, passages)),
            document_length=drafts.document_length,
            since=max(since, 0),
            gone=-(-len(gone) // _GONE),
        )
        self._renew()
        self._tables.write_state(state)
        self._server.point(self._tables.windows_alias, windows)
        ledger.note("generation", target)
        return state

    def _windows(self, before: State | None, model: str) -> str:
        """The collection that windows go into: the one in use, or for another model a new one."""
        dimension = int(self._catalog.setting("dimension"))
        if before is not None and before.model == model:
            return before.windows
        number = 1 + (int(before.windows.rsplit("_", 1)[1]) if before else 0)
        name = self._tables.windows(number)
        if self._server.has(name) and self._ledger.fact("windows") != number:
            self._server.drop(name)  # of another attempt
        self._ledger.note("windows", number)
        self._tables.create_windows(name, dimension)
        return name

    def _write_new(self, drafts: Drafts, windows: str, since: int) -> None:
        done, total = 0, max(1, self._catalog.counts()[1])
        waiting: list[Draft] = []
        for draft in drafts.documents(beyond=max(0, self._ledger.fact("cursor")), born_after=since):
            waiting.append(draft)
            done += len(draft.passages)
            if sum(len(one.passages) for one in waiting) >= _TOGETHER:
                self._write(waiting, windows, since)
                waiting = []
                self._progress("发布", min(done, total), total)
        if waiting:
            self._write(waiting, windows, since)
        self._progress("发布", total, total)

    def _write(self, drafts: Sequence[Draft], windows: str, since: int) -> None:
        """Write these documents with their new passages, then note them and what they add to the counts."""
        self._renew()
        new = {row for draft in drafts for row, born in draft.born.items() if born > since}
        fresh = [one for draft in drafts for one in draft.passages if one["row"] in new]
        self._put_texts(drafts)
        self._server.upsert(
            windows, [one for d in drafts for one in d.windows if one["row"] in new], size=_BYTES_PASSAGE
        )
        self._server.upsert(self._tables.passages, fresh, size=_BYTES_PASSAGE)
        documents = [draft.document for draft in drafts]
        self._server.upsert(self._tables.documents, documents, size=_BYTES_DOCUMENT)
        held: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for draft in drafts:
            stored = json.loads(draft.whole)
            whole.update(_terms(f"{stored['title']}\n{stored['text']}"))
            for one in draft.passages:
                if one["row"] in new:
                    text = stored["text"][one["start"] : one["stop"]]
                    held.update(_terms("\n".join([stored["title"], *json.loads(one["path"]), text])))
        with self._ledger.step():
            self._ledger.count("passages", held)
            self._ledger.count("documents", whole)
            self._ledger.add("tokens", sum(one["length"] for one in fresh))
            self._ledger.note("cursor", drafts[-1].row)

    def _put_texts(self, drafts: Sequence[Draft]) -> None:
        texts: dict[str, str] = {}
        owners: dict[str, int] = {}
        for draft in drafts:
            mine = _in_parts({f"d:{draft.row}": draft.whole})
            texts |= mine
            owners |= dict.fromkeys(mine, draft.row)
        self._tables.put("text", texts, owners=owners)

    def _uncount(self, since: int) -> None:
        """Take what the change removes out of the counts; its texts are still in Milvus."""
        passages, documents = self._catalog.died_after(since, "passage"), self._catalog.died_after(since, "document")
        held: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        length = 0
        for row in self._rows(self._tables.passages, passages, [*LOOK, "doc"]):
            length -= row["length"]
            text = row["text"] or self._text(row["doc"])["text"][row["start"] : row["stop"]]
            held.subtract(_terms("\n".join([row["shown"], *json.loads(row["path"]), text])))
        for document in documents:
            stored = self._text(document)
            if stored:
                whole.subtract(_terms(f"{stored['title']}\n{stored['text']}"))
        with self._ledger.step():
            self._ledger.count("passages", held)
            self._ledger.count("documents", whole)
            self._ledger.add("tokens", length)
            self._ledger.note("removed", 1)

    def _text(self, row: int) -> dict[str, str]:
        first = self._tables.record(f"d:{row}", "Strong")
        number, _, text = first.partition(":")
        rest = [self._tables.record(f"d:{row}#{part}", "Strong") for part in range(1, int(number or 1))]
        return dict(json.loads(text + "".join(rest))) if first else {}

    def _rows(self, table: str, rows: Sequence[int], fields: Sequence[str]) -> Iterator[Row]:
        for start in range(0, len(rows), _ROWS):
            self._renew()
            yield from self._server.query(
                table, among("row", rows[start : start + _ROWS]), fields, consistency="Strong"
            )

    def _write_terms(self) -> None:
        while terms := self._ledger.terms_to_write(_TERMS):
            self._renew()
            self._tables.put("term", {f"w:{term}": counts for term, counts in terms.items()})
            with self._ledger.step():
                self._ledger.terms_written(terms)

    # after it is published

    def _clear_up(self, drafts: Drafts, state: State) -> State:
        """Move passages that stayed to their documents' new texts, and remove what the change has replaced."""
        since = state.since
        moved = list(drafts.documents(beyond=0, born_after=since)) if since > 0 else []
        for draft in moved:
            self._move(draft, state.windows, since)
        if since == 0:
            self._remove_strangers(drafts, state)
        passages, documents = self._catalog.died_after(since, "passage"), self._catalog.died_after(since, "document")
        for table, field, rows in (
            (self._tables.passages, "row", passages),
            (state.windows, "row", passages),
            (self._tables.documents, "row", documents),
            (self._tables.records, "owner", documents),
        ):
            for start in range(0, len(rows), _ROWS):
                self._renew()
                self._server.delete(table, among(field, rows[start : start + _ROWS]))
        self._server.delete(self._tables.records, 'kind == "gone"')
        self._drop_old_windows(state.windows)
        done = replace(state, since=-1, gone=0)
        self._tables.write_state(done)
        return done

    def _move(self, draft: Draft, windows: str, since: int) -> None:
        stayed = {row for row, born in draft.born.items() if born <= since}
        if stayed:
            self._renew()
            kept = [one for one in draft.windows if one["row"] in stayed]
            self._server.upsert(windows, kept, size=_BYTES_PASSAGE)
        # The last new passage's neighbour may have stayed, and the other way round: all are written again.
        self._server.upsert(self._tables.passages, draft.passages, size=_BYTES_PASSAGE)

    def _remove_strangers(self, drafts: Drafts, state: State) -> None:
        """After everything was published anew: remove what an earlier publication left that the catalog has not."""
        for table, kind in ((self._tables.passages, "passages"), (self._tables.documents, "documents")):
            if self._server.count(table) == (state.passages if kind == "passages" else state.documents):
                continue
            known = drafts.rows(kind)
            for batch in self._server.every(table, "", ["row"]):
                strange = [one["row"] for one in batch if one["row"] not in known]
                if strange:
                    self._server.delete(table, among("row", strange))
                    if kind == "passages":
                        self._server.delete(state.windows, among("row", strange))

    def _drop_old_windows(self, kept: str) -> None:
        """Remove collections of windows but the one in use; readers look which it is every second."""
        prefix = f"{self._tables.windows_alias}_"
        for name in self._server.names():
            if name.startswith(prefix) and name != kept and name[len(prefix) :].isdigit():
                self._server.drop(name)

    # what is compared record by record

    def _keep_records(self, drafts: Drafts) -> None:
        """Write sources and retired passages where Milvus has others; documents that moved are written again."""
        held, seen, first = self._ledger.bodies(), set[str](), self._ledger.fact("records") < 0
        moved: set[str] = set()
        for batch in _batches(records(drafts)):
            fresh = {}
            for key, kind, doc_id, body in batch:
                seen.add(key)
                if held.get(key) != digest(body):
                    fresh[key] = (kind, body)
                    moved |= {doc_id} if doc_id and not first else set()
            self._renew()
            for kind in ("source", "retired"):
                self._tables.put(kind, _in_parts({key: body for key, (own, body) in fresh.items() if own == kind}))
            with self._ledger.step():
                self._ledger.records_written({key: digest(body) for key, (_, body) in fresh.items()}, ())
        for doc_id in sorted(moved):
            draft = drafts.document(doc_id)
            if draft:
                self._rewrite(draft)
        gone = [key for key in held if key not in seen]
        for start in range(0, len(gone), _ROWS):
            self._server.delete(self._tables.records, among("key", gone[start : start + _ROWS]))
        with self._ledger.step():
            self._ledger.records_written({}, gone)
            self._ledger.note("records", 1)

    def _rewrite(self, draft: Draft) -> None:
        """Write a document's entities again where only what filters ask for has changed."""
        state = self._tables.read_state("Strong")
        if state is not None:
            self._server.upsert(state.windows, draft.windows, size=_BYTES_PASSAGE)
        self._server.upsert(self._tables.passages, draft.passages, size=_BYTES_PASSAGE)
        self._server.upsert(self._tables.documents, [draft.document], size=_BYTES_DOCUMENT)
        self._put_texts([draft])


def records(drafts: Drafts) -> Iterator[tuple[str, str, str, str]]:
    """(key, kind, id of the document it belongs to, body) of every source and retired passage."""
    for path, doc_id, body in drafts.sources():
        yield (
            f"p:{blake2b(path.encode('utf-8', 'surrogateescape'), digest_size=20).hexdigest()}",
            "source",
            doc_id,
            body,
        )
    for passage_id, body in drafts.retired():
        yield f"r:{passage_id}", "retired", "", body


def _batches(records: Iterator[tuple[str, str, str, str]]) -> Iterator[list[tuple[str, str, str, str]]]:
    while batch := list(islice(records, _ROWS)):
        yield batch


def _in_parts(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts of any length as records: the first part tells how many there are."""
    result = {}
    for key, text in texts.items():
        first, *rest = parts(text)
        result[key] = f"{1 + len(rest)}:{first}"
        result |= {f"{key}#{number}": part for number, part in enumerate(rest, 1)}
    return result


def digest(body: str) -> str:
    """What tells a record's body from others."""
    return blake2b(body.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _terms(text: str) -> Iterable[str]:
    return {token.term for token in tokens(text)}
