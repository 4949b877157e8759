"""A watcher that follows a core until it has caught up, for benchmarks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console import children
from console.paths import Home

LOG_TOLD = 4_000
"""Letters of a failed watcher's log that are told: its home is gone afterwards."""


@contextmanager
def catching_up(home: Home, core: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A watcher that ends when it has caught up, or with the `with`, or with this process however that ends."""
    home.make()
    where = ("--home", str(home.folder), "--core", core)
    command = children.command("watch", "--tied", *where, "--until-caught-up", "--json", *options)
    with children.open_private(home.log) as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        children.stop(process)


def report_of(watcher: subprocess.Popen[bytes], home: Home) -> dict[str, Any]:
    """Wait for the watcher's end; its own report. Raises OSError with the end of its log when it failed."""
    out = watcher.stdout.read() if watcher.stdout else b""
    watcher.wait()
    if watcher.returncode != 0:
        said = home.log.read_text(encoding="utf-8", errors="replace")
        raise OSError(f"the watcher did not end well (code {watcher.returncode}):\n{said[-LOG_TOLD:]}")
    report: dict[str, Any] = json.loads(out)
    return report


def catch_up(home: Home, core: str, *options: str) -> dict[str, Any]:
    """Watch until everything is mirrored and scored; the watcher's own report.

    Raises OSError with the end of its log when the watcher fails.
    """
    with catching_up(home, core, *options) as watcher:
        return report_of(watcher, home)
