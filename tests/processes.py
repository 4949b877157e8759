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
from typing import Any

from console.paths import Home

DEADLINE_S = 120


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
