"""How the spend compares with the account's habits: its amounts, hours and shops."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, HOUR, Array, Floats
from console.risk.features.seen import Seen, count, given, ratio
from console.risk.flags import SPEND
from console.risk.missing import MISSING_INPUT, NO_HISTORY, TOO_FEW
from console.risk.registry import EVENT, EXACT, feature, windowed
from console.risk.state.familiar import knows

KEPT = EXACT.format(kept=24)
NIGHT_ENDS = 6
"""Night is 00:00 to 06:00 (Reproducible Machine Learning for Credit Card Fraud Detection, ch. 3)."""

AMONG = 12
"""Of the kept transactions, those that the shares of shops are worked out of."""


@feature("event", "hours", EVENT)
def hour(seen: Seen) -> Floats:
    """Hour of the day, 0..24, by the sun at the customer's home, or UTC where no home is known."""
    return np.asarray((seen.now / 3.6e9 + seen.shift) % 24, np.float64)


@feature("event", "1 or 0", EVENT)
def is_night(seen: Seen) -> Floats:
    """Between midnight and six by the sun at the customer's home, or UTC where no home is known."""
    return np.asarray(hour(seen) < NIGHT_ENDS, np.float64)


@feature("event", "1 or 0", EVENT)
def is_weekend(seen: Seen) -> Floats:
    """Saturday or Sunday by the sun at the customer's home, or UTC where no home is known."""
    day = np.floor((seen.now / 3.6e9 + seen.shift) / 24)
    return np.asarray((day + 4) % 7 % 6 == 0, np.float64)  # 1 January 1970 was a Thursday, the day numbered 4


@windowed("account", "share", KEPT, ("30d",), "too_few below 5 spends")
def night_share(seen: Seen, span: int) -> Floats:
    """Share of the account's approved spends between midnight and six."""
    spent = seen.approved & seen.moves.within(span)
    night = (seen.sight.spends["at"] + np.round(seen.shift * HOUR).astype(np.int64)) % DAY < NIGHT_ENDS * HOUR
    number = count(spent)
    return ratio(count(spent & night), np.where(number >= 5, number, 0), TOO_FEW)


@windowed("account", "events", KEPT, ("24h", "30d"), "missing_input on what is no spend")
def same_amount_count(seen: Seen, span: int) -> Floats:
    """Approved spends of exactly this amount."""
    same = seen.approved & (seen.sight.spends["amount"] == seen.spend) & seen.moves.within(span)
    return given(seen.flags & SPEND > 0, count(same), MISSING_INPUT)


@windowed("account", "share", KEPT, ("30d",), "missing_input on what is no spend, too_few below 5 spends")
def amount_rank(seen: Seen, span: int) -> Floats:
    """Share of the account's approved spends that are smaller than this one."""
    spent = seen.approved & seen.moves.within(span)
    number = count(spent)
    smaller = count(spent & (seen.sight.spends["amount"] < seen.spend))
    rank = ratio(smaller, np.where(number >= 5, number, 0), TOO_FEW)
    return given(seen.flags & SPEND > 0, rank, MISSING_INPUT)


@feature("account", "1 or 0", "lifetime, Bloom row", "missing_input without merchant, no_history before any spend")
def is_new_merchant(seen: Seen) -> Floats:
    """The account never bought here; a few new merchants in a hundred pass for known."""
    new = ~knows(seen.familiar["merchants"], seen.facts["merchant"])
    return given(seen.has("merchant"), given(seen.familiar["bought"], new, NO_HISTORY), MISSING_INPUT)


@feature("account", "1 or 0", "the last 8 countries", "missing_input without country, no_history before any")
def is_new_country(seen: Seen) -> Floats:
    """The account never spent in this country."""
    return seen.is_new("country", seen.has("country"))


@feature("account", "1 or 0", "the last 16 kinds of shop", "missing_input without kind, no_history before any")
def is_new_mcc(seen: Seen) -> Floats:
    """The account never spent at this kind of shop."""
    return seen.is_new("mcc", seen.has("mcc"))


@windowed("account", "events", KEPT, ("24h", "30d"), "missing_input without merchant")
def same_merchant_count(seen: Seen, span: int) -> Floats:
    """Approved spends at the event's merchant."""
    same = seen.purchases & (seen.sight.spends["other"] == seen.facts["merchant"])
    return given(seen.has("merchant"), count(same & seen.moves.within(span)), MISSING_INPUT)


def _at_each(seen: Seen, span: int) -> tuple[Array, Array]:
    """Of the newest transactions: the amounts of purchases, and what went to each one's merchant in all."""
    bought = (seen.purchases & seen.moves.within(span))[:AMONG]
    amounts, shops = (seen.sight.spends[name][:AMONG] for name in ("amount", "other"))
    amounts = bought * amounts
    together = amounts.copy()
    for lag in range(1, len(amounts)):
        same = shops[lag:] == shops[:-lag]
        together[lag:] += same * amounts[:-lag]
        together[:-lag] += same * amounts[lag:]
    return amounts, together


@windowed("account", "share", f"the newest {AMONG} transactions", ("30d",), "too_few below 5 purchases")
def top_merchant_share(seen: Seen, span: int) -> Floats:
    """Share of the purchases, by amount, that went to the merchant who got most."""
    amounts, together = _at_each(seen, span)
    enough = count(amounts > 0) >= 5
    return ratio(np.where(amounts > 0, together, 0).max(axis=0), amounts.sum(axis=0) * enough, TOO_FEW)


@windowed("account", "index, 0..1", f"the newest {AMONG} transactions", ("30d",), "too_few below 5 purchases")
def merchant_hhi(seen: Seen, span: int) -> Floats:
    """Concentration of the purchases on merchants: the sum of squared shares by amount (Herfindahl, Hirschman)."""
    amounts, together = _at_each(seen, span)
    whole = amounts.sum(axis=0) ** 2
    return ratio((amounts * together).sum(axis=0), whole * (count(amounts > 0) >= 5), TOO_FEW)
