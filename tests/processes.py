"""The product's processes as its user runs them, and waiting for what they do."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.paths import Home
from console.watch.lock import holder

DEADLINE_S = 120
ENDING_S = 5
"""How long what a test ended gets to be gone."""
MARK = "RISKDESK_TESTS_OF"
"""The environment variable that names the test run, by its pid, in all processes it starts."""


@dataclass
class Riskdesk:
    """The product as its user runs it, bound to one home and one core."""

    home: Home
    core: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    program: tuple[str, ...] = ("console",)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", *self.program, *arguments],
            env={
                **os.environ,
                "RISKDESK_HOME": str(self.home.folder),
                "RISKDESK_CORE": self.core,
                "RISKDESK_LANG": "en",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def watch_again(self) -> None:
        """A watcher on a home that is mirrored already, so that nothing shows when it is there but its lock.

        A command that finds none starts one that stays.
        """
        watcher = self.start("watch")
        wait_until(lambda: holder(self.home.lock) == watcher.pid, "the watcher")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=DEADLINE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out.decode(), err.decode())

    def catch_up(self) -> dict[str, float]:
        """Watch until everything is mirrored and scored; the watcher's report."""
        done = self.run("watch", "--until-caught-up", "--json", "--page", "200")
        assert done.returncode == 0, done.stderr
        report: dict[str, float] = json.loads(done.stdout)
        return report

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(DEADLINE_S)


Whole = tuple[Riskdesk, dict[str, float]]
"""A desk that has read a stream to its end, and what its watcher reported."""


def left_running() -> dict[int, str]:
    """The processes that this run started and that do not end: pid to what it is and which test started it.

    Python's own helper of `multiprocessing` is none of them: it stays as long as its process.
    None where the system does not tell of its processes' environments.
    """
    end = time.monotonic() + ENDING_S
    while (found := _marked()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def _marked() -> dict[int, str]:
    found, mark = {}, f"{MARK}={os.getpid()}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            what = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it is gone, or not ours
        if mark in environment and int(process.name) != os.getpid() and "multiprocessing.resource_tracker" not in what:
            test = next((said for said in environment if said.startswith(b"PYTEST_CURRENT_TEST=")), b"")
            found[int(process.name)] = f"{what}({test.decode(errors='replace')})"
    return found


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Wait for a state with a deadline."""
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


def rows(desk: Riskdesk, query: str) -> list[tuple[Any, ...]]:
    """What a desk's mirror says, read as any other tool reads it; nothing while there is none that can be read."""
    try:
        with closing(sqlite3.connect(f"{desk.home.mirror.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            return database.execute(query).fetchall()
    except sqlite3.DatabaseError:
        return []
