"""Publishes a recorded stream: as fast as it is read, or at a multiple of recorded time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice

from console.sandbox.bank import Bank
from console.sandbox.bank.log import Recorded
from console.sandbox.life import TICK_S, breathe
from console.sandbox.recording import Recording

SLICE = 500
"""Changes published in one go; a few milliseconds."""
AHEAD = 6_000
"""How far production runs ahead of the reader, in changes."""


class ReplayLife:
    """Without a speed, production is driven by demand: the feed ends where nobody has read to yet.

    A bank that holds the whole stream is only served.
    """

    def __init__(self, bank: Bank, recording: Recording, speed: float | None) -> None:
        self._bank = bank
        self._speed = speed
        done = int(bank.database.fact("replayed") or 0)
        self._entries: Iterator[Recorded] = islice(iter(recording), done, None)
        self._count = done
        self._over = bank.database.fact("replay_over") is not None
        self._error: Exception | None = None
        self._wanted = 0
        self._more = asyncio.Event()
        bank.log.stream = lambda: bank.log.last_recorded

    def unfinished(self) -> bool:
        return self._speed is None and not self._over

    async def demand(self, after: int, limit: int) -> None:
        """Publish until the feed holds that much or the stream is over; then go on in the background for a while."""
        if self._speed is not None:
            return
        seq = after + limit
        self._wanted = max(self._wanted, seq + AHEAD)
        self._more.set()
        while self._bank.log.head < seq and not self._over:
            self._publish(self._next())
            await breathe()

    async def run(self) -> None:
        if self._speed is not None:
            await self._run_paced(self._speed)
        while not self._over:
            await self._more.wait()
            self._more.clear()
            while self._bank.log.head < self._wanted and not self._over:
                self._publish(self._next())
                await breathe()

    def _next(self) -> list[Recorded]:
        """The next slice, empty at the end. A stream that broke once stays broken: it must not look complete."""
        if self._error is not None:
            raise self._error
        try:
            return list(islice(self._entries, SLICE))
        except (OSError, ValueError, TypeError, LookupError) as error:
            self._error = error
            raise

    async def _run_paced(self, speed: float) -> None:
        held: Recorded | None = next(self._entries, None)
        began, origin = self._bank.clock(), held.recorded_at if held else 0
        while held is not None:
            until = origin + int((self._bank.clock() - began) * speed)
            while held is not None and held.recorded_at <= until:
                batch = [held]
                held = None
                for entry in self._entries:
                    if entry.recorded_at > until or len(batch) == SLICE:
                        held = entry
                        break
                    batch.append(entry)
                self._publish(batch)
                await breathe()
            await asyncio.sleep(TICK_S)
        self._publish([])

    def _publish(self, entries: list[Recorded]) -> None:
        if not entries:
            self._over = True
            self._bank.database.remember("replayed", str(self._count))
            self._bank.database.remember("replay_over", "1")
            return
        self._count += len(entries)
        with self._bank.batch():
            self._bank.log.extend(entries)
            self._bank.database.remember("replayed", str(self._count))
