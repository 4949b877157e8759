"""Keeps the engine's state, so that a restart replays little: copied at a page's end, written by another thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from hashlib import blake2b

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
    """The engine state and the facts log of one mirror, for the mirror's thread."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._path = engine_state.beside(mirror.path)
        self._writing: threading.Thread | None = None

    def readable(self) -> bool:
        """Whether the facts log is in this version's layout; that of an empty log is noted."""
        if self._mirror.logged_to() is None:
            with self._mirror.transaction():
                self._mirror.note(FACTS_LAYOUT, LAYOUT)
        return self._mirror.noted(FACTS_LAYOUT) == LAYOUT

    def stored(self) -> EngineState | None:
        """The stored state, when it belongs to this mirror and version and is not ahead of the facts log."""
        try:
            state = engine_state.read(self._path)
        except (Torn, OSError) as error:
            log.warning("%s: the facts log is replayed", error)
            return None
        to_seq = self._mirror.logged_to()
        if state is None or to_seq is None or (state.mirror, state.layout) != (self._mirror.identity, LAYOUT):
            return None
        return state if state.to_seq <= to_seq else None

    def facts(self, state: EngineState | None) -> Iterator[bytes] | None:
        """The pages of the facts log after a state, or all of them; None when those that would be needed are gone."""
        if state is None and not self._mirror.log_is_whole():
            return None
        return self._mirror.facts_after(state.to_seq if state else None)

    @property
    def busy(self) -> bool:
        """Whether a state is still being written."""
        return self._writing is not None and self._writing.is_alive()

    def keep(self, parts: dict[str, bytes]) -> None:
        """Write a copy of the state as of the last committed page, in a thread of its own."""
        self.finish()
        to_seq = self._mirror.logged_to()
        if to_seq is not None:
            state = EngineState(self._mirror.identity, LAYOUT, to_seq, parts)
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
