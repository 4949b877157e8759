"""The account's state machine (contract, section 3.1). Pure: an account in, the next one out."""

from __future__ import annotations

from msgspec.structs import replace

from console.core.instants import Instant
from console.core.messages import Account, Hold, Limits
from console.core.vocabulary import FREEZING_SCOPES

LIMIT_FIELDS = {"credit": "credit_limit_minor", "cash": "cash_limit_minor", "daily": "daily_limit_minor"}


def is_live(hold: Hold, now: int) -> bool:
    """Whether the hold still binds at wall time `now`."""
    return hold.expires_at is None or hold.expires_at > now


def holds_scope(account: Account, *scopes: str) -> bool:
    """Whether a hold has one of the scopes."""
    return any(hold.scope in scopes for hold in account.holds)


def with_holds(account: Account, holds: list[Hold], at: Instant, reason: str | None) -> Account:
    """The account under these holds: active or frozen follows from them, other states stay."""
    status = account.status
    if status in ("active", "frozen"):
        status = "frozen" if any(hold.scope in FREEZING_SCOPES for hold in holds) else "active"
    return _in_status(replace(account, holds=holds), status, at, reason)


def without_expired(account: Account, now: int, at: Instant) -> Account:
    """The account after its holds past `now` fell away; the same object when none did."""
    live = [hold for hold in account.holds if is_live(hold, now)]
    return account if len(live) == len(account.holds) else with_holds(account, live, at, "hold_expired")


def with_limit(account: Account, limit: str, value_minor: int) -> Account:
    """The account with its credit, cash or daily limit set."""
    return _with_limits(account, replace(account.limits, **{LIMIT_FIELDS[limit]: value_minor}))


def present_limit(account: Account, limit: str) -> int | None:
    """The credit, cash or daily limit now; None means that there is none."""
    value: int | None = getattr(account.limits, LIMIT_FIELDS[limit])
    return value


def closed(account: Account, at: Instant, reason: str | None) -> Account:
    """The account after a close: at once when nothing is owed, else closing."""
    if account.limits.balance_minor > 0:
        return _in_status(account, "closing", at, reason)
    return replace(_in_status(account, "closed", at, reason), closed_at=at)


def with_money(account: Account, at: Instant, *, balance: int = 0, pending: int = 0) -> Account:
    """The account after its balance and pending amount moved by so much; a closing one closes at zero."""
    limits = account.limits
    moved = _with_limits(
        account,
        replace(
            limits,
            balance_minor=limits.balance_minor + balance,
            pending_minor=max(0, limits.pending_minor + pending),
        ),
    )
    if moved.status == "closing" and moved.limits.balance_minor <= 0:
        return closed(moved, at, moved.status_reason)
    return moved


def guarded(account: Account) -> tuple[object, ...]:
    """What an operator decides on: a change of it after the version in If-Match is a mismatch (section 7.3)."""
    limits = account.limits
    return (
        account.status,
        account.credit_state,
        account.holds,
        limits.currency,
        limits.credit_limit_minor,
        limits.cash_limit_minor,
        limits.daily_limit_minor,
    )


def _in_status(account: Account, status: str, at: Instant, reason: str | None) -> Account:
    if status == account.status:
        return account
    return replace(account, status=status, status_reason=reason, status_changed_at=at)


def _with_limits(account: Account, limits: Limits) -> Account:
    available = limits.credit_limit_minor - limits.balance_minor - limits.pending_minor
    return replace(account, limits=replace(limits, available_minor=available))
