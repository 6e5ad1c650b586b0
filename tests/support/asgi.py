"""Ask an ASGI application anything, also what no client would send: raw bytes as path, query, headers and body."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass
class Asked:
    """One request."""

    method: str
    path: bytes
    query: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header, in lower case."""
        return next((v.decode("latin-1") for n, v in self.headers if n == name.encode()), "").lower()

    def __str__(self) -> str:
        shown = "".join(f"  {n.decode('latin-1')}: {v.decode('latin-1')!r}\n" for n, v in self.headers)
        return f"{self.method} {self.path!r}?{self.query!r}\n{shown}  body {self.body[:3000]!r}"


@dataclass
class Told:
    """The answer. `seconds` is how long it took."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """The value of a header."""
        return next((v for n, v in self.headers if n.lower() == name), "")


async def ask(app: Any, asked: Asked, most_seconds: float) -> Told:
    """The answer, as the server would get it. Raises `TimeoutError`, and whatever the application lets out."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "path": unquote(asked.path.decode("ascii", "replace")),  # as uvicorn does
        "raw_path": asked.path,
        "query_string": asked.query,
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"localhost"), *asked.headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    half = len(asked.body) // 2
    waiting = [
        {"type": "http.request", "body": asked.body[:half], "more_body": True},
        {"type": "http.request", "body": asked.body[half:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    started = time.perf_counter()
    async with asyncio.timeout(most_seconds):
        await app(scope, receive, send)
    seconds = time.perf_counter() - started
    start = sent[0]
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in start["headers"]]
    return Told(start["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]), seconds)
