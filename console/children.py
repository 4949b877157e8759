"""The product's other processes: a watcher or a sandbox started from here, each `python -m console ...`.

Each is a session of its own: a closing terminal signals only the process that started them, which ends them in order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
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
    """Start a watcher that outlives this terminal; it writes to the home's log. A second one refuses itself.

    Should it end before this process, it is waited for, so that no zombie of it stays.
    """
    home.make()
    with open_private(home.log) as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("watch", "--home", str(home.folder), "--core", core),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, name="watcher", daemon=True).start()
    return process


@contextmanager
def tied_watcher(home: Home, core: str) -> Iterator[None]:
    """A watcher for the time of a `with`; it ends with this process, however that ends."""
    with open_private(home.log) as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("watch", "--tied", "--home", str(home.folder), "--core", core),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        stop(process)


@contextmanager
def sandbox(*arguments: str, log: Path) -> Iterator[str]:
    """A sandbox for the time of a `with`; gives its origin, and ends with this process however that ends.

    Raises OSError when it does not start.
    """
    with open_private(log) as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command("sandbox", "--tied", "--port", "0", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        origin = process.stdout.readline().decode().strip() if process.stdout else ""
        if not origin:
            raise OSError(f"the sandbox did not start; see {log}")
        yield origin
    finally:
        stop(process)


def end_with_parent() -> None:
    """Have this process end when its standard input closes, as it does when the parent is gone."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not the buffered reader: its lock can't be had at the end
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="tied", daemon=True).start()


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
