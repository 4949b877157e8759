"""A plan's life: its states and the turns between them, and what becomes of its items."""

from __future__ import annotations

from enum import StrEnum

from store.life import SETTLED, State

WAITING, SKIPPED = "WAITING", "SKIPPED"
"""An item's result before it has a command, and when it never gets one."""
ENDED = frozenset({*SETTLED, State.AWAITING_APPROVAL, SKIPPED})
"""Results with which the plan has nothing left to do for an item: a second person may take long."""


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "DRAFT"
    """Made by the machine: it waits for somebody to make it their own."""
    DISCARDED = "DISCARDED"
    """A draft that nobody wanted, or that a newer one took the place of."""
    RUNNING = "RUNNING"
    """Its items are carried out, or wait for the credential or the core."""
    STOPPED = "STOPPED"
    """No further item gets a command until it is resumed."""
    DONE = "DONE"
    """Every item has ended."""


TURNS = {
    (PlanState.RUNNING, PlanState.STOPPED): "plan.stopped",
    (PlanState.STOPPED, PlanState.RUNNING): "plan.resumed",
    (PlanState.DRAFT, PlanState.RUNNING): "plan.confirmed",
    (PlanState.DRAFT, PlanState.DISCARDED): "plan.discarded",
}
"""What the audit calls each turn that somebody gives a plan."""
