"""This machine's clock, and whether somebody set it."""

from __future__ import annotations

import time

from console.core import instants

STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The clock that nobody sets; where there is one that also counts while the machine sleeps, that one."""


class Clock:
    """Notices when the wall clock was set since this object was made."""

    def __init__(self) -> None:
        self._apart = _apart()

    def jumped_us(self) -> int:
        """How far it was set, µs: positive forward; 0 for what keeping time explains, under a second."""
        jumped = _apart() - self._apart
        return jumped if abs(jumped) > instants.SECOND else 0


def _apart() -> int:
    return instants.now() - time.clock_gettime_ns(STEADY) // 1000
