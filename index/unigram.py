"""A Unigram tokenizer (Kudo, ACL 2018) cut by sentencepiece: the pieces that Hugging Face's tokenizers finds, many times as fast."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Cut = Callable[[Sequence[str]], list[list[int]]]


def cutter(tokenizer: Tokenizer) -> Cut | None:
    """texts → piece numbers, as `tokenizer.encode_batch` without special tokens; None where the tokenizer is of another kind.

    Of cuts with equal scores either may be taken (the two sum in another precision): the pieces differ, if at all, in order.
    """
    try:
        from sentencepiece import SentencePieceProcessor
        from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined,unused-ignore]
    except ImportError:  # slower without it, the same vectors
        return None
    held = json.loads(tokenizer.to_str())
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
    normalizer = tokenizer.normalizer

    def cut(texts: Sequence[str]) -> list[list[int]]:
        plain = [normalizer.normalize_str(text) for text in texts] if normalizer else list(texts)
        found: list[list[int]] = processor.encode(plain)
        return found

    return cut


def any_cutter(tokenizer: Tokenizer) -> Cut:
    """`cutter`, or the tokenizer itself where that gives none: slower, whatever its kind."""
    return cutter(tokenizer) or (lambda texts: [each.ids for each in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)])


def _pieces(held: dict[str, Any]) -> list[tuple[str, float]]:
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
