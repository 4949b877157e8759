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
    """A watcher that ends when it has caught up; it is stopped at the end of the `with` if it has not."""
    home.make()
    command = children.command("watch", "--home", str(home.folder), "--core", core, "--until-caught-up", "--json")
    with children.open_private(home.log) as log:
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        children.stop(process)


def report_of(watcher: subprocess.Popen[bytes], home: Home) -> dict[str, Any]:
    """Wait for the watcher's end; its own report. Raises OSError with the end of its log when it failed."""
    out, _ = watcher.communicate()
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
