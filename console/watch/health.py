"""How each poller is doing: last success, last error, gaps, rate. What makes stale data look stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.mirror import Mirror

RATE_WINDOW_US = 5_000_000
"""The rate is counted over windows of this length, µs."""


@dataclass
class Health:
    """One poller's record. Times are wall-clock µs; `rate` is events a second over the last full window."""

    poller: str
    last_ok_at: int | None = None
    last_error: str | None = None
    last_error_at: int | None = None
    gaps: int = 0
    rate: float = 0.0
    state: str = ""
    _counted: int = 0
    _window_from: int = 0
    _written: tuple[object, ...] = ()

    def ok(self, at: int, events: int = 0) -> None:
        """A round went well and brought so many events."""
        self.last_ok_at = at
        self.last_error = None
        self._counted += events

    def failed(self, at: int, error: str) -> None:
        """A round failed; `error` says how, in words for the operator."""
        self.last_error, self.last_error_at = error[:300], at

    def gap(self, at: int, reason: str) -> None:
        """The feed showed a gap: nothing was kept and it is asked again."""
        self.gaps += 1
        self.failed(at, reason)

    def take(self, other: Health) -> None:
        """Stand as another record of the same poller says."""
        self.last_ok_at, self.last_error, self.last_error_at = other.last_ok_at, other.last_error, other.last_error_at

    def measure(self, now: int) -> None:
        """Close the rate's window when it is over."""
        span = now - self._window_from
        if span >= RATE_WINDOW_US:
            self.rate = self._counted * 1e6 / span if self._window_from else 0.0
            self._counted, self._window_from = 0, now

    def write(self, mirror: Mirror) -> None:
        """Store the record when it differs from what is stored."""
        row = (self.poller, self.last_ok_at, self.last_error, self.last_error_at, self.gaps, self.rate, self.state)
        if row != self._written:
            mirror.health(*row)
            self._written = row


def write_all(healths: Sequence[Health], mirror: Mirror) -> None:
    """Store all records in one transaction."""
    with mirror.transaction():
        for health in healths:
            health.write(mirror)
