"""What makes the core's feed grow: nothing, a world at some speed, or a recorded stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from console.core.instants import DAY, parse
from console.sandbox.bank import Bank

HISTORY = 30 * DAY
PLAYED_FROM = parse("2026-01-05T00:00:00Z")
"""Where the stream time of a world begins that is played, a Monday."""
PLAYED_SLICE = 500
"""Changes published in one go while a world is played; a few milliseconds."""
SLICE_S = 0.008
"""How long one slice of work may keep the server from answering, in seconds."""
ROUNDS = 6
TICK_S = 0.05
"""How often a live world moves on, in seconds of wall time."""


class Life(Protocol):
    """Drives a bank from inside the server's event loop."""

    def unfinished(self) -> bool:
        """Whether more is to come at once, so that a page that reached the head still has more behind it."""

    async def demand(self, after: int, limit: int) -> None:
        """A reader wants `limit` changes after a seq: produce what is due of them now, and more in the background."""

    async def run(self) -> None:
        """Live until cancelled."""


class Still:
    """No life of its own: only commands change anything, and stream time is wall time."""

    def unfinished(self) -> bool:
        return False

    async def demand(self, after: int, limit: int) -> None:
        return

    async def run(self) -> None:
        return


class World(Protocol):
    """A population that lives in the bank."""

    def advance(self, until: int, budget: int) -> int:
        """Simulate and publish up to the stream instant, about `budget` events at most; returns the instant reached."""


class WorldLife:
    """Thirty days of history as fast as they come, then stream time at `speed` times wall time."""

    def __init__(self, bank: Bank, make: Callable[[int], World], speed: float) -> None:
        self._bank = bank
        self._speed = speed
        self._begun = bank.clock()
        self._reached = self._begun - HISTORY
        bank.log.stream = lambda: self._reached
        self._world = make(self._reached)
        self._budget = 50

    def unfinished(self) -> bool:
        return False

    async def demand(self, after: int, limit: int) -> None:
        return

    async def run(self) -> None:
        await self._catch_up(self._begun)
        origin, since = self._reached, self._bank.clock()
        while True:
            await self._catch_up(origin + int((self._bank.clock() - since) * self._speed))
            await asyncio.sleep(TICK_S)

    async def _catch_up(self, until: int) -> None:
        while self._reached < until:
            began = time.perf_counter()
            with self._bank.batch():
                self._reached = self._world.advance(until, self._budget)
                self._bank.log.promise(self._reached)
            self._adapt(time.perf_counter() - began)
            await breathe()

    def _adapt(self, took_s: float) -> None:
        """Keep a slice near SLICE_S, whatever an event costs on this machine."""
        factor = min(2.0, max(0.5, SLICE_S / max(took_s, 1e-6)))
        self._budget = max(1, min(2000, int(self._budget * factor)))


class PlayedLife:
    """So many days of a world from PLAYED_FROM on, as fast as they are read; then it stands still.

    The same world, seed and days give the same feed, whenever they are played.
    """

    def __init__(self, bank: Bank, make: Callable[[int], World], days: float) -> None:
        self._bank = bank
        self._reached: int = PLAYED_FROM
        self._until = PLAYED_FROM + round(days * DAY)
        bank.log.stream = lambda: self._reached
        self._world = make(self._reached)

    def unfinished(self) -> bool:
        return self._reached < self._until

    async def demand(self, after: int, limit: int) -> None:
        while self._bank.log.head < after + limit and self.unfinished():
            with self._bank.batch():
                self._reached = self._world.advance(self._until, PLAYED_SLICE)
                self._bank.log.promise(self._reached)
            await breathe()

    async def run(self) -> None:
        return


async def breathe() -> None:
    """Give the server a turn: a request takes several rounds of the event loop to be read, run and answered."""
    for _ in range(ROUNDS):
        await asyncio.sleep(0)


async def settle_forever(bank: Bank, every_s: float = 0.5) -> None:
    """Let holds, claims and pending commands run out on wall time."""
    while True:
        bank.settle()
        await asyncio.sleep(every_s)
