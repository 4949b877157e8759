"""What the watcher says is wrong, asked over its own line: when it can't write the mirror, the mirror can't tell."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from console.core.instants import SECOND
from console.desk import hotline
from console.ui.text import clean

SILENT = 5 * SECOND
"""A watcher writes every second; one that has not for so long is asked, and again after as long."""


class Troubles:
    """Asks in a thread of its own, so that no watcher ever holds up a key."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._wrote_at: int | None = None
        self._asked_at = 0
        self._told: tuple[str, ...] = ()

    def wrote(self, now: int) -> None:
        """The mirror was written: what is wrong stands in it again."""
        self._wrote_at, self._told = now, ()

    def told(self, now: int) -> tuple[str, ...]:
        """What the watcher said last, a line each; asks it again when it is time."""
        self._wrote_at = now if self._wrote_at is None else self._wrote_at
        if abs(now - self._wrote_at) > SILENT and abs(now - self._asked_at) > SILENT:
            self._asked_at = now
            Thread(target=self._ask, args=(self._wrote_at,), name="troubles", daemon=True).start()
        return self._told

    def _ask(self, silent_since: int) -> None:
        try:
            troubles = hotline.status(self._socket).get("troubles")
        except hotline.SocketError:
            return  # a watcher that does not answer is told of elsewhere
        if isinstance(troubles, dict) and self._wrote_at == silent_since:
            self._told = tuple(dict.fromkeys(clean(text) for text in troubles.values()))
