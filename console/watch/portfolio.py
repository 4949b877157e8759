"""Keeps the portfolio: sums up the mirror now and then, beside everything else, and keeps a row a day."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.core import instants
from console.core.instants import MINUTE
from console.desk import portfolio
from console.watch.health import Health
from store import portfolio as stored
from store.journal import Journal
from store.portfolio import Day
from store.reader import Reader

EVERY_S = 5
"""Seconds between two looks at whether it is due."""
TAKEN_EVERY = 5 * MINUTE
"""The least time between two walks over all accounts, which take a few seconds for a million."""


class PortfolioWatch:
    """Belongs to the event loop; the walk runs in a thread, on a connection of its own."""

    def __init__(self, mirror: Path, journal: Journal, caught_up: asyncio.Event) -> None:
        self.health = Health("portfolio")
        self._mirror, self._journal, self._caught_up = mirror, journal, caught_up
        self._taken_at = 0

    async def run(self) -> None:
        """Take the portfolio once the feed has been read to its end: before that it is one of the past."""
        now = instants.now()
        if self._caught_up.is_set() and not 0 <= now - self._taken_at < TAKEN_EVERY:
            self._taken_at = now
            stored.keep(self._journal, await asyncio.to_thread(_take, self._mirror))
        self.health.ok(now)


def _take(path: Path) -> list[Day]:
    mirror = Reader(path)
    try:
        return portfolio.take(mirror)
    finally:
        mirror.close()
