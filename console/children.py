"""The product's other processes: a watcher or a sandbox started from here, each `python -m console ...`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from console.paths import Home

STOP_S = 10.0
"""Seconds a child gets to end cleanly before it is killed."""


def command(*arguments: str) -> list[str]:
    """This program with those arguments, run by the same Python."""
    return [sys.executable, "-m", "console", *arguments]


def start_watcher(home: Home, core: str) -> subprocess.Popen[bytes]:
    """Start a watcher that outlives this terminal; it writes to the home's log. A second one refuses itself."""
    home.make()
    with open_private(home.log) as log:
        return subprocess.Popen(  # noqa: S603 - our own program
            command("watch", "--home", str(home.folder), "--core", core),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


@contextmanager
def sandbox(*arguments: str, log: Path) -> Iterator[str]:
    """A sandbox for the time of a `with`; gives its origin. Raises OSError when it does not start."""
    with open_private(log) as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("sandbox", "--port", "0", *arguments),
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
        )
    try:
        origin = process.stdout.readline().decode().strip() if process.stdout else ""
        if not origin:
            raise OSError(f"the sandbox did not start; see {log}")
        yield origin
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a child: asked first, killed when it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_private(path: Path) -> BinaryIO:
    """Open a log to append to, readable for its owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
