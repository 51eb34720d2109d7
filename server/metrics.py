"""Figures for Prometheus: requests, their times, answers by outcome, the queue, and what is indexed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The figures of one server; they name no user, question or report."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "youju_requests", "HTTP requests", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "youju_request_seconds", "Seconds a request took", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._answers = Counter("youju_answers", "Answers by outcome", ["status"], registry=self._registry)
        self._reports = Gauge("youju_reports", "Reports indexed", registry=self._registry)
        self._passages = Gauge("youju_passages", "Passages indexed", registry=self._registry)
        self._filled = Gauge("youju_passages_in_context", "Passages with their contextual vector", registry=self._registry)
        self._queue = Gauge("youju_queue", "Questions being answered or waiting", registry=self._registry)

    @contextmanager
    def request(self, scope: Scope, status: Callable[[], int]) -> Iterator[None]:
        """Measure a request; its route is told by its pattern, so that no path of a stranger becomes a series."""
        started = time.perf_counter()
        try:
            yield
        finally:
            route = getattr(scope.get("route"), "path", "other") or "/"
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
            self._requests.labels(method, route, str(status() or 500)).inc()
            self._seconds.labels(route).observe(time.perf_counter() - started)

    def answered(self, status: str) -> None:
        """Count an answer."""
        self._answers.labels(status).inc()

    def text(self, reports: int, passages: int, filled: int, queue: int) -> bytes:
        """The exposition format, version 0.0.4."""
        self._reports.set(reports)
        self._passages.set(passages)
        self._filled.set(filled)
        self._queue.set(queue)
        return generate_latest(self._registry)
