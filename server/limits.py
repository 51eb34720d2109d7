"""What one person may ask of the server, and what all together may."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import anyio.to_thread

from server.problems import Refused

JSON_BYTES = 256 * 1024  # a request that is not an upload
UPLOAD_BYTES = 64 * 2**20  # one uploaded file, unless told otherwise
WAITING = 64  # questions that may wait for a turn
AT_ONCE = max(4, os.cpu_count() or 1)  # questions being answered
PHRASING = 16  # answers in a language model's hands; it costs this machine little
MINUTE = 60  # requests a minute a user, unless told otherwise
LOGINS = 5  # wrong passwords for a name from an address,
ADDRESS_LOGINS = 100  # from an address for all names, so that fifty people behind one may mistype,
NAME_LOGINS = 50  # and for a name from all addresses that it has not come from before, in
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

    def give_back(self, key: str) -> None:
        """Not to count the last event after all."""
        with self._lock:
            if times := self._seen.get(key):
                times.pop()

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


@dataclass(frozen=True)
class Try:
    """A try at a password: seconds to wait, 0 where it may be looked at, and where it is counted."""

    wait: float
    counted: tuple[tuple[Window, str], ...]


class Guesses:
    """Wrong passwords are counted, right ones are not.  Safe from many threads.

    A try is counted before the password is looked at, and given back where it was right, so that many at once are not let
    through together.  Whoever guesses from elsewhere cannot lock somebody out of an address that they have logged in from.
    """

    def __init__(self, seconds: float = LOGIN_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._pairs = Window(LOGINS, seconds, clock)
        self._addresses = Window(ADDRESS_LOGINS, seconds, clock)
        self._names = Window(NAME_LOGINS, seconds, clock)
        self._known: dict[tuple[str, str], None] = {}

    def take(self, name: str, address: str) -> Try:
        """Count a try.  Where it has to wait, the password may not be looked at."""
        taken: list[tuple[Window, str]] = []
        for window, key in self._counted(name, address):
            if wait := window.take(key):
                _give_back(taken)
                return Try(wait, ())
            taken.append((window, key))
        return Try(0.0, tuple(taken))

    def right(self, name: str, address: str, tried: Try) -> None:
        """The password was right: the try does not count, nor do those before it for this name from this address."""
        _give_back(tried.counted)
        self._pairs.forget(_pair(name, address))
        while len(self._known) >= _MOST_KEYS:
            self._known.pop(next(iter(self._known)), None)
        self._known[name, address] = None

    def _counted(self, name: str, address: str) -> list[tuple[Window, str]]:
        found = [(self._pairs, _pair(name, address)), (self._addresses, address)]
        return found if (name, address) in self._known else [*found, (self._names, name)]


def _give_back(counted: Iterable[tuple[Window, str]]) -> None:
    for window, key in counted:
        window.give_back(key)


def _pair(name: str, address: str) -> str:
    return f"{name}\0{address}"
