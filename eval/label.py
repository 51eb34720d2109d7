"""Questions shown one by one with the passages found for each: somebody marks which are evidence, and it becomes gold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, get_args

from eval.dataset import DECLINED, TYPES, GoldError, json_lines, write_whole
from eval.run import stem
from index.corpus import Corpus
from index.rows import report_row
from index.types import Passage, YoujuError
from retrieval.ask import understood
from retrieval.question.asks import content
from retrieval.search.search import search
from retrieval.types import Asks

HELP = """  1 3    这几段是依据（号用空格分开）
  v 2    看第 2 段的全文
  m      再列几段
  /词    换个说法再找
  n      报告里没有          a  没说是哪份报告
  s 跳过   u 退回上一题   ? 看这份说明   q 结束（已标的都已写下）"""
BRIEF = 160  # characters of a passage shown at first
DEEP = 50  # passages of each list that may be paged through


@dataclass(frozen=True)
class Asked:
    """A question to label, with what is known of it."""

    id: str
    question: str
    known: dict[str, Any]


@dataclass(frozen=True)
class Candidate:
    """A passage to judge."""

    report: str  # file stem
    name: str  # the file's name, as shown
    passage: Passage


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


def pooled(corpus: Corpus, text: str) -> list[Candidate]:
    """Passages to judge for some words: the product's own order, the keyword list and the dense list, taken in turn.

    The two lists search all reports, so that what the product filters out or ranks low is judged too, and gold does not
    favour the system that it was labelled with.  Source: pooling as TREC does it (Sparck Jones & van Rijsbergen, 1975).
    Raises what `understood` does.
    """
    question = understood(corpus, text)
    vector = corpus.encoder.encode([text], query=True)[0]
    rows = [row for row, _ in corpus.lexical(content(text), DEEP)], [row for row, _ in corpus.dense(vector, DEEP)]
    names = {ref.row: ref.name for ref in corpus.reports()}
    lists = [[Candidate(stem(hit.report.name), hit.report.name, hit.passage) for hit in search(corpus, question, DEEP)]]
    for found in rows:
        passages = corpus.passages(found)
        lists.append([Candidate(stem(names[report_row(row)]), names[report_row(row)], one) for row, one in zip(found, passages, strict=True)])
    pool: dict[str, Candidate] = {}
    for one in chain(*zip_longest(*lists)):
        if one:
            pool.setdefault(one.passage.id, one)
    return list(pool.values())


def label(
    corpus: Corpus, asked: Sequence[Asked], out: Path, show: int, hear: Callable[[str], str], say: Callable[[str], object]
) -> int:
    """How many were labelled now.  Each is written as soon as it is marked; what `out` holds already is not asked again.

    hear: a prompt → what was typed; EOFError ends.  say: a line to show.  Raises GoldError when `out` cannot be written.
    """
    lines = [dict(line.fields) for line in json_lines(out, "金标文件")] if out.exists() and out.stat().st_size else []
    done = {line["id"] for line in lines}
    rest = [one for one in asked if one.id not in done]
    say(f"共 {len(asked)} 题，已标 {len(asked) - len(rest)} 题。每题先输入：\n{HELP}")
    kept: list[tuple[int, dict[str, Any] | None]] = []  # number of a question gone by, and its line unless it was skipped
    at = 0
    try:
        while at < len(rest):
            try:
                line = _asked(corpus, rest[at], f"[{at + 1}/{len(rest)}]", show, hear, say)
            except _Back:
                say("退回上一题" if kept else "已经是这次的第一题")
                at = kept.pop()[0] if kept else at
            else:
                kept.append((at, line))
                at += 1
            marked = [line for _, line in kept if line]
            if marked or out.exists():
                write_whole(out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (*lines, *marked)))
    except (EOFError, KeyboardInterrupt, _Enough):
        pass
    marked = [line for _, line in kept if line]
    say(f"\n标了 {len(marked)} 题，写在 {out}；再次运行会从没有标的接着问" if marked else "\n这次没有标")
    return len(marked)


class _Enough(Exception):
    """The labeller has had enough."""


class _Back(Exception):
    """The labeller wants the question before."""


def _asked(
    corpus: Corpus, one: Asked, place: str, show: int, hear: Callable[[str], str], say: Callable[[str], object]
) -> dict[str, Any] | None:
    """A gold line as marked; None when skipped, or when the question cannot be asked."""
    said = f"（{one.known['reason']}）" if one.known.get("reason") else ""
    say(f"\n{place} {one.question}{said}")
    try:
        pool = pooled(corpus, one.question)
    except YoujuError as error:
        say(f"无法提问，跳过：{error}")
        return None
    say("\n".join(_listed(pool, 0, show)))
    shown = min(show, len(pool))
    base = {"id": one.id, "question": one.question, "phrasing": one.known.get("phrasing", "")}
    nothing: dict[str, Any] = {"reports": [], "answers": [], "require": "all", "evidence": []}
    while True:
        typed = hear("依据是> ").strip()
        word, _, after = typed.lower().partition(" ")
        if word == "q":
            raise _Enough
        if word == "u":
            raise _Back
        if word == "s":
            return None
        if word in ("n", "a"):
            return base | {"type": "unanswerable" if word == "n" else "ambiguous"} | nothing
        if word == "m":
            say("\n".join(_listed(pool, shown, shown + show)) or "没有更多了，可以用 /词 换个说法再找")
            shown = min(shown + show, len(pool))
        elif typed.startswith("/"):
            pool, shown = _more(corpus, pool, shown, typed[1:].strip(), show, say)
        elif word == "v" and (places := _places(after, shown)):
            say("\n\n".join(pool[place].passage.text for place in places))
        elif places := _places(typed, shown):
            break
        else:
            say(HELP)
    chosen = [pool[place] for place in places]
    answers = _answers(one, chosen, hear, say)
    known = one.known.get("type")
    kind = known if known in TYPES and known not in DECLINED else _kind(hear, say)
    return base | {
        "type": kind,
        "reports": list(dict.fromkeys(candidate.report for candidate in chosen)),
        "answers": answers,
        "require": "all",
        "evidence": [candidate.passage.text for candidate in chosen],
    }


def _listed(pool: Sequence[Candidate], first: int, last: int) -> Iterator[str]:
    """Lines that show the candidates in places [first, last)."""
    for place, one in enumerate(pool[first:last], first + 1):
        text = " ".join(one.passage.text.split())
        yield f"  {place}. {text[:BRIEF]}{'……' if len(text) > BRIEF else ''}\n     ——{one.name} {' > '.join(one.passage.path)}"


def _more(
    corpus: Corpus, pool: list[Candidate], shown: int, words: str, show: int, say: Callable[[str], object]
) -> tuple[list[Candidate], int]:
    """The pool with what other words find put after the candidates shown so far, and how many are shown now."""
    seen = {one.passage.id for one in pool[:shown]}
    try:
        fresh = [one for one in pooled(corpus, words) if one.passage.id not in seen]
    except YoujuError as error:
        say(str(error))
        return pool, shown
    pool = [*pool[:shown], *fresh]
    say("\n".join(_listed(pool, shown, shown + show)) or "没有找到别的段落")
    return pool, min(shown + show, len(pool))


def _places(typed: str, shown: int) -> list[int]:
    """0-based places that were typed, each once; none where any of it is no number of a candidate shown."""
    parts = typed.replace("，", " ").replace(",", " ").split()
    places = [int(part) - 1 for part in parts if part.isdecimal()]
    return list(dict.fromkeys(places)) if len(places) == len(parts) and all(0 <= place < shown for place in places) else []


def _answers(one: Asked, chosen: Sequence[Candidate], hear: Callable[[str], str], say: Callable[[str], object]) -> list[str]:
    """Strings that a right answer holds, each of them standing in the evidence."""
    text = "\n".join(candidate.passage.text for candidate in chosen)
    known = [answer for answer in one.known.get("answers", []) if answer in text]
    while True:
        typed = hear(f"答案（多个用 | 分开{'；直接回车用 ' + ' | '.join(known) if known else ''}）> ").strip()
        if typed.lower() == "u":
            raise _Back
        answers = [part.strip() for part in typed.split("|") if part.strip()] or known
        absent = [answer for answer in answers if answer not in text]
        if answers and not absent:
            return answers
        say(f"所标的段落里没有“{absent[0]}”，请照抄原文" if absent else "请写出答案在原文中的字")


def _kind(hear: Callable[[str], str], say: Callable[[str], object]) -> str:
    choices = get_args(Asks)
    while True:
        typed = hear(f"题型（{' '.join(choices)}）> ").strip().lower()
        if typed == "u":
            raise _Back
        if typed in choices:
            return typed
        say(f"题型可以是 {'、'.join(choices)}")
