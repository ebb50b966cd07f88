"""The questions of eval/sets/written joined with the documents they were written for, as a BEIR folder."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.errors import EvalError
from index.library import LocalLibrary

QUESTIONS = Path(__file__).parent / "sets" / "written" / "questions.jsonl"


def join(library: LocalLibrary, folder: Path, *, questions: Path = QUESTIONS) -> int:
    """Write corpus, queries, qrels and unanswerable queries into `folder`; how many passages were found.

    EvalError when the library holds none of the documents.
    """
    documents = (library.document(one.id) for one in library.documents())
    held = {hashlib.sha256(one.text.encode()).hexdigest()[:16]: one for one in documents}
    corpus, queries, qrels, unanswerable = [], [], ["query-id\tcorpus-id\tscore"], []
    for number, line in enumerate(questions.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        document = held.get(row["document"])
        if document is None:
            continue
        name, text = f"p{number}", document.text[slice(*row["passage"])]
        corpus.append({"_id": name, "title": document.title, "text": text})
        for at, asked in enumerate(row["yes"]):
            answers = [text[slice(*asked["answer"])]]
            queries.append({"_id": f"{name}-{at}", "text": asked["q"], "metadata": {"answers": answers}})
            qrels.append(f"{name}-{at}\t{name}\t1")
        for at, asked in enumerate(row["no"]):
            unanswerable.append({"_id": f"{name}-no{at}", "text": asked, "metadata": {"near_doc": name}})
    if not corpus:
        raise EvalError("文库里没有这些问题所依据的文件；请先收入它们（eval/sets/written/README.md）")
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    _write(folder / "corpus.jsonl", corpus)
    _write(folder / "queries.jsonl", queries)
    _write(folder / "queries_unanswerable.jsonl", unanswerable)
    (folder / "qrels" / "test.tsv").write_text("\n".join(qrels) + "\n", encoding="utf-8")
    return len(corpus)


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main(
    library: Annotated[Path, typer.Argument(metavar="文库", help="收入了这些文件的文库文件夹")],
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="写到这里")],
) -> None:
    """把为真实文件写的问题与文件合成一个问题集。"""
    with LocalLibrary.open(library) as opened:
        typer.echo(f"{join(opened, folder)} 段")


if __name__ == "__main__":
    typer.run(main)
