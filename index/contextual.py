"""The shipped contextual encoder: an ONNX graph run by ONNX Runtime, a text at a time, several texts at once.

A text alone needs no padding, and its vector does not depend on what is encoded beside it.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from index.types import EncoderError

GRAPH, TOKENIZER, REFERENCE, SETTINGS = "model.onnx", "tokenizer.json", "reference.json", "config_sentence_transformers.json"
AGREE = 0.99  # cosine with the stored vectors below which this processor is said to compute something else
LONGEST = 512  # tokens of a text: the rest is not read


class ContextualEncoder:
    """A graph that gives unit vectors; safe from many threads."""

    def __init__(self, folder: Path, name: str, fingerprint: str, threads: int | None = None) -> None:
        """Raises EncoderError where ONNX Runtime is missing, a file is no graph, or the vectors are not those stored beside it."""
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EncoderError(f"缺少 {error.name}：请 pip install -r requirements.txt，或改用 --encoder fast") from error
        self.name = name
        self.fingerprint = fingerprint
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # texts run beside each other instead
        # the graph is written as it should run: fusing its sums into its normalisations makes them several times slower
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(folder / GRAPH, options, providers=["CPUExecutionProvider"])
            self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER))
            prompts = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))["prompts"]
            self._prompts: dict[bool, str] = {True: prompts["query"], False: prompts["document"]}
            stored = json.loads((folder / REFERENCE).read_text(encoding="utf-8"))
        except Exception as error:  # the runtime's own errors are of no common kind
            raise EncoderError(f"编码模型 {name} 无法加载（{error}）：请重新取得完整的 {folder}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)
        self.dimension = int(self._session.get_outputs()[0].shape[1])
        self._threads = threads or os.cpu_count() or 1
        agreed = self._agreement(stored)
        if agreed < AGREE:
            raise EncoderError(
                f"编码模型 {name} 在这台机器上算出的向量与随附的不同（余弦 {agreed:.3f}，应不低于 {AGREE}）：请改用 --encoder fast，并把处理器型号告诉我们"
            )

    def with_threads(self, threads: int) -> ContextualEncoder:
        """The same, on fewer threads: for what may take its time."""
        other = copy.copy(self)
        other._threads = threads
        return other

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """float32 [len(texts), dimension]; rows of length 1, a zero row for a text that is empty or blank."""
        return self.vectors(self.cut([self._prompts[query] + text if text.strip() else "" for text in texts]))

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of texts that have their prompt before them; none of an empty text."""
        return [each.ids if text else [] for text, each in zip(texts, self._tokenizer.encode_batch_fast(list(texts)), strict=True)]

    def vectors(self, numbers: Sequence[Sequence[int]]) -> np.ndarray:
        """float32 [len(numbers), dimension], rows of length 1, of texts given by their token numbers."""
        found = np.zeros((len(numbers), self.dimension), dtype=np.float32)
        told = [at for at, each in enumerate(numbers) if each]
        if len(told) > 1:
            with ThreadPoolExecutor(self._threads) as pool:
                found[told] = list(pool.map(self._vector, (numbers[at] for at in told)))
        elif told:
            found[told[0]] = self._vector(numbers[told[0]])
        return found

    def _vector(self, numbers: Sequence[int]) -> np.ndarray:
        vector: np.ndarray = self._session.run(None, {"ids": np.array([numbers], dtype=np.int64)})[0][0]
        return vector if np.isfinite(vector).all() else np.zeros_like(vector)

    def _agreement(self, stored: Any) -> float:
        """The least cosine between the vectors computed here and those stored: {"query": bool, "text": str, "vector": [float]}."""
        cosines = [float(self.encode([one["text"]], query=one["query"])[0] @ np.array(one["vector"], np.float32)) for one in stored]
        return min(cosines, default=1.0)  # a folder in the making stores none yet
