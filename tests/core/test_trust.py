"""TLS: always verified, by an institution's own authority where one is named; loopback never through a proxy.

`tls/` holds a certificate for localhost, its key, and the authority that signed it, made for these tests alone.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.core.client import CoreClient
from console.core.problems import CoreUnreachable
from console.core.trust import VARIABLE, verification

TLS = Path(__file__).parent / "tls"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@asynccontextmanager
async def server(context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """Answers {} to everything; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with running:
        yield running.sockets[0].getsockname()[1]


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    return context


async def ask(origin: str) -> bytes:
    async with CoreClient(origin, lambda: "token") as client:
        return (await client.send("/commands", b"{}")).body


async def test_a_core_of_a_private_authority_is_trusted_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TLS / "ca.pem"))
    async with server(tls()) as port:
        assert await ask(f"https://localhost:{port}") == b"{}"


async def test_without_it_the_same_core_is_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    async with server(tls()) as port:
        with pytest.raises(CoreUnreachable):
            await ask(f"https://localhost:{port}")


async def test_the_name_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(TLS / "ca.pem"))
    context = verification()
    assert isinstance(context, ssl.SSLContext)
    async with server(tls()) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="core.example")


def test_only_the_private_authorities_are_trusted() -> None:
    context = verification({VARIABLE: str(TLS / "ca.pem")})
    assert isinstance(context, ssl.SSLContext)
    assert [one["subject"][-1][-1][-1] for one in context.get_ca_certs()] == ["riskdesk test authority"]
    assert verification({}) is True


@pytest.mark.parametrize("named", ["/nowhere/ca.pem", __file__])
def test_a_bundle_that_can_not_be_read_is_refused(named: str) -> None:
    with pytest.raises(ValueError, match=VARIABLE):
        verification({VARIABLE: named})


async def test_what_goes_to_this_machine_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy", VARIABLE):
        monkeypatch.delenv(name, raising=False)
    async with server(None) as port:
        assert await ask(f"http://127.0.0.1:{port}") == b"{}"
