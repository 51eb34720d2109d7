"""Facts corrected by hand: one report's, or those that a `reports.csv` beside the files lists.

    文件,标题,单位,地区,年份,文种,日期,文号
    青川市司法局2023年报告.pdf,,青川市司法局,青川市,2023,,,

A cell that is filled corrects; an empty one leaves what was read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from index.facts import aliases
from index.types import Facts, Report, YoujuError

LIST = "reports.csv"
COLUMNS: Mapping[str, str] = {
    "标题": "title",
    "单位": "unit",
    "地区": "region",
    "年份": "year",
    "文种": "kind",
    "日期": "issued",
    "文号": "number",
}
BY_HAND = "更正"
_FILE = "文件"
_LONGEST = 200  # characters of a cell
_NAMES = {name: column for column, name in COLUMNS.items()}


class CorrectionError(YoujuError):
    """A correction names no fact, or gives it a value that it cannot have."""


@dataclass(frozen=True)
class Listed:
    """What a `reports.csv` says."""

    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # file name → name of the fact → value
    bad: tuple[str, ...] = ()  # a line for each row that cannot be used, and why


def correct(report: Report, values: Mapping[str, str]) -> Report:
    """A report with some of its facts (`title`, `unit`, … of `Facts`) as a person gives them.

    Raises CorrectionError, naming the fact and the value.
    """
    if not values:
        return report
    given = checked(values)
    facts: Facts = replace(
        report.facts,
        **{name: int(value) if name == "year" else value for name, value in given.items()},  # type: ignore[arg-type]
        read_from=tuple(sorted((dict(report.facts.read_from) | dict.fromkeys(given, BY_HAND)).items())),
    )
    if {"unit", "region"} & given.keys():
        facts = replace(facts, aliases=aliases(facts.unit, facts.region))
    return replace(report, facts=facts)


def checked(values: Mapping[str, str]) -> dict[str, str]:
    """Corrections as they are kept: without space around them, dates as ISO.  Raises CorrectionError."""
    kept = {}
    for name, value in values.items():
        column, value = _NAMES.get(name), str(value).strip()
        if column is None:
            raise CorrectionError(f"没有“{name}”这一项可以更正：可以更正的有 {'、'.join(COLUMNS)}")
        if not value or len(value) > _LONGEST or not value.isprintable():
            raise CorrectionError(f"{column}“{value[:20]}”不能用：请填 1 到 {_LONGEST} 个字，不换行")
        if name == "year":
            value = value.removesuffix("年")
            if not re.fullmatch(r"(?:19|20)\d\d", value, re.ASCII):
                raise CorrectionError(f"年份“{value}”不能用：请填四位数字，如 2023")
        if name == "issued":
            value = _iso(value)
        kept[name] = value
    return kept


def read_list(folder: Path) -> Listed:
    """What the `reports.csv` of a folder says, in UTF-8 or GBK; nothing where there is none."""
    path = folder / LIST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Listed()
    except OSError as error:
        return Listed(bad=(f"{path}：读不出来（{error.strerror}）。请检查权限",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            return Listed(bad=(f"{path}：不是 UTF-8 也不是 GBK 编码。请另存为 CSV（UTF-8）",))
    rows = csv.reader(text.splitlines())
    try:
        header = [cell.strip() for cell in next(rows, [])]
        unknown = [cell for cell in header if cell and cell != _FILE and cell not in COLUMNS]
        if _FILE not in header or unknown:
            what = f"不认识的列“{unknown[0]}”" if unknown else f"没有“{_FILE}”一列"
            return Listed(bad=(f"{path} 第 1 行：{what}。第一行应为 {_FILE},{','.join(COLUMNS)}",))
        return _listed(path, header, [(rows.line_num, row) for row in rows])
    except csv.Error as error:
        return Listed(bad=(f"{path} 第 {rows.line_num} 行：不是 CSV（{error}）。请用表格软件另存为 CSV",))


def _listed(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> Listed:
    values: dict[str, dict[str, str]] = {}
    bad: list[str] = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        named = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if column}
        name = named.pop(_FILE, "")
        try:
            if len(cells) > len(header):
                raise CorrectionError(f"有 {len(cells)} 格，第一行只有 {len(header)} 列：内容里有逗号时请用引号括起来")
            if not name:
                raise CorrectionError("没有写文件名")
            if Path(name).name != name or not (path.parent / name).is_file():
                raise CorrectionError(f"这个文件夹里没有“{name}”：请写同一文件夹里的文件名，带后缀")
            if name in values:
                raise CorrectionError(f"“{name}”前面已经写过一行，以前面的为准")
            values[name] = checked({COLUMNS[column]: cell for column, cell in named.items() if cell})
        except CorrectionError as error:
            bad.append(f"{path} 第 {line} 行：{error}")
    return Listed(values, tuple(bad))


def _iso(value: str) -> str:
    match = re.fullmatch(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?", value, re.ASCII)
    try:
        if match is None:
            raise ValueError
        return date(*map(int, match.groups())).isoformat()
    except ValueError:
        raise CorrectionError(f"日期“{value}”不能用：请填年月日，如 2024-01-19") from None
