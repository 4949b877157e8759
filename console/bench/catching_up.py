"""A watcher that follows a core until it has caught up, for benchmarks."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from console import children
from console.paths import Home


def catch_up(home: Home, core: str, *options: str) -> dict[str, Any]:
    """Watch until everything is mirrored and scored; the watcher's own report.

    Raises OSError, naming the log, when the watcher fails.
    """
    home.make()
    command = children.command("watch", "--home", str(home.folder), "--core", core, "--until-caught-up", "--json")
    with children.open_private(home.log) as log:
        done = subprocess.run([*command, *options], stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - our own program
    if done.returncode != 0:
        raise OSError(f"the watcher did not end well; see {home.log}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
