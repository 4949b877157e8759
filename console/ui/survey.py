"""A thread that keeps the order of all accounts fresh, so that a million of them never stop a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from store.files import StoreError
from store.query import Term
from store.reader import Numbers, Reader

PAUSE_S = 1.0
"""The least time between two orders."""

SHARE = 0.1
"""The most of its time that this thread may spend reading."""


@dataclass(frozen=True)
class Survey:
    """The accounts that match a filter, in order, and the open alerts by level.

    `identity` is that of the reader: the numbers mean nothing within another.
    """

    identity: tuple[int, int | None]

    terms: Sequence[Term]
    order: Numbers
    alerts: Mapping[str, int]


class Surveyor(Thread):
    """Reads the order whenever the mirror has changed or another filter is asked for, and delivers it.

    `deliver` is called in this thread with a Survey, or with the error that prevented it.
    """

    def __init__(self, path: Path, deliver: Callable[[Survey | Exception], None]) -> None:
        super().__init__(name="surveyor", daemon=True)
        self._path, self._deliver = path, deliver
        self._wanted: tuple[Term, ...] = ()
        self._wake, self._over = Event(), Event()
        self._reader: Reader | None = None

    def ask(self, terms: Sequence[Term]) -> None:
        """Deliver the accounts of this filter from now on, the first time at once."""
        self._wanted = tuple(terms)
        if self._reader is not None:
            self._reader.interrupt()
        self._wake.set()

    def stop(self) -> None:
        self._over.set()
        self.ask(())

    def run(self) -> None:
        pause = 0.0
        seen: tuple[object, ...] = ()
        while not self._over.is_set():
            self._wake.wait(pause)
            self._wake.clear()
            began = monotonic()
            seen = self._round(seen)
            pause = max(PAUSE_S, (monotonic() - began) / SHARE)
        if self._reader is not None:
            self._reader.close()

    def _round(self, seen: tuple[object, ...]) -> tuple[object, ...]:
        """Deliver a survey when there is something new; returns what it was made from."""
        terms = self._wanted
        try:
            reader = self._open()
            if reader is None:
                return ()
            now: tuple[object, ...] = (reader, reader.data_version(), terms)
            if now == seen:
                return seen
            order = reader.order()
            survey = Survey(reader.identity, terms, reader.matching(terms, order), reader.alerts_by_level())
            if reader.replaced():
                return ()
            self._deliver(survey)
        except Exception as error:  # noqa: BLE001 - told to the operator, and the thread goes on
            if terms == self._wanted and not self._over.is_set():
                self._deliver(error)
            return ()
        return now

    def _open(self) -> Reader | None:
        if self._reader is not None and self._reader.replaced():
            self._reader.close()
            self._reader = None
        if self._reader is None:
            try:
                self._reader = Reader(self._path)
            except (StoreError, OSError):
                return None
        return self._reader if self._reader.ready() else None
