"""The watcher's log: written to its standard error; where that is the home's log file, never longer than two files."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TextIO

from console.children import open_private

MOST_BYTES = 8_000_000
"""Length from which the log begins anew: some weeks of a core that is out of reach."""
BEFORE = ".1"
"""Ends the name of the one log before that is kept."""


class Logbook(logging.StreamHandler[TextIO]):
    """Begins a long log anew between two records. Other output of the process goes along; no line is lost."""

    def __init__(self, path: Path, stream: TextIO | None = None) -> None:
        super().__init__(stream or sys.stderr)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        try:
            self._keep_short()
        except OSError:
            self.handleError(record)

    def _keep_short(self) -> None:
        log = os.fstat(self.stream.fileno())
        if log.st_size < MOST_BYTES or not os.path.samestat(log, self._path.stat()):
            return
        self._path.replace(self._path.with_name(self._path.name + BEFORE))
        with open_private(self._path) as fresh:
            for number in {1, 2, self.stream.fileno()}:
                if os.path.samestat(os.fstat(number), log):
                    os.dup2(fresh.fileno(), number)
