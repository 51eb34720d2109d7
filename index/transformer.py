"""Any sentence-transformers model on the CPU: needs that library and torch, which a shipped encoder does not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.encoder import said, unit_rows
from index.types import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LATE = "late.json"  # beside the weights of a model whose words may be compared one by one


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU, with its own prompts for queries and documents."""

    def __init__(self, model: SentenceTransformer, name: str, fingerprint: str, dimension: int) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = dimension
        self._model = model.float()  # halves are slow on a CPU

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return unit_rows(np.asarray(vectors, dtype=np.float32))


class LateEncoder(SentenceTransformerEncoder):
    """The same, of a model whose folder says in late.json which columns of its words' vectors are compared: the last `columns`."""

    def __init__(self, model: SentenceTransformer, name: str, fingerprint: str, dimension: int, columns: int) -> None:
        super().__init__(model, name, fingerprint, dimension)
        self._columns = columns

    def words(self, texts: Sequence[str]) -> list[np.ndarray]:
        if not texts:
            return []
        found = self._model.encode(list(texts), output_value="token_embeddings", show_progress_bar=False)
        return [each[:, -self._columns :].float().numpy() for each in found]


def load_transformer(folder: Path, name: str, fingerprint: str) -> SentenceTransformerEncoder:
    """The model in a folder.  Raises EncoderError where sentence-transformers is not installed, or the model has no dimension."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read by huggingface_hub when it is first imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the server forks nothing; this silences the warning
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(f"编码模型 {name} 要用 sentence-transformers 和 torch（{error}）：请 pip install -r requirements.txt") from error
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    dimension = model.get_embedding_dimension()
    if not dimension:
        raise EncoderError(f"编码模型 {name} 没有给出向量维数：请换一个 sentence-transformers 稠密向量模型")
    if late := said(folder / LATE, "columns"):
        return LateEncoder(model, name, fingerprint, dimension, late)
    return SentenceTransformerEncoder(model, name, fingerprint, dimension)
