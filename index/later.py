"""The shipped encoders for a server: known at once, loaded when they are first needed, so that its page need not wait for them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

import numpy as np

from index.encoder import Encoder, load_encoder, shipped
from index.types import EncoderError

log = logging.getLogger("youju.index")


class Later:
    """An encoder that whoever needs it first loads; who comes meanwhile waits.  Safe from many threads."""

    def __init__(self, name: str, fingerprint: str, dimension: int, load: Callable[[], Encoder]) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = dimension
        self._load = load
        self._loading = threading.Lock()
        self._loaded: Encoder | None = None

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """float32 [len(texts), dimension]; raises EncoderError where it cannot be loaded."""
        return self.loaded().encode(texts, query=query)

    def loaded(self) -> Encoder:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


class LaterBest:
    """Both shipped encoders, as `index.best`; the static one alone where the contextual one cannot run here, which the log tells."""

    def __init__(self, name: str, static: Later, contextual: Callable[[], Encoder]) -> None:
        self.fingerprint = static.fingerprint
        self.dimension = static.dimension
        self._name = name
        self._static = static
        self._load: Callable[[], Encoder] | None = contextual
        self._loading = threading.Lock()
        self._contextual: Encoder | None = None

    @property
    def name(self) -> str:
        return self._name if self._load or self._contextual else self._static.name

    @property
    def contextual(self) -> Encoder | None:
        """The contextual one; None where it cannot run here."""
        with self._loading:
            if self._load is not None:
                try:
                    self._contextual = self._load()
                except EncoderError as error:
                    log.error("%s；改用 fast", error)
                self._load = None
            return self._contextual

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """As the static one."""
        return self._static.encode(texts, query=query)


def load_later(name: str | None = None) -> Encoder:
    """As `load_encoder`, of which a shipped one is loaded when it is first needed.

    Raises EncoderError where there is no such model here; where another than a shipped one cannot be loaded, too.
    """
    if name not in (None, "fast", "best"):
        return load_encoder(name)
    from index.static import width

    folder, label, fingerprint = shipped("fast")
    try:
        dimension = width(folder)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"编码模型 {label} 无法加载（{error}）：请重新取得完整的代码") from error
    static = Later(label, fingerprint, dimension, lambda: load_encoder("fast"))
    if name == "fast":
        return static
    try:
        folder, label, fingerprint = shipped("best")
    except EncoderError as error:
        if name == "best":
            raise
        log.warning("%s；改用 fast", error)
        return static

    def contextual() -> Encoder:
        from index.contextual import ContextualEncoder

        return ContextualEncoder(folder, label, fingerprint)

    return LaterBest(label, static, contextual)
