"""Reading a running console's screen in tests."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from console.ui.app import RiskDesk
from store.journal import Journal

DEADLINE_S = 10.0


def frame(app: RiskDesk) -> str:
    """What stands on the screen, as text, trailing spaces cut."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so. Fails when it is not in time."""
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end, f"{what} did not happen"
        await asyncio.sleep(0.01)


async def ready(app: RiskDesk, accounts: int = 200) -> None:
    """Wait for the first screen: its rows, and the surveyor's counts in the status line."""
    await until(lambda: getattr(app.screen, "stands", False), "the watch screen")
    await until(lambda: app.screen.table.total() == accounts, "the order of all accounts")
    await until(lambda: bool(app.sight.situation.alerts), "the count of alerts")


async def shown(app: RiskDesk, text: str) -> None:
    """Wait until a text is on the screen."""
    await until(lambda: text in frame(app), f"{text!r} on the screen")


def refuse_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every journal be one that can't be written from now on."""

    @contextmanager
    def readonly(_: Journal) -> Iterator[sqlite3.Connection]:
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY
        raise error
        yield

    monkeypatch.setattr(Journal, "transaction", readonly)
