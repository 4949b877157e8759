"""What the watcher puts into the audit chain, where it leaves checkpoints, and that it stops sending into silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from console.core import instants
from console.core.breaker import FAILURES
from console.core.client import CoreClient
from console.desk import checkpoints
from console.desk.checkpoints import Places
from console.desk.credentials import Credentials
from console.paths import Home
from console.watch.chain import RULES, CheckpointError, CheckpointExport, note_rules
from console.watch.options import WatchOptions
from console.watch.watcher import Watcher
from store.audit import GENESIS, Checkpoint
from store.journal import Intent, Journal
from store.journal_files import prove, rows

PACKS = [("a.toml", "x = 1"), ("b.toml", "y = 2")]


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def grow(journal: Journal) -> None:
    journal.record("test.written", {}, instants.now())


# ---------------------------------------------------------------- rules


def test_a_change_of_the_rules_is_written_once(journal: Journal, tmp_path: Path) -> None:
    edited = [PACKS[0], ("b.toml", "y = 3")]
    for texts in (PACKS, list(reversed(PACKS)), PACKS, edited, edited, PACKS):
        note_rules(journal, texts, instants.now())
    told = [row for row in rows(tmp_path / "journal.db") if row.event == RULES]
    assert len(told) == 3
    assert told[0].payload == told[2].payload != told[1].payload


def test_a_renamed_or_missing_pack_is_a_change(journal: Journal, tmp_path: Path) -> None:
    for texts in (PACKS, [("c.toml", "x = 1"), PACKS[1]], PACKS[:1], []):
        note_rules(journal, texts, instants.now())
    assert prove(tmp_path / "journal.db").seq == 4


# ---------------------------------------------------------------- checkpoints


async def test_a_checkpoint_is_left_only_when_the_chain_has_grown(journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.jsonl"
    await CheckpointExport(journal, Places(file, None)).run()
    assert not file.exists()
    for _ in range(2):
        grow(journal)
        for _ in range(2):
            await CheckpointExport(journal, Places(file, None)).run()
    assert [point.seq for point in checkpoints.read(file)] == [1, 2]
    assert prove(tmp_path / "journal.db", checkpoints.read(file)).fault is None


@pytest.mark.parametrize("seq", [7, 2, 1])
async def test_over_a_chain_that_was_cut_or_rewritten_no_checkpoint_is_left(
    journal: Journal, tmp_path: Path, seq: int
) -> None:
    file = tmp_path / "elsewhere.jsonl"
    checkpoints.append(file, Checkpoint(seq, "a" * 64, "2026-11-23T00:00:00.000000Z"))
    for _ in range(3):
        grow(journal)
    with pytest.raises(CheckpointError, match=f"row {seq}"):
        await CheckpointExport(journal, Places(file, None)).run()
    assert len(checkpoints.read(file)) == 1


@asynccontextmanager
async def receiver(status: int) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Takes POSTs; gives its port and the bodies it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        got.append(await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0])))
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with running:
        yield running.sockets[0].getsockname()[1], got


async def test_a_url_gets_each_new_end_until_it_takes_it(journal: Journal) -> None:
    grow(journal)
    async with receiver(204) as (port, got):
        export = CheckpointExport(journal, Places(None, f"http://127.0.0.1:{port}/in"))
        await export.run()
        await export.run()
        grow(journal)
        await export.run()
    assert [body.split(b",")[0] for body in got] == [b'{"seq": 1', b'{"seq": 2']
    async with receiver(503) as (port, got):
        export = CheckpointExport(journal, Places(None, f"http://127.0.0.1:{port}/in"))
        for _ in range(2):
            with pytest.raises(CheckpointError, match="503"):
                await export.run()
    assert len(got) == 2


@pytest.mark.parametrize(
    "url", ["http://keeper.example/s3cret", "http://127.0.0.1:9/s3cret", "ftp://x/s3cret", "s3cret"]
)
async def test_an_address_that_can_not_be_used_is_told_without_its_secret(journal: Journal, url: str) -> None:
    grow(journal)
    with pytest.raises(CheckpointError) as told:
        await CheckpointExport(journal, Places(None, url)).run()
    assert "s3cret" not in str(told.value)


async def test_the_file_gets_its_checkpoint_though_the_url_fails(journal: Journal, tmp_path: Path) -> None:
    grow(journal)
    file = tmp_path / "elsewhere.jsonl"
    with pytest.raises(CheckpointError):
        await CheckpointExport(journal, Places(file, "http://127.0.0.1:9/")).run()
    assert [point.seq for point in checkpoints.read(file)] == [1]


def test_the_empty_chain_has_a_checkpoint_that_is_never_left(journal: Journal) -> None:
    assert journal.checkpoint(instants.now()).seq == 0
    assert journal.checkpoint(instants.now()).hash == GENESIS


# ---------------------------------------------------------------- the watcher


@asynccontextmanager
async def watching(tmp_path: Path, core: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[Watcher]:
    home = Home(tmp_path / "home")
    home.make()
    async with CoreClient("http://127.0.0.1:9", lambda: None, httpx.MockTransport(core)) as client:
        watcher = Watcher(WatchOptions(home, "http://127.0.0.1:9"), client, Credentials(home, {}))
        try:
            yield watcher
        finally:
            await watcher.close()


def nobody(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody")


async def test_a_watcher_writes_its_rules_into_the_audit(tmp_path: Path) -> None:
    for _ in range(2):
        async with watching(tmp_path, nobody):
            pass
    told = [row.event for row in rows(tmp_path / "home" / "journal.db")]
    assert [event for event in told if event.startswith("rules.")] == [RULES]


async def test_nothing_is_sent_to_a_core_that_is_silent(tmp_path: Path) -> None:
    async with watching(tmp_path, nobody) as watcher:
        journal = Journal(tmp_path / "home" / "journal.db")
        intent = Intent(
            command_id="id-1",
            type="account.freeze",
            target_type="account",
            target_id="a1",
            account_id="a1",
            body=b"{}",
            if_match=None,
            not_after=instants.now() + 60_000_000,
            created_by="maria.k",
        )
        journal.intend(intent, instants.now())
        client = watcher._client
        for _ in range(FAILURES):
            client.breaker.silent()
        await watcher.send_commands()
        entry = journal.get("id-1")
        assert entry is not None
        assert entry.attempts == 0
        told = next(health for health in watcher.healths if health.poller == "commands")
        assert "nothing is sent until" in (told.last_error or "")
        client.breaker.answered()
        await watcher.send_commands()
        await watcher.dispatcher.drain()
        entry = journal.get("id-1")
        assert entry is not None
        assert entry.attempts == 1
        journal.close()
