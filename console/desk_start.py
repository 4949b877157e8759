"""`riskdesk`: the console on a home, with a watcher started when none is there."""

from __future__ import annotations

from console import children
from console.paths import Home
from console.ui.app import run as run_console
from console.watch.lock import holder


def console(home: Home, core: str) -> int:
    """Run the console; several share one watcher, and it stays when they go. Returns an exit code."""
    home.make()
    if holder(home.lock) is None:
        children.start_watcher(home, core)
    return run_console(home, core)
