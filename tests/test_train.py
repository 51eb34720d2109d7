"""The encoder that ships, and the script that trains it: a tiny run from pairs to a folder, and the folder in the repository."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("rjieba", reason="训练用的分词器 rjieba 未安装")
pytest.importorskip("jieba")

from index.encoder import load_encoder  # noqa: E402
from models import measure, train  # noqa: E402
from models.pairs import Pair, Paraphraser  # noqa: E402
from models.vocabulary import build_tokenizer, choose_pieces, count_words, jieba_dictionary, parts_matrix, silent_rows  # noqa: E402

SHIPPED = Path(__file__).resolve().parent.parent / "models" / "fast"

SUBJECTS = ["行政复议", "法律援助", "食品安全", "义务教育", "垃圾分类", "公共租赁住房", "河道治理", "数据共享"]
PLACES = ["青川市", "临江市", "白石县", "望海区"]
PAIRS = [
    Pair(
        f"{place}{subject}工作做得怎么样",
        f"2025年，{place}持续加强{subject}，全年办理{subject}事项{number}件。",
        "fiction",
    )
    for number, (place, subject) in enumerate(((place, subject) for place in PLACES for subject in SUBJECTS), start=11)
]


@pytest.fixture(scope="module")
def config() -> train.Config:
    return train.Config(dimension=32, widths=(32, 16), batch=16, epochs=15, rate=0.02, pieces=9000, threads=1)


@pytest.fixture(scope="module")
def pieces() -> list[tuple[str, float]]:
    counts = count_words([text for pair in PAIRS for text in (pair.query, pair.passage)])
    return choose_pieces(counts, 9000, jieba_dictionary())


def test_the_tokenizer_cuts_as_jieba_does(pieces: list[tuple[str, float]]) -> None:
    tokenizer = build_tokenizer(pieces)
    assert tokenizer.encode("青川市加强行政复议工作").tokens[-3:] == ["加强", "行政复议", "工作"]
    assert tokenizer.encode("食品安全，垃圾分类").tokens == ["食品安全", ",", "垃圾", "分类"]


def test_wide_and_upper_case_letters_are_the_same_tokens(pieces: list[tuple[str, float]]) -> None:
    tokenizer = build_tokenizer(pieces)
    assert tokenizer.encode("ＡＢ２０２５年").ids == tokenizer.encode("ab2025年").ids


def test_punctuation_and_spaces_are_silent(pieces: list[tuple[str, float]]) -> None:
    tokenizer, silent = build_tokenizer(pieces), silent_rows(pieces)
    assert silent[tokenizer.encode("，。 —《》（）\n\t！").ids].all()
    assert not silent[tokenizer.encode("青川市2025年a").ids].any()


def test_an_official_term_is_said_in_everyday_words() -> None:
    say = Paraphraser([("法律援助", ["免费请律师"]), ("法律援助中心", ["免费请律师的地方"])])
    chance = random.Random(1)
    assert say("申请法律援助的条件", chance, share=1.0) == "申请免费请律师的条件"
    assert say("法律援助中心在哪里", chance, share=1.0) == "免费请律师的地方在哪里"
    assert say("河道治理", chance, share=1.0) == "河道治理"


def test_only_what_the_passage_holds_is_dropped_from_a_query() -> None:
    from scipy import sparse

    query = sparse.csr_matrix(np.array([[1, 1, 0, 2]], dtype=np.float32))
    passage = sparse.csr_matrix(np.array([[0, 3, 1, 1]], dtype=np.float32))
    fewer = train.without_shared(query, passage, 1.0, np.random.default_rng(0))
    assert fewer.toarray().tolist() == [[1, 0, 0, 0]]


@pytest.fixture(scope="module")
def trained(
    config: train.Config, pieces: list[tuple[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[float], Path]:
    tokenizer, silent = build_tokenizer(pieces), silent_rows(pieces)
    pool = train.pool_of(PAIRS, Paraphraser([("行政复议", ["告政府的复议"])]), tokenizer, silent, config)
    frequency = np.bincount(pool.passages.tokens, minlength=len(pieces)).astype(float)
    table = train.Table(frequency, parts_matrix(pieces, config.parts), silent, config)
    losses = train.train(table, pool, train.first_batches(pool, config), config.rate, config, "tiny", None)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    train.save(folder, tokenizer, table.folded().detach().numpy(), 16, {"losses": losses})
    return losses, folder


def test_the_loss_falls(trained: tuple[list[float], Path]) -> None:
    losses, _ = trained
    assert np.mean(losses[-3:]) < 0.5 * np.mean(losses[:3])


def test_the_saved_folder_is_a_plain_sentence_transformers_model(trained: tuple[list[float], Path]) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(trained[1]), device="cpu")
    vectors = model.encode([PAIRS[0].query, PAIRS[0].passage, PAIRS[9].passage])
    assert vectors.shape == (3, 32) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_nothing_to_read_gives_zeros_not_nan(trained: tuple[list[float], Path]) -> None:
    vectors = train.load(trained[1])(["", "，。", "青川市"])
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0, 0, 1], abs=1e-5)


@pytest.mark.parametrize("bits", [16, 8])
def test_what_is_stored_small_still_points_the_same_way(
    bits: int, pieces: list[tuple[str, float]], tmp_path: Path
) -> None:
    tokenizer, silent = build_tokenizer(pieces), silent_rows(pieces)
    weights = np.random.default_rng(3).normal(size=(len(pieces), 64)).astype(np.float32)
    weights[silent] = 0.0
    train.save(tmp_path / "model", tokenizer, weights, bits, {})
    texts = [pair.passage for pair in PAIRS]
    exact, stored = train.encoder_of(tokenizer, weights)(texts), load_encoder(str(tmp_path / "model")).encode(texts)
    assert (exact * stored).sum(axis=1).min() > 0.999


def test_training_goes_on_from_its_checkpoint(
    config: train.Config, pieces: list[tuple[str, float]], tmp_path: Path
) -> None:
    silent, tokenizer = silent_rows(pieces), build_tokenizer(pieces)
    pool = train.pool_of(PAIRS, Paraphraser([]), tokenizer, silent, config)
    batches = train.first_batches(pool, config)[:6]

    def table() -> train.Table:
        return train.Table(np.ones(len(pieces)), parts_matrix(pieces, config.parts), silent, config)

    begun = train.train(table(), pool, batches, config.rate, config, "tiny", tmp_path / "kept.pt")
    resumed = table()
    assert train.train(resumed, pool, batches, config.rate, config, "tiny", tmp_path / "kept.pt") == begun
    assert not torch.equal(resumed.own, table().own)


def test_hard_negatives_are_near_and_are_not_the_answer(config: train.Config, pieces: list[tuple[str, float]]) -> None:
    pairs = [
        Pair("青川市行政复议多少件", "青川市全年收到行政复议申请二百件，审结一百八十件。", "fiction"),
        Pair("哪里能做法律援助", "经济困难的公民向法律援助中心提出。", "fiction"),
        Pair("行政复议要多久", "六十日内作出行政复议决定，情况复杂的延长三十日。", "fiction"),
    ]
    silent, tokenizer = silent_rows(pieces), build_tokenizer(pieces)
    pool = train.pool_of(pairs, Paraphraser([]), tokenizer, silent, config)
    weights = np.random.default_rng(5).normal(size=(len(pieces), 256)).astype(np.float32)
    weights[silent] = 0.0
    mined = train.mine(pool, weights, config, ["fiction"])
    assert mined.wrong is not None
    assert mined.wrong[0, 0] == pool.answers[2]
    assert (mined.wrong[:, 0] != pool.answers).all()


def test_the_measures_are_those_of_the_books() -> None:
    assert measure.ndcg({3: 2.0, 7: 1.0}, {7: 1.0}) == pytest.approx(1 / np.log2(3))
    assert measure.recall({1: 9.0, 2: 8.0}, {2: 1.0, 5: 1.0}, k=5) == 0.5
    assert list(measure.together({1: 10.0, 2: 5.0}, {2: 0.9, 1: 0.1})) == [1, 2]
    runs = measure.bm25(["青川市行政复议", "临江市食品安全", "白石县垃圾分类"], ["食品安全", "行政复议"])
    assert [next(iter(run)) for run in runs] == [1, 0]


# ---------------------------------------------------------------- the weights in the repository

needs_weights = pytest.mark.skipif(not (SHIPPED / "modules.json").exists(), reason="models/fast 尚未训练")


@needs_weights
def test_the_shipped_model_is_small() -> None:
    size = sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file())
    assert size <= 40_000_000


@needs_weights
@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            "没钱打官司能找谁帮忙",
            "经济困难的公民可以向临江市法律援助中心申请法律援助。",
            "临江市体育中心每周一闭馆检修。",
        ),
        (
            "老人看病报销多少",
            "退休人员住院医疗费用由医疗保险基金支付九成。",
            "望海区新增公共停车泊位。",
        ),
        (
            "小区垃圾没人清理怎么办",
            "未及时清运生活垃圾的，由城市管理部门责令改正。",
            "青川市博物馆新展出青铜器。",
        ),
        (
            "河水变脏是谁排的污",
            "该企业将未经处理的废水直接排入白石河。",
            "白石县第三中学举办了秋季运动会。",
        ),
        (
            "孩子上学要在哪里报名",
            "适龄儿童由监护人到所在地学校办理入学登记。",
            "云岭省粮食总产量连续增长。",
        ),
    ],
)
def test_the_shipped_model_ranks_a_paraphrase_first(question: str, right: str, wrong: str) -> None:
    encode = train.load(SHIPPED)
    asked, answer, other = encode([question, right, wrong])
    assert asked @ answer > asked @ other + 0.1


def test_both_ways_of_encoding_are_timed_on_the_same_texts(tmp_path: Path) -> None:
    folder = tmp_path / "test" / "fiction"
    folder.mkdir(parents=True)
    rows = [{"_id": str(at), "text": f"青川市第{at}项工作：" + PAIRS[at].passage * 5} for at in range(8)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "queries.jsonl").write_text("".join(json.dumps({"_id": str(at), "text": PAIRS[at].query}) + "\n" for at in range(8)))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(f"{at}\t{at}\t1\n" for at in range(8)))
    seen: list[list[str]] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        seen.append(list(texts))
        return np.zeros((len(texts), 4), dtype=np.float32)

    timed = train.speed({"one": encode, "other": encode}, tmp_path, rounds=2)
    assert all(way["passages/s"] > 0 and math.isfinite(way["ms/question"]) for way in timed.values())
    batches = [texts for texts in seen if len(texts) > 1]
    assert len(batches) == 4 and all(texts == batches[0] for texts in batches)
    assert {len(text) for text in batches[0]} == {150} and len(set(batches[0])) == 8
