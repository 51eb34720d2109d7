"""Training models/best further on the CPU: gently, on many kinds of pairs, an hour or more; a run goes on where it was stopped.

    python -m models.e5 --floats runs/e5/start                       # the weights to begin from
    nice -n 19 python -m models.tune --work runs/e5                  # the last checkpoint is runs/e5/state.pt
    python -m models.tune --work runs/e5 --choose                    # how far to go: writes runs/e5/trained
    python -m models.e5 --trained runs/e5/trained                    # models/best from it

A batch is of one source and of strings of pairs that the encoder to begin with finds alike, so that the others of a batch are
hard negatives and cost nothing (Hofstätter et al., 2021, "topic aware sampling").  Word rows and the lower layers stay as they
are.  What training forgets is bought back by going only part of the way from the old weights to the new (Wortsman et al., 2022,
"robust fine-tuning"): the share is chosen on pairs of every source that were kept aside, of which none was trained on.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from index.contextual import AGREE, TOKENIZER, ContextualEncoder
from models.e5 import BEST, KNOWN, NAME, PROMPTS, ROOT, from_floats, write_graph
from models.pairs import Pair, Paraphraser, read_lexicon, read_pairs, read_questions

# Pairs taken of a source: those that a person asked or wrote first, weak ones for breadth.
TAKEN: Mapping[str, int] = {
    "questions": 6_400,
    "gov_message": 2_400,
    "lawyer_llama": 2_000,
    "dureader2_demo": 1_200,
    "drcd_dev": 1_200,
    "toyhom_medical_qa": 800,
    "cmrc2018_trial": 500,
    "xquad_zh": 500,
    "roc_judicial_qa": 500,
    "csl_academic": 500,
    "crud_news_weak": 1_000,
    "lawrefbook_weak": 1_200,
    "civilservice_notes_weak": 400,
}
ASIDE = 150  # pairs of each source kept aside, to choose by
BATCH, STRING = 32, 8  # pairs of a step, and of those a string of alike ones
QUERY, PASSAGE = 48, 128  # tokens read
RATE, WARM = 2e-5, 30  # of Adam, after so many steps; it falls to nothing at the end
TEMPERATURE = 0.02
FROZEN = 4  # layers from below that stay as they are
SAID = 0.3  # chance that a query is put in everyday words
LIKELY = 0.01  # a wrong passage that scores so much above the right one is likely right too: it does not count
EVERY = 50  # steps between checkpoints
SHARES = (0.0, 0.5, 0.75, 1.0)  # of the way from the old weights to the new


@dataclass(frozen=True)
class Drawn:
    """The pairs of one source, with what the encoder to begin with makes of them."""

    source: str
    pairs: Sequence[Pair]
    queries: np.ndarray  # float32 [n, d]
    passages: np.ndarray  # float32 [n, d]

    def likely(self, chosen: np.ndarray) -> np.ndarray:
        """bool [b, b]: off the diagonal, passages of others that may well answer a query."""
        scores = self.queries[chosen] @ self.passages[chosen].T
        texts = np.array([self.pairs[at].passage for at in chosen], dtype=object)
        found: np.ndarray = (scores > np.diag(scores)[:, None] + LIKELY) | (texts[:, None] == texts[None, :])
        np.fill_diagonal(found, False)
        return found


def of_source(data: Path, source: str) -> list[Pair]:
    """All pairs of a source that can be read, in document order."""
    pairs = read_questions(data) if source == "questions" else read_pairs(data, source)
    return [pair for pair in islice(pairs, 40_000) if pair.query.strip() and pair.passage.strip()]


def drawn(data: Path, seed: int) -> tuple[dict[str, list[Pair]], dict[str, list[Pair]]]:
    """(to train on, kept aside) by source.  The hand-written questions have a test tenth of their own."""
    train, aside = {}, {}
    for source, most in TAKEN.items():
        pairs = of_source(data, source)
        random.Random(f"{seed} {source}").shuffle(pairs)
        apart = 0 if source == "questions" else min(ASIDE, len(pairs) // 5)
        held = {pair.passage for pair in pairs[:apart]}
        aside[source] = pairs[:apart]
        train[source] = [pair for pair in pairs[apart:] if pair.passage not in held][:most]
    return train, {**aside, "questions": list(read_questions(data, "test"))}


def strings(source: Drawn, chance: np.random.Generator) -> list[np.ndarray]:
    """Pairs in strings of STRING: one drawn, then those left whose passages its query is nearest to, none that may be right."""
    left = np.ones(len(source.pairs), dtype=bool)
    found = []
    for first in chance.permutation(len(source.pairs)):
        if not left[first]:
            continue
        left[first] = False
        scores = source.passages @ source.queries[first]
        scores[~left | (scores > scores[first] + LIKELY)] = -1.0
        near = np.argsort(-scores, kind="stable")[: STRING - 1]
        near = near[scores[near] > 0]
        left[near] = False
        found.append(np.array([first, *near]))
    return found


def batches(sources: Sequence[Drawn], seed: int) -> Iterator[tuple[Drawn, np.ndarray]]:
    """Without end: batches of one source, each source as often as it has pairs, its strings drawn anew when they are used up."""
    chance = np.random.default_rng(seed)
    weights = np.array([len(source.pairs) for source in sources], dtype=float)
    waiting: list[list[np.ndarray]] = [[] for _ in sources]
    while True:
        at = int(chance.choice(len(sources), p=weights / weights.sum()))
        if len(waiting[at]) < BATCH // STRING:
            fresh = strings(sources[at], chance)
            waiting[at] = [fresh[order] for order in chance.permutation(len(fresh))]
        yield sources[at], np.concatenate([waiting[at].pop() for _ in range(min(BATCH // STRING, len(waiting[at])))])


class Trained:
    """The encoder in training: the upper layers learn, the word rows and the lower layers do not."""

    def __init__(self, start: Path, half: bool) -> None:
        """half: compute in bfloat16, which pays on processors that can (AVX512-BF16, AMX: a step in 0.65 of the time)."""
        from tokenizers import Tokenizer
        from transformers import AutoModel

        self.model: Any = AutoModel.from_pretrained(start, add_pooling_layer=False, attn_implementation="sdpa").eval()  # no dropout
        self.tokenizer: Any = Tokenizer.from_file(str(start / TOKENIZER))
        for part in (self.model.embeddings, *self.model.encoder.layer[:FROZEN]):
            part.requires_grad_(False)
        self.half = half
        self.learning = [each for each in self.model.parameters() if each.requires_grad]

    def vectors(self, texts: Sequence[str], longest: int) -> torch.Tensor:
        """float32 [n, d], rows of length 1."""
        self.tokenizer.enable_truncation(longest)
        self.tokenizer.enable_padding(pad_id=1)
        cut = self.tokenizer.encode_batch_fast(list(texts))
        ids, mask = (torch.tensor([getattr(each, name) for each in cut]) for name in ("ids", "attention_mask"))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        kept = mask.unsqueeze(-1).to(states.dtype)
        return functional.normalize((states * kept).sum(1) / kept.sum(1), dim=-1)


def contrast(queries: torch.Tensor, passages: torch.Tensor, likely: torch.Tensor) -> torch.Tensor:
    """InfoNCE in both directions within the batch; what may be right counts neither way."""
    scores = (queries @ passages.T / TEMPERATURE).masked_fill(likely, float("-inf"))
    right = torch.arange(len(scores))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2


def train(trained: Trained, sources: Sequence[Drawn], said: Paraphraser, steps: int, keep: Path, seed: int) -> None:
    """Adam over `steps` batches, from the checkpoint `keep` where there is one."""
    optimiser = torch.optim.AdamW(trained.learning, lr=RATE, weight_decay=0.01)
    losses: list[float] = []
    if keep.is_file():
        state = torch.load(keep, weights_only=True)
        trained.model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        losses = state["losses"]
        print(f"从第 {len(losses)} 步接着训练", flush=True)
    began, first = time.time(), len(losses)
    for step, (source, chosen) in enumerate(islice(batches(sources, seed), steps)):
        if step < first:
            continue  # the same batches as before the stop
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM) * (1 - step / steps)
        chance = random.Random(f"{seed} {step}")
        pairs = [source.pairs[at] for at in chosen]
        asked = [said(pair.query, chance) if chance.random() < SAID else pair.query for pair in pairs]
        queries = trained.vectors([PROMPTS["query"] + text for text in asked], QUERY)
        passages = trained.vectors([PROMPTS["document"] + pair.passage for pair in pairs], PASSAGE)
        loss = contrast(queries, passages, torch.from_numpy(source.likely(chosen)))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained.learning, 1.0)
        optimiser.step()
        losses.append(float(loss.detach()))
        if (step + 1) % 10 == 0:
            print(f"{step + 1}/{steps} 步，损失 {np.mean(losses[-50:]):.3f}，{(time.time() - began) / (step + 1 - first):.1f} 秒一步", flush=True)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            unfinished = keep.with_suffix(".part")
            torch.save({"model": trained.model.state_dict(), "optimiser": optimiser.state_dict(), "losses": losses}, unfinished)
            unfinished.replace(keep)


# ---------------------------------------------------------------- choosing how far to go


def between(start: Path, trained: Path, share: float, folder: Path) -> None:
    """A transformers folder with weights this share of the way from one to the other."""
    from safetensors.numpy import load_file, save_file

    old = load_file(start / "model.safetensors")
    new = {name: value.numpy() for name, value in torch.load(trained, weights_only=True)["model"].items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", TOKENIZER):
        (folder / name).write_bytes((start / name).read_bytes())
    save_file({name: value + np.float32(share) * (new[name] - value) if name in new else value for name, value in old.items()}, folder / "model.safetensors")


def shipped(floats: Path, folder: Path, threads: int, quantised: bool = True) -> ContextualEncoder:
    """The graph of weights in full precision, as the product runs it."""
    write_graph(from_floats(floats), folder, quantised)
    return ContextualEncoder(folder, NAME, "", threads)


def reciprocal_ranks(encoder: ContextualEncoder, pairs: Sequence[Pair]) -> np.ndarray:
    """float [n]: 1 / rank of each query's own passage among all that are kept aside of its source."""
    passages = list(dict.fromkeys(pair.passage for pair in pairs))
    scores = encoder.encode([pair.query for pair in pairs], query=True) @ encoder.encode(passages).T
    own = scores[np.arange(len(pairs)), [passages.index(pair.passage) for pair in pairs]]
    return np.asarray(1 / (1 + (scores > own[:, None]).sum(axis=1)))


def agreement(floats: Path, quick: ContextualEncoder, folder: Path) -> float:
    """The least cosine over the known texts between the int8 graph and full precision: what is checked at every start."""
    exact = shipped(floats, folder, 1, quantised=False)
    sides = ((True, [query for query, _ in KNOWN]), (False, [passage for _, passage in KNOWN]))
    return min(float((exact.encode(texts, query=query) * quick.encode(texts, query=query)).sum(axis=1).min()) for query, texts in sides)


def choose(work: Path, aside: Mapping[str, Sequence[Pair]], threads: int) -> None:
    """The share of the way with the best mean over the sources, each counted once, whose int8 graph still says what full precision
    says; its weights go to work/trained."""
    means: dict[float, float] = {}
    for share in SHARES:
        between(work / "start", work / "state.pt", share, work / "between")
        encoder = shipped(work / "between", work / "graph", threads)
        ranks = {source: float(reciprocal_ranks(encoder, pairs).mean()) for source, pairs in aside.items()}
        mean, agreed = float(np.mean(list(ranks.values()))), agreement(work / "between", encoder, work / "exact")
        means |= {share: mean} if agreed >= AGREE else {}
        told = "，".join(f"{source} {rank:.3f}" for source, rank in ranks.items())
        print(f"{share:.2f}：平均 {mean:.4f}，与全精度的余弦至少 {agreed:.4f}，{told}", flush=True)
    best = max(means, key=lambda share: means[share])
    between(work / "start", work / "state.pt", best, work / "trained")
    print(f"取 {best:.2f}：{work / 'trained'}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.tune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "encoder-data", help="问答对所在")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "e5", help="start/ 是起点，断点与结果也放这里")
    parser.add_argument("--steps", type=int, default=400, help=f"共几步，一步 {BATCH} 对")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--half", action="store_true", help="用 bfloat16 计算：处理器支持时快得多")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--choose", action="store_true", help="不训练：在留出的问答对上选走多远")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train_on, aside = drawn(options.data, options.seed)
    if options.choose:
        choose(options.work, aside, options.threads)
        return
    begin = ContextualEncoder(BEST, NAME, "", options.threads)
    sources = [_seen(begin, source, pairs, options.work) for source, pairs in train_on.items()]
    said = Paraphraser(read_lexicon(options.data))
    train(Trained(options.work / "start", options.half), sources, said, options.steps, options.work / "state.pt", options.seed)


def _seen(encoder: ContextualEncoder, source: str, pairs: Sequence[Pair], work: Path) -> Drawn:
    """The vectors of a source's pairs, computed once and kept in `work`."""
    kept = work / f"{source}.npz"
    if not kept.is_file():
        queries = encoder.encode([pair.query for pair in pairs], query=True)
        passages = encoder.encode([pair.passage[: 2 * PASSAGE] for pair in pairs])
        with kept.with_suffix(".part").open("wb") as unfinished:
            np.savez(unfinished, queries=queries, passages=passages)
        kept.with_suffix(".part").replace(kept)
    held = np.load(kept)
    print(f"{source}：{len(pairs)} 对", flush=True)
    return Drawn(source, pairs, held["queries"], held["passages"])


if __name__ == "__main__":
    main()
