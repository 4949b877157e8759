"""Stops commands to a host that does not answer, so that an outage is not met with a storm of attempts."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 6
"""Requests in a row without an answer after which sending pauses."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""A pause is twice as long as the one before, up to this; commands live two minutes by default."""


class Breaker:
    """One host's. Every request tells it how it ended; whoever sends asks it first. Any answer closes it at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.unanswered = 0
        self._pauses = 0
        self._until = 0.0

    def answered(self) -> None:
        """The host answered, with whatever status."""
        self.unanswered = self._pauses = 0

    def silent(self) -> None:
        """A request got no answer. Those that fail during a pause do not make it longer."""
        self.unanswered += 1
        if self.unanswered >= FAILURES and self._clock() >= self._until:
            self._until = self._clock() + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self._pauses, 16))
            self._pauses += 1

    @property
    def open(self) -> bool:
        """Whether nothing may be sent until the host has answered something else."""
        return self.unanswered >= FAILURES

    @property
    def pausing(self) -> bool:
        """Whether it is too early even to probe."""
        return self.open and self._clock() < self._until
