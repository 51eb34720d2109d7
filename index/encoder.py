"""Texts to unit vectors: the `Encoder` protocol, and which kind of model is behind a name.

Each kind has a module of its own: index/static.py reads the one shipped, index/transformer.py any sentence-transformers model.

Nothing calls out: a model is a folder, or a name whose files are in the local hub cache already.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from index.types import EncoderError

SHIPPED = "models/fast"
NAMED = {"fast": SHIPPED}  # what --encoder calls a shipped model → its folder in the code
# weights, tokenizer and settings; not its card or a log beside them
_MODEL_FILES = ("*.safetensors", "*.bin", "*.model", "*.txt", "modules.json", "*config*.json", "*token*.json", "vocab*")
_ROOT = Path(__file__).resolve().parents[1]


class Encoder(Protocol):
    """What the corpus needs of a model."""

    @property
    def name(self) -> str:
        """What to pass to `--encoder` to get it again."""

    @property
    def fingerprint(self) -> str:
        """Hash of its weights: two encoders with one fingerprint give the same vectors."""

    @property
    def dimension(self) -> int:
        """Columns of what `encode` returns."""

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """float32 [len(texts), dimension]; rows of length 1, a zero row for a text that holds nothing it knows."""


@runtime_checkable
class WordEncoder(Encoder, Protocol):
    """An encoder whose words may be compared one by one too (late interaction: Khattab & Zaharia, SIGIR 2020)."""

    def words(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each text float32 [tokens, columns]: a row a token; its length is how much the token counts."""


def load_encoder(name: str | None = None) -> Encoder:
    """The encoder in a folder or under a hub name, or a shipped one: `fast`; None: that one, in `models/fast`.

    Raises EncoderError when there is no such model here, or what is there cannot be loaded.
    """
    shipped = NAMED.get("fast" if name is None else name)
    label = shipped or str(name)
    folder = _folder(_ROOT / shipped if shipped else Path(label).expanduser(), label)
    fingerprint = _fingerprint(folder, label)
    try:
        from index.static import load_static

        return load_static(folder, label, fingerprint) or _other(folder, label, fingerprint)
    except EncoderError:
        raise
    except Exception as error:  # a model's own code may raise anything
        raise EncoderError(
            f"编码模型 {label} 无法加载（{error}）：请确认这是完整的 sentence-transformers 模型文件夹"
        ) from error


def _other(folder: Path, label: str, fingerprint: str) -> Encoder:
    """A model of another kind, by the library that knows them all: imported only here."""
    from index.transformer import load_transformer

    return load_transformer(folder, label, fingerprint)


def said(file: Path, key: str) -> Any:
    """What a settings file beside a model's weights says; None where there is no such file."""
    return json.loads(file.read_text(encoding="utf-8"))[key] if file.is_file() else None


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """float32 [n, d] with rows of length 1; a row that is zero or not finite becomes zero, never NaN."""
    vectors = np.where(np.isfinite(vectors), vectors, 0.0).astype(np.float32)
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)  # first, so that no square overflows
    vectors = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


def _folder(path: Path, label: str) -> Path:
    """Where the model's files are: the folder itself, or the snapshot that the hub cache holds for a name."""
    if path.is_dir():
        return path
    if path.exists():
        raise EncoderError(f"编码模型 {label} 不是文件夹：--encoder 要的是模型所在的文件夹或模型名")
    if label == SHIPPED:
        raise EncoderError(f"随附的编码模型 {SHIPPED} 不在：请重新取得完整的代码，或运行 python -m models.train 训练")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from huggingface_hub import snapshot_download

        candidates = [label] if "/" in label else [label, f"sentence-transformers/{label}"]
        for candidate in candidates:
            try:
                return Path(snapshot_download(candidate, local_files_only=True))
            except Exception:  # not cached, or not a valid hub name: the error below says so for both
                continue
    except ImportError:
        pass
    raise EncoderError(
        f"找不到编码模型 {label}：它不是本机的文件夹，本机的模型缓存里也没有，而运行时不联网。"
        "请在能联网的机器上把模型下载成文件夹，再用 --encoder 指向它"
    )


def _fingerprint(folder: Path, label: str) -> str:
    """SHA-256 over the names and bytes of the files that decide a model's vectors."""
    if not any((folder / name).is_file() for name in ("modules.json", "config.json")):
        raise EncoderError(
            f"{label} 不是模型文件夹（没有 modules.json）：请给出完整的 sentence-transformers 模型文件夹"
        )
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and any(path.match(pattern) for pattern in _MODEL_FILES)
    )
    if not files:
        raise EncoderError(f"编码模型文件夹 {label} 里没有模型文件：请放入完整的 sentence-transformers 模型")
    total = hashlib.sha256()
    try:
        for name, path in files:
            with path.open("rb") as stream:
                total.update(f"{name}\n{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    except OSError as error:
        raise EncoderError(f"编码模型 {label} 的文件读不出来（{error}）：请检查权限") from error
    return total.hexdigest()
