"""Texts to unit vectors: the `Encoder` protocol, and any sentence-transformers model behind it.

Nothing calls out: a model is a folder, or a name whose files are in the local hub cache already.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from index.types import EncoderError
from index.unigram import Cut, any_cutter, cutter

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import EmbeddingBag

SHIPPED = "models/fast"
LATE = "late.json"  # beside the weights of a model whose words may be compared one by one
COUNTS = "counts_config.json"  # beside those of a static model, where a word that comes back is not to count as often as it comes
SATURATED = "log1p"  # what stands there: n times the same word weigh log(1 + n)
_AT_ONCE = 4096  # texts cut into pieces before their vectors are looked up
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


class StaticEncoder:
    """A static sentence-transformers model, a vector a piece and their mean: the same vectors without that library's detours.

    saturated: a piece weighs log(1 + times it stands in the text), as in tf-idf (Salton & Buckley, 1988); that library has
    no such mean, and gives such a model's vectors with every time counted.
    """

    def __init__(self, cut: Cut, table: EmbeddingBag, name: str, fingerprint: str, saturated: bool = False) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = int(table.embedding_dim)
        self._cut = cut
        self._table = table
        self._saturated = saturated

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        import torch
        from torch.nn.functional import embedding_bag

        parts = [np.zeros((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _AT_ONCE):
            pieces = self._cut(texts[start : start + _AT_ONCE])
            lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
            numbers = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(lengths.sum()))
            weights = None
            if self._saturated:
                numbers, lengths, times = _counted(numbers, lengths, self._table.num_embeddings)
                weights = torch.from_numpy(np.log1p(times).astype(np.float32))
            starts = torch.from_numpy(np.cumsum(lengths) - lengths)
            with torch.inference_mode():  # a sum: its length is normalised away
                found = embedding_bag(torch.from_numpy(numbers), self._table.weight, starts, mode="sum", per_sample_weights=weights)
                parts.append(unit_rows(found.numpy()))
        return np.concatenate(parts)

    def words(self, texts: Sequence[str]) -> list[np.ndarray]:
        rows = self._table.weight.detach().numpy()
        found = [rows[pieces] for pieces in self._cut(texts)]
        return [each[each.any(axis=1)] for each in found]  # less what weighs nothing: punctuation, spaces


def _counted(numbers: np.ndarray, lengths: np.ndarray, pieces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each text's pieces once: their numbers int64 [n], how many a text has int64 [texts], and how often each stands there int64 [n]."""
    keys, times = np.unique(np.repeat(np.arange(len(lengths)), lengths) * pieces + numbers, return_counts=True)
    texts, numbers = np.divmod(keys, pieces)
    return numbers, np.bincount(texts, minlength=len(lengths)), times


def load_encoder(name: str | None = None) -> Encoder:
    """The encoder in a folder or under a hub name; None: the one shipped in `models/fast`.

    Raises EncoderError when there is no such model here, or what is there cannot be loaded.
    """
    if name == "best":
        from index.best import BestEncoder
        from index.contextual import ContextualEncoder

        folder = _ROOT / "models/best"
        return BestEncoder(load_encoder("fast"), ContextualEncoder(folder, "models/best", _fingerprint(folder, "models/best")))
    name = None if name == "fast" else name
    label = SHIPPED if name is None else name
    folder = _folder(_ROOT / SHIPPED if name is None else Path(name).expanduser(), label)
    fingerprint = _fingerprint(folder, label)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read by huggingface_hub when it is first imported
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the server forks nothing; this silences the warning
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(f"缺少 sentence-transformers（{error}）：请 pip install -r requirements.txt") from error
    try:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        dimension = model.get_embedding_dimension()
        late = _said(folder / LATE, "columns")
        first: Any = model[0]
        if type(first).__name__ == "StaticEmbedding":  # a look-up: threads cost more than they bring
            import torch

            torch.set_num_threads(1)
            saturated = _said(folder / COUNTS, "counts") == SATURATED
            if _unprompted(model):
                # weighed that way the vectors are ours alone, whatever is installed to cut the text
                cut = any_cutter(first.tokenizer) if saturated else cutter(first.tokenizer)
                if cut is not None:
                    return StaticEncoder(cut, first.embedding, label, fingerprint, saturated)
    except Exception as error:  # a model's own code may raise anything
        raise EncoderError(
            f"编码模型 {label} 无法加载（{error}）：请确认这是完整的 sentence-transformers 模型文件夹"
        ) from error
    if not dimension:
        raise EncoderError(f"编码模型 {label} 没有给出向量维数：请换一个 sentence-transformers 稠密向量模型")
    if late:
        return LateEncoder(model, label, fingerprint, dimension, late)
    return SentenceTransformerEncoder(model, label, fingerprint, dimension)


def _said(file: Path, key: str) -> Any:
    """What a settings file beside a model's weights says; None where there is no such file."""
    return json.loads(file.read_text(encoding="utf-8"))[key] if file.is_file() else None


def _unprompted(model: SentenceTransformer) -> bool:
    """Whether nothing is put before a text, and nothing but normalisation after its vector."""
    after = {type(module).__name__ for module in list(model)[1:]}
    return after <= {"Normalize"} and not any(model.prompts.values()) and model.truncate_dim is None


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
