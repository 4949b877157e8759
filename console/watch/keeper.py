"""Keeps the engine's state, so that a restart replays little: copied at a page's end, written by another thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from console import __version__
from console.risk.columns import FACTS
from store import engine_state
from store.engine_state import EngineState, Torn
from store.mirror import Mirror

log = logging.getLogger("riskdesk.watch")

LAYOUT = blake2b(f"{__version__} {FACTS.descr}".encode(), digest_size=8).hexdigest()
"""Facts and state of another version may mean something else: they are not read."""
FACTS_LAYOUT = "facts_layout"
"""The note that says in which layout the facts log is."""


class Keeper:
    """The file of one mirror's engine state, for the thread that scores."""

    def __init__(self, mirror: Path) -> None:
        self._path = engine_state.beside(mirror)
        self._writing: threading.Thread | None = None

    def stored(self, mirror: str, logged_to: int | None) -> EngineState | None:
        """The stored state, when it belongs to the mirror of that identity and to this version and is not ahead of the
        facts log, which ends at `logged_to`."""
        try:
            state = engine_state.read(self._path)
        except (Torn, OSError) as error:
            log.warning("%s: the facts log is replayed", error)
            return None
        if state is None or logged_to is None or (state.mirror, state.layout) != (mirror, LAYOUT):
            return None
        return state if state.to_seq <= logged_to else None

    def keep(self, mirror: str, to_seq: int, parts: dict[str, bytes]) -> None:
        """Write a state as of the page that ends there, in a thread of its own, once the last one is written."""
        self.finish()
        state = EngineState(mirror, LAYOUT, to_seq, parts)
        self._writing = threading.Thread(target=self._write, args=(state,), name="engine state")
        self._writing.start()

    def finish(self) -> None:
        """Wait until the state is written."""
        if self._writing is not None:
            self._writing.join()
            self._writing = None

    def _write(self, state: EngineState) -> None:
        try:
            engine_state.write(self._path, state)
        except OSError:
            log.exception("the engine's state was not stored: a restart replays more")


def log_readable(mirror: Mirror) -> bool:
    """Whether the facts log is in this version's layout; that of an empty log is noted."""
    if mirror.logged_to() is None:
        with mirror.transaction():
            mirror.note(FACTS_LAYOUT, LAYOUT)
    return mirror.noted(FACTS_LAYOUT) == LAYOUT


def logged_after(mirror: Mirror, to_seq: int | None) -> Iterator[bytes] | None:
    """The pages of the facts log after a seq, all of them without one; None when those that would be needed are gone
    or can't be read."""
    if not log_readable(mirror) or (to_seq is None and not mirror.log_is_whole()):
        return None
    return mirror.facts_after(to_seq)
