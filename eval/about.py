"""What a figure was measured with: command, machine, encoder, versions."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.dataset import write_whole


def machine() -> str:
    """Processor, cores and memory, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{_processor()}，{cores} 核，{_memory():.0f} GB 内存，Python {platform.python_version()}"


def command(arguments: Sequence[str] | None = None) -> str:
    """What was typed, as it can be typed again; folders above the working directory are left out."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    here = f"{Path.cwd()}{os.sep}"
    return "python -m eval " + " ".join(shlex.quote(one.removeprefix(here)) for one in given)


def versions(names: Sequence[str]) -> dict[str, str]:
    """Installed version of each package that is there."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def about_path(run: Path) -> Path:
    """Where a run says what it was made with."""
    return run.with_suffix(".about.json")


def write_about(run: Path, about: Mapping[str, str]) -> None:
    """Raises GoldError."""
    write_whole(about_path(run), json.dumps(about, ensure_ascii=False, indent=1) + "\n")


def read_about(run: Path) -> dict[str, str]:
    """What stands beside a run; nothing where nothing does."""
    try:
        found = json.loads(about_path(run).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory() -> float:
    """GB in the machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (ValueError, OSError, AttributeError):
        return 0.0
