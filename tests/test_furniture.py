"""What stands around the code: pins, commands, configuration."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.installed import brought, canonical, required

ROOT = Path(__file__).parents[1]


def pins(name: str) -> Iterator[tuple[str, str]]:
    """Distribution and version of each requirement in a file."""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement and not requirement.startswith("-"):
            distribution, _, version = requirement.partition("==")
            yield distribution, version


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-serve.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_the_version_tested_here(name: str) -> None:
    for distribution, version in pins(name):
        installed = importlib.metadata.version(distribution).partition("+")[0]  # torch's build: +cpu
        assert version == installed, distribution


def test_the_pins_keep_what_was_agreed() -> None:
    versions = {**dict(pins("requirements.txt")), **dict(pins("requirements-serve.txt"))}
    assert versions["torch"] == "2.13.0"
    assert (6, 25) <= tuple(map(int, versions["gradio"].split(".")[:2])) < (7,)
    assert versions["sentence-transformers"].startswith("6.")
    assert {"faiss-cpu", "jieba", "langchain-text-splitters", "tantivy"} <= versions.keys()


def third_party(folder: str) -> set[str]:
    """Distributions that the modules of a room import, wherever in them."""
    paths = [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py"))
    modules = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    ours = {path.stem for path in ROOT.iterdir()}
    known = importlib.metadata.packages_distributions()
    return {canonical(known.get(module, [module])[0]) for module in modules - sys.stdlib_module_names - ours}


class TestConstraints:
    """constraints.txt: what the requirements bring is pinned too, and every way of installing them heeds it."""

    FILES = sorted(ROOT.glob("requirements*.txt"))

    def pinned(self) -> dict[str, str]:
        return {canonical(name): version for name, version in pins("constraints.txt")}

    def test_everything_that_the_requirements_bring_here_is_pinned_to_what_is_here(self) -> None:
        found = brought(one for path in self.FILES for one in required(path))
        assert {name: one.version.partition("+")[0] for name, one in found.items()}.items() <= self.pinned().items()
        assert len(found) > 100  # not the named ones alone

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_the_requirements_agree_and_take_it_up(self, path: Path) -> None:
        assert {canonical(name): version for name, version in pins(path.name)}.items() <= self.pinned().items()
        lines = path.read_text(encoding="utf-8").splitlines()
        assert "-c constraints.txt" in lines

    def test_a_build_of_one_machine_stands_nowhere_in_it(self) -> None:
        assert [version for version in self.pinned().values() if "+" in version] == []
        assert [name for name in self.pinned() if name.startswith(("nvidia", "triton", "cuda"))] == []

    def test_what_installs_takes_requirements_with_it(self) -> None:
        """By `-r requirements….txt`, which lies beside constraints.txt in the bundle too; never a package by name alone."""
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        shipped = re.findall(r"tar -c .*", makefile)[0]
        assert {"constraints.txt", "requirements.txt", "requirements-llm.txt"} <= set(shipped.split())
        for name in ("Makefile", "install.sh", ".ci/run"):
            for line in re.findall(r"-m pip (?:install|wheel) .*", (ROOT / name).read_text(encoding="utf-8")):
                assert "-r " in line or "$(TORCH)" in line, line  # torch is pinned by requirements.txt
        rules = re.findall(r"^\$\(VENV\)/\.installed\S*: (.*)", makefile, re.MULTILINE)
        assert len(rules) == 2 and all("constraints.txt" in rule.split() for rule in rules)


def private(path: Path) -> list[str]:
    """What a module imports of others' private parts: a name within a package that starts with one underscore."""
    ours = {each.stem for each in ROOT.iterdir()}
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            top, *parts = name.split(".")
            if top not in ours | {"__future__"} and any(re.match(r"_[^_]", part) for part in (top, *parts)):
                found.append(name)
    return found


@pytest.mark.parametrize("room", ["index", "retrieval", "page", "server", "app.py", "eval", "models", "tests"])
def test_nothing_private_of_others_is_imported(room: str) -> None:
    """A private part may go in any release, without a word."""
    paths = [ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py"))
    assert {path.relative_to(ROOT).as_posix(): names for path in paths if (names := private(path))} == {}


@pytest.mark.parametrize("room", ["index", "retrieval", "page", "server", "app.py", "eval", "models", "tests"])
def test_everything_imported_is_required(room: str) -> None:
    """By name, or as something that a required distribution itself requires."""
    optional = [path.name for path in ROOT.glob("requirements-*.txt") if path.name != "requirements-dev.txt" or room in {"models", "tests"}]
    pinned = {canonical(name) for file in ["requirements.txt", *optional] for name, _ in pins(file)}
    installed = {canonical(one.name) for one in importlib.metadata.distributions()}
    brought = {
        canonical(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
        for name in pinned & installed
        for requirement in importlib.metadata.requires(name) or []
        if "extra ==" not in requirement
    }
    # an optional package that is not installed is known by its module alone: haystack of haystack-ai
    missing = third_party(room) - pinned - brought
    assert {name for name in missing if not any(each.startswith(f"{name}-") for each in pinned - installed)} == set()


def test_tools_are_configured_for_the_python_that_is_promised() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["name"] == "youju"
    assert settings["project"]["requires-python"] == ">=3.11"
    assert settings["tool"]["ruff"]["target-version"] == "py311"
    assert settings["tool"]["mypy"]["python_version"] == "3.11"


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="没有安装 make")


@needs_make
class TestMake:
    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return subprocess.run(
            ["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
        )

    def test_help_names_every_command(self) -> None:
        commands = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0]
        said = self.make("help").stdout
        assert [command for command in commands.split() if f"make {command}" not in said] == ["help"]

    def test_too_old_a_python_is_a_clear_error_and_leaves_nothing(self, tmp_path: Path) -> None:
        old = tmp_path / "python3.9"
        old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # what the version check gives there
        old.chmod(0o755)
        told = self.make("run", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")
        assert told.returncode == 2
        assert "错误：需要 Python 3.11 或更高版本" in told.stderr
        assert str(old) in told.stderr
        assert not (tmp_path / "venv").exists()

    def test_what_run_does_on_a_fresh_clone(self, tmp_path: Path) -> None:
        told = self.make("-n", "run", f"VENV={tmp_path / 'venv'}", "DATA=我的索引", "REPORTS=我的报告", "PORT=8000")
        steps = ["-m venv", "pip install -r requirements.txt", "-m index add 我的报告", 'app.py --data "我的索引"']
        places = [told.stdout.find(step) for step in steps]
        assert -1 not in places
        assert places == sorted(places)
        assert '--port "8000"' in told.stdout
