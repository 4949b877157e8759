"""A desk's watcher: a real process, killed when the plan says so and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence

from console import children
from console.bench.faults.plan import Moment
from console.desk import hotline
from console.paths import Home
from store.journal import Journal

FASTER = {"OPENBLAS_NUM_THREADS": "1"}
"""Numpy's thread pool is not needed and slows each start."""
STARTS_WITHIN_S = 30


class Keeper:
    """One home's watcher. `kill` may be called from any thread, the rest belongs to the one that keeps it."""

    def __init__(self, home: Home, token: str, command: Sequence[str]) -> None:
        self.kills: Counter[tuple[Moment, str]] = Counter()
        """How often the watcher was killed: the moment aimed at, and what the journal said of the command then."""
        self.fell = 0
        """How often the watcher ended by itself, which it must not."""
        self._home = home
        self._command = [*command, "--home", str(home.folder)]
        self._environment = {**os.environ, **FASTER, "RISKDESK_TOKEN": token}
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: list[tuple[Moment, str]] = []
        self._guard = threading.Lock()

    def start(self) -> None:
        with children.open_private(self._home.log) as log, self._guard:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=self._environment
            )

    def kill(self, moment: Moment, command_id: str) -> None:
        """SIGKILL at once, remembering why."""
        with self._guard:
            if self._process is not None and self._process.poll() is None:
                self._killed.append((moment, command_id))
                self._process.send_signal(signal.SIGKILL)

    def keep(self, journal: Journal) -> None:
        """Start the watcher again when it is gone, and note what the journal says of the commands it was killed for."""
        with self._guard:
            if self._process is None or self._process.poll() is None:
                return
            killed, self._killed = self._killed, []
        self.fell += not killed
        for moment, command_id in killed:
            entry = journal.get(command_id)
            self.kills[moment, entry.state if entry else "missing"] += 1
        self.start()

    def wait_until_up(self) -> None:
        """Wait until the watcher answers. Raises OSError when it does not."""
        end = time.monotonic() + STARTS_WITHIN_S
        while not self.is_up():
            if time.monotonic() > end:
                raise OSError(f"the watcher did not start; see {self._home.log}")
            time.sleep(0.05)

    def is_up(self) -> bool:
        """Whether the watcher answers its consoles."""
        try:
            hotline.status(self._home.socket)
        except hotline.SocketError:
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            children.stop(self._process)
