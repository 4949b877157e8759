"""`riskdesk demo`: an embedded core that lives, a watcher and the console, in a home that is gone afterwards."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from console import children, paths
from console.exits import Exit
from console.ui.app import run as run_console


def run(world: str, speed: float, seed: int, chosen: str | None) -> int:
    """Start everything, run the console, stop everything. Returns the console's exit code."""
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(Exit.OK))  # a closed terminal ends the demo cleanly
    with ExitStack() as stack:
        folder = chosen or stack.enter_context(tempfile.TemporaryDirectory(prefix="riskdesk-demo-"))
        home = paths.home(folder)
        home.make()
        origin = stack.enter_context(
            children.sandbox(
                "--world", world, "--speed", str(speed), "--seed", str(seed), log=Path(folder) / "sandbox.log"
            )
        )
        stack.enter_context(children.tied_watcher(home, origin))
        return run_console(home, origin)
