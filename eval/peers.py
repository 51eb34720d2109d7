"""Other people's retrieval over our passages: each in the best setting that its documentation offers for Chinese.

Each is an extra (requirements-peers.txt) and is imported only when it is run.  All get the same passages, the same
encoder and, where they take one, the same segmentation.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import Encoder
from index.lexical import segment

Search = Callable[[str, int], list[int]]  # question, k → places of the passages, best first
Build = Callable[[Sequence[str], Encoder, Path], Search]

CHARACTER = r"(?u)[一-鿿]|[A-Za-z]+|\d+(?:\.\d+)?"  # a token pattern: a Chinese character, a word, a figure


@dataclass(frozen=True)
class Peer:
    """A system: what must be installed, how it is set, how it is built in a folder."""

    packages: tuple[str, ...]  # the first gives the version
    modules: tuple[str, ...]
    setting: str  # in Chinese, for the table
    build: Build


def missing(name: str) -> str:
    """Why a system cannot be run here, in Chinese; empty when it can."""
    absent = [module for module in PEERS[name].modules if not _there(module)]
    if not absent:
        return ""
    return f"没有安装 {'、'.join(absent)}；请先 pip install -r requirements-peers.txt"


def version(name: str) -> str:
    """Of the system's first package."""
    return importlib.metadata.version(PEERS[name].packages[0])


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _bm25s(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    import bm25s  # type: ignore[import-not-found,unused-ignore]

    index = bm25s.BM25()
    index.index([segment(text) for text in texts], show_progress=False)
    index.save(str(folder))

    def search(question: str, k: int) -> list[int]:
        rows, scores = index.retrieve([segment(question)], k=min(k, len(texts)), show_progress=False)
        return [int(row) for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return search


def _txtai(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    from txtai import Embeddings  # type: ignore[import-not-found,unused-ignore]

    grams = {"ngrams": {"ngrams": 2, "nmin": 1, "nmax": 2}}
    scoring = {"method": "bm25", "terms": True, "normalize": True, "tokenizer": grams}
    index = Embeddings(method="external", transform=lambda given: encoder.encode(list(given)), hybrid=True, scoring=scoring)
    index.index((at, text, None) for at, text in enumerate(texts))
    index.save(str(folder / "index"))
    return lambda question, k: [int(found[0]) for found in index.search(question, k)]


def _llamaindex(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    from llama_index.core import StorageContext, VectorStoreIndex  # type: ignore[import-not-found,unused-ignore]
    from llama_index.core.embeddings import BaseEmbedding  # type: ignore[import-not-found,unused-ignore]
    from llama_index.core.llms import MockLLM  # type: ignore[import-not-found,unused-ignore]
    from llama_index.core.retrievers import QueryFusionRetriever  # type: ignore[import-not-found,unused-ignore]
    from llama_index.core.schema import TextNode  # type: ignore[import-not-found,unused-ignore]
    from llama_index.retrievers.bm25 import BM25Retriever  # type: ignore[import-not-found,unused-ignore]

    class Ours(BaseEmbedding):  # type: ignore[misc,unused-ignore]
        """Our encoder in LlamaIndex's clothes."""

        def _get_query_embedding(self, query: str) -> list[float]:
            return encoder.encode([query], query=True)[0].tolist()

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return encoder.encode([text])[0].tolist()

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return encoder.encode(texts).tolist()

    nodes = [TextNode(id_=str(at), text=text) for at, text in enumerate(texts)]
    index = VectorStoreIndex(nodes, storage_context=StorageContext.from_defaults(), embed_model=Ours(embed_batch_size=2048))
    words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=20, token_pattern=CHARACTER, skip_stemming=True, language=[])
    both = QueryFusionRetriever(
        [index.as_retriever(similarity_top_k=20), words],
        similarity_top_k=20, num_queries=1, mode="reciprocal_rerank", use_async=False, llm=MockLLM(),
    )  # fmt: skip
    index.storage_context.persist(str(folder / "vectors"))
    words.persist(str(folder / "words"))
    return lambda question, k: [int(found.node.node_id) for found in both.retrieve(question)[:k]]


def _haystack(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
    from haystack import Document  # type: ignore[import-not-found,unused-ignore]
    from haystack.components.joiners import DocumentJoiner  # type: ignore[import-not-found,unused-ignore]
    from haystack.components.retrievers.in_memory import (  # type: ignore[import-not-found,unused-ignore]
        InMemoryBM25Retriever,
        InMemoryEmbeddingRetriever,
    )
    from haystack.document_stores.in_memory import InMemoryDocumentStore  # type: ignore[import-not-found,unused-ignore]

    store = InMemoryDocumentStore(bm25_tokenization_regex=CHARACTER)
    vectors = encoder.encode(list(texts))
    store.write_documents(
        [Document(id=str(at), content=text, embedding=vectors[at].tolist()) for at, text in enumerate(texts)]
    )
    words = InMemoryBM25Retriever(store, top_k=20)
    meaning = InMemoryEmbeddingRetriever(store, top_k=20)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=20)
    store.save_to_disk(str(folder / "store.json"))

    def search(question: str, k: int) -> list[int]:
        vector = encoder.encode([question], query=True)[0].tolist()
        lists = [words.run(query=question)["documents"], meaning.run(query_embedding=vector)["documents"]]
        return [int(found.id) for found in joiner.run(documents=lists)["documents"][:k]]

    return search


def _langchain(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    from langchain_classic.retrievers import EnsembleRetriever  # type: ignore[import-not-found,unused-ignore]
    from langchain_community.retrievers import BM25Retriever  # type: ignore[import-not-found,unused-ignore]
    from langchain_community.vectorstores import FAISS  # type: ignore[import-not-found,unused-ignore]
    from langchain_core.embeddings import Embeddings

    class Ours(Embeddings):
        """Our encoder in LangChain's clothes."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return encoder.encode(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            return encoder.encode([text], query=True)[0].tolist()

    places = [{"at": at} for at in range(len(texts))]
    words = BM25Retriever.from_texts(texts, metadatas=places, preprocess_func=segment, k=20)
    vectors = FAISS.from_texts(list(texts), Ours(), metadatas=places)
    both = EnsembleRetriever(retrievers=[words, vectors.as_retriever(search_kwargs={"k": 20})], weights=[0.5, 0.5])
    vectors.save_local(str(folder))
    return lambda question, k: [int(found.metadata["at"]) for found in both.invoke(question)[:k]]


def _numpy(texts: Sequence[str], encoder: Encoder, folder: Path) -> Search:
    """Characters in pairs, counted by BM25 and nothing else: a floor that needs no package."""
    from collections import Counter, defaultdict

    def grams(text: str) -> list[str]:
        return [pair for run in re.findall(r"\w+", text.lower()) for pair in (run[at : at + 2] for at in range(max(1, len(run) - 1)))]

    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    lengths = np.zeros(len(texts))
    for at, text in enumerate(texts):
        found = Counter(grams(text))
        lengths[at] = sum(found.values())
        for gram, count in found.items():
            postings[gram].append((at, count))
    norm = 1.2 * (0.25 + 0.75 * lengths / max(lengths.mean(), 1))
    packed = {gram: np.array(rows, dtype=np.int32) for gram, rows in postings.items()}

    def search(question: str, k: int) -> list[int]:
        scores = np.zeros(len(texts))
        for gram in set(grams(question)):
            if (rows := packed.get(gram)) is not None:
                rarity = np.log(1 + (len(texts) - len(rows) + 0.5) / (len(rows) + 0.5))
                counts = rows[:, 1]
                scores[rows[:, 0]] += rarity * counts * 2.2 / (counts + norm[rows[:, 0]])
        best = np.argsort(-scores, kind="stable")[:k]
        return [int(at) for at in best if scores[at] > 0]

    return search


PEERS: Mapping[str, Peer] = {
    "numpy": Peer(("numpy",), ("numpy",), "相邻两字的 BM25，几十行代码（参照）", _numpy),
    "bm25s": Peer(("bm25s",), ("bm25s",), "BM25，与我们同样的分词", _bm25s),
    "txtai": Peer(("txtai",), ("txtai",), "混合；关键词一路用一、二字组", _txtai),
    "llamaindex": Peer(
        ("llama-index-core", "llama-index-retrievers-bm25"), ("llama_index.core", "llama_index.retrievers.bm25", "bm25s"),
        "混合（倒数排名融合）；关键词一路一字一词", _llamaindex,
    ),
    "haystack": Peer(("haystack-ai",), ("haystack",), "混合（倒数排名融合）；关键词一路一字一词", _haystack),
    "langchain": Peer(
        ("langchain-community", "langchain-classic"), ("langchain_community", "langchain_classic", "rank_bm25"),
        "混合（Ensemble + FAISS）；与我们同样的分词", _langchain,
    ),
}  # fmt: skip


def described(name: str) -> dict[str, Any]:
    """Version and setting, for a table."""
    return {"version": version(name), "setting": PEERS[name].setting}
