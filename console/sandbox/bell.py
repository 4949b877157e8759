"""The bell that wakes waiting readers when something was published."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    """Made inside the event loop; rung from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._loop.call_soon_threadsafe(self._swap)

    def _swap(self) -> None:
        event, self._event = self._event, asyncio.Event()
        event.set()

    def close(self) -> None:
        """Wake everybody for good: nobody waits any more. From any thread."""
        self.closed = True
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after so long."""
        event = self._event
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
