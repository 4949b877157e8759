"""What a backtest's hits come to: alerts, held against what became known of their accounts.

An alert gathers an account's hits until a day passes without one. It counts as fraud when a fraudulent event of the
account happened within a day of it, or when the account was judged fraudulent in the 30 days after it; as legitimate
when that was said instead, or when nothing was said although the core's time for it is over; else as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from console.risk.alerts import MINUTES_PER_ALERT
from console.risk.backtest import Trail
from console.risk.columns import DAY, Array, Bools
from console.risk.intervals import Share, wilson

QUIET = DAY
"""An alert is over after so long without a hit; and so far from it an event is still its own. µs."""

JUDGED_WITHIN = 30 * DAY
"""How long after an alert's last hit a word about the whole account is still about that alert, µs."""


class Known(IntEnum):
    """What is known of an alert."""

    UNKNOWN = 0
    FRAUD = 1
    LEGIT = 2
    UNLABELLED = 3  # nothing was said in the time after which the core counts that as legitimate


SIDES = ("live", "draft")

ALERTS = np.dtype(
    [
        ("account", "i4"),
        ("opened_at", "i8"),  # µs
        ("last_at", "i8"),
        ("known", "u1"),  # Known
        ("fraud_minor", "f8"),  # money of its fraudulent events
        *(
            (f"{side}_{name}", kind)
            for side in SIDES
            for name, kind in (
                ("opened_at", "i8"),  # 0 without a hit of this side
                ("hits", "i4"),
                ("score", "f8"),
                ("reached_minor", "f8"),  # of that money what was spent after this side's first hit
            )
        ),
    ]
)


@dataclass(frozen=True)
class Side:
    """One pack's alerts. Precision is the share of fraud among those of which something is known; None without any."""

    alerts: int
    alerts_per_day: float
    minutes_per_day: float
    fraud: int
    unknown: int
    precision: Share | None


@dataclass(frozen=True)
class RuleFigures:
    """What one rule of the draft did, as if it raised alerts alone. `live_hits` is None for one not in force."""

    rule_id: str
    state: str
    hits: int
    live_hits: int | None
    alerts: int
    precision: Share | None
    accounts: dict[int, int]  # hits by account


@dataclass(frozen=True)
class Figures:
    """A backtest's outcome. `alerts` (ALERTS) are those of either pack, in order of account and time."""

    days: float
    alerts: Array
    fired: dict[str, Bools]  # by side (alerts, rules): the live rules that fired on an alert's hits
    sides: dict[str, Side]
    rules: tuple[RuleFigures, ...]
    losses: Array  # LABELS: the fraudulent events of the stretch, alerted or not

    def only(self, side: str) -> Bools:
        """Which alerts this side has and the other has not."""
        return np.asarray(self.of(side) & ~self.of(_other(side)))

    def precision(self, chosen: Bools) -> Share | None:
        """The share of fraud among those of the chosen alerts of which something is known."""
        return _precision(self.alerts[chosen])

    def of(self, side: str) -> Bools:
        """Which alerts this side has."""
        return np.asarray(self.alerts[f"{side}_hits"] > 0)


def figures(trail: Trail, maturity: int | None) -> Figures:
    """Judge a trail. `maturity` is the core's time (µs) after which no label means legitimate; None: never."""
    days = max((trail.until - trail.since) / DAY, 1 / 24)
    order = np.lexsort((trail.hits["seq"], trail.hits["at"], trail.hits["account"]))
    hits = trail.hits[order]
    fired = {"live": trail.live_fired[order], "draft": trail.draft_fired[order]}
    quiet_until = None if maturity is None else trail.until - maturity
    raised = hits["live_alerts"] | hits["draft_alerts"]
    alerts = _alerts(hits[raised])
    _judge(alerts, trail.labels, quiet_until)
    happened = (trail.labels["at"] >= trail.since) & (trail.labels["at"] <= trail.until)
    return Figures(
        days=days,
        alerts=alerts,
        fired={side: _gathered(hits[raised], fired[side][raised], side) for side in SIDES},
        sides={side: _side(alerts[alerts[f"{side}_hits"] > 0], days) for side in SIDES},
        rules=tuple(_rules(trail, hits, fired, quiet_until)),
        losses=trail.labels[trail.labels["fraud"] & happened & ~np.isnan(trail.labels["amount"])],
    )


# ---------------------------------------------------------------- alerts


def _alerts(hits: Array) -> Array:
    """Hits in order of account and time, gathered into alerts."""
    starts = _starts(hits)
    alerts = np.zeros(len(starts), ALERTS)
    if not len(starts):
        return alerts
    alerts["account"], alerts["opened_at"] = hits["account"][starts], hits["at"][starts]
    alerts["last_at"] = np.maximum.reduceat(hits["at"], starts)
    for side in SIDES:
        on = hits[f"{side}_alerts"]
        alerts[f"{side}_hits"] = np.add.reduceat(on.astype(np.int32), starts)
        alerts[f"{side}_score"] = np.maximum.reduceat(np.where(on, hits[f"{side}_score"], 0), starts)
        first = np.minimum.reduceat(np.where(on, hits["at"], np.iinfo(np.int64).max), starts)
        alerts[f"{side}_opened_at"] = np.where(alerts[f"{side}_hits"] > 0, first, 0)
    return alerts


def _gathered(hits: Array, fired: Bools, side: str) -> Bools:
    """Per alert of these hits the rules that fired on the hits of a side."""
    starts = _starts(hits)
    if not len(starts):
        return fired[:0]
    return np.asarray(np.logical_or.reduceat(fired & hits[f"{side}_alerts"][:, None], starts, axis=0))


def _starts(hits: Array) -> Array:
    """Where among hits in order of account and time an alert begins."""
    if not len(hits):
        return np.zeros(0, np.int64)
    other = np.diff(hits["account"]) != 0
    return np.flatnonzero(np.concatenate(([True], other | (np.diff(hits["at"]) > QUIET))))


def _judge(alerts: Array, labels: Array, quiet_until: int | None) -> None:
    """Write into alerts what the labels say of them, and the money of their fraudulent events."""
    whole = np.isnan(labels["amount"])
    of = np.where(whole, _alert_of_account(alerts, labels), _alert_of_event(alerts, labels))
    told = of >= 0
    fraud = told & labels["fraud"]
    if quiet_until is not None:
        alerts["known"] = np.where(alerts["last_at"] < quiet_until, Known.UNLABELLED, Known.UNKNOWN)
    alerts["known"][of[told & ~labels["fraud"]]] = Known.LEGIT
    alerts["known"][of[fraud]] = Known.FRAUD
    spent = fraud & ~whole
    np.add.at(alerts["fraud_minor"], of[spent], labels["amount"][spent])
    for side in SIDES:
        opened = alerts[f"{side}_opened_at"][of] if len(alerts) else np.zeros(len(labels), np.int64)
        reached = spent & (opened > 0) & (labels["at"] > opened)
        np.add.at(alerts[f"{side}_reached_minor"], of[reached], labels["amount"][reached])


def _alert_of_event(alerts: Array, labels: Array) -> Array:
    """Per label of an event the alert that was open at the time, else the one that opened soon after; -1 for none."""
    open_then = _latest(alerts, alerts["opened_at"], labels)
    open_then = np.where(_ends(alerts, open_then) >= labels["at"], open_then, -1)
    soon = _latest(alerts, alerts["opened_at"] - QUIET, labels)
    return np.where(open_then >= 0, open_then, np.where(_ends(alerts, soon) >= labels["at"], soon, -1))


def _alert_of_account(alerts: Array, labels: Array) -> Array:
    """Per label of an account its last alert before the word was said, -1 for none."""
    last = _latest(alerts, alerts["opened_at"], labels)
    return np.where(_ends(alerts, last) + JUDGED_WITHIN - QUIET >= labels["at"], last, -1)


def _ends(alerts: Array, of: Array) -> Array:
    """When the alerts of those indices are over (µs); long ago for the index -1."""
    over = np.concatenate((alerts["last_at"] + QUIET, [-JUDGED_WITHIN]))
    return np.asarray(over[of])


def _latest(alerts: Array, begins: Array, labels: Array) -> Array:
    """Per label the index of its account's latest alert that begins at or before it, -1 for none."""
    many = len(alerts)
    account = np.concatenate((alerts["account"], labels["account"]))
    at = np.concatenate((begins, labels["at"]))
    order = np.lexsort((np.arange(len(at)) >= many, at, account))
    newest = np.maximum.accumulate(np.where(order < many, np.arange(len(order)), -1))
    found = np.empty(len(order), np.int64)
    found[order] = np.where(newest >= 0, order[newest], -1)
    found = found[many:]
    own = np.concatenate((alerts["account"], [-1]))[found] == labels["account"]
    return np.where(own, found, -1)


# ---------------------------------------------------------------- figures


def _side(alerts: Array, days: float) -> Side:
    fraud, unknown = (int((alerts["known"] == known).sum()) for known in (Known.FRAUD, Known.UNKNOWN))
    per_day = len(alerts) / days
    return Side(len(alerts), per_day, per_day * MINUTES_PER_ALERT, fraud, unknown, _precision(alerts))


def _precision(alerts: Array) -> Share | None:
    known = alerts["known"][alerts["known"] != Known.UNKNOWN]
    return wilson(int((known == Known.FRAUD).sum()), len(known))


def _rules(trail: Trail, hits: Array, fired: dict[str, Bools], quiet_until: int | None) -> Iterator[RuleFigures]:
    """The draft's rules, each judged by its own hits."""
    in_force = {rule.id: int(fired["live"][:, place].sum()) for place, rule in enumerate(trail.live.live)}
    for place, rule in enumerate(trail.rules):
        own = hits[fired["draft"][:, place]]
        alone = _alone(own)
        _judge(alone, trail.labels, quiet_until)
        side = _side(alone, 1.0)
        accounts, counts = np.unique(own["account"], return_counts=True)
        by_account = dict(zip(accounts.tolist(), counts.tolist(), strict=True))
        live_hits = in_force.get(rule.id)
        yield RuleFigures(rule.id, rule.state, len(own), live_hits, side.alerts, side.precision, by_account)


def _alone(hits: Array) -> Array:
    """The alerts that these hits would make by themselves."""
    raised = hits.copy()
    raised["live_alerts"], raised["draft_alerts"] = False, True
    return _alerts(raised)


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]
