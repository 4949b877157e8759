"""A thread that keeps the order of all accounts fresh, so that a million of them never stop a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from console.desk import holds, patterns
from store.files import StoreError, interrupted
from store.orders import Ordering, sorted_accounts
from store.query import MATCHES, Selection
from store.reader import Numbers, Reader

PAUSE_S = 0.2
"""The least time between two looks at the mirror."""

WHOLE_S = 1.0
"""The least time between two readings of the whole order; in between only its foremost accounts are read."""

FOREMOST = 500
"""Accounts that a look between two whole orders reads: more than any screen shows."""

SHARE = 0.1
"""The most of its time that this thread may spend on whole orders."""


Kind = Literal["risk", "queue"]
"""Every account by risk, or the open alerts in the order in which to work through them."""


@dataclass(frozen=True)
class Question:
    """Which accounts a list shows: those of a kind that all selections keep, in the kind's order or another."""

    kind: Kind = "risk"
    selections: Sequence[Selection] = ()
    by: Ordering | None = None


@dataclass(frozen=True)
class Survey:
    """The accounts that a question is about, in order, the open alerts by level, and the critical ones' marks.

    `identity` is that of the reader: the numbers mean nothing within another.
    """

    identity: tuple[int, int | None]
    question: Question
    order: Numbers
    alerts: Mapping[str, int]
    critical: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


def raised(last: Survey, foremost: Numbers) -> Survey:
    """A survey with these accounts in front; the same one when they stand there already."""
    if np.array_equal(last.order[: len(foremost)], foremost):
        return last
    moved = np.zeros(1 + max(int(last.order.max(initial=0)), int(foremost.max(initial=0))), dtype=bool)
    moved[foremost] = True
    return replace(last, order=np.concatenate((foremost, last.order[~moved[last.order]])))


class Surveyor(Thread):
    """Reads the order whenever the mirror has changed or another filter is asked for, and delivers it.

    `deliver` is called in this thread with a Survey, or with the error that prevented it.
    """

    def __init__(self, path: Path, deliver: Callable[[Survey | Exception], None]) -> None:
        super().__init__(name="surveyor", daemon=True)
        self._path, self._deliver = path, deliver
        self._wanted = Question()
        self._matching = patterns.Matching()
        self._wake, self._over = Event(), Event()
        self._reader: Reader | None = None
        self._last: Survey | None = None
        self._whole_due = 0.0

    def ask(self, question: Question) -> None:
        """Deliver the accounts that this is about from now on, the first time at once."""
        self._wanted = question
        if self._reader is not None:
            self._reader.interrupt()
        self._wake.set()

    def stop(self) -> None:
        self._over.set()
        self.ask(Question())

    def run(self) -> None:
        seen: tuple[object, ...] = self._round(())
        while not self._over.is_set():
            self._wake.wait(PAUSE_S)
            self._wake.clear()
            seen = self._round(seen)
        if self._reader is not None:
            self._reader.close()

    def _round(self, seen: tuple[object, ...]) -> tuple[object, ...]:
        """Deliver a survey when there is something new; returns what the whole order was made from, once it was."""
        wanted, due = self._wanted, self._whole_due
        try:
            reader = self._open()
            if reader is None:
                return ()
            now: tuple[object, ...] = (reader, reader.data_version(), wanted)
            if now == seen:
                return seen
            survey = self._survey(reader, wanted)
            if reader.replaced():
                return ()
            if survey is not self._last:
                self._last = survey
                self._deliver(survey)
        except Exception as error:  # noqa: BLE001 - told to the operator, and the thread goes on
            if interrupted(error):  # it may have hit the very statement it made room for
                self._wake.set()
            elif wanted == self._wanted and not self._over.is_set():
                self._deliver(self._matching.late() or error)
            return ()
        return now if self._whole_due != due else ()

    def _survey(self, reader: Reader, question: Question) -> Survey:
        """The whole order when it is due or another is asked for; else the last one with what has risen in it."""
        last, began = self._last, monotonic()
        same = last is not None and (last.identity, last.question) == (reader.identity, question)
        if last is not None and same and began < self._whole_due:
            by_risk = question == Question()
            return raised(last, pressing_first(reader, reader.foremost(FOREMOST))) if by_risk else last
        order = _order(reader, question)
        self._matching.begin()
        matching, alerts = reader.matching(question.selections, order), reader.alerts_by_level()
        survey = Survey(reader.identity, question, matching, alerts, reader.critical_marks())
        least = PAUSE_S if question.kind == "queue" else WHOLE_S
        self._whole_due = began + max(least, (monotonic() - began) / SHARE)
        return survey

    def _open(self) -> Reader | None:
        if self._reader is not None and self._reader.replaced():
            self._reader.close()
            self._reader = None
        if self._reader is None:
            try:
                self._reader = Reader(self._path)
                self._reader.define(MATCHES, 2, self._matching)
            except (StoreError, OSError):
                return None
        return self._reader if self._reader.ready() else None


def pressing_first(reader: Reader, order: Numbers) -> Numbers:
    """An order with those accounts in front whose hold ends, or has ended, while their case is open."""
    ids = dict.fromkeys(ending.account_id for ending in holds.pressing(holds.read(reader.notes().get(holds.NOTE))))
    known = [number for number in map(reader.number, ids) if number is not None]
    if not known:
        return order
    first = np.array(known, order.dtype)
    return np.concatenate((first, order[~np.isin(order, first)]))


def _order(reader: Reader, question: Question) -> Numbers:
    """The accounts of a kind in the order asked for, before any filter."""
    if question.by is None:
        return queue(reader) if question.kind == "queue" else pressing_first(reader, reader.order())
    order = sorted_accounts(reader, question.by)
    return order[np.isin(order, queue(reader))] if question.kind == "queue" else order


def queue(reader: Reader) -> Numbers:
    """The accounts with an open alert, the most pressing first; before them those whose hold ends."""
    from console.risk.queue import Standing, order

    return pressing_first(reader, order(Standing.of(reader.open_alerts()), reader.watermark()))
