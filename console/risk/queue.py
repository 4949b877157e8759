"""The order of open alerts: expected loss times urgency, worked out whenever it is asked for.

Expected loss = probability of fraud x exposure at risk: what can still be spent, and what was spent of late and may be
got back. Urgency = level x pace of the spree x what is left of its haste: a spree that has been quiet loses by half
every few hours, but never sinks below a tenth, so that nothing open is forgotten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from console.risk.columns import HOUR, Array, Floats

LEAST_EXPOSURE = 10_000
"""Minor units at risk where nothing of the account's limit or spending is known: such alerts still have an order."""
HALF_LIFE = 3 * HOUR
"""After so much quiet the haste is half: takeovers and card tests are over within hours."""
LEAST_HASTE = 0.1
PACE_DOUBLES = 4
"""Hits an hour, above the first, that make an alert twice as urgent."""
MOST_PACE = 20
LEVEL_FACTOR = (1.0, 1.0, 1.0, 1.5, 2.0)
"""By level, none to critical: what is beyond doubt goes first among equals."""


class Standing(NamedTuple):
    """What the order is made of, an array each over the same alerts; money in minor units, NaN unknown.

    `available` is what the account may still spend, 0 when it is frozen or closed.
    """

    account: Array
    score: Floats
    level: Array
    last_hit_at: Array  # µs of event time
    pace: Floats  # hits in the hour up to the last
    recent: Floats  # spent in the 24 hours up to the last hit
    available: Floats
    limit: Floats

    @classmethod
    def of(cls, rows: Floats) -> Standing:
        """From one row an alert, in the order of the fields."""
        standing = cls(*np.asarray(rows, np.float64).reshape(-1, len(cls._fields)).T)
        account, level, at = standing.account, standing.level, standing.last_hit_at
        return standing._replace(
            account=account.astype(np.int32), level=level.astype(np.int8), last_hit_at=at.astype(np.int64)
        )


def exposure(available: Floats, recent: Floats, limit: Floats) -> Floats:
    """Minor units at risk: what can be spent and was spent of late, at most the credit limit where that is known."""
    exposed = np.maximum(np.nan_to_num(available), 0) + np.maximum(np.nan_to_num(recent), 0)
    return np.asarray(np.fmin(exposed, np.where(limit > 0, limit, np.nan)))


def expected_loss(score: Floats, available: Floats, recent: Floats, limit: Floats) -> Floats:
    """Minor units: probability times exposure."""
    return np.asarray(score * np.maximum(exposure(available, recent, limit), LEAST_EXPOSURE))


def urgency(level: Array, pace: Floats, last_hit_at: Array, now: int) -> Floats:
    """A factor from 0.1 up. It falls while nothing happens and never rises by waiting; `now` in µs of stream time."""
    spree = 1 + np.clip(pace - 1, 0, MOST_PACE) / PACE_DOUBLES
    return np.asarray(np.asarray(LEVEL_FACTOR)[level] * spree * haste(last_hit_at, now))


def haste(last_hit_at: Array, now: int) -> Floats:
    """What quiet hours have left of it, 1 down to a tenth."""
    quiet = np.maximum(now - last_hit_at, 0) / HALF_LIFE
    return np.asarray(np.maximum(np.exp2(-quiet), LEAST_HASTE))


def priority(alerts: Standing, now: int) -> Floats:
    """Expected loss times urgency, an alert each."""
    loss = expected_loss(alerts.score, alerts.available, alerts.recent, alerts.limit)
    return np.asarray(loss * urgency(alerts.level, alerts.pace, alerts.last_hit_at, now))


def order(alerts: Standing, now: int) -> Array:
    """The accounts of the alerts, the most pressing first; equals in order of account."""
    return np.asarray(alerts.account[np.lexsort((alerts.account, -priority(alerts, now)))])
