"""The credit line: how much of it is used, how fast, and what became of a repayment or a raise."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, Array, Floats
from console.risk.features.seen import Seen, given, least, ratio, since, total
from console.risk.flags import DECLINED, PAYMENT
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import EXACT, LIFETIME, feature, windowed

KEPT = EXACT.format(kept=24)


def _told(seen: Seen, value: Array) -> Floats:
    return given(seen.profile["told"], value, NO_HISTORY)


@feature("account", "share", "last account fact and the event", "no_history before any, missing_input without limit")
def utilisation_now(seen: Seen) -> Floats:
    """Used share of the credit limit once this spend is added."""
    return _told(seen, given(~np.isnan(seen.used), seen.used, MISSING_INPUT))


@windowed(
    "account", "share", "whole UTC days", ("24h", "7d", "30d"), "no_history before any, missing_input on no limit"
)
def utilisation_rise(seen: Seen, span: int) -> Floats:
    """How far utilisation, this spend added, stands above its lowest since the day that long before."""
    low, age = seen.lows
    rise = seen.used - np.fmin(least(age <= span // DAY, low), seen.told)
    return _told(seen, given(~np.isnan(rise), rise, MISSING_INPUT))


@feature("account", "share", "last account fact and the event", "missing_input on no spend, no_history before any")
def amount_to_limit(seen: Seen) -> Floats:
    """The spend against the credit limit."""
    return _told(seen, ratio(seen.spend, seen.profile["limit"], MISSING_INPUT))


@feature("account", "days", LIFETIME, "no_history before any account fact")
def account_age_days(seen: Seen) -> Floats:
    """Age of the account."""
    return np.asarray(since(seen.now, seen.profile["opened_at"], NO_HISTORY) / 86_400)


@feature("account", "seconds", LIFETIME, "no_history before any rise")
def since_limit_raise(seen: Seen) -> Floats:
    """Seconds since the credit limit was last raised."""
    return since(seen.now, seen.profile["raised_at"], NO_HISTORY)


@feature("account", "seconds", "the last 4 requests", "no_history before any")
def since_limit_request(seen: Seen) -> Floats:
    """Seconds since a higher limit was last asked for."""
    at = seen.profile["asked_at"]
    return since(seen.now, np.where(at <= seen.now[:, None], at, 0).max(axis=1), NO_HISTORY)


@windowed("account", "requests", "the last 4", ("30d",))
def limit_requests(seen: Seen, span: int) -> Floats:
    """Requests for a higher limit."""
    age = seen.now[:, None] - seen.profile["asked_at"]
    return np.asarray(((seen.profile["asked_at"] > 0) & (age >= 0) & (age < span)).sum(axis=1), np.float64)


@feature("account", "seconds", KEPT, "no_history before any")
def since_last_repayment(seen: Seen) -> Floats:
    """Seconds since the last repayment."""
    paid = seen.sight.spends["flags"] & (PAYMENT | DECLINED) == PAYMENT
    return since(seen.now, seen.moves.last(paid & seen.moves.past), NO_HISTORY)


@feature("account", "seconds", LIFETIME, "no_history before any")
def since_bounced_repayment(seen: Seen) -> Floats:
    """Seconds since a repayment that was later reversed."""
    return since(seen.now, seen.profile["bounced_at"], NO_HISTORY)


@feature("account", "events", LIFETIME)
def chargebacks(seen: Seen) -> Floats:
    """Chargebacks of the account."""
    return np.asarray(seen.profile["chargebacks"], np.float64)


@windowed("account", "minor units", KEPT, ("24h",))
def repaid_sum(seen: Seen, span: int) -> Floats:
    """Sum of repayments."""
    paid = seen.sight.spends["flags"] & (PAYMENT | DECLINED) == PAYMENT
    return np.asarray(-total(paid & seen.moves.within(span), seen.sight.spends["amount"]))


@windowed("account", "ratio", KEPT, ("1h", "24h"), "missing_input on what is no spend, no_history without repayment")
def respent_share(seen: Seen, span: int) -> Floats:
    """Spend since the first repayment of the window, this one included, against what was repaid."""
    paid = (seen.sight.spends["flags"] & (PAYMENT | DECLINED) == PAYMENT) & seen.moves.within(span)
    rows = paid.any(axis=0).nonzero()[0]
    if not len(rows):
        return np.full(seen.rows, NO_HISTORY)
    amounts, at, paid = (
        part.take(rows, axis=1) for part in (seen.sight.spends["amount"], seen.sight.spends["at"], paid)
    )
    first = np.where(paid, at, np.iinfo(np.int64).max).min(axis=0)
    after = total((seen.approved & seen.moves.past).take(rows, axis=1) & (at >= first), amounts)
    share = (after + seen.spend[rows]) / np.maximum(-total(paid, amounts), 1)
    return seen.spread(rows, share, NO_HISTORY)
