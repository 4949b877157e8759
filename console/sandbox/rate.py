"""The rate limit: a bucket of requests per subject that refills with time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from console.sandbox.problems import Refusal


class RateLimit:
    """`per_s` requests a second on average, `burst` at once."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, subject: str) -> None:
        """Count one request of the subject. Raises Refusal (429) when the bucket is empty."""
        now = self._clock()
        left, since = self._left.get(subject, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_s)
        if left < 1:
            raise Refusal("rate_limited", retry_after_s=max(1, math.ceil((1 - left) / self._per_s)))
        self._left[subject] = (left - 1, now)
