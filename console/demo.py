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
from console.watch.lock import holder

ENDS = (signal.SIGHUP, signal.SIGTERM)
"""A closed terminal and a polite kill end the demo cleanly."""


def _end(*_: object) -> None:
    """Leave through every `with`. The console, once it runs, ends by itself."""
    _deaf()
    sys.exit(Exit.OK)


def _deaf() -> None:
    """A second signal does not interrupt the tidying up."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)


def run(world: str, speed: float, seed: int, chosen: str | None) -> int:
    """Start everything, run the console, stop everything. Returns the console's exit code."""
    for number in ENDS:
        signal.signal(number, _end)
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
        code = run_console(home, origin, lambda: holder(home.lock))
        _deaf()
        return code
