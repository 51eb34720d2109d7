"""The rooms and who may import whom; and that reading a file costs no model."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# room → the rooms it may import besides itself
MAY_IMPORT = {
    "language": set[str](),
    "index": {"language"},
    "retrieval": {"index", "language"},
    "server": {"index", "retrieval"},
    "page": {"index", "retrieval", "server"},
    "eval": {"index", "retrieval"},
    "models": {"index"},
    "app": {"index", "retrieval", "page", "server"},
}

# what is slow or large to import → where it may be imported as a module loads
HEAVY = {
    "torch": {"models/train.py", "models/tune.py", "models/best_module.py"},
    "transformers": set[str](),
    "sentence_transformers": {"models/best_module.py"},
    "faiss": {"index/dense.py"},
    "gradio": {"page/chat.py", "page/shelves.py", "page/theme.py"},
}


def sources() -> list[Path]:
    """Every module of every room."""
    return [ROOT / "app.py", *(path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py")))]


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Names of the modules that some nodes of a syntax tree import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that the room they come from can be read"
            assert node.module
            yield node.module


def at_load(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module loads: not the bodies of functions, not what only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from at_load(node)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
class TestModule:
    def test_imports_nothing_from_above(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        rooms = {name.partition(".")[0] for name in imported(ast.walk(tree))} & {*MAY_IMPORT, "tests"}
        assert rooms <= MAY_IMPORT[room(path)] | {room(path)}

    def test_loads_nothing_heavy_before_it_is_needed(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        heavy = {name.partition(".")[0] for name in imported(at_load(tree))} & HEAVY.keys()
        here = path.relative_to(ROOT).as_posix()
        assert {name for name in heavy if here not in HEAVY[name]} == set()

    def test_is_named_for_what_it_holds(self, path: Path) -> None:
        assert path.stem not in {"utils", "util", "helpers", "common", "misc", "base"}


# to be opened: each shares with the other what belongs in a file of its own
OPEN_CIRCLES = {("retrieval.wording.clauses", "retrieval.wording.forms")}
MOST_ROOMS, MOST_ARROWS = 10, 30  # at the top level of retrieval/; an arrow: one of them imports another


def modules(room: str) -> dict[str, Path]:
    """Dotted name → file of every module of a room."""
    paths = sorted((ROOT / room).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def arrows(room: str) -> set[tuple[str, str]]:
    """(module, module that it imports) of a room, imports inside functions counted."""
    known = modules(room)
    found: set[tuple[str, str]] = set()
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                members = [f"{node.module}.{alias.name}" for alias in node.names]
                found |= {(name, member if member in known else node.module) for member in members}
            elif isinstance(node, ast.Import):
                found |= {(name, alias.name) for alias in node.names}
    return {(one, other) for one, other in found if other in known and other != one}


def test_retrieval_is_a_house_that_can_be_overlooked() -> None:
    """Few rooms at its top level, few arrows between them, none of which runs back."""
    top = {name: ".".join(name.split(".")[:2]) for name in modules("retrieval")}
    between = {(top[one], top[other]) for one, other in arrows("retrieval")} - {(room, room) for room in top.values()}
    assert len({*top.values()}) <= MOST_ROOMS
    assert len(between) <= MOST_ARROWS
    assert {one for one, other in between if (other, one) in between} == set()


def test_no_two_files_of_retrieval_import_each_other() -> None:
    found = arrows("retrieval")
    assert {(one, other) for one, other in found if one < other and (other, one) in found} - OPEN_CIRCLES == set()


def test_every_room_is_there() -> None:
    assert {room(path) for path in sources()} == MAY_IMPORT.keys()


def test_reading_a_file_loads_no_model_and_no_store(tmp_path: Path) -> None:
    """`python -m index read FILE` answers at once, on a machine without torch too."""
    report = tmp_path / "白石县2024年法治政府建设年度报告.txt"
    report.write_text(
        "白石县2024年法治政府建设年度报告\n\n一、主要工作\n\n全年办结行政复议案件12件。\n", encoding="utf-8"
    )
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['index', 'read', {str(report)!r}]\n"
        "try:\n    runpy.run_module('index', run_name='__main__')\n"
        "except SystemExit as exit:\n    assert not exit.code, exit.code\n"
        f"print('LOADED', *sorted({set(HEAVY)!r} & sys.modules.keys()))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert told.returncode == 0, told.stderr
    assert "办结行政复议案件12件" in told.stdout or "主要工作" in told.stdout
    assert told.stdout.splitlines()[-1].split() == ["LOADED"]
