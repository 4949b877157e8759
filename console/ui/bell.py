"""The console's bell: one ring for what is new among the critical alerts, never more often than every ten seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from console.core.instants import SECOND

EVERY = 10 * SECOND
"""The least time between two rings, µs."""


class Bell:
    """Hears which critical alerts there are, and rings when one is new. The first it hears of are not."""

    def __init__(self, ring: Callable[[], None], clock: Callable[[], int]) -> None:
        self._ring, self._clock = ring, clock
        self._identity: object = None
        self._heard = self._known = np.empty(0, np.int64)
        self._wanted = False
        self._rung_at = -EVERY

    def hear(self, critical: NDArray[np.int64], identity: object = "") -> None:
        """Take the marks of the open critical alerts; those of another mirror (`identity`) mean other alerts.

        May be called in another thread than `beat`.
        """
        if identity != self._identity:
            self._identity, self._known = identity, critical
        elif critical is not self._heard and len(new := np.setdiff1d(critical, self._known)):
            self._known = np.concatenate((self._known, new))
            self._wanted = True
        self._heard = critical

    def beat(self) -> None:
        """Ring when something new was heard of and the last ring is long enough ago."""
        if self._wanted and self._clock() - self._rung_at >= EVERY:
            self._wanted, self._rung_at = False, self._clock()
            self._ring()
