"""A shipped encoder needs no torch: what is loaded, and what of the named libraries runs, where one serves, indexes, asks and measures.

Each is run for itself, in a process that tells at its end which modules it holds.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.test_layers import imported, sources

SAMPLES = REPOSITORY / "reports"
TRAINING = {"torch", "transformers", "scipy", "sklearn", "sentence_transformers"}  # what fits and trains, and other models
FITTING = {"eval/fit.py"}
QUESTION = "青川市办结了多少件行政复议案件"

_TOLD = f"""
import sys
held = {sorted(TRAINING | {"pandas"})!r}
print("\\nLOADED", *sorted(name for name in held if name in sys.modules))
"""
_COMMAND = """
import runpy, sys
sys.argv = [{module!r}, *{arguments!r}]
try:
    runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
except SystemExit as left:
    assert left.code in (0, 1, None), left.code
"""


def told(code: str, folder: Path = REPOSITORY) -> str:
    """What a Python process prints that runs some code in the repository."""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def loaded(code: str, folder: Path = REPOSITORY) -> set[str]:
    """Which of the heavy modules it held at its end."""
    return set(told(code + _TOLD, folder).splitlines()[-1].split()[1:])


def command(module: str, *arguments: object) -> str:
    return _COMMAND.format(module=module, arguments=[str(each) for each in arguments])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the samples, made by a process of its own."""
    folder = tmp_path_factory.mktemp("torchless") / "data"
    assert loaded(command("index", "add", SAMPLES, "--data", folder)) == set()
    return folder


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection in BEIR's form: twelve places, a question each."""
    folder = tmp_path_factory.mktemp("beir") / "望海"
    (folder / "qrels").mkdir(parents=True)
    places = ["青川市", "白石县", "望海区", "临江市", "云岭县", "松湖区", "金沙县", "北屏市", "南渡县", "东桥区", "西坪市", "和乐县"]
    write = {
        "corpus.jsonl": [{"_id": f"d{n}", "title": "", "text": f"{place}全年办结行政复议案件{n + 20}件。"} for n, place in enumerate(places)],
        "queries.jsonl": [{"_id": f"q{n}", "text": f"{place}办结了多少行政复议案件"} for n, place in enumerate(places)],
    }
    for name, rows in write.items():
        (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    judged = "".join(f"q{n}\td{n}\t1\n" for n in range(len(places)))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged, encoding="utf-8")
    return folder


def test_asking_loads_neither_torch_nor_pandas(data: Path) -> None:
    assert loaded(command("retrieval", QUESTION, "--data", data)) == set()


def test_serving_loads_no_torch(data: Path) -> None:
    code = f"""
from pathlib import Path
from app import build
from index.corpus import Corpus
from index.encoder import load_encoder
with Corpus.open(Path({str(data)!r}), load_encoder()) as corpus:
    build(corpus, Path({str(data)!r}) / "uploads")
"""
    assert loaded(code) <= {"pandas"}, "gradio 自己要 pandas"


def test_measuring_an_encoder_loads_neither(collection: Path, tmp_path: Path) -> None:
    code = command("eval", "encoders", "--beir", collection, "--out", tmp_path / "figures")
    assert loaded(code, tmp_path) == set()
    assert list(tmp_path.glob("figures*"))


@pytest.mark.parametrize("act", ["run", "gate"])
def test_measuring_answers_loads_neither(act: str, tmp_path: Path) -> None:
    asked = (REPOSITORY / "eval" / "gold" / "samples.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    (tmp_path / "gold.jsonl").write_text("\n".join(asked) + "\n", encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    run, gate = (gold, "--out", tmp_path / "run.jsonl"), ("--gold", gold, "--renew", "--baseline", tmp_path / "baseline.json")
    assert loaded(command("eval", act, *{"run": run, "gate": gate}[act], "--reports", SAMPLES, "--data", tmp_path / "data")) == set()


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_only_what_fits_or_trains_names_the_heavy_ones(path: Path) -> None:
    """Beside index/transformer.py and retrieval/search/rerank.py, which load the models of others, inside the functions that do."""
    where = path.relative_to(REPOSITORY).as_posix()
    names = {name.partition(".")[0] for name in imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))}
    assert "pandas" not in names
    if where not in FITTING and not where.startswith("models/"):
        allowed = {"sentence_transformers"} if where in {"index/transformer.py", "retrieval/search/rerank.py"} else set()
        assert names & TRAINING <= allowed


def test_the_named_libraries_run_on_the_shipped_path(tmp_path: Path) -> None:
    """Their functions are seen to be called while reports are indexed, a page is built and a question is answered."""
    code = f"""
import sys
from pathlib import Path
packages = ("faiss", "gradio", "langchain_text_splitters")
called = set()
def seen(frame, event, argument):
    if event == "call" and frame.f_code.co_name != "<module>":
        called.add((frame.f_globals.get("__name__") or "").partition(".")[0])
    elif event == "c_call":
        owner = getattr(argument, "__self__", None)
        of = getattr(argument, "__module__", None) or getattr(owner, "__name__", "")  # a native function says neither always
        called.add("rjieba" if type(owner).__name__ == "Jieba" else str(of).partition(".")[0])
import app
from index.corpus import Corpus
from index.encoder import load_encoder
from retrieval.ask import ask
long = "、".join(f"第{{n}}项工作由青川市司法局会同有关部门推进并按季度报告进展情况" for n in range(40)) + "。"
report = Path("青川市2025年法治政府建设年度报告.txt")
report.write_text("青川市2025年法治政府建设年度报告\\n\\n一、主要工作\\n\\n青川市全年办结行政复议案件123件。\\n\\n" + long + "\\n", encoding="utf-8")
from index.__main__ import main
sys.setprofile(seen)
assert main(["add", str(report), "--data", "data"]) == 0
with Corpus.open(Path("data"), load_encoder()) as corpus:
    answer = ask(corpus, {QUESTION!r})
    app.build(corpus, Path("data/uploads"))
    sys.setprofile(None)
assert "123" in answer.text, answer
print("\\nCALLED", *sorted(called & {{*packages, "rjieba"}}))
"""
    assert told(code, tmp_path).splitlines()[-1].split()[1:] == ["faiss", "gradio", "langchain_text_splitters", "rjieba"]


def test_another_model_says_what_to_install_where_its_library_is_not(tmp_path: Path) -> None:
    """In an environment with the serving requirements alone, which is this one less what is not found."""
    (tmp_path / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]', "utf-8")
    code = f"""
import sys
from importlib.abc import MetaPathFinder
class Absent(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in {sorted(TRAINING)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from index.encoder import load_encoder
from index.types import EncoderError
load_encoder("fast").encode(["青川市"])
try:
    load_encoder({str(tmp_path)!r})
except EncoderError as error:
    print(error)
"""
    assert "pip install -r requirements.txt" in told(code)
