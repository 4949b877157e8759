"""Exports from the console: one at a time, in a thread of its own, with its progress among the notices."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from console.desk.export import Cancelled, Extract, write
from console.language import tr
from console.ui import formats
from console.ui.situation import Grade
from console.ui.text import clean
from store.files import StoreError

Tell = Callable[[str, Grade], None]
ENDS_WITHIN_S = 5.0
OVERWRITE, STOP = "!", "stop"


class Exporter:
    """The export under way, if there is one. `written` and `total` (0: not known) count its rows."""

    def __init__(self) -> None:
        self.name = ""
        self.written = self.total = 0
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._closed = False

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, extract: Extract, to: Path, overwrite: bool, tell: Tell) -> None:
        """Write an extract; `tell` is called in the thread that writes, once it has ended."""
        self.name, self.written, self.total = to.name, 0, extract.total
        self._over.clear()
        self._thread = threading.Thread(
            target=self._write, args=(extract, to, overwrite, tell), name="export", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Let it end soon; nothing of it stays."""
        self._over.set()

    def close(self) -> None:
        """End it now; nobody is told any more."""
        self._closed = True
        self.stop()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN_S)

    def _write(self, extract: Extract, to: Path, overwrite: bool, tell: Tell) -> None:
        said: tuple[str, Grade]
        try:
            rows = write(extract, to, overwrite=overwrite, progress=self._progress)
            said = tr("ui.export.done", count=formats.count(rows), path=clean(to)), "info"
        except Cancelled:
            said = tr("ui.export.stopped"), "warning"
        except FileExistsError:
            said = tr("ui.export.exists", path=clean(to)), "warning"
        except (StoreError, OSError, sqlite3.Error, LookupError) as error:
            said = tr("ui.export.failed", error=clean(error)), "bad"
        if not self._closed:
            tell(*said)

    def _progress(self, written: int) -> bool:
        self.written = written
        return not self._over.is_set()


def wanted(argument: str) -> tuple[Path, bool]:
    """The file that was asked for, and whether one that is there may be overwritten (`FILE !`)."""
    words = argument.strip()
    overwrite = words.endswith(f" {OVERWRITE}")
    name = words.removesuffix(OVERWRITE).strip() if overwrite else words
    return Path(name).expanduser().absolute(), overwrite
