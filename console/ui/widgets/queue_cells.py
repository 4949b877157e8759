"""The cells of the queue of alerts: what is expected to be lost, what is left of its haste, and who has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.ui import formats
from console.ui.claims import holder
from console.ui.text import clean, fit
from store.reader import AccountRow

if TYPE_CHECKING:
    from console.ui.widgets.columns import Shown, View

BARRED = ("frozen", "closing", "closed")
"""Statuses in which nothing can be spent any more."""
HURRY = 0.5
"""A share of its urgency from which on an alert is said to be in haste: it was hit within three hours."""
LEFT_WIDTH = 5


def loss(row: AccountRow, view: View, _: int) -> Shown:
    """Probability times what is at risk, in the account's currency."""
    from console.risk.queue import expected_loss

    if row.alert_state != "open" or row.alert_score is None:
        return formats.NOTHING, view.palette.faint
    known = (row.available_minor if row.status not in BARRED else 0, row.recent_minor, row.credit_limit_minor)
    at_risk = np.array([[np.nan if value is None else value] for value in (row.alert_score, *known)], np.float64)
    expected = round(float(expected_loss(*at_risk)[0]))
    return formats.money(expected, row.currency, view.exponents), view.palette.strong


def haste(row: AccountRow, view: View, _: int) -> Shown:
    """The share that is left of its urgency: it halves in some quiet hours, and does not sink below a tenth."""
    from console.risk.queue import haste as left_of

    if row.alert_state != "open" or row.last_hit_at is None:
        return formats.NOTHING, view.palette.faint
    left = float(left_of(np.array([row.last_hit_at]), view.now)[0])
    return f"{left * 100:.0f}%", view.palette.warning if left >= HURRY else view.palette.faint


def who(row: AccountRow, view: View, width: int) -> Shown:
    """Who works on it, and for how long still."""
    holds = holder(row, view.wall)
    if holds is None:
        return "", view.palette.faint
    left = formats.age((row.claim_expires_at or 0) - view.wall)
    return f"{fit('@' + clean(holds, 24), width - LEFT_WIDTH)} {left:>{LEFT_WIDTH - 1}}", view.palette.accent
