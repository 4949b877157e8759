"""Bulk: one decision on many accounts, checked once and kept as a plan, and what an account's turn makes of it.

An item stands on the account as it was when the plan was made: that version becomes If-Match, so that a plan is never
laid over somebody's newer decision, however much later its turn comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.core import commands, instants
from console.core.commands import HOLD_IDS, InvalidWish, Wish, limit_of
from console.core.instants import MINUTE, SECOND, Instant
from console.core.messages import Account, CoreMeta, Hold
from console.desk import shares
from console.desk.quota import Quota
from store.journal import Journal
from store.plans import Order, Plan, Plans, PlanState, Results, Target
from store.reader import AccountRow, Reader

TYPES = (
    "account.freeze",
    "account.unfreeze",
    "account.set_limit",
    "account.close",
    "case.claim",
    "case.verdict",
)
"""What can be decided on many accounts at once."""
MOST = 100_000
"""Accounts of one plan; more would be a mistake in the file."""
RELEASABLE = ("operator", "supervisor")
"""Holds that a person may release; the others are the core's own."""
OPEN = ("active", "frozen")
WHOLE = 10_000
"""A limit to try a share on."""
PACE_OVER = MINUTE
"""The stretch of time from which a plan's pace is told."""


class Skip(Exception):
    """An account's turn gives no command. `why` is a short code: `ui.skipped.<why>` has the words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


# ---------------------------------------------------------------- making a plan


def make(
    journal: Journal,
    meta: CoreMeta,
    order: Order,
    targets: Sequence[Target],
    core_now: Instant,
    checklist: Sequence[Mapping[str, str]] = (),
) -> Plan:
    """Check a decision on many accounts and store it as a plan that runs, the greatest exposure first.

    An account named twice counts once. `checklist` is what was answered before, for all of them. Nudge the watcher
    then. Raises InvalidWish for what the core would refuse.
    """
    check(order, meta, core_now)
    distinct = {target.account_id: target for target in targets}
    if not 1 <= len(distinct) <= MOST:
        raise InvalidWish("accounts_count", most=MOST)
    exponents = {currency.code: currency.exponent for currency in meta.currencies}
    ranked = sorted(distinct.values(), key=lambda target: -_weight(target, exponents))
    return Plans(journal).make(order, ranked, instants.now(), meta.you.subject, checklist)


def check(order: Order, meta: CoreMeta, core_now: Instant) -> None:
    """Raise InvalidWish for what the core would refuse on any account: the same checks as for one."""
    if order.type not in TYPES:
        raise InvalidWish("word_unknown", name="type", word=order.type, known=", ".join(TYPES))
    stand_in: dict[str, Any] = {"hold_ids": ["any"]} if order.type == "account.unfreeze" else {}
    if "share" in order.params:
        stand_in = {"value_minor": shares.minor(order.params["share"], WHOLE)}
        if stand_in["value_minor"] is None or stand_in["value_minor"] > WHOLE:
            raise InvalidWish("share_range")
    commands.check(Wish(order.type, "any", order.params | stand_in, order.reason_code, order.note), meta, core_now)


def targets(mirror: Reader | None, account_ids: Iterable[str]) -> list[Target]:
    """The accounts as the mirror has them; one that it does not know is a target all the same, without a version."""
    numbers = {account_id: mirror.number(account_id) if mirror else None for account_id in account_ids}
    rows = mirror.page(number for number in numbers.values() if number is not None) if mirror else {}
    found = {row.account_id: target(row) for row in rows.values()}
    return [found.get(account_id, Target(account_id)) for account_id in numbers]


def target(row: AccountRow, params: dict[str, Any] | None = None) -> Target:
    """An account of the mirror as a plan keeps it. Its exposure is what can still be spent."""
    exposure = None if row.available_minor is None else max(0, row.available_minor)
    return Target(row.account_id, row.version or None, exposure, row.currency, params)


def exposure(chosen: Iterable[Target]) -> dict[str, int]:
    """What can still be spent on the accounts together, in minor units by currency."""
    sums: dict[str, int] = {}
    for one in chosen:
        if one.currency and one.exposure_minor is not None:
            sums[one.currency] = sums.get(one.currency, 0) + one.exposure_minor
    return sums


def beyond(order: Order, account_ids: Collection[str], left: Quota | None) -> int:
    """How many of the accounts the bulk rule will make wait for a second person, as the quota stands."""
    if left is None or not order.type.startswith("account."):
        return 0
    return max(0, len(set(account_ids) - left.used) - left.left)


def _weight(one: Target, exponents: Mapping[str, int]) -> float:
    """Where an account stands in the order: currencies are not converted, a unit is a unit."""
    return float((one.exposure_minor or 0) / 10 ** exponents.get(one.currency or "", 2))


# ---------------------------------------------------------------- an account's turn


def wish(order: Order, aim: Target, account: Account) -> Wish:
    """What the plan wishes for an account as it is now. Raises Skip when nothing is left to wish."""
    match order.type:
        case "account.freeze":
            made = _freeze(order.params, account)
        case "account.unfreeze":
            made = _unfreeze(account)
        case "account.set_limit":
            made = _set_limit(order.params, account, aim.params)
        case "account.close":
            made = _close(account)
        case _:
            made = Wish(order.type, account.id, order.params | (aim.params or {}))
    return replace(made, reason_code=order.reason_code, note=order.note)


def _freeze(params: Mapping[str, Any], account: Account) -> Wish:
    if account.status == "closed":
        raise Skip("closed")
    scope, until = params["scope"], params.get("expires_at")
    if any(_covers(hold, scope, until) for hold in account.holds):
        raise Skip("already")
    return commands.freeze(account.id, "", scope=scope, expires_at=Instant(until) if until else None)


def _covers(hold: Hold, scope: str, until: int | None) -> bool:
    """Whether a hold does already, for as long, what the wished one would."""
    lasts = hold.expires_at is None or (until is not None and hold.expires_at >= until)
    return lasts and hold.scope in (scope, "full")


def _unfreeze(account: Account) -> Wish:
    if account.status == "closed":
        raise Skip("closed")
    holds = [hold.hold_id for hold in account.holds if hold.releasable_by in RELEASABLE]
    if not holds:
        raise Skip("no_holds")
    return commands.unfreeze(account.id, holds[:HOLD_IDS], "")


def _set_limit(params: Mapping[str, Any], account: Account, own: Mapping[str, Any] | None) -> Wish:
    """Many limits at once are lowered only: an account whose limit lies below the value is left as it is.

    `own` is a value made for this account alone, which may raise its limit.
    """
    if account.status not in OPEN:
        raise Skip("not_open")
    if own:
        params = {**params, **own}
    present, currency = limit_of(account, params["limit"]), account.limits.currency
    if "share" in params:
        value = shares.minor(params["share"], present)
        if value is None:
            raise Skip("no_limit")
    elif currency != params["currency"]:
        raise Skip("other_currency")
    else:
        value = int(params["value_minor"])
    if present is not None and (value == present or (value > present and not own)):
        raise Skip("already" if value == present else "would_raise")
    return commands.set_limit(account.id, value, currency, "", limit=params["limit"])


def _close(account: Account) -> Wish:
    if account.status in ("closing", "closed"):
        raise Skip("already")
    return commands.close(account.id, "")


# ---------------------------------------------------------------- how far it is


@dataclass(frozen=True)
class Progress:
    """How a plan gets on. `per_minute` and `eta_s` are None while nothing can be said of them."""

    results: Results
    per_minute: float | None = None
    eta_s: int | None = None

    @property
    def share(self) -> float:
        return self.results.ended / self.results.accounts


def progress(plans: Plans, plan: Plan, now: int) -> Progress:
    """What became of its items so far; the pace of the last minute while it ran, and the time the rest takes at it."""
    results = plans.results(plan.number)[plan.number]
    since = max(plan.running_since, now - PACE_OVER)
    ended = plans.ended_since(plan.number, since) if plan.state is PlanState.RUNNING else 0
    if not ended or now - since < SECOND:
        return Progress(results)
    per_minute = ended * MINUTE / (now - since)
    return Progress(results, per_minute, round((results.accounts - results.ended) * 60 / per_minute))
