"""Texts to unit vectors: the `Encoder` protocol, and which encoder a name means.

Nothing calls out: a model is shipped, or a folder, or a name whose files are in the local hub cache already.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from index.types import EncoderError

log = logging.getLogger("youju.index")
SHIPPED = {"fast": "models/fast", "best": "models/best"}
"""Names that `--encoder` takes → folders of this repository."""
# weights, tokenizer and settings; not its card or a log beside them
_MODEL_FILES = ("*.safetensors", "*.onnx", "*.bin", "*.model", "*.txt", "modules.json", "*config*.json", "*token*.json", "vocab*")
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
    """`fast` or `best` as shipped, or the encoder in a folder or under a hub name.

    None: best, or fast where best cannot run on this machine, which is told in the log.  Raises EncoderError when there is no
    such model here, or what is there cannot be loaded.
    """
    if name is None:
        try:
            return load_encoder("best")
        except EncoderError as error:
            log.warning("%s；改用 fast", error)
            return load_encoder("fast")
    if name in SHIPPED:
        folder, label, fingerprint = shipped(name)
    else:
        folder, label = _folder(Path(name).expanduser(), name), name
        fingerprint = _fingerprint(folder, label)
    if name == "best":
        from index.best import BestEncoder
        from index.contextual import ContextualEncoder

        return BestEncoder(load_encoder("fast"), ContextualEncoder(folder, label, fingerprint))
    from index.static import load_static
    from index.transformer import load_transformer

    try:
        static = load_static(folder, label, fingerprint)
    except Exception as error:  # the readers of weights and tokenizers raise what they like
        raise EncoderError(f"编码模型 {label} 无法加载（{error}）：请确认这是完整的 sentence-transformers 模型文件夹") from error
    return static or load_transformer(folder, label, fingerprint)


def shipped(name: str) -> tuple[Path, str, str]:
    """Folder, label and fingerprint of the model that is shipped under a name; raises EncoderError where it is not there."""
    label = SHIPPED[name]
    folder = _folder(_ROOT / label, label)
    return folder, label, _fingerprint(folder, label)


def _folder(path: Path, label: str) -> Path:
    """Where the model's files are: the folder itself, or the snapshot that the hub cache holds for a name."""
    if path.is_dir():
        return path
    if path.exists():
        raise EncoderError(f"编码模型 {label} 不是文件夹：--encoder 要的是模型所在的文件夹或模型名")
    if label in SHIPPED.values():
        raise EncoderError(f"随附的编码模型 {label} 不在：请重新取得完整的代码")
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
