"""The page's own events, sent as a browser sends them but by anybody: over Gradio's queue and without it."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Session:
    """Somebody at the page, as Gradio sees them."""

    client: httpx.Client
    hash: str = field(default_factory=lambda: secrets.token_hex(6))

    def __post_init__(self) -> None:
        config = self.client.get("/config").json()
        names = {one["id"]: one["props"].get("elem_id") or one["type"] for one in config["components"]}
        self.events = [
            (names.get(target[0], "page"), target[1], dependency) for dependency in config["dependencies"] for target in dependency["targets"]
        ]

    def send(self, component: str, event: str, inputs: list[Any] | None = None, **data: str) -> str:
        """An event with its button's data; everything that came back, as text."""
        dependency = next(one for name, kind, one in self.events if (name, kind) == (component, event))
        given = inputs if inputs is not None else [None] * len(dependency["inputs"])
        body = {"data": given, "fn_index": dependency["id"], "session_hash": self.hash, "event_data": data or None, "trigger_id": None}
        if dependency["queue"] is False:
            return self.client.post("/gradio_api/run/predict", json=body).text
        joined = self.client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return joined.text
        told = []
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.hash}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    message = json.loads(line[5:])
                    told.append(json.dumps(message, ensure_ascii=False))
                    if message["msg"] == "close_stream" or (message["msg"] == "process_completed" and message.get("event_id") == joined.json()["event_id"]):
                        break
        return "\n".join(told)
