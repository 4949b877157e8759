"""Folds the mirror's write-ahead log into its file beside the writer, so that no page waits for it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

log = logging.getLogger("riskdesk.store")

FOLD_BYTES = 64 * 1024 * 1024
"""Length of the log from which it is folded: a hot page is then written once per fold."""
PASSES = 8
"""Each pass folds what was committed while the one before it ran. Once one leaves nothing, the log begins anew."""


class Folding:
    """For the writer's thread, whose connection cuts a log that begins anew (`journal_size_limit`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """After a commit: fold, in a thread of its own, when the log has become long."""
        if self._thread is not None and self._thread.is_alive():
            return
        if self._log.stat().st_size >= FOLD_BYTES:
            self._thread = threading.Thread(target=self._fold, name="folding", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait until nothing is being folded."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _fold(self) -> None:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as connection:
                for _ in range(PASSES):
                    _, length, folded = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if length == folded:
                        break
        except sqlite3.Error:  # the writer folds a log that gets too long, and meets the same error there
            log.exception("%s was not folded", self._log)
