"""To whom the customer is tied, and how near a known fraud is.

A hop goes from a customer over a shared device, fingerprint, phone, email, address or identity number, or over a
link, to another customer. A known fraud counts for 90 days from when it happened.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, TOKEN_KINDS, Array, Floats
from console.risk.features.seen import Seen, given
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import LIFETIME, Feature, feature, register
from console.risk.state.holders import HOLDERS
from console.risk.state.people import HELD
from console.risk.state.ties import HELD as THINGS
from console.risk.state.ties import NEAREST

SPAN = 90 * DAY
FIRST = f"{LIFETIME}, the first {HOLDERS} customers of a thing and the first {THINGS} things of a customer"
WINDOW = f"90d, {FIRST}, the latest {NEAREST} frauds"
UNKNOWN = "missing_input while the account's customer is not known"


def _customer(seen: Seen) -> Array:
    return np.asarray(seen.facts["customer"].astype(np.int64) + 1)


def _known(seen: Seen, value: Array) -> Floats:
    return given(seen.has("customer"), value, MISSING_INPUT)


def _frauds(seen: Seen, name: str) -> Floats:
    """How many known frauds of the last 90 days are so far away: own, one, two."""
    few = seen.near
    at, now = few.records[name], seen.now[few.rows, None]
    return seen.spread(few.rows, ((at > 0) & (at <= now) & (now - at < SPAN)).sum(axis=1))


@feature("customer", "customers", FIRST, UNKNOWN)
def linked_customers(seen: Seen) -> Floats:
    """Other customers one hop away."""
    return _known(seen, seen.sight.ties.linked(_customer(seen), seen.sight.rows))


@feature("customer", "hops", WINDOW, f"{UNKNOWN}, no_history when there is none within two hops")
def fraud_hops(seen: Seen) -> Floats:
    """Hops to the nearest customer with a known fraud: 0 the customer, 1, 2."""
    own, one, two = (_frauds(seen, name) > 0 for name in ("own", "one", "two"))
    return _known(seen, np.where(own, 0, np.where(one, 1, np.where(two, 2, NO_HISTORY))))


@feature("customer", "customers", WINDOW, UNKNOWN)
def frauds_one_hop(seen: Seen) -> Floats:
    """Customers one hop away with a known fraud."""
    return _known(seen, _frauds(seen, "one"))


@feature("customer", "customers", WINDOW, UNKNOWN)
def frauds_two_hops(seen: Seen) -> Floats:
    """Customers two hops away with a known fraud."""
    return _known(seen, _frauds(seen, "two"))


def _on_token(seen: Seen, place: int) -> Floats:
    return _known(seen, given(seen.person["token"][:, place] > 0, seen.holders[place], NO_HISTORY))


for _place, _kind in enumerate(TOKEN_KINDS[:HELD]):
    register(
        Feature(
            name=f"customers_on_{_kind}",
            entity="customer",
            unit="customers",
            window=FIRST,
            missing=f"{UNKNOWN}, no_history while none is told",
            meaning=f"Customers who hold the same {_kind.replace('_', ' ')}, this one included.",
            compute=lambda seen, place=_place: _on_token(seen, place),  # type: ignore[misc]
        )
    )
