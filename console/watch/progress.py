"""What the watcher has done, and how fast."""

from __future__ import annotations

import resource
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from console.watch.ingest import Ingested

KEPT_PAGES = 10_000
"""Page times that the report looks at."""


@dataclass
class Progress:
    """What the watcher has done since it started."""

    events: int = 0
    alerts: int = 0
    waited: float = 0.0
    started: float = field(default_factory=time.monotonic)
    pages_ms: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_PAGES))

    def note(self, page: Ingested) -> None:
        """Count a committed page; the time from its decoding to its commit is kept for the last 10,000."""
        self.events += page.changes
        self.alerts += len(page.opened)
        self.waited += page.waited
        self.pages_ms.append(page.seconds * 1e3)

    def report(self) -> dict[str, float | int]:
        """Events, seconds, events a second, page times, alerts, seconds waited for refits, memory.

        Waits for refits count in `seconds` and `events_per_s`, not in `events_per_s_running` and the page times.
        """
        seconds = time.monotonic() - self.started
        running = seconds - self.waited
        pages = sorted(self.pages_ms) or [0.0]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "events": self.events,
            "seconds": round(seconds, 3),
            "events_per_s": round(self.events / seconds) if seconds else 0,
            "events_per_s_running": round(self.events / running) if running > 0 else 0,
            "page_p50_ms": round(pages[len(pages) // 2], 2),
            "page_p99_ms": round(pages[int(len(pages) * 0.99)], 2),
            "alerts": self.alerts,
            "refit_wait_s": round(self.waited, 3),
            "rss_mb": in_mb(peak),
        }


def in_mb(peak: int) -> int:
    """Most memory ever held, from how the system counts it."""
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
