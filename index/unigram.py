"""A Unigram tokenizer (Kudo, ACL 2018) cut by sentencepiece: the pieces that Hugging Face's tokenizers finds, many times as fast."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Cut = Callable[[Sequence[str]], list[list[int]]]
# what no neighbour combines with in normalising, and of it what NFKC and lower case leave as it is
_APART = re.compile(r"[\n -~\u2010-\u203b\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e]*")
_CHANGED = re.compile(r"[^\n -@\[-~\u3001-\u3029\u4e00-\u9fff]")
_BY_CHARACTER = {"NFKC", "Lowercase"}


def cutter(held: Mapping[str, Any]) -> Cut | None:
    """texts → piece numbers, as `encode_batch` without special tokens of the tokenizer that a JSON describes; None where it is of another kind.

    Of cuts with equal scores either may be taken (the two sum in another precision): the pieces differ, if at all, in order.
    """
    try:
        from sentencepiece import SentencePieceProcessor
        from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined,unused-ignore]
    except ImportError:  # slower without it, the same vectors
        return None
    pieces = _pieces(held)
    if not pieces:
        return None
    model = ModelProto()
    unknown = held["model"]["unk_id"]
    for number, (piece, score) in enumerate(pieces):
        kind = ModelProto.SentencePiece.UNKNOWN if number == unknown else ModelProto.SentencePiece.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    trained = model.trainer_spec
    trained.unk_id, trained.bos_id, trained.eos_id, trained.pad_id = unknown, -1, -1, -1
    asis = model.normalizer_spec  # the tokenizer's own normalizer runs before
    asis.name, asis.add_dummy_prefix, asis.remove_extra_whitespaces, asis.escape_whitespaces = "identity", False, False, False
    processor = SentencePieceProcessor(model_proto=model.SerializeToString())
    normal = _normaliser(held["normalizer"])

    def cut(texts: Sequence[str]) -> list[list[int]]:
        found: list[list[int]] = processor.encode([normal(text) for text in texts])
        return found

    return cut


def any_cutter(described: str) -> Cut:
    """`cutter` of a tokenizer's JSON, or the tokenizer itself where that gives none: slower, whatever its kind."""
    if (cut := cutter(json.loads(described))) is not None:
        return cut
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(described)
    tokenizer.no_padding()
    return lambda texts: [each.ids for each in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _normaliser(described: Mapping[str, Any] | None) -> Callable[[str], str]:
    """What a tokenizer does to a text before it cuts it."""
    if described is None:
        return str
    from tokenizers import Tokenizer

    # of one piece: with all of them the tokenizer takes 60 MB, to do no more
    bare = {"version": "1.0", "normalizer": described, "added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": [["", 0.0]]}}
    whole: Callable[[str], str] = Tokenizer.from_str(json.dumps(bare)).normalizer.normalize_str
    if not {one["type"] for one in described.get("normalizers", [described])} <= _BY_CHARACTER:
        return whole
    known: dict[str, str] = {}

    def one(found: re.Match[str]) -> str:
        character = found[0]
        if character not in known:
            known[character] = whole(character)
        return known[character]

    # a character at a time where that is the same: several times as fast
    return lambda text: _CHANGED.sub(one, text) if _APART.fullmatch(text) else whole(text)


def _pieces(held: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The pieces and scores of a tokenizer's JSON; none where sentencepiece would cut otherwise."""
    model = held["model"]
    if model.get("type") != "Unigram" or model.get("byte_fallback") or model.get("unk_id") is None:
        return []
    if held["added_tokens"] or any(held[part] is not None for part in ("pre_tokenizer", "truncation", "padding")):
        return []
    pieces: list[tuple[str, float]] = model["vocab"]
    known = {piece for number, (piece, _) in enumerate(pieces) if number != model["unk_id"]}
    # a character that is no piece would weigh differently in the two; a piece twice or without a character is an error
    alone = all(character in known for piece in known for character in piece)
    return pieces if alone and "" not in known and len(known) == len(pieces) - 1 else []
