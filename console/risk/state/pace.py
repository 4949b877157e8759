"""How many applications come in at all, by whole UTC hours."""

from __future__ import annotations

import numpy as np

from console.risk.columns import HOUR, Array
from console.risk.state.growth import packed, unpacked

HOURS = 1024
"""Hours that are kept, about six weeks up to the latest one with an application."""

AT_ONCE = 256


class Pace:
    """A count per hour."""

    def __init__(self) -> None:
        self._hour = np.zeros(HOURS, np.int64)
        self._count = np.zeros(HOURS, np.int64)
        self.apply(np.zeros(0, np.int64), np.zeros(0, np.int64))

    def apply(self, rows: Array, at: Array) -> None:
        """Count a page's applications, which came in `rows` and were made `at` (µs)."""
        self._hour_before, self._count_before = self._hour.copy(), self._count.copy()
        self._rows, self._hours = rows, at // HOUR
        self._latest = np.maximum.accumulate(np.append(self._hour.max(), self._hours))
        slots = self._hours % HOURS
        np.maximum.at(self._hour, slots, self._hours)
        self._count[self._hour != self._hour_before] = 0
        fits = self._hour[slots] == self._hours
        np.add.at(self._count, slots[fits], 1)

    def seen(self, rows: Array, now: Array, hours: int) -> Array:
        """Applications of the last `hours` hours, the current one included, as the page's `rows` saw them."""
        if not (len(self._rows) or self._count_before.any()):
            return np.zeros(len(rows), np.int64)
        hour = now // HOUR
        since = np.maximum(hour - hours, self._latest[np.searchsorted(self._rows, rows)] - HOURS)
        order = np.argsort(self._hour_before, kind="stable")
        held, running = self._hour_before[order], np.append(0, np.cumsum(self._count_before[order]))
        first, last = (np.searchsorted(held, edge, side="right") for edge in (since, hour))
        counts = running[np.maximum(first, last)] - running[first]
        for start in range(0, len(self._rows), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            inside = (self._hours[part] > since[:, None]) & (self._hours[part] <= hour[:, None])
            counts += (inside & (self._rows[part] < rows[:, None])).sum(axis=1)
        return np.asarray(counts)

    def freeze(self, _rows: int) -> dict[str, bytes]:
        """The hours and their counts."""
        return {"hour": packed(self._hour, HOURS), "count": packed(self._count, HOURS)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._hour, self._count = unpacked(state["hour"], self._hour), unpacked(state["count"], self._count)
        self.apply(np.zeros(0, np.int64), np.zeros(0, np.int64))
