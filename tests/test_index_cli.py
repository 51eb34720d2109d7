"""python -m index, as a user runs it: results on standard output, reasons on standard error, 2 when anything failed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.__main__ import main
from index.encoder import SHIPPED
from tests.conftest import REPOSITORY, BigramEncoder

LAW = """青川市司法局2023年法治政府建设年度报告

一、主要工作

（一）推进行政复议。全年办结行政复议案件1,234件，纠错率为12.5%。

（二）加强公共法律服务。新建公共法律服务工作站18个，接待群众咨询3.6万人次。

二、存在的不足

基层执法力量不足。

青川市司法局
2024年1月19日
"""
LONG = "".join(f"第{n}项工作按照年初确定的计划完成了全年任务，群众满意度比上一年继续提高。" for n in range(12))  # of the length of prose
COUNTY = """白石县2024年政府工作报告

一、2023年工作回顾

粮食总产量达到21.4万吨。改造老旧小区36个，惠及居民5800户。
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, cwd: Path) -> Done:
    """In another folder than the repository, so that `data` of its own stays its own; in this process, for one import."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            status = int(end.code or 0)
    return Done(status, stdout.getvalue(), stderr.getvalue())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "报告"
    (made / "县区").mkdir(parents=True)
    (made / "青川市司法局2023年法治政府建设年度报告.txt").write_text(LAW, encoding="utf-8")
    (made / "县区" / "白石县2024年政府工作报告.txt").write_text(COUNTY, encoding="gb18030")
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real sentence-transformers model of two words, so that nothing here waits for the shipped one."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: n for n, word in enumerate(["[UNK]", *"全年办结案件粮食总产量达到新建工作站改造小区法治"])}
    tokenizer = Tokenizer(models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    folder = tmp_path_factory.mktemp("model") / "小模型"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu").save(str(folder))
    return str(folder)


def test_reports_go_in_are_listed_checked_and_taken_out(folder: Path, model: str, tmp_path: Path) -> None:
    added = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert "已加入  青川市司法局2023年法治政府建设年度报告.txt" in added.stdout
    assert "已加入  白石县2024年政府工作报告.txt" in added.stdout
    assert "2/2" in added.stderr, "a progress bar"

    again = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert (again.returncode, again.stdout.count("已有  ")) == (0, 2)

    listed = run("list", cwd=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "青川市司法局 2023" in listed.stdout
    assert "2 份报告" in listed.stdout

    checked = run("verify", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "完好：2 份报告" in checked.stdout

    removed = run("remove", "白石县2024年政府工作报告.txt", "没有这份.txt", cwd=tmp_path)
    assert removed.returncode == 2
    assert "已移除  白石县2024年政府工作报告.txt" in removed.stdout
    assert "没有这份.txt" in removed.stderr
    assert "白石县" not in run("list", cwd=tmp_path).stdout


def test_a_changed_file_is_said_to_be_replaced(folder: Path, model: str, tmp_path: Path) -> None:
    run("add", folder, "--encoder", model, cwd=tmp_path)
    (folder / "县区" / "白石县2024年政府工作报告.txt").write_text(COUNTY.replace("21.4", "22.8"), encoding="utf-8")
    again = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert "已更新  白石县2024年政府工作报告.txt" in again.stdout
    assert "现有 2 份报告" in again.stdout


def test_bad_files_are_named_and_the_others_go_in(folder: Path, model: str, tmp_path: Path) -> None:
    (folder / "空.txt").write_bytes(b"")
    (folder / "不是文本.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "数据.xyz").write_text("不认识", encoding="utf-8")
    done = run("add", folder, tmp_path / "没有的.txt", "--encoder", model, cwd=tmp_path)
    assert done.returncode == 2
    for name in ("空.txt", "不是文本.txt", "数据.xyz", "没有的.txt"):
        assert name in done.stderr
    assert "现有 2 份报告；4 处有问题" in done.stdout
    assert "Traceback" not in done.stderr


def test_copies_are_passed_over_and_near_copies_named(folder: Path, model: str, tmp_path: Path) -> None:
    law = next(folder.glob("*.txt"))
    text = LAW.replace("基层执法", LONG + "基层执法")
    law.write_text(text, encoding="utf-8")
    (folder / "副本.txt").write_text(text, encoding="utf-8")
    (folder / "近似.txt").write_text(text.replace("18个", "19个"), encoding="utf-8")
    done = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("已加入  ") == 3
    assert "相同，跳过" in done.stdout
    assert law.name in done.stdout.partition("相同  ")[2].partition("\n")[0]
    assert "近乎相同" in done.stdout


def test_a_list_and_words_beside_the_files_are_used(folder: Path, model: str, tmp_path: Path) -> None:
    name = next(folder.glob("*.txt")).name
    (folder / "reports.csv").write_text(f"文件,单位,年份\n{name},临江市司法局,2019\n没有.txt,甲局,\n", encoding="gb18030")
    (folder / "terms.txt").write_text("公共法律服务工作站\n12345热线\n", encoding="utf-8")
    done = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert done.returncode == 2, "a row that cannot be used is a fault"
    assert "reports.csv 第 3 行" in done.stderr
    assert "“12345热线”没有用上" in done.stderr
    listed = run("list", cwd=tmp_path).stdout
    assert "临江市司法局 2019" in listed
    assert "自定词 1 个" in listed
    assert "收入 100.0%" in listed
    words = tmp_path / "别的词.txt"
    words.write_text("", encoding="utf-8")
    run("add", folder, "--encoder", model, "--terms", words, cwd=tmp_path)
    assert "自定词" not in run("list", cwd=tmp_path).stdout
    missing = run("add", folder, "--encoder", model, "--terms", tmp_path / "没有.txt", cwd=tmp_path)
    assert (missing.returncode, "词表" in missing.stderr) == (2, True)


def test_the_audit_counts_files_and_what_is_indexed(folder: Path, model: str, tmp_path: Path) -> None:
    law = next(folder.glob("*.txt"))
    text = LAW.replace("基层执法", LONG + "基层执法")
    law.write_text(text.replace("二、存在", "— 1 —\n二、存在"), encoding="utf-8")
    (folder / "近似.txt").write_text(text.replace("18个", "19个"), encoding="utf-8")
    run("add", folder, "--encoder", model, cwd=tmp_path)
    for told in (run("audit", cwd=tmp_path), run("audit", folder, cwd=tmp_path)):
        assert told.returncode == 0, told.stderr
        assert "100.00%" in told.stdout
        assert "略去页码 1 处，3 字：“— 1 —”" in told.stdout
        assert "近乎相同的报告（1 对）" in told.stdout
        assert "19个" in told.stdout.partition("近乎相同")[2]
    made = json.loads(run("audit", "--json", cwd=tmp_path).stdout)
    (page,) = [run for each in made["reports"] for run in each["dropped"]]
    assert (page["why"], page["text"]) == ("页码", "— 1 —")
    assert made["overlaps"][0]["alike"]
    law.unlink()
    assert "原文件已不在" in run("audit", cwd=tmp_path).stdout
    bad = run("audit", tmp_path / "没有的.txt", cwd=tmp_path)
    assert (bad.returncode, "没有的.txt" in bad.stderr) == (2, True)


def test_rebuild_says_what_it_rebuilt(folder: Path, model: str, tmp_path: Path) -> None:
    run("add", folder, "--encoder", model, cwd=tmp_path)
    (tmp_path / "data" / "dense.faiss").write_bytes(b"x")
    done = run("rebuild", cwd=tmp_path)
    assert (done.returncode, "2 份报告" in done.stdout) == (0, True)
    assert run("verify", cwd=tmp_path).returncode == 0


def test_what_was_stopped_is_taken_up_again(
    folder: Path, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a later file is read: what was committed stays, and the next run passes over it."""
    from index import corpus, files
    from index.read import read

    monkeypatch.setattr(corpus, "COMMIT_SECONDS", 0.0)
    seen: list[Path] = []

    def interrupted(path: Path) -> object:
        seen.append(path)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(files.read_all, "__kwdefaults__", {**(files.read_all.__kwdefaults__ or {}), "read": interrupted})
    stopped = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert stopped.returncode == 130
    assert "已中断" in stopped.stderr
    assert "1 份报告" in run("list", cwd=tmp_path).stdout
    again = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert (again.returncode, again.stdout.count("已有  "), again.stdout.count("已加入  ")) == (0, 1, 1)
    assert run("verify", cwd=tmp_path).returncode == 0


def test_nothing_to_add_leaves_no_index_behind(tmp_path: Path) -> None:
    empty = tmp_path / "空文件夹"
    empty.mkdir()
    (tmp_path / "空.txt").write_bytes(b"")
    for paths in ([empty], [tmp_path / "空.txt"], [tmp_path / "没有的"]):
        done = run("add", *paths, "--data", tmp_path / "data", cwd=tmp_path)
        assert done.returncode == 2
        assert str(paths[0].name) in done.stderr
        assert "没有可以加入的报告" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_hidden_files_readme_and_links_that_lead_out_are_left_alone(folder: Path, model: str, tmp_path: Path) -> None:
    outside = tmp_path / "外面.txt"
    outside.write_text(COUNTY.replace("白石县", "望海区"), encoding="utf-8")
    (tmp_path / "别处").mkdir()
    (tmp_path / "别处" / "远.txt").write_text(COUNTY.replace("白石县", "临江市"), encoding="utf-8")
    (folder / "链接.txt").symlink_to(outside)
    (folder / "文件夹链接").symlink_to(tmp_path / "别处")
    (folder / ".隐藏.txt").write_text("隐藏", encoding="utf-8")
    (folder / "README.md").write_text("# 说明", encoding="utf-8")
    done = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "现有 2 份报告" in done.stdout
    for name in ("链接.txt", "文件夹链接", "README.md"):
        assert f"{name}：" in done.stdout
    assert "隐藏" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["list", "verify"])
def test_without_an_index_the_remedy_is_said(command: str, tmp_path: Path) -> None:
    done = run(command, "--data", tmp_path / "没有", cwd=tmp_path)
    assert done.returncode == 2
    assert "没有" in done.stderr
    assert "python -m index add" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_model_than_the_index_was_built_with(folder: Path, model: str, tmp_path: Path) -> None:
    from index.corpus import Corpus

    Corpus.open(tmp_path / "data", BigramEncoder(), create=True).close()
    done = run("add", folder, "--encoder", model, cwd=tmp_path)
    assert done.returncode == 2
    assert "是用编码模型 bigrams-0 建的" in done.stderr
    unknown = run("add", folder, "--encoder", "没有的模型", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "没有的模型" in unknown.stderr


def test_a_damaged_catalog_is_an_error_and_not_a_traceback(folder: Path, model: str, tmp_path: Path) -> None:
    run("add", folder, "--encoder", model, cwd=tmp_path)
    (tmp_path / "data" / "catalog.sqlite").write_bytes(b"x" * 4096)
    done = run("verify", cwd=tmp_path)
    assert done.returncode == 2
    assert "catalog.sqlite" in done.stderr
    assert "Traceback" not in done.stderr


def test_read_shows_what_was_made_of_a_file(folder: Path, tmp_path: Path) -> None:
    path = next(folder.glob("*.txt"))
    shown = run("read", path, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "单位：青川市司法局" in shown.stdout
    assert "一、主要工作" in shown.stdout
    assert not (tmp_path / "data").exists()


def test_read_as_json_has_these_keys_and_offsets_that_hold(folder: Path, tmp_path: Path) -> None:
    done = run("read", next(folder.glob("*.txt")), "--json", cwd=tmp_path)
    made = json.loads(done.stdout)
    assert {"title", "unit", "region", "year", "kind", "issued", "text", "headings", "passages"} <= made.keys()
    assert (made["unit"], made["region"], made["year"], made["issued"]) == ("青川市司法局", "青川市", 2023, "2024-01-19")
    assert [heading["level"] for heading in made["headings"]][:2] == [1, 2]
    for heading in made["headings"]:
        assert made["text"].startswith(heading["title"], heading["start"])
    assert any("1,234件" in made["text"][each["start"] : each["end"]] for each in made["passages"])
    assert all(set(each) == {"start", "end", "page", "path"} for each in made["passages"])


def test_read_does_without_torch_and_the_indexes(folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from index.__main__ import main; status = main(sys.argv[1:]);"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'faiss', 'tantivy'} & set(sys.modules);"
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)"
    )
    path = next(folder.glob("*.txt"))
    command = [sys.executable, "-c", script, "read", str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", b"\0\1\2\3" * 50])
def test_read_names_a_bad_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "坏.txt").write_bytes(content)
    done = run("read", "坏.txt", cwd=tmp_path)
    assert done.returncode == 2
    assert "坏.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_wrong_arguments_are_in_chinese(tmp_path: Path) -> None:
    assert "加入索引" in run("-h", cwd=tmp_path).stdout
    wrong = run("add", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "参数有误" in wrong.stderr


def test_as_a_process_of_its_own(folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "ascii"}  # as on an old console

    def process(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "index", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
        return done.returncode, done.stdout, done.stderr

    status, shown, _ = process("read", str(next(folder.glob("*.txt"))))
    assert (status, "单位：青川市司法局" in shown) == (0, True)
    status, shown, complaint = process("list")
    assert (status, shown, "Traceback" in complaint) == (2, "", False)
    assert "索引 data 不存在" in complaint


@pytest.mark.skipif(not (REPOSITORY / SHIPPED["best"] / "modules.json").exists(), reason="models/best 不在")
def test_the_shipped_model_is_the_default(folder: Path, tmp_path: Path) -> None:
    done = run("add", folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"编码模型 {SHIPPED['best']}" in run("list", cwd=tmp_path).stdout


def test_a_file_that_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans take seconds a page: the bytes tell that they are known, under any name."""
    (tmp_path / "报告").mkdir()
    (tmp_path / "报告" / "a.txt").write_text(LAW, encoding="utf-8")
    assert run("add", "报告", cwd=tmp_path).returncode == 0
    (tmp_path / "报告" / "b.txt").write_text(LAW, encoding="utf-8")

    def unread(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    with monkeypatch.context() as patched:
        patched.setattr("index.files._read", unread)
        again = run("add", "报告", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "已有  a.txt" in again.stdout
    assert "相同  b.txt：内容与 a.txt" in again.stdout
    (tmp_path / "报告" / "reports.csv").write_text("文件,单位\na.txt,临江市司法局\n", encoding="utf-8")
    corrected = run("add", "报告", cwd=tmp_path)
    assert corrected.returncode == 0, corrected.stderr
    assert "临江市司法局" in run("list", cwd=tmp_path).stdout
    (tmp_path / "报告" / "a.txt").write_text(LAW.replace("1,234", "1,235"), encoding="utf-8")
    assert "已更新  a.txt" in run("add", "报告", cwd=tmp_path).stdout
