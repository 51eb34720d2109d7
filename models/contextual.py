"""Trains a contextual encoder: a small ModernBERT that begins as the static one that ships and learns to read words in context.

    python -m models.contextual                     # train and save to runs/encoder/best
    python -m models.contextual --set steps=200     # any field of Config

From top to bottom: the words of models/fast that are used most, the network, the losses, the batches, the training, the saving.
A word's row, made of its static vector and of one number more that keeps its length, passes the layer norms as it is while every
layer's last matrix is zero: at step 0 the model is models/fast in its main directions, and what the layers learn is added to it.  Two losses: of the
texts' single vectors, and of their words' vectors compared late (ColBERT: Khattab & Zaharia, SIGIR 2020), so one folder serves
`SentenceTransformer.encode` with `output_value="sentence_embedding"` and with `"token_embeddings"`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from index.transformer import LATE
from models import train as static
from models.pairs import REAL_SOURCES
from models.train import ROOT, Bags, Pool, mine, prepare, put_in_place, stored
from models.vocabulary import SILENT, UNKNOWN, build_tokenizer


@dataclasses.dataclass(frozen=True)
class Config:
    """What a run does; every field can be set from the command line with --set name=value."""

    seed: int = 20261129
    threads: int = 2
    pieces: int = 28_000  # rows of the table; more would not fit beside models/fast
    width: int = 384
    layers: int = 3
    heads: int = 6
    window: int = 64  # words on either side that a word attends to: a text longer than those trained on holds no new distances
    inner: int = 512  # of a layer's gated feed-forward part
    query_tokens: int = 32
    passage_tokens: int = 112
    late: int = 96  # last columns of a word's vector, which are compared late; they weigh next to nothing in the sum of the whole
    batch: int = 256
    steps: int = 800
    rate: float = 3e-4  # Adam's, at the peak, after a tenth of the steps at most 60; then down to zero in a line
    temperature: float = 0.05
    late_temperature: float = 0.04
    group: int = 64  # pairs whose words are compared late with each other
    mix: tuple[float, ...] = (0.08, 0.34, 0.05, 0.53)  # of a batch: written questions, real questions, words, weak pairs
    like: int = 4  # pairs alike come in runs of this many, hard negatives for each other
    kinds: int = 2048  # random passages by which likeness is told
    said: float = 0.5  # chance that a query that holds official terms is said in everyday words
    drops: tuple[float, ...] = (0.0, 0.0, 0.0, 0.4)  # chance, drawn a query, that a word the passage also holds is dropped
    negatives: int = 1  # mined hard negatives a question
    twin: float = 0.9  # passages of a batch whose cosine is above this are not each other's negatives
    compiled: bool = True  # fuse the small operations; needs a C++ compiler, a third faster
    checkpoint: int = 100  # steps


# ---------------------------------------------------------------- the network


class Matrix(nn.Linear):
    """Without a bias; its weights are float32 and are trained so, the product is taken in bfloat16."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__(width, out, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(x, self.weight.to(torch.bfloat16))


class Norm(nn.LayerNorm):
    """Without a bias, in the precision of what it is given."""

    def __init__(self, width: int) -> None:
        super().__init__(width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, self.normalized_shape, self.weight.to(x.dtype))


class Attention(nn.Module):
    """Each word from the words around it, with rotary positions."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.heads
        self.Wqkv, self.Wo = Matrix(config.width, 3 * config.width), Matrix(config.width, config.width)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        query, key, value = self.Wqkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        scores = _turn(query, cos, sin) @ _turn(key, cos, sin).transpose(-1, -2) * (width // self.heads) ** -0.5
        mixed = torch.softmax(scores + mask, -1) @ value
        out: torch.Tensor = self.Wo(mixed.transpose(1, 2).reshape(batch, length, width))
        return out


class Gated(nn.Module):
    """Each word by itself."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.Wi, self.Wo = Matrix(config.width, 2 * config.inner), Matrix(config.inner, config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept, gate = self.Wi(x).chunk(2, -1)
        out: torch.Tensor = self.Wo(functional.gelu(kept) * gate)
        return out


class Layer(nn.Module):
    """A layer of ModernBERT (Warner et al., 2024): rotary attention, then a gated feed-forward part, each behind a layer norm."""

    def __init__(self, config: Config, first: bool) -> None:
        super().__init__()
        self.attn_norm = nn.Identity() if first else Norm(config.width)
        self.attn = Attention(config)
        self.mlp_norm = Norm(config.width)
        self.mlp = Gated(config)
        for inner, outer in ((self.attn.Wqkv, self.attn.Wo), (self.mlp.Wi, self.mlp.Wo)):
            nn.init.normal_(inner.weight, std=config.width**-0.5)
            nn.init.zeros_(outer.weight)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """bfloat16[b, n, width] → the same; mask: bfloat16[b, 1, n, n], 0 or very low; cos, sin: bfloat16[n, half a head]."""
        x = x + self.attn(self.attn_norm(x), mask, cos, sin)
        out: torch.Tensor = x + self.mlp(self.mlp_norm(x))
        return out


class Embeddings(nn.Module):
    """A row a piece, in float32."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.pieces, config.width)
        self.norm = Norm(config.width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        rows: torch.Tensor = self.norm(self.tok_embeddings(ids))
        return rows


def _turn(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions (Su et al., 2021) of float[..., n, head]."""
    left, right = x.chunk(2, -1)
    return torch.cat((left * cos - right * sin, right * cos + left * sin), -1)


class Network(nn.Module):
    """Token numbers → a vector a token; named as transformers' ModernBertModel names its weights."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config, first=at == 0) for at in range(config.layers))
        self.final_norm = Norm(config.width)
        self.out = Matrix(config.width, config.width)

    def start_from(self, rows: np.ndarray) -> None:
        """Takes static vectors float32[pieces, d]: the first `width` - 2 of their principal directions, lengths kept.

        A word's vector holds the first of these directions, then, a tenth as long, the very first once more, for the late comparison.
        """
        width, late = self.config.width, self.config.late
        basis = np.linalg.eigh(rows.T @ rows)[1][:, ::-1][:, : width - 2]
        content = rows @ basis
        length = np.linalg.norm(content, axis=1)
        share = length / (1.02 * length.max())  # of a row of length 1; the rest goes to a number of its own
        content *= (share / np.maximum(length, 1e-9))[:, None]
        # a basis whose first direction is all ones, so that what a layer norm subtracts, the mean, is always zero
        turned = np.linalg.qr(np.column_stack([np.ones(width), np.random.default_rng(self.config.seed).normal(size=(width, width - 1))]))[0]
        whole = np.column_stack([np.sqrt(1 - share**2), content]) @ turned[:, 1:].T * math.sqrt(width)
        back = np.concatenate([turned[:, 2 : 2 + width - late].T, 0.1 * turned[:, 2 : 2 + late].T])
        with torch.no_grad():
            self.embeddings.tok_embeddings.weight.copy_(torch.from_numpy(whole))
            self.out.weight.copy_(torch.from_numpy(back))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """int64[b, n] → bfloat16[b, n, width]."""
        x = self.embeddings(ids).to(torch.bfloat16)
        for layer in self.layers:
            x = layer(x, mask, cos, sin)
        words: torch.Tensor = self.out(self.final_norm(x))
        return words


def positions(length: int, config: Config, theta: float = 10_000.0) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin, bfloat16[length, half a head]."""
    half = config.width // config.heads // 2
    angles = torch.arange(length)[:, None] * theta ** (-torch.arange(half) / half)
    return angles.cos().to(torch.bfloat16), angles.sin().to(torch.bfloat16)


# ---------------------------------------------------------------- texts as vectors, and the losses


def padded(bags: Bags, rows: np.ndarray, skip: np.ndarray | None = None, multiple: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """int64[rows, n] token numbers, 0 before and behind, and bool[rows, n] where a token or the first 0 stands.

    The 0 in front is in no word's way: attention may rest on it, and a text without a word is not empty.
    skip: bool[all the rows' tokens], to leave out.
    """
    texts = [bags.tokens[bags.starts[row] : bags.starts[row + 1]] for row in rows]
    if skip is not None:
        cuts = np.split(skip, np.cumsum([len(text) for text in texts])[:-1])
        texts = [text[~cut] if not cut.all() else text for text, cut in zip(texts, cuts, strict=True)]
    length = 1 + max(len(text) for text in texts)
    ids = np.zeros((len(rows), -(-length // multiple) * multiple), np.int64)
    there = np.zeros(ids.shape, bool)
    for row, text in enumerate(texts):
        ids[row, 1 : 1 + len(text)] = text
        there[row, : 1 + len(text)] = True
    return torch.from_numpy(ids), torch.from_numpy(there)


def vectors(network: Callable[..., torch.Tensor], config: Config, ids: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """float[b, n, width], zero where no token stands."""
    place = torch.arange(ids.shape[1])
    seen = there[:, None, None, :] & ((place[:, None] - place[None, :]).abs() <= config.window)[None, None]
    low = torch.zeros(seen.shape, dtype=torch.bfloat16).masked_fill(~seen, -1e4)
    found = network(ids, low, *positions(ids.shape[1], config))
    return found * there[..., None]


def in_slabs(network: Callable[..., torch.Tensor], config: Config, ids: torch.Tensor, there: torch.Tensor, slabs: int = 3) -> torch.Tensor:
    """As `vectors`, in slabs of texts about as long as each other: less is padded."""
    order = there.sum(1).argsort()
    parts = []
    for some in order.chunk(slabs):
        length = min(ids.shape[1], -(-int(there[some].sum(1).max()) // 8) * 8)
        own = vectors(network, config, ids[some, :length], there[some, :length])
        parts.append(functional.pad(own, (0, 0, 0, ids.shape[1] - length)))
    return torch.cat(parts)[order.argsort()]


def whole(words: torch.Tensor) -> torch.Tensor:
    """float32[b, width]: unit vectors of texts from their words' float[b, n, width]."""
    return functional.normalize(words.float().sum(1), dim=1)


def late_scores(queries: torch.Tensor, passages: torch.Tensor, there: torch.Tensor, late: int) -> torch.Tensor:
    """float32[q, p]: for each word of a query its likest word of a passage, weighed by the query word's length."""
    asking, held = queries[..., -late:].float(), passages[..., -late:].float()
    weight = asking.norm(dim=2)
    left = functional.normalize(asking, dim=2).to(torch.bfloat16)
    right = functional.normalize(held, dim=2).to(torch.bfloat16)
    asked, length = left.shape[:2]
    alike = (left.reshape(-1, late) @ right.reshape(-1, late).T).view(asked * length, *there.shape)
    best = (alike + torch.zeros(there.shape, dtype=alike.dtype).masked_fill(~there, -2.0)).amax(2).float().view(asked, length, -1)
    return (best * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp_min(1e-6)


def contrast(scores: torch.Tensor, not_wrong: torch.Tensor, temperature: float) -> torch.Tensor:
    """InfoNCE in both directions; the first columns of scores[q, p] hold the answers in order, the others hard negatives."""
    logits = (scores / temperature).masked_fill(not_wrong, -1e4)
    right = torch.arange(len(logits))
    forth = functional.cross_entropy(logits, right)
    back = functional.cross_entropy(logits[:, : len(logits)].T, right)
    return (forth + back) / 2


# ---------------------------------------------------------------- batches


def batches(pool: Pool, near: np.ndarray, config: Config) -> Iterator[np.ndarray]:
    """Endless batches with a fixed share of each kind of pair, in runs of pairs that are alike."""
    chance = np.random.default_rng(config.seed)
    real, words = set(REAL_SOURCES), {"lexicon", "wordnet"}
    kinds = [{"questions"}, real, words, set(pool.names) - real - words - {"questions"}]
    members = [np.flatnonzero(np.isin(pool.group, [pool.names.index(name) for name in kind if name in pool.names])) for kind in kinds]

    def endless(rows: np.ndarray) -> Iterator[np.ndarray]:
        while True:
            mixed = chance.permutation(rows)
            mixed = mixed[np.argsort(near[mixed], kind="stable")]
            runs = [mixed[at : at + config.like] for at in range(0, len(mixed) - config.like + 1, config.like)]
            # runs of neighbouring kinds stay together by sixteens, so that a late group holds several of one subject
            for some in chance.permutation(-(-len(runs) // 4)):
                yield from runs[4 * some : 4 * some + 4]

    shares = [(endless(rows), int(share * config.batch) // config.like) for rows, share in zip(members, config.mix, strict=True)]
    while True:
        yield np.concatenate([next(stream) for stream, runs in shares for _ in range(runs)])


def twins(pool: Pool, rows: np.ndarray, static_rows: torch.Tensor, answered: np.ndarray, limit: float) -> torch.Tensor:
    """bool[answered, rows]: passages that the static model finds nearly the same.  Not the one in training: it could make all so."""
    unit = functional.normalize(static.multiply(pool.passages.rows(rows, len(static_rows)), static_rows), dim=1)
    return unit[: len(answered)] @ unit.T > limit


def step_loss(
    network: Callable[..., torch.Tensor], pool: Pool, static_rows: torch.Tensor, chosen: np.ndarray, chance: np.random.Generator, config: Config
) -> tuple[torch.Tensor, torch.Tensor]:
    """The two losses of a batch: of single vectors, of words compared late."""
    ways = np.where(chance.random(len(chosen)) < config.said, chance.integers(1, pool.said.shape[1], len(chosen)), 0)
    asked, answered = pool.said[chosen, ways], pool.answers[chosen]
    hard = np.full(len(chosen), -1) if pool.wrong is None else pool.wrong[chosen, 0]
    rows = np.concatenate([answered, hard[hard >= 0]])
    share = chance.choice(config.drops, len(chosen))
    skip = []
    for query, answer, drop in zip(asked, answered, share, strict=True):
        own = pool.queries.tokens[pool.queries.starts[query] : pool.queries.starts[query + 1]]
        held = pool.passages.tokens[pool.passages.starts[answer] : pool.passages.starts[answer + 1]]
        skip.append(np.isin(own, held) & (chance.random(len(own)) < drop))
    queries = in_slabs(network, config, *padded(pool.queries, asked, np.concatenate(skip)), slabs=2)
    ids, there = padded(pool.passages, rows)
    passages = in_slabs(network, config, ids, there)

    left, right = whole(queries), whole(passages)
    not_wrong = torch.from_numpy(pool.said[chosen, 0][:, None] == pool.said[chosen, 0][None, :])
    not_wrong = functional.pad(not_wrong, (0, len(rows) - len(chosen)))
    not_wrong |= torch.from_numpy(answered[:, None] == rows[None, :])
    not_wrong |= twins(pool, rows, static_rows, answered, config.twin)
    not_wrong[range(len(chosen)), range(len(chosen))] = False
    single = contrast(left @ right.T, not_wrong, config.temperature)

    late = []
    place = np.full(len(chosen), -1)
    place[hard >= 0] = np.arange(len(chosen), len(rows))
    for pairs in np.array_split(np.arange(len(chosen)), max(1, round(len(chosen) / config.group))):
        columns = torch.from_numpy(np.concatenate([pairs, place[pairs][place[pairs] >= 0]]))
        length = int(there[columns].sum(1).max())
        group = slice(pairs[0], pairs[-1] + 1)
        scores = late_scores(queries[group], passages[columns, :length], there[columns, :length], config.late)
        late.append(contrast(scores, not_wrong[group, columns], config.late_temperature))
    return single, torch.stack(late).mean()


def saved_rows(folder: Path, pieces: Sequence[tuple[str, float]]) -> np.ndarray:
    """float32[pieces, d]: the vectors that a static model has for the pieces; a mean of the characters' where it lacks one."""
    known, table = stored(folder)
    rows = np.zeros((len(pieces), table.shape[1]), np.float32)
    for row, (piece, _) in enumerate(pieces):
        parts = [piece] if piece in known else [character for character in piece if character in known]
        if parts and piece != UNKNOWN:
            rows[row] = table[[known[part] for part in parts]].mean(axis=0)
    return rows


def train(network: Network, pool: Pool, static_rows: torch.Tensor, near: np.ndarray, config: Config, keep: Path) -> list[list[float]]:
    """Adam over the steps; a checkpoint in `keep` each `config.checkpoint` steps, from which a run goes on. Returns the losses."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    losses: list[list[float]] = []
    if keep.exists():
        state = torch.load(keep, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        losses = state["losses"]
    stream = batches(pool, near, config)
    for _ in losses:
        next(stream)
    chance = np.random.default_rng(config.seed + len(losses))
    run: Callable[..., torch.Tensor] = torch.compile(network, dynamic=True) if config.compiled else network
    warm = min(60, config.steps // 10)
    began, before = time.time(), len(losses)
    for step in range(len(losses), config.steps):
        for group in optimiser.param_groups:
            group["lr"] = config.rate * min((step + 1) / max(1, warm), (config.steps - step) / (config.steps - warm))
        single, late = step_loss(run, pool, static_rows, next(stream), chance, config)
        optimiser.zero_grad(set_to_none=True)
        (single + late).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        losses.append([single.item(), late.item()])
        if (step + 1) % 20 == 0:
            rate = (time.time() - began) / (step + 1 - before)
            left = rate * (config.steps - step - 1) / 60
            means = np.mean(losses[-20:], axis=0)
            print(f"step {step + 1}/{config.steps}  single {means[0]:.4f}  late {means[1]:.4f}  {rate:.2f} s a step, {left:.0f} min left", flush=True)
        if (step + 1) % config.checkpoint == 0 or step + 1 == config.steps:
            unfinished = keep.with_suffix(".part")
            torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "losses": losses}, unfinished)
            unfinished.replace(keep)
    return losses


# ---------------------------------------------------------------- saving


def tokenizer_of(pieces: Sequence[tuple[str, float]]) -> Any:
    """transformers' tokenizer over the pieces: what carries no meaning by itself only parts the words."""
    from tokenizers import Regex, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    plain = build_tokenizer(pieces)
    plain.post_processor = processors.TemplateProcessing(single=f"{UNKNOWN} $A", special_tokens=[(UNKNOWN, 0)])
    plain.pre_tokenizer = pre_tokenizers.Split(Regex(SILENT.pattern), behavior="removed")
    return PreTrainedTokenizerFast(tokenizer_object=plain, unk_token=UNKNOWN, pad_token=UNKNOWN, model_max_length=512,
                                   model_input_names=["input_ids", "attention_mask"])  # fmt: skip


def save(folder: Path, pieces: Sequence[tuple[str, float]], network: Network, record: dict[str, Any]) -> None:
    """Writes a plain sentence-transformers folder in one move: ModernBERT, a matrix over its words' vectors, their mean, its direction."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import ModernBertConfig, ModernBertModel

    config = network.config
    shape = ModernBertConfig(
        vocab_size=config.pieces, hidden_size=config.width, intermediate_size=config.inner, num_hidden_layers=config.layers,
        num_attention_heads=config.heads, layer_types=["sliding_attention"] * config.layers, local_attention=2 * config.window,
        max_position_embeddings=512, pad_token_id=0, bos_token_id=None, eos_token_id=None, cls_token_id=None, sep_token_id=None,
    )  # fmt: skip
    bert = ModernBertModel(shape)
    weights = {name: value for name, value in network.state_dict().items() if not name.startswith("out.")}
    missing, unexpected = bert.load_state_dict(weights, strict=False)
    assert not unexpected and all("inv_freq" in name for name in missing), (missing, unexpected)
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    bert.save_pretrained(str(unfinished / "bert"))
    tokenizer_of(pieces).save_pretrained(str(unfinished / "bert"))
    words = Dense(config.width, config.width, bias=False, activation_function=nn.Identity(), init_weight=network.out.weight.detach().clone(),
                  module_input_name="token_embeddings")  # fmt: skip
    modules = [Transformer(str(unfinished / "bert")), words, Pooling(config.width, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").half().save(str(unfinished), create_model_card=False)
    shutil.rmtree(unfinished / "bert")
    settings = unfinished / "config.json"  # halves on disk, read as float32: a CPU is slow with halves
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"dtype": "float32"}, indent=2) + "\n")
    (unfinished / LATE).write_text(json.dumps({"columns": config.late}) + "\n")
    (unfinished / "figures.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    put_in_place(unfinished, folder)


# ---------------------------------------------------------------- from top to bottom


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="从随附的静态模型出发，训练带上下文的中文检索编码器")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "encoder-data", help="训练数据所在的文件夹")
    parser.add_argument("--start", type=Path, default=ROOT / "models" / "fast", help="从这个静态模型开始")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "encoder" / "best", help="模型写到哪里")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "encoder", help="缓存与断点（不入库）")
    parser.add_argument("--name", default="best", help="这次运行的名字：同名再跑，从断点接着训练")
    parser.add_argument("--set", nargs="*", default=[], metavar="名=值", help="改一项配置，如 steps=200")
    chosen = parser.parse_args(arguments)
    if not (chosen.data / "pairs").is_dir():
        sys.exit(f"找不到训练数据：{chosen.data}；请用 --data 指明含 pairs/ 的文件夹")
    config = static.configured(Config(), chosen.set)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    began = time.time()

    shape = static.Config(pieces=config.pieces, query_tokens=config.query_tokens, passage_tokens=config.passage_tokens,
                          negatives=config.negatives, seed=config.seed)  # fmt: skip
    pieces, _, _, pool = prepare(chosen.data, chosen.work, shape)
    rows = saved_rows(chosen.start, pieces)
    network = Network(config)
    network.start_from(rows)
    pool = mine(pool, rows, shape, ["questions"])
    near = static.alike(pool, rows, shape, config.kinds)
    print(f"{len(pool.answers)} pairs, {sum(p.numel() for p in network.parameters())} weights; {time.time() - began:.0f} s", flush=True)
    losses = train(network, pool, torch.from_numpy(rows), near, config, chosen.work / f"{chosen.name}.pt")
    record = {
        "config": dataclasses.asdict(config),
        "pairs": {name: int(count) for name, count in sorted(Counter(np.array(pool.names)[pool.group].tolist()).items())},
        "seconds": round(time.time() - began),
        "last losses": [round(float(value), 4) for value in np.mean(losses[-50:], axis=0)],
    }
    save(chosen.out, pieces, network, record)


if __name__ == "__main__":
    main()
