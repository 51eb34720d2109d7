"""What goes on behind the page once it is up: what the first question needs is loaded, contextual vectors are filled in, memory is given back."""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from index.corpus import Corpus
from index.types import YoujuError
from server.filling import Filling

log = logging.getLogger("youju.server")
GIVE_BACK = 30.0  # seconds between two times that free memory is given back


class Behind:
    """Over one corpus; `suggest` asks it real questions."""

    def __init__(self, corpus: Corpus, data: Path, suggest: Callable[[], object]) -> None:
        self._corpus, self._suggest = corpus, suggest
        self._filling = Filling(corpus, data)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="youju-warming", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End with the question, or the batch of vectors, under way."""
        self._stop.set()
        self._thread.join()
        self._filling.stop()

    def _work(self) -> None:
        try:
            self._corpus.encoder.encode(["热身"])
            self._suggest()
        except YoujuError as error:  # who asks is told too
            log.error("还不能回答问题：%s", error)
        except Exception:
            log.exception("cannot make example questions")
        if not self._stop.is_set():
            self._filling.start()
        give_back()
        while not self._stop.wait(GIVE_BACK):
            give_back()


def give_back() -> None:
    """Let the system have what C's allocator holds free: questions in many threads leave holes, which it keeps (malloc_trim(3), glibc only)."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
