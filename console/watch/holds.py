"""Keeps an eye on holds that end by themselves while their case is open, and marks them for the consoles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from console.core import instants
from console.core.client import CoreClient
from console.core.instants import DAY
from console.desk import holds
from console.desk.holds import Ending, judged
from console.desk.undo import wish_of
from console.watch.health import Health
from store.holds import ending, standing, unresolved
from store.journal import Journal
from store.life import FREEZE, State
from store.reader import Reader

LeaveNote = Callable[[str, str], Awaitable[None]]
OWN_SINCE = 30 * DAY
"""How far back (µs) the desk's own freezes are recalled where the mirror remembers no holds, as after a rebuild."""
OWN_MOST = 2000


class HoldWatch:
    """Marks the holds for the consoles, by a note in the mirror whenever something about them has changed."""

    def __init__(self, mirror: Path, journal: Journal, client: CoreClient, leave_note: LeaveNote) -> None:
        self.health = Health("holds")
        self._mirror, self._journal, self._client, self._leave_note = mirror, journal, client, leave_note
        self._told: str | None = None

    async def run(self) -> None:
        """One look, by the core's clock."""
        now = instants.now() + self._client.clock_offset_us
        note = await asyncio.to_thread(look, self._mirror, own_freezes(self._journal, now), now)
        if note != self._told:
            await self._leave_note(holds.NOTE, note)
            self._told = note
        self.health.ok(instants.now())


def look(path: Path, own: Sequence[Ending], now: int) -> str:
    """The note about holds as of an instant of the core's clock, read from the mirror by a connection of its own.

    A hold that is gone before its end was released and is forgotten; one that is gone since has ended, and is told of
    until the case is resolved or another hold of its kind stands. `own` is what to go by where nothing is remembered.
    """
    mirror = Reader(path)
    try:
        note = mirror.notes().get(holds.NOTE)
        known = {one.hold_id: one for one in (own if note is None else holds.read(note))}
        known |= {one.hold_id: one for one in _ending(mirror)}
        accounts = {one.account_id for one in known.values()}
        still_open, stands = unresolved(mirror, accounts), standing(mirror, accounts)
    finally:
        mirror.close()
    kept = [one for one in known.values() if one.account_id in still_open and _counts(one, stands, now)]
    return holds.told(sorted(judged(kept, now), key=lambda one: (one.expires_at, one.hold_id)))


def _ending(mirror: Reader) -> Iterable[Ending]:
    for held in ending(mirror):
        try:
            yield Ending(held.account_id, held.hold_id, held.scope, instants.parse(held.expires_at))
        except ValueError:
            continue  # the account itself was decoded with this end: it can only be one that Python can't hold


def _counts(one: Ending, stands: Iterable[tuple[str, str, str]], now: int) -> bool:
    """Whether the hold stands, or has ended with nothing in its place."""
    mine = [(hold_id, scope) for account_id, hold_id, scope in stands if account_id == one.account_id]
    if one.expires_at > now:
        return one.hold_id in {hold_id for hold_id, _ in mine}
    return not any(scope in (one.scope, "full") for hold_id, scope in mine if hold_id != one.hold_id)


def own_freezes(journal: Journal, now: int) -> list[Ending]:
    """The desk's own freezes with an end, the recent ones."""
    found = []
    for entry in journal.recent(OWN_MOST):
        if entry.type == FREEZE and entry.state is State.CONFIRMED and now - entry.created_at < OWN_SINCE:
            wish = wish_of(entry)
            until = wish.params.get("expires_at") if wish is not None else None
            if wish is not None and isinstance(until, int):
                found.append(Ending(entry.account_id, entry.command_id, str(wish.params["scope"]), until))
    return found
