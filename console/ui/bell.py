"""The console's bell: one ring for what is new among the critical alerts, never more often than every ten seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from console.core.instants import SECOND

EVERY = 10 * SECOND
"""The least time between two rings, µs."""


class Bell:
    """Hears which critical alerts there are, and rings when one is new. The first it hears of are not."""

    def __init__(self, ring: Callable[[], None], clock: Callable[[], int]) -> None:
        self._ring, self._clock = ring, clock
        self._known: set[tuple[str, int]] | None = None
        self._wanted = False
        self._rung_at = -EVERY

    def hear(self, critical: Iterable[tuple[str, int]]) -> None:
        """Take the open critical alerts, each by its id and how often it came back."""
        now = set(critical)
        if self._known is None:
            self._known = now
        elif not now <= self._known:
            self._known |= now
            self._wanted = True

    def beat(self) -> None:
        """Ring when something new was heard of and the last ring is long enough ago."""
        if self._wanted and self._clock() - self._rung_at >= EVERY:
            self._wanted, self._rung_at = False, self._clock()
            self._ring()
