"""Whether the merchant itself is the leak: what share of its spends turned out to be fraud, and of what amounts.

A fraud of an ordinary amount points at the place where it happened, one of an unusual amount at the account. Silence
about a spend says something only when it is older than labels take to come; that is learned from the labels themselves.
The handbook's terminal risk (Le Borgne and others 2022, ch. 3.3) looks at the same windows, moved back by that delay.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, Array, Bools, Floats
from console.risk.features.known import KEPT, spread, with_one
from console.risk.features.seen import Seen, count, ratio, since
from console.risk.missing import NO_HISTORY
from console.risk.registry import EXACT, feature, windowed

MONTH = 30 * DAY
NEVER = np.iinfo(np.int64).max
LACKS = "missing_input without merchant"
AGED = f"older than labels take to come, {EXACT.format(kept=32)}"
NO_FRAUD = f"{LACKS}, no_history without a known fraud there"


def _ordinary(seen: Seen) -> tuple[Array, Array, Bools]:
    """The rows whose merchant has known frauds; when those happened, which of them in the last month were ordinary."""
    frauds = seen.known("merchant")
    return frauds.rows, frauds.at, frauds.records["ordinary"] & frauds.within(MONTH)


@feature("merchant", "labels", f"30d, {KEPT}", LACKS)
def ordinary_frauds_merchant_30d(seen: Seen) -> Floats:
    """Known frauds of an amount that the account could well have spent itself."""
    rows, _, ordinary = _ordinary(seen)
    return spread(seen, "merchant", rows, ordinary.sum(axis=1))


@feature("merchant", "seconds", f"30d, {KEPT}", f"{LACKS}, no_history before any")
def since_ordinary_fraud_merchant(seen: Seen) -> Floats:
    """Since the latest known fraud of an ordinary amount."""
    rows, at, ordinary = _ordinary(seen)
    last = (ordinary * at).max(axis=1, initial=0)
    return spread(seen, "merchant", rows, since(seen.now[rows], last, NO_HISTORY), NO_HISTORY)


@feature("merchant", "seconds", f"30d, {KEPT}", f"{LACKS}, no_history before any")
def since_first_ordinary_fraud_merchant(seen: Seen) -> Floats:
    """Since the earliest known fraud of an ordinary amount in the window: how long the leak has been open."""
    rows, at, ordinary = _ordinary(seen)
    first = np.where(ordinary, at, NEVER).min(axis=1, initial=NEVER)
    return spread(seen, "merchant", rows, since(seen.now[rows], first, NO_HISTORY), NO_HISTORY)


def _after_fraud(seen: Seen) -> tuple[Array, Array, Bools]:
    """The rows whose merchant has a known fraud behind it; when spends there happened, which of them came after it."""
    frauds = seen.known("merchant")
    rows, last = frauds.rows[frauds.last > 0], frauds.last[frauds.last > 0]
    spends = seen.sight.merchant["at"].take(rows, axis=1)
    return rows, spends, (spends > last) & (spends <= seen.now[rows])


@feature("merchant", "events", EXACT.format(kept=32), NO_FRAUD)
def spends_since_known_fraud_merchant(seen: Seen) -> Floats:
    """Spends at the merchant after its latest known fraud."""
    rows, _, after = _after_fraud(seen)
    return spread(seen, "merchant", rows, count(after), NO_HISTORY)


@feature("merchant", "events", AGED, NO_FRAUD)
def legit_since_known_fraud_merchant(seen: Seen) -> Floats:
    """Spends at the merchant after its latest known fraud about which no label has come: by one the leak is closed."""
    rows, spends, after = _after_fraud(seen)
    silent = after & (spends <= seen.now[rows] - seen.lateness[rows])
    return spread(seen, "merchant", rows, count(silent), NO_HISTORY)


@windowed("merchant", "share", AGED, ("7d", "30d"), f"{LACKS}, no_history without a spend old enough")
def known_fraud_rate_merchant(seen: Seen, span: int) -> Floats:
    """Share of known frauds among the merchant's spends of a window that ends where labels are still to come."""
    until, known = seen.now - seen.lateness, seen.known("merchant")
    age = until[known.rows, None] - known.at
    frauds = seen.spread(known.rows, ((known.at > 0) & (age >= 0) & (age < span)).sum(axis=1))
    at = seen.sight.merchant["at"]
    spends = count((at > 0) & ((until - at).view(np.uint64) < np.uint64(span)))  # one later than `until` is huge
    return with_one(seen, "merchant", np.minimum(ratio(frauds, spends, NO_HISTORY), 1))
