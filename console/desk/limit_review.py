"""Limit review over the whole book: what it proposes, as draft plans that somebody confirms or discards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.core import commands
from console.core.messages import CoreMeta
from console.desk import papers, stored
from console.desk.review import InForce
from console.risk.credit.book import Change, change
from store import papers as kept
from store.journal import Journal
from store.papers import Line
from store.plans import Order, Plan, Plans, Target
from store.reader import Reader

CHUNK = 2_000
"""Accounts that one read brings."""
MOST = 20_000
"""Accounts of one draft, those with the greatest change: no person looks through more."""
CODES = {True: ("ability_verified", "customer_request", "other"), False: ("credit_risk", "other")}
"""The institution's reason codes that suit a raise and a cut, the best first."""
REVIEWED = "book.reviewed"
"""The audit's name for a review of the book."""


class NoReason(Exception):
    """The core lists no reason code that suits."""


@dataclass(frozen=True)
class Moved:
    """An account whose limit should move."""

    line: Line
    change: Change


def review(mirror: Reader, by: InForce) -> Iterator[Moved | None]:
    """Every active account in order of first appearance: what should become of its limit, None where it stays.

    An account whose document can't be read, or can't be judged, stays as it is.
    """
    at, after = mirror.watermark(), -1
    while lines := kept.book(mirror, after, CHUNK):
        after = lines[-1].account
        for line in lines:
            found = _change(line, by, at)
            yield Moved(line, found) if found is not None else None


def _change(line: Line, by: InForce, at: int) -> Change | None:
    account = stored.account(line.doc)
    if account is None:
        return None
    try:
        return change(papers.of_account(account, stored.customer(line.customer), line.alert, at), by.rules)
    except (ValueError, TypeError):
        return None


def draft(journal: Journal, meta: CoreMeta, found: list[Moved], by: InForce, at: int, actor: str) -> list[Plan]:
    """Keep what is proposed as draft plans, one for the raises and one for the cuts; older drafts are discarded.

    All of it is one transaction. Raises NoReason where the core lists no reason for a limit.
    """
    proposed = [(_order(raises, meta, by), _targets(found, raises=raises)) for raises in (True, False)]
    raised = sum(one.change.raises for one in found)
    told = {"policy_version": by.policy_version, "raises": raised, "cuts": len(found) - raised}
    return Plans(journal).redraft(proposed, at, actor, REVIEWED, told)


def _targets(found: list[Moved], *, raises: bool) -> list[Target]:
    """The raises or the cuts, the greatest change first."""
    chosen = [one for one in found if one.change.raises is raises]
    chosen.sort(key=lambda one: -abs(one.change.limit_minor - one.change.present_minor))
    return [_target(one) for one in chosen[:MOST]]


def _order(raises: bool, meta: CoreMeta, by: InForce) -> Order:
    listed = {reason.code for reason in commands.reasons_for("account.set_limit", meta)}
    code = next((code for code in CODES[raises] if code in listed), None)
    if code is None:
        raise NoReason(", ".join(CODES[raises]))
    return Order("account.set_limit", {"limit": "credit"}, code, f"limit review {by.policy_version}")


def _target(one: Moved) -> Target:
    line, moved = one.line, one.change
    own = {"value_minor": moved.limit_minor, "currency": line.currency, "from_minor": moved.present_minor}
    exposure = None if line.available_minor is None else max(0, line.available_minor)
    grounds = {"why": moved.why, "points": moved.assessment.points, "pd": moved.assessment.pd}
    return Target(line.account_id, line.version, exposure, line.currency, own | grounds)
