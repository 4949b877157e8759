"""The line between watcher and console: private, one version, and never an error for the decision itself."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.desk import hotline
from console.desk.hotline import DeskServer, SocketError, WrongVersion


class Watcher:
    """What a watcher would do with the messages: remember them."""

    def __init__(self, path: Path) -> None:
        self.nudges: list[str] = []
        self.tokens: list[str] = []
        self.server = DeskServer(
            path,
            nudged=self.nudges.append,
            credential=self.take,
            status=lambda: {"pid": 7, "pending": 2},
            rehearse=self.rehearse,
        )

    def take(self, token: str) -> None:
        if " " in token:
            raise ValueError("no token")
        self.tokens.append(token)

    async def rehearse(self, body: bytes, if_match: int | None) -> hotline.Message:
        if b"dry_run" not in body:
            raise ValueError("only a dry run may be rehearsed")
        return {"command": body.decode(), "if_match": if_match}


async def test_nudge_token_and_status_reach_the_watcher(tmp_path) -> None:
    path = tmp_path / "watcher.sock"
    watcher = Watcher(path)
    async with watcher.server:
        await asyncio.to_thread(hotline.nudge, path, "c1")
        await asyncio.to_thread(hotline.hand_over, path, "t0ken")
        assert await asyncio.to_thread(hotline.status, path) == {"pid": 7, "pending": 2}
        assert path.stat().st_mode & 0o777 == 0o600
    assert (watcher.nudges, watcher.tokens) == (["c1"], ["t0ken"])
    assert not path.exists()


async def test_a_token_that_is_none_is_refused_with_the_reason(tmp_path) -> None:
    path = tmp_path / "watcher.sock"
    async with Watcher(path).server:
        with pytest.raises(SocketError, match="no token"):
            await asyncio.to_thread(hotline.hand_over, path, "a b")


async def test_a_preview_takes_a_dry_run_there_and_the_answer_back(tmp_path) -> None:
    path = tmp_path / "watcher.sock"
    async with Watcher(path).server:
        answer = await asyncio.to_thread(hotline.preview, path, b'{"dry_run":true}', 7)
        assert answer == {"command": '{"dry_run":true}', "if_match": 7}
        with pytest.raises(SocketError, match="only a dry run"):
            await asyncio.to_thread(hotline.preview, path, b"{}", None)


async def test_another_version_is_refused_on_both_ends(tmp_path, monkeypatch) -> None:
    path = tmp_path / "watcher.sock"
    watcher = Watcher(path)

    def ask_as_newer() -> None:
        monkeypatch.setattr(hotline, "_line", newer)
        hotline.nudge(path, "c1")

    plain = hotline._line

    def newer(message: hotline.Message) -> bytes:
        return plain({**message, "version": "99.0"} if message.get("kind") == "hello" else message)

    async with watcher.server:
        with pytest.raises(SocketError):
            await asyncio.to_thread(ask_as_newer)
        monkeypatch.undo()
        monkeypatch.setattr(hotline, "__version__", "98.0")
    assert watcher.nudges == []
    with pytest.raises(WrongVersion, match="pid 7"):
        hotline._check_version({"version": "0.0.1", "pid": 7})


def test_without_a_watcher_it_says_so(tmp_path) -> None:
    with pytest.raises(SocketError, match="no watcher"):
        hotline.nudge(tmp_path / "watcher.sock", "c1")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"[]\n",
        b"[" * 60_000 + b"\n",
        b'{"kind":"nudge","command_id":"c1"}\n',
        b"x" * 70_000,
        b'{"kind":5}\n',
    ],
    ids=["empty", "broken", "list", "deep", "without hello", "endless", "odd"],
)
async def test_hostile_lines_do_nothing_and_the_watcher_lives(tmp_path, line: bytes) -> None:
    path = tmp_path / "watcher.sock"
    watcher = Watcher(path)
    async with watcher.server:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        writer.write_eof()
        await reader.read()
        writer.close()
        await asyncio.to_thread(hotline.nudge, path, "after")
    assert watcher.nudges == ["after"]


async def test_a_dead_watchers_socket_is_replaced(tmp_path) -> None:
    path = tmp_path / "watcher.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    watcher = Watcher(path)
    async with watcher.server:
        await asyncio.to_thread(hotline.nudge, path, "c1")
    assert watcher.nudges == ["c1"]


@pytest.fixture
def short_root() -> Iterator[Path]:
    """A folder with a path as short as that of /tmp, which the tests' own folders need not have."""
    with tempfile.TemporaryDirectory(prefix="", dir="/tmp") as folder:
        yield Path(folder)


async def test_a_long_home_gets_a_short_private_path(tmp_path, short_root, monkeypatch) -> None:
    monkeypatch.setattr(hotline, "SHORT_ROOT", short_root)
    home = tmp_path / ("very" * 40)
    home.mkdir()
    path = hotline.socket_path(home / "watcher.sock")
    assert len(str(path)) < 108
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path == hotline.socket_path(home / "watcher.sock")
    path.parent.chmod(0o755)
    with pytest.raises(SocketError, match="nobody else"):
        hotline.socket_path(home / "watcher.sock")
