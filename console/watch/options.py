"""What a watcher runs with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from console.paths import Home
from console.settings import Heartbeat, Notify


@dataclass(frozen=True)
class WatchOptions:
    """What `riskdesk watch` was asked for. `retention_days` counts stream days of raw events."""

    home: Home
    core: str
    until_caught_up: bool = False
    page_limit: int = 10_000
    retention_days: int = 180
    packs: Path | None = None
    rules_only: bool = False
    notify: Notify = field(default_factory=Notify)
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    automatic: bool = False
    limit_review_days: int = 0
    refits_beside: bool = False
