"""HTTP/1.1 messages as bytes: enough to pass them on, cut them short, forge them and send them twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

LARGEST_HEAD = 1 << 18


@dataclass(frozen=True)
class Message:
    """A request or an answer: its first line, its headers by lower-case name, and its bytes as they came."""

    first: str
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body

    @property
    def method(self) -> str:
        return self.first.split(" ", 2)[0]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.first.split(" ", 2)[1].partition("?")[0]

    @property
    def status(self) -> int:
        return int(self.first.split(" ", 2)[1])


async def read(reader: asyncio.StreamReader) -> Message | None:
    """The next message of a connection, None at its clean end. Raises EOFError or ConnectionError when it breaks."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Message(first, headers, head, body)


def forged(status: int, body: bytes, kind: str = "application/problem+json", **headers: str) -> bytes:
    """An answer that the core never gave. Header names are written with underscores."""
    lines = [f"HTTP/1.1 {status} Forged", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def problem(status: int, code: str, effect: str, **headers: str) -> bytes:
    """A forged problem answer."""
    fields: dict[str, Any] = {"type": "about:blank", "title": code, "status": status, "code": code, "effect": effect}
    return forged(status, json.dumps(fields | {"retryable": True}).encode(), **headers)


class Upstream:
    """One connection to the core, opened when it is needed and anew after it broke."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Message:
        """Send a request and read its answer. Raises EOFError or OSError when the core breaks off."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=LARGEST_HEAD)
        reader, writer = self._streams
        try:
            writer.write(request)
            await writer.drain()
            answer = await read(reader)
        except BaseException:
            self.close()
            raise
        if answer is None:
            self.close()
            raise EOFError("the core hung up")
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
