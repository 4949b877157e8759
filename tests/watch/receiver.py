"""A server on this machine that is told what a watcher tells the world outside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Receiver:
    """What a server on this machine was sent, and how it answers."""

    port: int = 0
    status: int = 204
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.asked]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    told = Receiver()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:")), 0)
        method, path = head.split(" ")[:2]
        told.asked.append((method, path, await reader.readexactly(length)))
        more = "Location: /elsewhere\r\n" if told.status == 302 else ""
        writer.write(f"HTTP/1.1 {told.status} X\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    async with server:
        yield told
