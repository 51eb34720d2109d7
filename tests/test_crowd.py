"""The crowd itself, small: everybody does each thing on a real server, within its limits, and everything is counted."""

from __future__ import annotations

import sys
import time

import pytest

from eval.builds import HERE, Build
from tests.crowd import DOINGS, SPACING, Told, described, mixed, serving


def test_what_came_of_it_is_counted_apart() -> None:
    told = Told()
    for kind, status, seconds in (("ask", 200, 0.1), ("ask", 429, 0.2), ("ask", 503, 0.3), ("upload", 201, 0.4), ("ask", 409, 0.5), ("page", 0, 1.0)):
        told.note(kind, status, seconds)
    assert (told.done, told.busy) == (6, 2)
    assert told.errors == {"ask 409": 1, "page 断开": 1}
    assert (told.at("ask", 0.5), told.at("ask", 0.99)) == (0.3, 0.5)
    assert "出错 ask 409 1 次、page 断开 1 次；请稍后再试 2" in described(told)


@pytest.mark.skipif(sys.platform != "linux", reason="内存从 /proc 读")
def test_two_people_do_everything_and_nothing_fails() -> None:
    with serving(Build(HERE), [HERE / "reports"], 2) as (url, pid, tokens):
        began = time.monotonic()
        told = mixed(url, pid, tokens, ["青川市司法局2024年收到多少件行政复议申请？"], [*DOINGS], lambda told: told.done < 8)
        took = time.monotonic() - began
    assert told.errors == {} and told.busy == 0
    assert {kind for kind, _ in told.statuses} == DOINGS.keys()
    assert told.done >= 8 and all(told.memory)
    assert sum(DOINGS[kind][1] * count for (kind, _), count in told.statuses.items()) <= 2 * (took / SPACING + 3)  # no faster than the limits
