"""`riskdesk demo`: an embedded core that lives, a watcher and the console, in a home that is gone afterwards."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from console import children, paths
from console.ui.app import run as run_console


def run(world: str, speed: float, seed: int, chosen: str | None) -> int:
    """Start everything, run the console, stop everything. Returns the console's exit code."""
    with ExitStack() as stack:
        folder = chosen or stack.enter_context(tempfile.TemporaryDirectory(prefix="riskdesk-demo-"))
        home = paths.home(folder)
        home.make()
        origin = stack.enter_context(
            children.sandbox(
                "--world", world, "--speed", str(speed), "--seed", str(seed), log=Path(folder) / "sandbox.log"
            )
        )
        watcher = children.start_watcher(home, origin)
        stack.callback(children.stop, watcher)
        return run_console(home, origin)
