"""Both shipped encoders as one: static vectors at once, contextual ones filled in behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.encoder import Encoder


@dataclass(frozen=True)
class BestEncoder:
    """An index opens with it as with the static one alone: fingerprint and vectors are that one's."""

    static: Encoder
    contextual: Encoder

    @property
    def name(self) -> str:
        return self.contextual.name

    @property
    def fingerprint(self) -> str:
        return self.static.fingerprint

    @property
    def dimension(self) -> int:
        return self.static.dimension

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        return self.static.encode(texts, query=query)
