"""Questions shown one by one with the passages found for each: somebody marks which are evidence, and it becomes gold."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from eval.dataset import DECLINED, TYPES, GoldError, json_lines
from eval.run import stem
from index.corpus import Corpus
from index.types import YoujuError
from retrieval.ask import understood
from retrieval.search import search
from retrieval.types import Asks, Hit

HELP = "输入段落的号（可多个，空格分开）；n 报告里没有；a 没说是哪份报告；s 跳过；q 结束"


@dataclass(frozen=True)
class Asked:
    """A question to label, with what is known of it."""

    id: str
    question: str
    known: dict[str, Any]


def questions_in(path: Path) -> list[Asked]:
    """Questions of a text file, one a line, or of drafted gold lines.  Raises GoldError."""
    if path.suffix == ".jsonl":
        return [Asked(line.text("id"), line.text("question"), dict(line.fields)) for line in json_lines(path, "问题文件")]
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise GoldError(f"找不到问题文件 {path}；请检查路径") from None
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"无法读取问题文件 {path}：{error}；每行写一个问题，存为 UTF-8") from error
    asked = [line.strip() for line in lines if line.strip()]
    if not asked:
        raise GoldError(f"问题文件 {path} 是空的；每行写一个问题")
    return [Asked(f"L-{number:03d}", question, {}) for number, question in enumerate(asked, 1)]


def label(
    corpus: Corpus, asked: Sequence[Asked], out: Path, show: int, hear: Callable[[str], str], say: Callable[[str], object]
) -> int:
    """How many were labelled now.  Each is written as soon as it is marked; what `out` holds already is not asked again.

    hear: a prompt → what was typed; EOFError ends.  say: a line to show.  Raises GoldError when `out` cannot be written.
    """
    done = {line.text("id") for line in json_lines(out, "金标文件")} if out.exists() and out.stat().st_size else set()
    rest = [one for one in asked if one.id not in done]
    say(f"共 {len(asked)} 题，已标 {len(asked) - len(rest)} 题。{HELP}")
    marked = 0
    for number, one in enumerate(rest, 1):
        try:
            hits = search(corpus, understood(corpus, one.question), show)
        except YoujuError as error:
            say(f"\n{one.id} 无法提问，跳过：{error}")
            continue
        say(f"\n[{number}/{len(rest)}] {one.question}")
        for place, hit in enumerate(hits, 1):
            say(f"  {place}. {' '.join(hit.passage.text.split())[:160]}\n     ——{hit.report.name} {' > '.join(hit.passage.path)}")
        try:
            line = _marked(one, hits, hear, say)
        except (EOFError, _Enough):
            break
        if line is None:
            continue
        try:
            with out.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise GoldError(f"无法写入 {out}：{error.strerror or error}；请用 --out 换一个位置") from error
        marked += 1
    say(f"\n标了 {marked} 题，写在 {out}")
    return marked


class _Enough(Exception):
    """The labeller has had enough."""


def _marked(one: Asked, hits: Sequence[Hit], hear: Callable[[str], str], say: Callable[[str], object]) -> dict[str, Any] | None:
    """A gold line as marked; None when skipped."""
    base = {"id": one.id, "question": one.question, "phrasing": one.known.get("phrasing", "")}
    nothing: dict[str, Any] = {"reports": [], "answers": [], "require": "all", "evidence": []}
    while True:
        typed = hear("依据是> ").strip().lower()
        if typed == "q":
            raise _Enough
        if typed == "s":
            return None
        if typed in ("n", "a"):
            return base | {"type": "unanswerable" if typed == "n" else "ambiguous"} | nothing
        places = [int(part) for part in typed.replace("，", " ").replace(",", " ").split() if part.isdecimal()]
        if places and all(1 <= place <= len(hits) for place in places):
            break
        say(HELP)
    chosen = [hits[place - 1] for place in dict.fromkeys(places)]
    answers = _answers(one, chosen, hear, say)
    known = one.known.get("type")
    kind = known if known in TYPES and known not in DECLINED else _kind(hear, say)
    return base | {
        "type": kind,
        "reports": list(dict.fromkeys(stem(hit.report.name) for hit in chosen)),
        "answers": answers,
        "require": "all",
        "evidence": [hit.passage.text for hit in chosen],
    }


def _answers(one: Asked, chosen: Sequence[Hit], hear: Callable[[str], str], say: Callable[[str], object]) -> list[str]:
    """Strings that a right answer holds, each of them standing in the evidence."""
    text = "\n".join(hit.passage.text for hit in chosen)
    known = [answer for answer in one.known.get("answers", []) if answer in text]
    while True:
        typed = hear(f"答案（多个用 | 分开{'；直接回车用 ' + ' | '.join(known) if known else ''}）> ").strip()
        answers = [part.strip() for part in typed.split("|") if part.strip()] or known
        absent = [answer for answer in answers if answer not in text]
        if answers and not absent:
            return answers
        say(f"所标的段落里没有“{absent[0]}”，请照抄原文" if absent else "请写出答案在原文中的字")


def _kind(hear: Callable[[str], str], say: Callable[[str], object]) -> str:
    choices = get_args(Asks)
    while True:
        typed = hear(f"题型（{' '.join(choices)}）> ").strip().lower()
        if typed in choices:
            return typed
        say(f"题型可以是 {'、'.join(choices)}")
