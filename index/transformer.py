"""Any other sentence-transformers model on the CPU, with its own prompts for queries and documents.

That library, and torch under it, are imported here alone, and only for such a model.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.types import EncoderError
from index.vectors import unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformerEncoder:
    """A sentence-transformers model."""

    def __init__(self, model: SentenceTransformer, name: str, fingerprint: str, dimension: int) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = dimension
        self._model = model.float()  # halves are slow on a CPU

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """float32 [len(texts), dimension], rows of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encode = self._model.encode_query if query else self._model.encode_document
        vectors = encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def load_transformer(folder: Path, name: str, fingerprint: str) -> SentenceTransformerEncoder:
    """The model in a folder.  Raises EncoderError where the library is not installed, or the model cannot be loaded."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read by huggingface_hub when it is first imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the server forks nothing; this silences the warning
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(
            f"编码模型 {name} 要用 sentence-transformers 加载，而它没有装（{error}）：请 pip install -r requirements.txt，"
            "或用随附的模型：--encoder best、--encoder fast"
        ) from error
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        dimension = model.get_embedding_dimension()
    except Exception as error:  # a model's own code may raise anything
        raise EncoderError(f"编码模型 {name} 无法加载（{error}）：请确认这是完整的 sentence-transformers 模型文件夹") from error
    if not dimension:
        raise EncoderError(f"编码模型 {name} 没有给出向量维数：请换一个 sentence-transformers 稠密向量模型")
    return SentenceTransformerEncoder(model, name, fingerprint, dimension)
