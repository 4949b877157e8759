"""How much, how often and at whom the account spends."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Floats
from console.risk.features.seen import Seen, count, distinct, given, ratio, since, total
from console.risk.flags import BAD_CREDENTIAL, CASH, NO_MONEY, ROUND, SMALL
from console.risk.missing import MISSING_INPUT, NO_HISTORY, TOO_FEW
from console.risk.registry import DAYS, EVENT, EXACT, LIFETIME, SPANS, feature, windowed

KEPT = EXACT.format(kept=24)
FEW = 10
"""Least number of spends for a z-score; Lithic asks for 30, a credit account makes fewer."""


@feature("event", "minor units", EVENT, "missing_input on a login")
def amount(seen: Seen) -> Floats:
    """Signed amount of the transaction."""
    return seen.amount


@windowed("account", "events", KEPT, ("15m", "1h", "24h"))
def spend_count(seen: Seen, span: int) -> Floats:
    """Approved spends of the account."""
    return count(seen.approved & seen.moves.within(span))


@windowed("account", "minor units", KEPT, ("1h", "24h"))
def spend_sum(seen: Seen, span: int) -> Floats:
    """Sum of the account's approved spends."""
    return total(seen.approved & seen.moves.within(span), seen.sight.spends["amount"])


@feature("account", "events", f"7d, {DAYS}")
def spend_count_7d(seen: Seen) -> Floats:
    """Approved spends of the account in 7 days."""
    return seen.days("day_count", SPANS["7d"])


@feature("account", "events", f"30d, {DAYS}")
def spend_count_30d(seen: Seen) -> Floats:
    """Approved spends of the account in 30 days."""
    return seen.days("day_count", SPANS["30d"])


@feature("account", "minor units", f"7d, {DAYS}")
def spend_sum_7d(seen: Seen) -> Floats:
    """Sum of the account's approved spends in 7 days."""
    return seen.days("day_sum", SPANS["7d"])


@feature("account", "minor units", f"30d, {DAYS}")
def spend_sum_30d(seen: Seen) -> Floats:
    """Sum of the account's approved spends in 30 days."""
    return seen.days("day_sum", SPANS["30d"])


@feature("account", "ratio", f"7d against the 23 days before, {DAYS}", "too_few below 10 spends in those 23 days")
def spend_week_ratio(seen: Seen) -> Floats:
    """Spend of the last 7 days against a week's share of the 23 days before."""
    week = seen.days("day_sum", SPANS["7d"])
    before = seen.days("day_sum", SPANS["30d"]) - week
    enough = seen.days("day_count", SPANS["30d"]) - seen.days("day_count", SPANS["7d"]) >= FEW
    return ratio(week, np.where(enough, before * 7 / 23, 0), TOO_FEW)


@windowed("account", "events", KEPT, ("15m", "1h", "24h", "7d"))
def decline_count(seen: Seen, span: int) -> Floats:
    """Declined spends of the account."""
    return count(seen.declined & seen.moves.within(span))


@feature("account", "events", KEPT)
def consecutive_declines(seen: Seen) -> Floats:
    """Declined spends since the last approved one, in the order they arrived."""
    return count(seen.declined & ~np.logical_or.accumulate(seen.approved, axis=0))


@windowed("account", "events", KEPT, ("1h",))
def credential_declines(seen: Seen, span: int) -> Floats:
    """Spends declined for a wrong or outdated number, code or date."""
    return count((seen.sight.spends["flags"] & BAD_CREDENTIAL > 0) & seen.moves.within(span))


@windowed("account", "events", KEPT, ("24h",))
def limit_declines(seen: Seen, span: int) -> Floats:
    """Spends declined because the money is not there."""
    return count((seen.sight.spends["flags"] & NO_MONEY > 0) & seen.moves.within(span))


@windowed("account", "events", KEPT, ("15m", "1h"))
def small_count(seen: Seen, span: int) -> Floats:
    """Spends of at most 10 major units, declined ones too."""
    return count((seen.sight.spends["flags"] & SMALL > 0) & seen.moves.within(span))


@feature("account", "standard deviations", LIFETIME, "missing_input on what is no spend, too_few below 10 spends")
def amount_z(seen: Seen) -> Floats:
    """The amount against the account's mean and deviation; the deviation is at least a tenth of the mean."""
    number = seen.profile["spends"].astype(np.float64)
    mean = seen.profile["mean"]
    deviation = np.maximum(np.sqrt(seen.profile["spread"] / (number - 1)), mean / 10)
    return given(number >= FEW, (seen.spend - mean) / deviation, TOO_FEW)


@feature("account", "standard deviations", f"30d, {DAYS}", "missing_input on what is no spend, too_few below 10")
def amount_z_30d(seen: Seen) -> Floats:
    """The amount against mean and deviation of 30 days; the deviation is at least a tenth of the mean."""
    number = seen.days("day_count", SPANS["30d"])
    mean = seen.days("day_sum", SPANS["30d"]) / number
    variance = seen.days("day_square", SPANS["30d"]) / number - mean * mean
    deviation = np.maximum(np.sqrt(np.maximum(variance, 0) * number / (number - 1)), mean / 10)
    return given(number >= FEW, (seen.spend - mean) / deviation, TOO_FEW)


@feature("account", "ratio", LIFETIME, "missing_input on what is no spend, too_few below 3 spends")
def amount_to_max(seen: Seen) -> Floats:
    """The amount against the largest spend so far."""
    enough = seen.profile["spends"] >= 3
    return ratio(seen.spend, np.where(enough, seen.profile["largest"], 0), TOO_FEW)


@feature("account", "ratio", f"30d, {DAYS}", "missing_input on what is no spend, too_few below 3 spends")
def amount_to_mean_30d(seen: Seen) -> Floats:
    """The amount against the mean of 30 days."""
    number = seen.days("day_count", SPANS["30d"])
    return ratio(seen.spend * number, np.where(number >= 3, seen.days("day_sum", SPANS["30d"]), 0), TOO_FEW)


@feature("account", "seconds", KEPT, "no_history before any spend")
def since_last_spend(seen: Seen) -> Floats:
    """Seconds since the account's last approved spend."""
    return since(seen.now, seen.moves.last(seen.approved & seen.moves.past), NO_HISTORY)


@feature("account", "seconds", KEPT, "no_history before any decline")
def since_last_decline(seen: Seen) -> Floats:
    """Seconds since the account's last declined spend."""
    return since(seen.now, seen.moves.last(seen.declined & seen.moves.past), NO_HISTORY)


@windowed("account", "share", KEPT, ("30d",), "missing_input without merchant, too_few below 5 purchases")
def merchant_share(seen: Seen, span: int) -> Floats:
    """Share of the account's purchases that went to the event's merchant, by amount."""
    bought = seen.purchases & seen.moves.within(span)
    amounts = seen.sight.spends["amount"]
    here = total(bought & (seen.sight.spends["other"] == seen.facts["merchant"]), amounts)
    share = ratio(here, np.where(count(bought) >= 5, total(bought, amounts), 0), TOO_FEW)
    return given(seen.has("merchant"), share, MISSING_INPUT)


@windowed("account", "merchants", KEPT, ("1h", "24h"))
def merchant_count(seen: Seen, span: int) -> Floats:
    """Different merchants tried, declined attempts too."""
    return distinct(seen.attempts & seen.moves.within(span), seen.sight.spends["other"])


@windowed("account", "events", KEPT, ("24h",))
def round_count(seen: Seen, span: int) -> Floats:
    """Approved spends of a multiple of 100 major units."""
    return count(seen.approved & (seen.sight.spends["flags"] & ROUND > 0) & seen.moves.within(span))


@windowed("account", "share", KEPT, ("30d",), "too_few below 5 spends")
def round_share(seen: Seen, span: int) -> Floats:
    """Share of approved spends that are a multiple of 100 major units."""
    spent = seen.approved & seen.moves.within(span)
    number = count(spent)
    return ratio(count(spent & (seen.sight.spends["flags"] & ROUND > 0)), np.where(number >= 5, number, 0), TOO_FEW)


@windowed("account", "share", KEPT, ("14d",), "no_history without spend in the window")
def cash_share(seen: Seen, span: int) -> Floats:
    """Share of spend that is cash or as good as cash, by amount."""
    spent = seen.approved & seen.moves.within(span)
    amounts = seen.sight.spends["amount"]
    return ratio(total(spent & (seen.sight.spends["flags"] & CASH > 0), amounts), total(spent, amounts), NO_HISTORY)


@feature("event", "1 or 0", EVENT, "missing_input on what is no spend")
def is_round(seen: Seen) -> Floats:
    """The spend is a multiple of 100 major units."""
    return np.asarray(seen.spend * 0 + (seen.flags & ROUND > 0))


@feature("event", "1 or 0", EVENT, "missing_input on what is no spend")
def is_cash(seen: Seen) -> Floats:
    """The spend is cash or as good as cash."""
    return np.asarray(seen.spend * 0 + (seen.flags & CASH > 0))


@feature("event", "points, 0..999", EVENT, "missing_input where the network gave none")
def network_risk(seen: Seen) -> Floats:
    """The card network's own risk score of the transaction."""
    return given(seen.facts["network_risk"] >= 0, seen.facts["network_risk"], MISSING_INPUT)
