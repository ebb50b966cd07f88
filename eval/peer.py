"""One peer in its own environment: `python peer.py NAME job.json result.json`. Imports nothing of ours at its head.

The job: {"model": folder, "texts": {id: text}, "questions": {id: text}, "k": 10}. The result: {"versions": {...},
"rankings": {question: [id, …]}, "index_seconds", "query_ms": [...], "rss_mb"}. Each `peer` makes a search function out
of texts; its docstring states the configuration and where it is recommended.
"""

import importlib
import importlib.metadata
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Search = Callable[[str, int], list[str]]
HAN = r"(?u)[㐀-鿿]|[A-Za-z0-9.]+"  # one Chinese character, or a Latin word or number
_POOL = 100  # candidates of each searcher before fusion


def txtai(texts: Mapping[str, str], model: str) -> Search:
    """混合检索（hybrid=True）：向量加 BM25，权重各半；默认分词（UAX 29，中文按字）；e5 提示语按模型说明加上"""
    embeddings = load("txtai", "Embeddings")(
        path=model, content=True, hybrid=True, instructions={"query": "query: ", "data": "passage: "}
    )
    embeddings.index(texts.items())
    return lambda question, k: [row["id"] for row in embeddings.search(question, limit=k)]


def langchain(texts: Mapping[str, str], model: str) -> Search:
    """EnsembleRetriever：FAISS 向量加 BM25Retriever，权重各半；BM25 按其文档用 preprocess_func 指定 jieba 分词"""
    jieba = importlib.import_module("jieba")
    embeddings = load("langchain_huggingface", "HuggingFaceEmbeddings")(
        model_name=model,
        encode_kwargs={"prompt": "passage: ", "normalize_embeddings": True},
        query_encode_kwargs={"prompt": "query: ", "normalize_embeddings": True},
    )
    rows = [{"id": id} for id in texts]
    faiss = load("langchain_community.vectorstores", "FAISS").from_texts(list(texts.values()), embeddings, rows)
    bm25 = load("langchain_community.retrievers", "BM25Retriever").from_texts(
        list(texts.values()), metadatas=rows, preprocess_func=jieba.lcut, k=_POOL
    )
    dense = faiss.as_retriever(search_kwargs={"k": _POOL})
    both = load("langchain_classic.retrievers", "EnsembleRetriever")(
        retrievers=[bm25, dense], weights=[0.5, 0.5], id_key="id"
    )
    return lambda question, k: [document.metadata["id"] for document in both.invoke(question)][:k]


def llamaindex(texts: Mapping[str, str], model: str) -> Search:
    """QueryFusionRetriever：VectorStoreIndex 加 BM25Retriever，倒数名次融合；BM25 按字切分（token_pattern）"""
    nodes = [load("llama_index.core.schema", "TextNode")(id_=id, text=text) for id, text in texts.items()]
    embedding = load("llama_index.embeddings.huggingface", "HuggingFaceEmbedding")(
        model_name=model, query_instruction="query: ", text_instruction="passage: "
    )
    index = load("llama_index.core", "VectorStoreIndex")(nodes, embed_model=embedding)
    bm25 = load("llama_index.retrievers.bm25", "BM25Retriever").from_defaults(
        nodes=nodes, similarity_top_k=_POOL, token_pattern=HAN, skip_stemming=True
    )
    both = load("llama_index.core.retrievers", "QueryFusionRetriever")(
        [index.as_retriever(similarity_top_k=_POOL), bm25],
        llm=load("llama_index.core.llms", "MockLLM")(),
        similarity_top_k=_POOL,
        num_queries=1,
        mode="reciprocal_rerank",
        use_async=False,
    )
    return lambda question, k: [found.node.node_id for found in both.retrieve(question)][:k]


def haystack(texts: Mapping[str, str], model: str) -> Search:
    """InMemoryDocumentStore：向量检索加 BM25，DocumentJoiner 倒数名次融合；bm25_tokenization_regex 设为按字切分"""
    store = load("haystack.document_stores.in_memory", "InMemoryDocumentStore")(
        bm25_tokenization_regex=HAN, embedding_similarity_function="cosine"
    )
    kit = "haystack_integrations.components.embedders.sentence_transformers"
    embedder = load(kit, "SentenceTransformersDocumentEmbedder")(model=model, prefix="passage: ", progress_bar=False)
    asker = load(kit, "SentenceTransformersTextEmbedder")(model=model, prefix="query: ", progress_bar=False)
    for one in (embedder, asker):
        one.warm_up()
    document = load("haystack", "Document")
    documents = [document(id=id, content=text) for id, text in texts.items()]
    store.write_documents(embedder.run(documents)["documents"])
    retrievers = "haystack.components.retrievers.in_memory"
    dense = load(retrievers, "InMemoryEmbeddingRetriever")(store, top_k=_POOL)
    bm25 = load(retrievers, "InMemoryBM25Retriever")(store, top_k=_POOL)
    joiner = load("haystack.components.joiners", "DocumentJoiner")(join_mode="reciprocal_rank_fusion", top_k=_POOL)

    def search(question: str, k: int) -> list[str]:
        vector = asker.run(question)["embedding"]
        lists = [dense.run(query_embedding=vector)["documents"], bm25.run(query=question)["documents"]]
        return [found.id for found in joiner.run(lists)["documents"]][:k]

    return search


def chroma(texts: Mapping[str, str], model: str) -> Search:
    """向量检索（余弦）；本地版没有 BM25 等字面检索，故只有向量"""
    encoder = load("sentence_transformers", "SentenceTransformer")(model, device="cpu")
    collection = load("chromadb", "EphemeralClient")().create_collection("set", metadata={"hnsw:space": "cosine"})
    ids, passages = list(texts), ["passage: " + text for text in texts.values()]
    vectors = encoder.encode(passages, normalize_embeddings=True, show_progress_bar=False)
    for start in range(0, len(ids), 5000):  # it takes some five thousand at once
        part = slice(start, start + 5000)
        collection.add(ids=ids[part], embeddings=vectors[part], documents=list(texts.values())[part])

    def search(question: str, k: int) -> list[str]:
        vector = encoder.encode("query: " + question, normalize_embeddings=True, show_progress_bar=False)
        found: list[str] = collection.query(query_embeddings=[vector], n_results=k)["ids"][0]
        return found

    return search


PEERS: dict[str, Callable[[Mapping[str, str], str], Search]] = {
    "txtai": txtai,
    "langchain": langchain,
    "llamaindex": llamaindex,
    "haystack": haystack,
    "chroma": chroma,
}


def load(module: str, name: str) -> Any:
    """A name out of a module that only the peer's environment has."""
    return getattr(importlib.import_module(module), name)


def measure(job: Mapping[str, Any], make: Callable[[Mapping[str, str], str], Search]) -> dict[str, Any]:
    """Index the job's texts, ask its questions one after another; see the module for the result."""
    began = time.perf_counter()
    search = make(job["texts"], job["model"])
    made = time.perf_counter() - began
    search(next(iter(job["questions"].values())), job["k"])
    rankings, times = {}, []
    for id, question in job["questions"].items():
        began = time.perf_counter()
        rankings[id] = search(question, job["k"])
        times.append((time.perf_counter() - began) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"rankings": rankings, "index_seconds": made, "query_ms": times, "rss_mb": peak}


def main() -> None:
    """Run the named peer on a job file and write the result file."""
    name, job, result = sys.argv[1:]
    found = measure(json.loads(Path(job).read_text(encoding="utf-8")), PEERS[name])
    Path(result).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
