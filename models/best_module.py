"""models/best for sentence-transformers: `SentenceTransformer("models/best")`, where this repository can be imported.

The product itself runs the graph without that library (index/contextual.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers.sentence_transformer.modules import InputModule

from index.contextual import LONGEST, ContextualEncoder


class Contextual(InputModule):
    """Texts with their prompts in, unit vectors out; nothing here that torch could train."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.encoder = ContextualEncoder(folder, "models/best", "")
        self.max_seq_length = LONGEST

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """input_ids and attention_mask int64 [texts, most tokens], padded with 0."""
        numbers = self.encoder.cut([f"{prompt or ''}{text}" if text.strip() else "" for text in inputs])
        ids = torch.zeros(len(numbers), max(map(len, numbers), default=0), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, each in enumerate(numbers):
            ids[row, : len(each)] = torch.tensor(each)
            mask[row, : len(each)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        numbers = [ids[mask.bool()].tolist() for ids, mask in zip(features["input_ids"], features["attention_mask"], strict=True)]
        return {**features, "sentence_embedding": torch.from_numpy(self.encoder.vectors(numbers))}

    def get_embedding_dimension(self) -> int:
        return self.encoder.dimension

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        raise NotImplementedError("models/best 由 python -m models.e5 写出")

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", *_: Any, **__: Any) -> Contextual:
        return cls(Path(model_name_or_path) / subfolder)
