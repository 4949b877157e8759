"""A core that never ends: the client bounds how long and how much it takes of any answer."""

from __future__ import annotations

import asyncio
import gzip
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from console.core import client as client_module
from console.core.client import CoreClient
from console.core.problems import CoreProblem, CoreUnreachable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def core(answer: Answer) -> AsyncIterator[CoreClient]:
    """A client of a server that answers every request so; how long one took is not waited for longer than needed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
            await writer.drain()
        except (OSError, EOFError):
            pass  # the client hung up, as it should
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with CoreClient(origin, lambda: None) as client:
        yield client
    server.close()


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X")
        await writer.drain()
        await asyncio.sleep(0.01)


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X-More: " + b"x" * 8192 + b"\r\n")
        await writer.drain()


async def silent(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def packed(body: bytes, encoding: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return answer


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A quarter of a gigabyte, packed."""
    return gzip.compress(bytes(256 * 2**20), 9)


@pytest.mark.parametrize("answer", [dripping, dripping_head, silent])
async def test_an_answer_that_takes_too_long_is_no_answer(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_S", 0.3)
    async with core(answer) as client:
        with pytest.raises(CoreUnreachable):
            await asyncio.wait_for(client.send("/commands", b"{}"), 20)


@pytest.mark.parametrize("answer", [endless, endless_head])
async def test_an_answer_without_end_is_broken_off_before_memory_is_full(answer: Answer) -> None:
    await is_broken_off(answer)


async def test_an_answer_that_is_huge_unpacked_is_broken_off_before_memory_is_full(bomb: bytes) -> None:
    await is_broken_off(packed(bomb, "gzip"))
    await is_broken_off(packed(gzip.compress(bomb, 9), "gzip, gzip"))


async def is_broken_off(answer: Answer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with core(answer) as client:
        with pytest.raises(CoreUnreachable):
            await client.send("/commands", b"{}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * client_module.MAX_BODY // 1024


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip;q=1"])
async def test_an_answer_packed_as_nobody_asked_for_is_no_answer(encoding: str) -> None:
    async with core(packed(b"{}", encoding)) as client:
        with pytest.raises(CoreUnreachable):
            await client.send("/commands", b"{}")


DEEP = b"[" * 3000 + b"]" * 3000
BROKEN = (b"\xff\xfe", b'{"id":"\xff"}', b'{"id":"\\ud800"}', b'{"a":' + DEEP + b"}", DEEP, b"NaN", b"", b"null", b"[]")


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_an_answer_that_can_not_be_read_ends_in_one_of_two_known_errors(body: bytes) -> None:
    def answer(status: int) -> httpx.MockTransport:
        headers = {"content-type": "application/json"}
        return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))

    async with CoreClient("http://127.0.0.1:9", lambda: None, answer(200)) as client:
        for asked in (
            client.meta(),
            client.account("a"),
            client.digest("account", 16),
            client.snapshot("account", None, 9),
        ):
            with pytest.raises(CoreUnreachable):
                await asked
    async with CoreClient("http://127.0.0.1:9", lambda: None, answer(422)) as client:
        with pytest.raises(CoreProblem) as refused:
            await client.send("/commands", b"{}")
    assert (refused.value.status, refused.value.problem.code) == (422, "http_422")


@pytest.mark.parametrize("account_id", ["../meta", "..", "a/../../meta", "a?x=1", "a#b", "a\x00b", "a b", "é", "%2e"])
async def test_an_id_never_leads_to_another_address(account_id: str) -> None:
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return httpx.Response(404, content=b"{}", headers={"content-type": "application/json"})

    async with CoreClient("http://127.0.0.1:9", lambda: None, httpx.MockTransport(answer)) as client:
        with pytest.raises(CoreProblem):
            await client.account(account_id)
    assert len(asked) == 1
    assert asked[0].count(b"/") == 4 or account_id == ".."
    assert b"?" not in asked[0]
