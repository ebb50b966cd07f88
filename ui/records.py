"""The program's JSON objects, as plain functions of its nouns; the terminal's `--json` and the HTTP API share them.

Every offset is a Unicode code point, half-open, into the document's text. Keys are always present, in this order;
what is unknown is an empty string, list or object; only a page is null where the document has none.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from index.types import Document, Hit, Passage, SyncReport
from rag.types import Answer, Citation, Statement

if TYPE_CHECKING:
    from index.finder import Counts, Facets
    from index.history import History
    from index.library import Stats
    from index.quotes import QuoteMatch
    from index.versions import Version
    from rag.trace import Count, Trace, Use

Record = dict[str, Any]


def hit_record(hit: Hit, *, rank: int) -> Record:
    """One hit of a list; `rank` counts from 1, `score` compares only inside the list.

    `terms` of the query stand in the passage, `evidence` are its sentences with most of them, `copies` say the same.
    """
    passage = hit.passage
    return {
        "rank": rank,
        "score": hit.score,
        "id": passage.id,
        "doc_id": passage.doc_id,
        "title": hit.title,
        "path": list(passage.path),
        "address": passage.address,
        "page": passage.page or None,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "signals": dict(hit.signals),
        "date": hit.date,
        "terms": list(hit.terms),
        "evidence": [list(span) for span in hit.evidence],
        "copies": [_copy_record(copy) for copy in hit.copies],
    }


def _copy_record(hit: Hit) -> Record:
    return {"id": hit.passage.id, "doc_id": hit.passage.doc_id, "title": hit.title, "date": hit.date}


def quote_match_record(match: "QuoteMatch") -> Record:
    """One place of a quotation; `diff` is [op, quoted, source], source to quotation; `reversal` a denial left out."""
    return {
        "verdict": match.verdict,
        "doc_id": match.passage.doc_id,
        "id": match.passage.id,
        "title": match.title,
        "address": match.passage.address,
        "page": match.passage.page_at(match.start) or None,
        "start": match.start,
        "end": match.end,
        "text": match.text,
        "similarity": round(match.similarity, 4),
        "reversal": match.reversal,
        "diff": [list(step) for step in match.diff],
    }


def hit_records(hits: Sequence[Hit]) -> list[Record]:
    """The hits in their order, ranked from 1."""
    return [hit_record(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]


def search_record(query: str, hits: Sequence[Hit], *, took_ms: float, corrected: str = "") -> Record:
    """A search and what it found; no hits give an empty list. `corrected` is what was perhaps meant, or ""."""
    return {"query": query, "took_ms": round(took_ms, 1), "corrected": corrected, "hits": hit_records(hits)}


def facets_record(facets: "Facets") -> Record:
    """Documents with matching passages, in all and by what they are, the most frequent first, years latest first."""

    def values(counts: "Counts") -> list[Record]:
        return [{"value": value, "documents": documents} for value, documents in counts]

    return {
        "documents": facets.documents,
        "passages": facets.passages,
        "issuer": values(facets.issuer),
        "kind": values(facets.kind),
        "year": values(facets.year),
        "format": values(facets.format),
    }


def citation_record(citation: Citation) -> Record:
    """One source of an answer: `start:end` spans the quote, not its whole passage."""
    return {
        "number": citation.number,
        "id": citation.passage.id,
        "doc_id": citation.passage.doc_id,
        "title": citation.title,
        "address": citation.passage.address,
        "page": citation.page or None,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def statement_record(statement: Statement) -> Record:
    """One sentence of an answer; `focus` spans the words of `text` that answer by themselves, [] where none do."""
    return {
        "text": statement.text,
        "support": statement.support,
        "citations": list(statement.citations),
        "focus": list(statement.focus or ()),
        "doubt": statement.doubt,
    }


def answer_record(answer: Answer) -> Record:
    """An answer with its markers [n], the same sentence by sentence, its sources by number, what was searched through.

    When `abstained`, `answer` tells why, and `statements` and `citations` are empty. `asked` is the question in full
    where it was a follow-up, `writer` the language model that wrote, `withheld` how many of its sentences were.
    """
    return {
        "question": answer.question,
        "asked": answer.asked,
        "answer": answer.text,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "note": answer.note,
        "writer": answer.writer,
        "withheld": answer.withheld,
        "statements": [statement_record(statement) for statement in answer.statements],
        "citations": [citation_record(citation) for citation in answer.citations],
        "evidence": hit_records(answer.evidence),
    }


def passage_record(
    passage: Passage, document: Document, *, before: Sequence[Passage], after: Sequence[Passage]
) -> Record:
    """A passage in its place: `before` and `after` become the neighbours' texts, one a line, "" at the ends."""
    return {
        "id": passage.id,
        "doc_id": passage.doc_id,
        "title": document.title,
        "path": list(passage.path),
        "address": passage.address,
        "page": passage.page or None,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "before": "\n".join(neighbour.text for neighbour in before),
        "after": "\n".join(neighbour.text for neighbour in after),
        "meta": dict(document.meta),
    }


def history_record(past: "History") -> Record:
    """A passage that is gone: the fields of `passage_record` as it was, and under `retired` what became of it.

    Its neighbours and its document's `meta` of then are not kept. `what` is "changed" or "removed", `when` ISO 8601,
    `successor` the id of today's wording or "", `diff` steps [op, words then, words now].
    """
    nowhere = Document(past.then.doc_id, past.title, "")
    return {
        **passage_record(past.then, nowhere, before=(), after=()),
        "retired": {
            "what": past.fate,
            "when": past.when,
            "successor": past.now.id if past.now else "",
            "diff": [list(step) for step in past.diff],
        },
    }


def cite_record(passage: Passage, document: Document, citations: Mapping[str, str], missing: Sequence[str]) -> Record:
    """A passage cited, by style; `missing` names what a full reference needs and the document does not tell."""
    return {
        "id": passage.id,
        "doc_id": document.id,
        "title": document.title,
        "address": passage.address,
        "page": passage.page or None,
        "citations": dict(citations),
        "missing": list(missing),
    }


def trace_record(trace: "Trace") -> Record:
    """A formulation over time: its documents in time order, undated last, then its near wordings.

    `first` and `last` are dates of use, "" when no document tells; counts are of places. `years` and `issuers` name
    "" what the documents do not tell. `complete` is false when counts are lower bounds.
    """
    return {
        "phrase": trace.phrase,
        "count": trace.count,
        "complete": trace.complete,
        "first": trace.first.date if trace.first else "",
        "last": trace.last.date if trace.last else "",
        "documents": [_use_record(use) for use in trace.uses],
        "variants": [
            {
                "text": variant.text,
                "similarity": round(variant.similarity, 4),
                "count": variant.count,
                "wordings": list(variant.wordings),
                "documents": [_use_record(use) for use in variant.uses],
            }
            for variant in trace.variants
        ],
        "years": _count_records(trace.years),
        "issuers": _count_records(trace.issuers),
    }


def _use_record(use: "Use") -> Record:
    """A document with its first place; `start:end` spans the wording."""
    place, meta = use.places[0], use.document.meta
    return {
        "doc_id": use.document.id,
        "title": use.document.title,
        "issuer": meta.get("issuer", ""),
        "number": meta.get("number", ""),
        "date": use.date,
        "count": len(use.places),
        "id": place.passage.id,
        "address": place.passage.address,
        "page": place.passage.page_at(place.start) or None,
        "start": place.start,
        "end": place.end,
        "text": place.text,
    }


def _count_records(counts: "Sequence[Count]") -> list[Record]:
    return [{"name": count.name, "count": count.places, "documents": count.documents} for count in counts]


def document_record(document: Document, passages: Sequence[Passage]) -> Record:
    """A whole document, and where its passages stand in `text`, in reading order."""
    return {
        "id": document.id,
        "title": document.title,
        "meta": dict(document.meta),
        "text": document.text,
        "passages": [
            {
                "id": passage.id,
                "start": passage.start,
                "end": passage.end,
                "path": list(passage.path),
                "address": passage.address,
                "page": passage.page or None,
            }
            for passage in passages
        ],
    }


def version_records(versions: "Sequence[Version]") -> list[Record]:
    """Documents much like one, likest first; `likeness` is the share of wording that both hold, 0 to 1."""
    return [
        {"id": version.id, "title": version.title, "date": version.date, "likeness": round(version.likeness, 4)}
        for version in versions
    ]


def sync_record(report: SyncReport) -> Record:
    """What an indexing run did, documents by id; `passages` counts the whole library's."""
    return {
        "added": list(report.added),
        "changed": list(report.changed),
        "unchanged": list(report.unchanged),
        "removed": list(report.removed),
        "failed": [{"path": failure.path, "reason": failure.reason} for failure in report.failed],
        "passages": report.passages,
    }


def stats_record(stats: "Stats") -> Record:
    """How much a library holds; `sizes` are bytes on disk by part."""
    sizes: Mapping[str, int] = stats.bytes
    return {
        "documents": stats.documents,
        "passages": stats.passages,
        "windows": stats.windows,
        "model": stats.model,
        "dimension": stats.dimension,
        "generation": stats.generation,
        "sizes": dict(sizes),
    }
