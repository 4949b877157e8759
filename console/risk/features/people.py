"""Who the customer is: how long known, what bureau and social network say, whether the event fits home and income."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Floats
from console.risk.features.seen import Seen, given, ratio, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import DAYS, LIFETIME, SPANS, feature

TOLD = "as last told"
UNKNOWN = "no_history while it is not told"


def _told(seen: Seen, name: str) -> Floats:
    """A figure that is kept one higher, 0 for unknown."""
    value = seen.person[name].astype(np.float64)
    return given(value > 0, value - 1, NO_HISTORY)


@feature("customer", "days", LIFETIME, UNKNOWN)
def customer_age_days(seen: Seen) -> Floats:
    """Days since the customer registered."""
    return np.asarray(since(seen.now, seen.person["registered_at"], NO_HISTORY) / 86_400)


@feature("customer", "points", TOLD, UNKNOWN)
def bureau_score(seen: Seen) -> Floats:
    """The credit bureau's score."""
    return _told(seen, "bureau")


@feature("customer", "events", f"24 months, {TOLD}", UNKNOWN)
def bureau_delinquencies(seen: Seen) -> Floats:
    """Delinquencies that the credit bureau knows of."""
    return _told(seen, "delinquencies")


@feature("customer", "points, 0..1000", TOLD, UNKNOWN)
def social_trust(seen: Seen) -> Floats:
    """The social network's trust in the customer."""
    return _told(seen, "trust")


@feature("customer", "months", TOLD, UNKNOWN)
def social_tenure_months(seen: Seen) -> Floats:
    """How long the customer is in the social network."""
    return _told(seen, "tenure")


@feature("account", "ratio", f"30d, {DAYS}", "no_history while no income is told")
def spend_to_income_30d(seen: Seen) -> Floats:
    """Spend of 30 days, this one included, against a month's income."""
    spend = seen.days("day_sum", SPANS["30d"]) + seen.spent
    return ratio(spend, seen.person["income"], NO_HISTORY)


@feature("account", "days", TOLD, UNKNOWN)
def days_past_due(seen: Seen) -> Floats:
    """Days that a payment of the account is overdue."""
    value = seen.profile["past_due"].astype(np.float64)
    return given(value > 0, value - 1, NO_HISTORY)


def _abroad(seen: Seen, country: Array) -> Floats:
    home = seen.person["country"].astype(np.int64) - 1
    return given(country >= 0, given(home >= 0, country != home, NO_HISTORY), MISSING_INPUT)


@feature("event", "1 or 0", TOLD, "missing_input without country, no_history while no home is told")
def is_foreign(seen: Seen) -> Floats:
    """The event's country is not the customer's."""
    return _abroad(seen, seen.facts["country"])


@feature("event", "1 or 0", TOLD, "missing_input without the IP's country, no_history while no home is told")
def is_foreign_ip(seen: Seen) -> Floats:
    """The country of the login's IP is not the customer's."""
    return _abroad(seen, seen.facts["ip_country"])
