"""Trains the encoder that ships: static vectors of words, folded into a plain sentence-transformers model.

    python -m models.train                          # train and save to models/fast
    python -m models.train --set dimension=512      # any field of Config
    python -m models.train --evaluate models/fast   # figures of a saved model on the test folders

From top to bottom: read the pairs, choose the vocabulary, turn texts into rows of token counts, train in two stages with
in-batch negatives (InfoNCE, both directions, Matryoshka), fold and save, measure. The data stay outside the repository.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import scipy.sparse as sparse
import torch
from torch.nn import functional

from index.encoder import load_encoder
from index.static import COUNTS, SATURATED, StaticEncoder
from index.unigram import any_cutter
from models import measure
from models.pairs import (
    REAL_SOURCES,
    WEAK_SOURCES,
    Pair,
    Paraphraser,
    read_lexicon,
    read_pairs,
    read_questions,
    read_wordnet,
)
from models.vocabulary import (
    build_tokenizer,
    choose_pieces,
    count_words,
    jieba_dictionary,
    parts_matrix,
    silent_rows,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
Configuration = TypeVar("Configuration", bound=Any)  # a dataclass of options


@dataclasses.dataclass(frozen=True)
class Config:
    """What a run does; every field can be set from the command line with --set name=value."""

    seed: int = 20261123
    threads: int = 2
    pieces: int = 60_000  # rows of the table
    dimension: int = 384
    widths: tuple[int, ...] = (384, 256, 64)  # Matryoshka: the loss at each of these, the first is the whole vector
    bits: int = 8  # of a stored weight: 16 (half) or 8 (a scale a row)
    parts: float = 0.5  # share of a word's vector that its characters and inner words give
    query_tokens: int = 48
    passage_tokens: int = 256
    batch: int = 2048
    temperature: float = 0.05
    rate: float = 0.01  # Adam's, at the peak; the rows start at norm about 1
    epochs: float = 2.0  # of the first stage, over the weak pairs
    said: float = 0.5  # chance that a weak query that holds official terms is said in everyday words
    drop: float = 0.4  # chance that a token of a query that the passage also holds is dropped
    second_steps: int = 300  # of the second stage: questions, real questions, lexicon, a rest of weak pairs
    second_rate: float = 0.004
    negatives: int = 1  # mined hard negatives a question in the second stage
    like: int = (
        32  # pairs of the second stage come in runs of this many alike, hard negatives for each other; 1: at random
    )
    twin: float = 0.9  # passages of a batch whose cosine is above this are not each other's negatives
    extra: float = (
        0.5  # size of the random rows that widen a saved model (--start) to `dimension`, by inverse frequency
    )
    second_mix: tuple[float, ...] = (0.1, 0.3, 0.05, 0.55)  # of a batch: questions, real, lexicon, weak
    sample: float = 1.0  # share of the weak pairs to use, for a quick look
    checkpoint: int = 200  # steps


# ---------------------------------------------------------------- texts as rows of token counts


class Bags:
    """Texts as token ids, flat, with where each begins: tokens int32[n], starts int64[texts + 1]."""

    def __init__(self, tokens: np.ndarray, starts: np.ndarray) -> None:
        self.tokens, self.starts = tokens, starts

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, tokenizer: Tokenizer, texts: Sequence[str], silent: np.ndarray, limit: int) -> Bags:
        """Each text's first `limit` tokens, silent ones left out."""
        flat: list[np.ndarray] = []
        lengths = np.zeros(len(texts) + 1, dtype=np.int64)
        for at in range(0, len(texts), 10_000):
            slab = [text[: limit * 4] for text in texts[at : at + 10_000]]
            for number, encoding in enumerate(
                tokenizer.encode_batch_fast(slab, add_special_tokens=False), start=at + 1
            ):
                ids = np.array(encoding.ids, dtype=np.int32)
                ids = ids[~silent[ids]][:limit] if len(ids) else ids
                flat.append(ids)
                lengths[number] = len(ids)
        return cls(np.concatenate(flat) if flat else np.zeros(0, np.int32), np.cumsum(lengths))

    def rows(self, chosen: np.ndarray, width: int) -> sparse.csr_matrix:
        """float32[chosen, width]: how often each token stands in each chosen text."""
        begin, length = self.starts[chosen], self.starts[chosen + 1] - self.starts[chosen]
        pointers = np.concatenate([[0], np.cumsum(length)])
        index = np.arange(pointers[-1]) - np.repeat(pointers[:-1] - begin, length)
        counts = np.ones(pointers[-1], dtype=np.float32)
        return sparse.csr_matrix((counts, self.tokens[index], pointers), shape=(len(chosen), width))


class _Multiply(torch.autograd.Function):
    """sparse @ dense with scipy, whose transposed product is many times faster here than torch's on a CPU."""

    @staticmethod
    def forward(
        ctx: Any, matrix: sparse.csr_matrix, table: torch.Tensor, turned: sparse.csr_matrix | None
    ) -> torch.Tensor:
        ctx.turned = matrix.T.tocsr() if turned is None else turned
        return torch.from_numpy(matrix @ table.detach().numpy())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[None, torch.Tensor, None]:
        return None, torch.from_numpy(ctx.turned @ gradients[0].contiguous().numpy()), None


def multiply(matrix: sparse.csr_matrix, table: torch.Tensor, turned: sparse.csr_matrix | None = None) -> torch.Tensor:
    """float32[rows, d] = sparse[rows, n] @ table[n, d], with a gradient for the table; `turned`: the transpose, if known."""
    product: torch.Tensor = _Multiply.apply(matrix, table, turned)
    return product


# ---------------------------------------------------------------- the data of a run


class Pool(NamedTuple):
    """Pairs as row numbers: query bags (one or more ways to ask), passage bags, and which group a pair is of."""

    queries: Bags
    said: np.ndarray  # int64[pairs, ways]: rows of `queries`
    passages: Bags
    answers: np.ndarray  # int64[pairs]: rows of `passages`
    group: np.ndarray  # int64[pairs]: index into `names`
    names: list[str]
    wrong: np.ndarray | None = (
        None  # int64[pairs, negatives]: rows of `passages` that look right and are not; -1 for none
    )


def pool_of(
    pairs: Sequence[Pair],
    paraphrase: Paraphraser,
    tokenizer: Tokenizer,
    silent: np.ndarray,
    config: Config,
    ways: int = 3,
) -> Pool:
    """Tokenises the pairs; each query also in `ways - 1` everyday wordings (its own again where it holds no term)."""
    chance = random.Random(config.seed)
    queries: dict[str, int] = {}
    passages: dict[str, int] = {}
    names = sorted({pair.source for pair in pairs})
    said = np.zeros((len(pairs), ways), dtype=np.int64)
    answers = np.zeros(len(pairs), dtype=np.int64)
    for number, pair in enumerate(pairs):
        answers[number] = passages.setdefault(pair.passage, len(passages))
        for way in range(ways):
            text = pair.query if way == 0 else paraphrase(pair.query, chance)
            said[number, way] = queries.setdefault(text, len(queries))
    group = np.array([names.index(pair.source) for pair in pairs], dtype=np.int64)
    return Pool(
        Bags.of(tokenizer, list(queries), silent, config.query_tokens),
        said,
        Bags.of(tokenizer, list(passages), silent, config.passage_tokens),
        answers,
        group,
        names,
    )


def read_weak(data: Path, config: Config) -> list[Pair]:
    """The weak and real pairs of the permitted sources, capped by source, in random order."""
    chance = random.Random(config.seed)
    taken: list[Pair] = []
    for source, cap in WEAK_SOURCES.items():
        rows = list(read_pairs(data, source))
        chance.shuffle(rows)
        taken += rows[: int(min(cap, len(rows)) * config.sample)]
    chance.shuffle(taken)
    return taken


# ---------------------------------------------------------------- the model


class Table:
    """The vectors being trained: own float32[n, d]; a word's vector is its own plus its parts'."""

    def __init__(self, frequency: np.ndarray, parts: sparse.csr_matrix, silent: np.ndarray, config: Config) -> None:
        generator = torch.Generator().manual_seed(config.seed)
        # A rare word starts long and a common one short, as in BM25: the mean then weighs words by what they tell.
        weight = np.log1p(frequency.sum() / (frequency + 50.0)) / 8.0
        weight[silent] = 0.0
        start = torch.randn(len(frequency), config.dimension, generator=generator) / math.sqrt(config.dimension)
        self.own = (start * torch.from_numpy(weight.astype(np.float32))[:, None]).requires_grad_()
        self.parts = parts
        silence = sparse.diags((~silent).astype(np.float32))
        self.fold = (silence @ (sparse.identity(len(frequency), dtype=np.float32, format="csr") + parts)).tocsr()
        self.turned = self.fold.T.tocsr()

    def start_from(self, saved: np.ndarray, extra: float) -> None:
        """Takes the rows of a saved table float32[n, d]; columns beyond its d stay random, `extra` times its mean length.

        The saved rows are folded; own rows follow from them, since a part is always shorter than its word.
        """
        own = saved.copy()
        for _ in range(12):
            own = saved - self.parts @ own
        width = saved.shape[1]
        beyond = self.own.data[:, width:]
        length = np.linalg.norm(saved, axis=1).mean() / max(1e-9, float(self.own.data.norm(dim=1).mean()))
        beyond *= extra * length * math.sqrt(self.own.shape[1] / max(1, beyond.shape[1]))
        self.own.data[:, :width] = torch.from_numpy(own)

    def folded(self) -> torch.Tensor:
        """float32[n, d]: the table as it is saved."""
        return multiply(self.fold, self.own, self.turned)


def contrast(query: torch.Tensor, passage: torch.Tensor, same: torch.Tensor, config: Config) -> torch.Tensor:
    """InfoNCE over the batch in both directions, summed over the Matryoshka widths.

    query, passage: float32[b, d] (passages may be more: extra rows are hard negatives); same: bool[b, passages], other
    pairs whose passage or query is the same and which must not count as wrong.
    """
    loss = query.new_zeros(())
    for width in config.widths:
        left = functional.normalize(query[:, :width], dim=1)
        right = functional.normalize(passage[:, :width], dim=1)
        # Cosines are at most 1, so exp((cosine - 1) / t) cannot overflow and one matrix serves both directions.
        scores = (left.to(torch.bfloat16) @ right.to(torch.bfloat16).T).float()
        odds = torch.exp((scores - 1) / config.temperature).masked_fill(same, 0.0)
        own = (scores.diagonal() - 1) / config.temperature
        loss = loss + (odds.sum(dim=1).log() + odds[:, : len(query)].sum(dim=0).log() - 2 * own).mean()
    return loss / (2 * len(config.widths))


def without_shared(
    query: sparse.csr_matrix, passage: sparse.csr_matrix, share: float, chance: np.random.Generator
) -> sparse.csr_matrix:
    """The queries with each token that their own passage holds dropped with this chance: what is left must be understood."""
    width = query.shape[1]

    def keys(matrix: sparse.csr_matrix) -> np.ndarray:
        return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * width + matrix.indices

    shared = np.isin(keys(query), keys(passage))
    fewer = query.copy()
    fewer.data[shared & (chance.random(len(fewer.data)) < share)] = 0.0
    return fewer


def mine(
    pool: Pool, weights: np.ndarray, config: Config, names: Sequence[str], slab: int = 1024, among: int = 40_000
) -> Pool:
    """Hard negatives for the pairs of the named groups: passages of the same group that the model ranks first.

    Left out as likely right: whatever scores above 0.95 of the answer's own score, and passages that share half their
    tokens with the answer (chunks of one document overlap).
    """
    table = torch.from_numpy(weights / 1.0)
    chance = np.random.default_rng(config.seed)
    wrong = np.full((len(pool.answers), config.negatives), -1, dtype=np.int64)
    for name in names:
        pairs = np.flatnonzero(pool.group == pool.names.index(name))
        every = np.unique(pool.answers[pairs])
        every = np.sort(chance.permutation(every)[:among])
        counts = pool.passages.rows(every, len(weights))
        vectors = functional.normalize(multiply(counts, table), dim=1)
        holds = counts.sign()
        for at in range(0, len(pairs), slab):
            some = pairs[at : at + slab]
            query = functional.normalize(multiply(pool.queries.rows(pool.said[some, 0], len(weights)), table), dim=1)
            answer = pool.passages.rows(pool.answers[some], len(weights))
            own = (query * functional.normalize(multiply(answer, table), dim=1)).sum(dim=1)
            scores = (query.to(torch.bfloat16) @ vectors.to(torch.bfloat16).T).float()
            scores[scores > 0.95 * own[:, None]] = -1.0
            found = scores.topk(min(20, len(every)), dim=1)
            answer = answer.sign()
            size = np.asarray(answer.sum(axis=1)).ravel()
            for number, (rows, values) in enumerate(zip(found.indices.numpy(), found.values.numpy(), strict=True)):
                overlap = (holds[rows] @ answer[number].T).toarray().ravel() / max(1.0, size[number])
                fit = rows[(overlap < 0.5) & (values > -1.0)]
                wrong[some[number], : len(fit)] = every[fit[: config.negatives]]
    return pool._replace(wrong=wrong)


def draw(
    pool: Pool, chosen: np.ndarray, chance: np.random.Generator, config: Config
) -> tuple[np.ndarray, np.ndarray, torch.Tensor]:
    """Query rows, passage rows (hard negatives after the answers), bool[pairs, passages] of what must not count as wrong."""
    ways = np.where(chance.random(len(chosen)) < config.said, chance.integers(1, pool.said.shape[1], len(chosen)), 0)
    asked, answered, original = pool.said[chosen, ways], pool.answers[chosen], pool.said[chosen, 0]
    same = original[:, None] == original[None, :]
    if pool.wrong is not None:
        wrong = pool.wrong[chosen].ravel()
        answered = np.concatenate([answered, wrong[wrong >= 0]])
        same = np.pad(same, ((0, 0), (0, len(answered) - len(chosen))))
    same |= pool.answers[chosen][:, None] == answered[None, :]
    np.fill_diagonal(same, False)
    return asked, answered, torch.from_numpy(same)


def train(
    table: Table, pool: Pool, batches: Sequence[np.ndarray], rate: float, config: Config, name: str, keep: Path | None
) -> list[float]:
    """Runs Adam over the batches with a linear warm-up and decay; returns the loss of each step.

    `keep`: where a checkpoint is written each `config.checkpoint` steps, and read from when the run goes on.
    """
    chance = np.random.default_rng(config.seed)
    optimiser = torch.optim.Adam([table.own], lr=rate, fused=True)
    losses: list[float] = []
    if keep and keep.exists():
        state = torch.load(keep, weights_only=True)
        table.own.data.copy_(state["own"])
        optimiser.load_state_dict(state["optimiser"])
        losses = state["losses"]
        chance = np.random.default_rng([config.seed, len(losses)])
    width = len(table.own)
    began = time.time()
    for step in range(len(losses), len(batches)):
        progress = step / len(batches)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / (0.05 * len(batches) + 1), (1 - progress) / 0.9 + 0.01)
        asked, answered, same = draw(pool, batches[step], chance, config)
        folded = table.folded()
        query_counts, passage_counts = pool.queries.rows(asked, width), pool.passages.rows(answered, width)
        if config.drop:
            query_counts = without_shared(query_counts, passage_counts[: len(asked)], config.drop, chance)
        both = multiply(sparse.vstack([query_counts, passage_counts], format="csr"), folded)
        query, passage = both[: len(asked)], both[len(asked) :]
        if config.twin < 1:
            unit = functional.normalize(passage.detach(), dim=1).to(torch.bfloat16)
            same |= (unit[: len(query)] @ unit.T > config.twin).fill_diagonal_(False)
        loss = contrast(query, passage, same, config)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        if step % 50 == 0 or step == len(batches) - 1:
            print(
                f"{name} {step + 1}/{len(batches)} loss {np.mean(losses[-50:]):.3f} {time.time() - began:.0f} s",
                flush=True,
            )
        if keep and ((step + 1) % config.checkpoint == 0 or step + 1 == len(batches)):
            unfinished = keep.with_suffix(".part")
            torch.save({"own": table.own.data, "optimiser": optimiser.state_dict(), "losses": losses}, unfinished)
            unfinished.replace(keep)
    return losses


# ---------------------------------------------------------------- saving, loading, measuring


def encoder_of(tokenizer: Tokenizer, weights: np.ndarray) -> measure.Encode:
    """texts -> unit rows, straight from a table: what the product gives for the saved model, without the saving."""
    ones = np.ones(len(weights), dtype=np.float32)
    return StaticEncoder(any_cutter(tokenizer.to_str()), weights, ones, "", "", saturated=True).encode


def save(folder: Path, tokenizer: Tokenizer, weights: np.ndarray, bits: int, figures: dict[str, Any]) -> None:
    """Writes a plain sentence-transformers folder in one move: StaticEmbedding, then Normalize.

    The weights go to disk as halves, or as bytes, times a float32 scale a row; StaticEmbedding multiplies the two when it
    loads, so that vectors are float32 in memory either way.  `COUNTS` beside them has the product weigh repeated words less.
    """
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights), Normalize()], device="cpu"
    )
    model.save(str(unfinished), create_model_card=False)
    scale = np.maximum(np.abs(weights).max(axis=1), 1e-12).astype(np.float32)
    unit = weights / scale[:, None]
    packed = torch.from_numpy(unit).half() if bits == 16 else torch.from_numpy(np.rint(unit * 127)).to(torch.int8)
    scale = scale if bits == 16 else scale / 127
    (file,) = unfinished.rglob("model.safetensors")
    save_file({"embeddings": packed, "weights": torch.from_numpy(scale)}, file)
    file.chmod(0o644)
    (unfinished / COUNTS).write_text(json.dumps({"counts": SATURATED}) + "\n", encoding="utf-8")
    (unfinished / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    put_in_place(unfinished, folder)


def put_in_place(unfinished: Path, folder: Path) -> None:
    """Moves a folder written in full to where it belongs, over the one that may be there."""
    before = folder.with_name(folder.name + ".old")
    if folder.exists():
        folder.rename(before)
    unfinished.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def stored(folder: Path) -> tuple[dict[str, int], np.ndarray]:
    """piece -> row, and the table float32[n, d], of a model that `save` wrote."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    rows: dict[str, int] = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    held = load_file(folder / "model.safetensors")
    return rows, held["embeddings"].astype(np.float32) * held["weights"][:, None]


def saved_table(folder: Path, pieces: Sequence[tuple[str, float]]) -> np.ndarray:
    """float32[n, d]: the table of a model that `save` wrote, whose pieces must be these."""
    vocabulary, table = stored(folder)
    if any(vocabulary.get(piece) != row for row, (piece, _) in enumerate(pieces)):
        sys.exit(f"{folder} 的词表与这次的不同，不能接着训练；请去掉 --start 从头训练")
    return table


def load(folder: Path) -> measure.Encode:
    """texts -> unit rows of any saved sentence-transformers model."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")

    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.asarray(model.encode(list(texts), batch_size=1024, normalize_embeddings=True), dtype=np.float32)

    return encode


def speed(ways: dict[str, measure.Encode], data: Path, rounds: int = 3) -> dict[str, dict[str, float]]:
    """Each way's best of some rounds, turn about since the machine may be busy: passages a second, milliseconds a question.

    20,000 different passages of the tests at most, cut to 150 characters; 500 questions, each asked alone.
    """
    tests = [measure.read_test(folder) for folder in sorted((data / "test").iterdir()) if folder.is_dir()]
    cut = list(dict.fromkeys(text[:150] for test in tests for text in test.passages if len(text) >= 150))
    cut = random.Random(0).sample(cut, min(20_000, len(cut)))
    questions = [query for test in tests for query in test.queries][:: max(1, sum(len(test.queries) for test in tests) // 500)]
    best = {way: {"passages/s": 0.0, "ms/question": math.inf} for way in ways}
    for _ in range(rounds):
        for way, encode in ways.items():
            began = time.perf_counter()
            encode(cut)
            middle = time.perf_counter()
            for question in questions:
                encode([question])
            rate, each = len(cut) / (middle - began), 1000 * (time.perf_counter() - middle) / len(questions)
            was = best[way]
            best[way] = {"passages/s": round(max(was["passages/s"], rate)), "ms/question": round(min(was["ms/question"], each), 3)}
    return best


def show(figures: dict[str, dict[str, float]]) -> None:
    """Prints the table of figures."""
    keys = list(figures["mean"])
    print(" " * 22 + " ".join(f"{key:>15}" for key in keys))
    for name, row in figures.items():
        print(f"{name:22}" + " ".join(f"{row[key]:15.4f}" for key in keys), flush=True)


# ---------------------------------------------------------------- from top to bottom


def prepare(data: Path, work: Path, config: Config) -> tuple[list[tuple[str, float]], np.ndarray, Pool, Pool]:
    """Pieces, their frequency, the pool of the first stage and that of the second; kept under `work` for the next run."""
    settings = [config.seed, config.pieces, config.query_tokens, config.passage_tokens, config.sample]
    kept = work / ("prepared-" + "-".join(map(str, settings)) + ".npz")
    if kept.exists():
        return read_prepared(kept)
    began = time.time()
    weak = read_weak(data, config)
    lexicon = read_lexicon(data)
    strong = list(read_questions(data)) + [pair for pair in weak if pair.source in REAL_SOURCES]
    terms = [Pair(way, term, "lexicon") for term, also in lexicon for way in also]
    terms += [Pair(words[0], word, "wordnet") for words in read_wordnet(data) for word in words[1:]]
    print(
        f"{len(weak)} weak pairs, {len(strong)} strong, {len(terms)} of words; {time.time() - began:.0f} s", flush=True
    )
    distinct = list(dict.fromkeys(pair.passage for pair in weak[::3]))
    counts = count_words([*distinct, *(pair.query for pair in strong), *(pair.query for pair in terms)])
    pieces = choose_pieces(counts, config.pieces, jieba_dictionary())
    tokenizer, silent = build_tokenizer(pieces), silent_rows(pieces)
    print(f"{len(pieces)} pieces; {time.time() - began:.0f} s", flush=True)
    paraphrase = Paraphraser(lexicon)
    first = pool_of(weak, paraphrase, tokenizer, silent, config)
    second = pool_of(strong + terms + weak[: len(weak) // 3], paraphrase, tokenizer, silent, config)
    frequency = np.bincount(first.passages.tokens, minlength=len(pieces)).astype(np.float64)
    print(f"texts as tokens; {time.time() - began:.0f} s", flush=True)
    work.mkdir(parents=True, exist_ok=True)
    write_prepared(kept, pieces, frequency, first, second)
    return pieces, frequency, first, second


def write_prepared(
    file: Path, pieces: list[tuple[str, float]], frequency: np.ndarray, first: Pool, second: Pool
) -> None:
    """Keeps what `prepare` made for the next run: arrays, and names as arrays of text."""
    arrays = {"frequency": frequency, "pieces": np.array([piece for piece, _ in pieces])}
    arrays["scores"] = np.array([score for _, score in pieces])
    for name, pool in (("first", first), ("second", second)):
        arrays |= {f"{name}.said": pool.said, f"{name}.answers": pool.answers, f"{name}.group": pool.group}
        arrays |= {f"{name}.names": np.array(pool.names)}
        for side, bags in (("queries", pool.queries), ("passages", pool.passages)):
            arrays |= {f"{name}.{side}.tokens": bags.tokens, f"{name}.{side}.starts": bags.starts}
    unfinished = file.with_name("unfinished-" + file.name)
    np.savez(unfinished, **arrays)  # type: ignore[arg-type]  # numpy's stub takes a name for allow_pickle
    unfinished.replace(file)


def read_prepared(file: Path) -> tuple[list[tuple[str, float]], np.ndarray, Pool, Pool]:
    """What `write_prepared` kept."""
    with np.load(file) as arrays:
        pools = [
            Pool(
                Bags(arrays[f"{name}.queries.tokens"], arrays[f"{name}.queries.starts"]),
                arrays[f"{name}.said"],
                Bags(arrays[f"{name}.passages.tokens"], arrays[f"{name}.passages.starts"]),
                arrays[f"{name}.answers"],
                arrays[f"{name}.group"],
                arrays[f"{name}.names"].tolist(),
            )
            for name in ("first", "second")
        ]
        pieces = list(zip(arrays["pieces"].tolist(), arrays["scores"].tolist(), strict=True))
        return pieces, arrays["frequency"], pools[0], pools[1]


def first_batches(pool: Pool, config: Config) -> list[np.ndarray]:
    """Shuffled batches of the weak pairs, `config.epochs` times over."""
    chance = np.random.default_rng(config.seed)
    steps = int(config.epochs * len(pool.answers) / config.batch)
    order = np.concatenate([chance.permutation(len(pool.answers)) for _ in range(max(1, math.ceil(config.epochs)))])
    return [order[at * config.batch : (at + 1) * config.batch] for at in range(steps)]


def alike(pool: Pool, weights: np.ndarray, config: Config, kinds: int = 512) -> np.ndarray:
    """int64[pairs]: to which of some random passages each pair's passage is nearest."""
    table = torch.from_numpy(weights)
    chance = np.random.default_rng(config.seed)
    near = np.zeros(len(pool.answers), dtype=np.int64)

    def vectors(rows: np.ndarray) -> torch.Tensor:
        return functional.normalize(multiply(pool.passages.rows(rows, len(weights)), table), dim=1).to(torch.bfloat16)

    centres = vectors(chance.choice(pool.answers, kinds))
    for at in range(0, len(near), 10_000):
        near[at : at + 10_000] = (vectors(pool.answers[at : at + 10_000]) @ centres.T).argmax(dim=1).numpy()
    return near


def second_batches(pool: Pool, near: np.ndarray, config: Config) -> list[np.ndarray]:
    """Batches with a fixed share of questions, real questions, words and weak pairs, in runs of pairs that are alike."""
    chance = np.random.default_rng(config.seed + 1)
    kinds: list[set[str]] = [
        {"questions"},
        set(REAL_SOURCES),
        {"lexicon", "wordnet"},
        set(WEAK_SOURCES) - set(REAL_SOURCES),
    ]
    members = [
        np.flatnonzero(np.isin(pool.group, [pool.names.index(name) for name in kind if name in pool.names]))
        for kind in kinds
    ]
    shares = [int(share * config.batch) // config.like * config.like for share in config.second_mix]

    def endless(rows: np.ndarray) -> Iterator[np.ndarray]:
        while True:
            mixed = chance.permutation(rows)
            mixed = mixed[np.argsort(near[mixed], kind="stable")]
            runs = [mixed[at : at + config.like] for at in range(0, len(mixed) - config.like + 1, config.like)]
            yield from (runs[number] for number in chance.permutation(len(runs)))

    streams = [endless(rows) for rows in members]
    return [
        np.concatenate(
            [next(stream) for stream, share in zip(streams, shares, strict=True) for _ in range(share // config.like)]
        )
        for _ in range(config.second_steps)
    ]


def configured(config: Configuration, changes: Sequence[str]) -> Configuration:
    """A configuration with the fields that ``name=value`` texts name changed; exits with the names there are at one that it lacks."""
    fields = [field.name for field in dataclasses.fields(config)]
    wanted = dict(change.split("=", 1) for change in changes)
    unknown = set(wanted) - set(fields)
    if unknown:
        sys.exit(f"没有这项配置：{'、'.join(sorted(unknown))}；可改的有：{'、'.join(fields)}")
    return dataclasses.replace(config, **{name: json.loads(value.replace("(", "[").replace(")", "]")) for name, value in wanted.items()})


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="训练随仓库发布的静态中文检索编码器")
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "encoder-data", help="训练与测试数据所在的文件夹"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "fast", help="模型写到哪里")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "encoder", help="缓存与断点（不入库）")
    parser.add_argument("--name", default="run", help="这次运行的名字：同名再跑，从断点接着训练")
    parser.add_argument("--set", nargs="*", default=[], metavar="名=值", help="改一项配置，如 dimension=512")
    parser.add_argument("--start", type=Path, help="从这个已存的模型接着训练（词表须相同），可加宽")
    parser.add_argument("--evaluate", type=Path, help="只评测这个模型，不训练")
    chosen = parser.parse_args(arguments)
    if not (chosen.data / "pairs").is_dir():
        sys.exit(f"找不到训练数据：{chosen.data}；请用 --data 指明含 pairs/ 的文件夹")
    if chosen.evaluate:
        ways = {"sentence-transformers": load(chosen.evaluate), "index.encoder": load_encoder(str(chosen.evaluate)).encode}
        for way, encode in ways.items():
            print(way)
            show(measure.measure(chosen.data, encode, chosen.work))
        for way, fast in speed(ways, chosen.data).items():
            print(f"{way:22} {fast}  负载 {os.getloadavg()[0]:.1f}")
        return
    config = configured(Config(), chosen.set)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    began = time.time()

    pieces, frequency, first, second = prepare(chosen.data, chosen.work, config)
    tokenizer, silent = build_tokenizer(pieces), silent_rows(pieces)
    table = Table(frequency, parts_matrix(pieces, config.parts), silent, config)
    checkpoints = [chosen.work / f"{chosen.name}-{stage}.pt" for stage in ("first", "second")]
    if chosen.start:
        table.start_from(saved_table(chosen.start, pieces), config.extra)
    losses = train(table, first, first_batches(first, config), config.rate, config, "first", checkpoints[0])
    weights = table.folded().detach().numpy()
    if config.negatives:
        second = mine(second, weights, config, ["questions"])
        assert second.wrong is not None
        print(f"hard negatives for {(second.wrong[:, 0] >= 0).sum()} pairs, {time.time() - began:.0f} s", flush=True)
    batches = second_batches(second, alike(second, weights, config), config)
    losses += train(table, second, batches, config.second_rate, config, "second", checkpoints[1])

    weights = table.folded().detach().numpy()
    figures = measure.measure(chosen.data, encoder_of(tokenizer, weights), chosen.work)
    show(figures)
    record = {
        "config": dataclasses.asdict(config),
        "pairs": {
            name: int(count) for name, count in sorted(Counter(np.array(first.names)[first.group].tolist()).items())
        },
        "seconds": round(time.time() - began),
        "last loss": round(float(np.mean(losses[-50:])), 4) if losses else None,
        "figures": figures,
    }
    save(chosen.out, tokenizer, weights, config.bits, record)


if __name__ == "__main__":
    main()
