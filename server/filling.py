"""Contextual vectors filled in while the server answers: one thread less than there are, and only what others leave."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from index import backfill
from index.corpus import Corpus
from index.types import YoujuError

log = logging.getLogger("youju.server")
LOOK = 2.0  # seconds between two looks for reports that came in meanwhile
AGAIN = 60.0  # seconds until another try, where one failed: a full disk, say


class Filling:
    """A background worker over one corpus; what a stop or a kill leaves undone is done by the next one."""

    def __init__(self, corpus: Corpus, data: Path) -> None:
        self._corpus, self._data = corpus, data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="youju-filling", daemon=True)

    def start(self) -> None:
        """Begin; nothing where the corpus has no contextual vectors."""
        if self._corpus.contextual is not None:
            self._thread.start()

    def stop(self) -> None:
        """End with the batch under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        encoder = self._corpus.contextual
        assert encoder is not None
        fewer = getattr(encoder, "with_threads", None)
        encoder = fewer(max(1, (os.cpu_count() or 1) - 1)) if fewer else encoder
        done = -1  # the generation that is filled
        while not self._stop.is_set():
            wait = LOOK
            try:
                self._corpus.refresh()
                if self._corpus.generation != done:
                    now = self._corpus.generation
                    filled, total = backfill.fill(self._data, encoder, stop=self._stop, gently=True)
                    done = now if filled == total else done
            except YoujuError as error:
                log.error("上下文向量没有补成：%s", error)
                wait = AGAIN
            except Exception:
                log.exception("cannot fill in contextual vectors")
                wait = AGAIN
            self._stop.wait(wait)
