"""When each errand to the core may be tried again: what the core asked for, plus jitter that grows with each pause."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from console.core.instants import SECOND

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
"""Full jitter: a pause is drawn from 0 to FIRST_PAUSE_S * 2^n, never beyond LONGEST_PAUSE_S."""


class Pauses:
    """Of several errands, by name. `now` is the clock, in microseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._due: dict[str, tuple[int, int]] = {}
        self._made: Counter[str] = Counter()

    def over(self, name: str) -> bool:
        """Whether the errand may go on; one that was never put off may, and all may after the clock was set back."""
        since, due = self._due.get(name, (0, 0))
        return not since <= self._now() < due

    def put_off(self, name: str, at_least_s: float = 0.0, longest_s: float = LONGEST_PAUSE_S) -> None:
        """Put the errand off by `at_least_s`, which the core may have asked for, plus the jitter."""
        self._made[name] += 1
        spread = min(longest_s, FIRST_PAUSE_S * 2 ** min(self._made[name], 16))
        pause = at_least_s + random.uniform(0, spread)
        now = self._now()
        self._due[name] = now, now + int(pause * SECOND)

    def end(self, name: str) -> None:
        """The errand is due at once."""
        self._due.pop(name, None)

    def went_on(self, name: str) -> None:
        """The errand came further: the next pause is a first one again."""
        self._made.pop(name, None)
