"""What each stage of a page costs the processor, for whoever wants to know where the time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stages:
    """Processor seconds by stage, for one thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inside = 0.0

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Count what happens inside as that stage's, but for what belongs to stages inside it."""
        started, before, self._inside = time.thread_time(), self._inside, 0.0
        try:
            yield
        finally:
            spent = time.thread_time() - started
            self.add(name, spent - self._inside)
            self._inside = before + spent

    def per(self, events: int) -> dict[str, float]:
        """Microseconds an event: decode, translate, score (features, rules), alerts, rows, log, commit."""
        return {f"{name}_us": round(seconds * 1e6 / max(1, events), 2) for name, seconds in self.seconds.items()}

    def add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
