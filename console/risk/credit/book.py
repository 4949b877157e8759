"""Limit review over the whole book: which limits should move, by the same scorecard and offer as a single request.

A limit moves by a step at least, in both directions, so that the next review does not take back what this one gave. It
is raised where it is used and was always repaid, and cut only where the risk asks for it: nobody loses a limit because
little is known of them. A cut never goes below what is owed.
"""

from __future__ import annotations

from typing import NamedTuple

from console.risk.credit.case import Case
from console.risk.credit.limits import Offer
from console.risk.credit.review import Rules, offer_for
from console.risk.credit.scorecard import Assessment

STEP = 0.2
"""The least change, as a share of the present limit."""
USED = 0.3
"""Who uses less of the limit than this does not need more."""
PROVEN_MONTHS = 6
"""A raise is earned in so many months without being late."""


class Change(NamedTuple):
    """A limit that should move (minor units), why in a word of `WHY`, and what it was judged by."""

    present_minor: int
    limit_minor: int
    why: str
    assessment: Assessment
    offer: Offer

    @property
    def raises(self) -> bool:
        return self.limit_minor > self.present_minor


WHY = ("earned", "late", "risk")
"""Raised: repaid well and in use. Cut: past due for longer than the stance bears, or too few points."""


def change(case: Case, rules: Rules) -> Change | None:
    """What should become of an account's limit; None where it stays.

    Raises ValueError for values that the scorecard or the limits can't take.
    """
    present = case.present_minor
    if case.status != "active" or not present:
        return None
    judged = rules.card.assess(case.values)
    offered = offer_for(case, judged.pd, rules.limits)
    why = _cut(case, judged, rules)
    if why is not None:
        lower = case.owed_minor if why == "late" else min(present, max(offered.limit_minor, case.owed_minor))
        moved = lower <= present * (1 - STEP)
        return Change(present, lower, why, judged, offered) if moved else None
    if _earned(case, judged, rules) and offered.limit_minor >= present * (1 + STEP):
        return Change(present, offered.limit_minor, "earned", judged, offered)
    return None


def _cut(case: Case, judged: Assessment, rules: Rules) -> str | None:
    after = rules.limits.cut_after_days
    if after and (case.days_late or 0) >= after:
        return "late"
    return "risk" if judged.points < rules.cutoffs.decline_below else None


def _earned(case: Case, judged: Assessment, rules: Rules) -> bool:
    return (
        judged.points >= rules.cutoffs.approve_above
        and case.willingness.months >= PROVEN_MONTHS
        and not case.willingness.worst_days_late
        and not case.alert
        and (case.ability.utilisation or 0.0) >= USED
    )
