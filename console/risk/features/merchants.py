"""What is known of the merchant: declines, tiny amounts, amounts, age, whose limit is nearly used up there."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, Floats
from console.risk.features.known import recent_frauds, with_one
from console.risk.features.seen import Seen, count, ratio, since
from console.risk.flags import DECLINED, ROUND, SMALL
from console.risk.missing import NO_HISTORY, TOO_FEW
from console.risk.registry import EXACT, LIFETIME, feature, windowed
from console.risk.state.merchants import FULL

RECENT = 32
KEPT = EXACT.format(kept=RECENT)

FEW = 10
NONE = "missing_input without merchant"


@windowed("merchant", "events", KEPT, ("1h", "24h"), NONE)
def merchant_spends(seen: Seen, span: int) -> Floats:
    """Spends at the event's merchant, declined ones too."""
    return with_one(seen, "merchant", count(seen.at_merchant.within(span)))


@windowed("merchant", "events", KEPT, ("1h", "24h"), NONE)
def merchant_declines(seen: Seen, span: int) -> Floats:
    """Declined spends at the event's merchant."""
    declined = seen.sight.merchant["flags"] & DECLINED > 0
    return with_one(seen, "merchant", count(declined & seen.at_merchant.within(span)))


@windowed("merchant", "events", KEPT, ("1h",), NONE)
def merchant_small(seen: Seen, span: int) -> Floats:
    """Spends of at most 10 major units at the event's merchant."""
    small = seen.sight.merchant["flags"] & SMALL > 0
    return with_one(seen, "merchant", count(small & seen.at_merchant.within(span)))


@windowed("merchant", "share", KEPT, ("30d",), f"{NONE}, too_few below {FEW} spends there")
def merchant_round_share(seen: Seen, span: int) -> Floats:
    """Share of the spends at the merchant that are a multiple of 100 major units."""
    recent = seen.at_merchant.within(span)
    number = count(recent)
    rounds = count((seen.sight.merchant["flags"] & ROUND > 0) & recent)
    return with_one(seen, "merchant", ratio(rounds, np.where(number >= FEW, number, 0), TOO_FEW))


@feature("merchant", "ratio", LIFETIME, f"missing_input without merchant or spend, too_few below {FEW} spends there")
def amount_to_merchant_mean(seen: Seen) -> Floats:
    """The amount against the mean of all approved spends at the merchant."""
    sums = seen.sight.merchant_sums
    mean = ratio(seen.spend * sums["spends"], sums["amount"] * (sums["spends"] >= FEW), TOO_FEW)
    return with_one(seen, "merchant", mean)


@feature("merchant", "days", LIFETIME, f"{NONE}, no_history before any approved spend there")
def merchant_age_days(seen: Seen) -> Floats:
    """Days since the first approved spend at the merchant."""
    first = seen.sight.merchant_sums["first_at"]
    return with_one(seen, "merchant", since(seen.now, first, NO_HISTORY) / 86_400)


@feature("merchant", "share", LIFETIME, f"{NONE}, too_few below {FEW} spends of known limit there")
def merchant_utilisation(seen: Seen) -> Floats:
    """Mean utilisation of those who pay at the merchant, each with that payment, in thousandths."""
    sums = seen.sight.merchant_sums
    told = sums["payers_told"]
    return with_one(seen, "merchant", ratio(sums["payers_used"], FULL * told * (told >= FEW), TOO_FEW))


@feature("merchant", "share", f"30d, the pace of {KEPT}", f"{NONE}, too_few below {FEW} spends")
def known_fraud_share_merchant(seen: Seen) -> Floats:
    """Known frauds of 30 days against the spends that 30 days bring at the merchant's present pace, at most 1."""
    recent = seen.at_merchant.within(30 * DAY)
    number, frauds = count(recent), recent_frauds(seen, "merchant", 30 * DAY)
    rows = ((frauds > 0) & (number == RECENT)).nonzero()[0]  # the others' pace is what is kept
    at = seen.sight.merchant["at"].take(rows, axis=1)
    oldest = np.where(recent.take(rows, axis=1), at, seen.now[rows]).min(axis=0)
    pace = number.copy()
    pace[rows] *= np.minimum(30 * DAY / np.maximum(seen.now[rows] - oldest, 1), 1e6)
    share = ratio(frauds, np.where(number >= FEW, pace, 0), TOO_FEW)
    return with_one(seen, "merchant", np.minimum(share, 1))
