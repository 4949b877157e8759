"""The decision made last at this console and what has become of it: in sight while one is with the next account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.core.instants import MINUTE
from store.journal import Entry
from store.life import SETTLED, State

SHOWN_FOR = 5 * MINUTE
"""How long it stays once it is settled, µs."""
GRAVEST = (
    State.REVIEW, State.UNKNOWN, State.REJECTED, State.EXPIRED, State.CANCELLED,
    State.AWAITING_APPROVAL, State.QUEUED, State.SENDING, State.ACKED, State.CONFIRMED,
)  # fmt: skip
"""Of what was decided together, the gravest state is told."""


@dataclass(frozen=True)
class Former:
    """A decision on an account, by its id; `settled_at` (µs) is None while something of it is not settled.

    `under_way` counts its commands of which the outcome is still to come.
    """

    account_id: str
    state: State
    settled_at: int | None
    under_way: int = 0

    def shown(self, now: int) -> bool:
        return self.settled_at is None or now - self.settled_at < SHOWN_FOR


def former(entries: Sequence[Entry], command_id: str | None) -> Former | None:
    """What has become of a command and of what was decided together with it; None where it is not among the entries."""
    newest = next((entry for entry in entries if entry.command_id == command_id), None)
    if newest is None:
        return None
    at = newest.account_id, newest.created_at
    together = [entry for entry in entries if (entry.account_id, entry.created_at) == at]
    settled = [entry.settled_at or 0 for entry in together if entry.state in SETTLED]
    state = min((entry.state for entry in together), key=GRAVEST.index)
    under_way = len(together) - len(settled)
    return Former(newest.account_id, state, None if under_way else max(settled), under_way)
