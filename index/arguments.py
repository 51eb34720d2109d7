"""argparse in Chinese, for every command line of the project."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

BAD = 2  # exit status: something asked for could not be done


class Parser(argparse.ArgumentParser):
    """argparse, its own words in Chinese; a wrong argument names the remedy and ends with status 2."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": _Help, **options, "add_help": False})
        self._positionals.title, self._optionals.title = "参数", "选项"
        if options.get("add_help", True):  # a parser that is but a part of others has no help of its own
            self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        self.exit(BAD, f"{self.format_usage()}参数有误（{message}）：用 {self.prog} -h 查看用法\n")


class _Help(argparse.HelpFormatter):
    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)
