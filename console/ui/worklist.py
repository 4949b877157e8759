"""Working the queue: which alert comes next, with what it takes to show it read ahead in a thread.

The next one is the most pressing alert, as of now, that nobody else works on and that was not passed in this round. It
is an account, never a place in a list: whatever the order does meanwhile, nothing is skipped and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import Worker

from console.ui.claims import holder
from console.ui.normal import HISTORY, Normal, normal
from store.files import StoreError
from store.life import SETTLED
from store.reader import AccountRow, Numbers, Reader
from store.timeline import Place, newest, walk

if TYPE_CHECKING:
    from console.ui.app import RiskDesk

CHUNK = 64
"""Accounts of the order whose rows are read at a time."""


@dataclass(frozen=True)
class Wanted:
    """What to look for: alerts whose account is not among the skipped, for a person at an instant.

    `order` is the queue as a list has it now, by its filter; None where none does. `ending` are the accounts that
    stand in it because a hold ends, alert or not.
    """

    order: Numbers | None
    skipped: frozenset[str]
    ending: frozenset[str]
    subject: str
    core_now: int


@dataclass(frozen=True)
class Ahead:
    """An account that comes next, and its normal as drawn from its newest events, which begin at `begin`."""

    identity: tuple[int, int | None]
    account_id: str
    begin: Place
    normal: Normal | None


def search(reader: Reader, wanted: Wanted) -> AccountRow | None:
    """The most pressing alert that is wanted; None when there is none."""
    from console.ui.survey import queue

    order = wanted.order if wanted.order is not None else queue(reader)
    for first in range(0, len(order), CHUNK):
        numbers = order[first : first + CHUNK].tolist()
        rows = reader.page(numbers)
        for row in (rows[number] for number in numbers if number in rows):
            if _fits(row, wanted):
                return row
    return None


def _fits(row: AccountRow, wanted: Wanted) -> bool:
    open_ = row.alert_state == "open" or row.account_id in wanted.ending
    free = holder(row, wanted.core_now) in (None, wanted.subject)
    return open_ and free and row.account_id not in wanted.skipped


def read_ahead(path: Path, wanted: Wanted) -> Ahead | None:
    """The next account with its history read, by a connection of its own; None when there is none, or no mirror."""
    try:
        reader = Reader(path)
    except (StoreError, OSError):
        return None
    try:
        row = search(reader, wanted)
        if row is None:
            return None
        begin = newest(row)
        return Ahead(reader.identity, row.account_id, begin, normal(walk(reader, begin, HISTORY)[0]))
    except sqlite3.Error:
        return None
    finally:
        reader.close()


class Worklist:
    """What of the queue was passed in this round, and what was read ahead."""

    def __init__(self, desk: RiskDesk) -> None:
        self._desk = desk
        self._passed: dict[str, int | None] = {}
        self.ahead: Ahead | None = None
        self._looking: Worker[None] | None = None

    def look_ahead(self, row: AccountRow | None) -> None:
        """Read what comes after an account, beside everything else."""
        wanted, path, self.ahead = self._wanted(row), self._desk.sight.home.mirror, None

        async def look() -> None:
            self.ahead = await asyncio.to_thread(read_ahead, path, wanted)

        self._looking = self._desk.run_worker(look, exclusive=True, group="ahead")

    def after(self, row: AccountRow | None) -> AccountRow | None:
        """The next one after an account, which is passed from now on; None when nothing is left.

        At the end of a round what was passed without a decision comes again.
        """
        mirror = self._desk.sight.mirror
        if mirror is None:
            return None
        if row is not None:
            self._passed[row.account_id] = row.last_hit_at
        wanted = self._wanted(row)
        found = self._known(mirror, wanted) or search(mirror, wanted)
        if found is None:
            self._passed.clear()
            found = search(mirror, self._wanted(row))
        return found

    def _known(self, mirror: Reader, wanted: Wanted) -> AccountRow | None:
        """What was read ahead, where no list has the order at hand and it still fits."""
        if wanted.order is not None or self.ahead is None or self.ahead.identity != mirror.identity:
            return None
        detail = mirror.account(self.ahead.account_id)
        return detail.row if detail is not None and _fits(detail.row, wanted) else None

    def _wanted(self, row: AccountRow | None) -> Wanted:
        """What to look for after an account: passed ones come again when their alert is hit anew."""
        sight, order = self._desk.sight, self._shown()
        mirror = sight.mirror
        numbers = [mirror.number(account_id) for account_id in self._passed] if mirror is not None else []
        rows = mirror.page([number for number in numbers if number is not None]) if mirror is not None else {}
        hit_anew = {one.account_id for one in rows.values() if one.last_hit_at != self._passed.get(one.account_id)}
        judged = {
            entry.account_id for entry in sight.commands if entry.type == "case.verdict" and entry.state not in SETTLED
        }
        here = {row.account_id} if row is not None else set()
        skipped = frozenset(self._passed.keys() - hit_anew | judged | here)
        meta, now = sight.situation.meta, sight.situation.core_now
        ending = frozenset(one.account_id for one in sight.situation.ends)
        return Wanted(order, skipped, ending, meta.you.subject if meta else "", now)

    def _shown(self) -> Numbers | None:
        """The newest order of the alerts screen, where there is one."""
        from console.ui.screens.alerts import AlertsScreen

        front = next((one for one in reversed(self._desk.screen_stack) if isinstance(one, AlertsScreen)), None)
        return front.queue() if front is not None and front.stands else None
