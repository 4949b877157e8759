"""The world's clock: one heap of lives, iterators that act when resumed and yield when to be resumed next."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import accumulate
from random import Random

from console.core.instants import DAY, HOUR

Life = Iterator[int]
"""Something that goes on: it acts when resumed and yields when (µs) it wants to be resumed next."""

LOCAL = 8 * HOUR
"""China has one time zone, UTC+8, without summer time."""

DAYLIGHT = (1, 1, 0, 0, 0, 1, 3, 8, 11, 9, 8, 10, 14, 11, 8, 8, 9, 12, 16, 17, 15, 12, 7, 3)
"""How much happens in each local hour of a day, relative."""


class Clock:
    """Resumes every life in time order; lives due at the same instant go in the order they asked."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._asked = 0
        self._heap: list[tuple[int, int, Life]] = []

    def begin(self, life: Life) -> None:
        """Let a life start now, up to its first yield."""
        self._ask(life)

    def run(self, until: int, may_go_on: Callable[[], bool]) -> int:
        """Resume lives due up to `until` (µs, inclusive) while `may_go_on()`; returns the instant reached."""
        while self._heap and self._heap[0][0] <= until:
            if not may_go_on():
                return self.now
            self.now, _, life = heappop(self._heap)
            self._ask(life)
        self.now = max(self.now, until)
        return self.now

    def _ask(self, life: Life) -> None:
        for when in life:
            self._asked += 1
            heappush(self._heap, (max(when, self.now), self._asked, life))
            return


class Rhythm:
    """The hours of the day people are about, the quietest lifted to `night` (0..1 of the mean)."""

    def __init__(self, night: float) -> None:
        mean = sum(DAYLIGHT) / len(DAYLIGHT)
        self._cumulative = list(accumulate(max(hour, night * mean) for hour in DAYLIGHT))

    def moment(self, day: int, shift_h: int, rng: Random) -> int:
        """An instant of the local day that begins at `day`."""
        hour = bisect(self._cumulative, rng.random() * self._cumulative[-1])
        return day + (hour + shift_h) % 24 * HOUR + int(rng.random() * HOUR)


def midnight(instant: int) -> int:
    """The local midnight at or before an instant."""
    return (instant + LOCAL) // DAY * DAY - LOCAL


def hour_of_day(instant: int) -> int:
    """The local hour, 0 to 23."""
    return (instant + LOCAL) % DAY // HOUR


def weekday(instant: int) -> int:
    """The local weekday, Monday 0."""
    return ((instant + LOCAL) // DAY + 3) % 7
