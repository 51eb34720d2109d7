"""What one person may ask of the server, and what all together may."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio.to_thread

from server.problems import Refused

JSON_BYTES = 256 * 1024  # a request that is not an upload
UPLOAD_BYTES = 64 * 2**20  # one uploaded file, unless told otherwise
WAITING = 64  # questions that may wait for a turn
AT_ONCE = max(4, os.cpu_count() or 1)  # questions being answered
PHRASING = 16  # answers in a language model's hands; it costs this machine little
MINUTE = 60  # requests a minute a user, unless told otherwise
LOGINS = 5  # wrong passwords for one name, or from one address ten times as many, in
LOGIN_SECONDS = 300.0
_MOST_KEYS = 10_000  # people remembered

Result = TypeVar("Result")


class Window:
    """At most `most` events a key in any `seconds`.  Safe from many threads."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.seconds, self._clock = most, seconds, clock
        self._seen: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Seconds until the key may again; 0 where it may now."""
        with self._lock:
            times = self._recent(key)
            return self.seconds - (self._clock() - times[0]) if len(times) >= self.most else 0.0

    def take(self, key: str) -> float:
        """Count an event; seconds to wait, 0 where it was let through.  One that was not is not counted."""
        with self._lock:
            times = self._recent(key)
            if len(times) >= self.most:
                return self.seconds - (self._clock() - times[0])
            times.append(self._clock())
            return 0.0

    def forget(self, key: str) -> None:
        """Start the key anew."""
        with self._lock:
            self._seen.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        now = self._clock()
        if len(self._seen) >= _MOST_KEYS and key not in self._seen:
            self._seen = {k: v for k, v in self._seen.items() if v and now - v[-1] < self.seconds}
            while len(self._seen) >= _MOST_KEYS:  # a flood of names: the longest known go
                self._seen.pop(next(iter(self._seen)))
        times = self._seen.setdefault(key, deque())
        while times and now - times[0] >= self.seconds:
            times.popleft()
        return times


class Turnstile:
    """A bounded queue: some questions are answered at once, some wait, the rest are told that it is busy."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self.inside = 0  # being answered or waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn; raises Refused (503) where too many wait."""
        if self.inside >= self._most:
            detail = f"已有 {self.inside} 个问题在排队，请过几秒再试。"
            raise Refused(503, "正忙", detail, {"Retry-After": "5"})
        self.inside += 1
        try:
            async with self._turns:
                yield
        finally:
            self.inside -= 1

    async def run(self, work: Callable[[], Result]) -> Result:
        """`work` in a thread, in its turn."""
        async with self.turn():
            return await anyio.to_thread.run_sync(work)
