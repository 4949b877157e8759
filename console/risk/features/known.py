"""Frauds already known of the account, the merchant, the device, the IP and its network, and the other side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import DAY, Array, Floats
from console.risk.features.seen import Seen, distinct, given, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import LIFETIME, Feature, feature, register
from console.risk.state.known import KEPT as FRAUDS_KEPT

KEPT = f"the last {FRAUDS_KEPT} known"


def with_one(seen: Seen, kind: str, value: Array) -> Floats:
    """`value` where the event has an entity of the kind."""
    return given(seen.facts[kind] >= 0, value, MISSING_INPUT)


def _spread(seen: Seen, rows: Array, values: Array) -> Floats:
    whole = np.zeros(seen.rows)
    whole[rows] = values
    return whole


def recent_frauds(seen: Seen, kind: str, span: int) -> Floats:
    """How many known frauds of the event's entity happened in the last `span` µs."""
    known = seen.known(kind)
    rows = np.flatnonzero(known["count"])
    at = known["at"][rows]
    age = seen.now[rows, None] - at
    return _spread(seen, rows, ((at > 0) & (age >= 0) & (age < span)).sum(axis=1))


def _others(seen: Seen, kind: str) -> Floats:
    known = seen.known(kind)
    rows = np.flatnonzero(known["count"])
    mine = known["other"][rows] == (seen.facts["account"][rows] + 1)[:, None]
    return _spread(seen, rows, ((known["at"][rows] > 0) & ~mine).sum(axis=1))


def _bad_accounts(seen: Seen, kind: str, span: int) -> Floats:
    known = seen.known(kind)
    rows = np.flatnonzero(known["count"])
    at, who = known["at"][rows], known["other"][rows]
    age = seen.now[rows, None] - at
    other = (at > 0) & (age >= 0) & (age < span) & (who > 0) & (who != (seen.facts["account"][rows] + 1)[:, None])
    return _spread(seen, rows, distinct(other.T, who.T))


def _latest(seen: Seen, kind: str) -> Floats:
    at = seen.known(kind)["at"]
    return since(seen.now, np.where(at <= seen.now[:, None], at, 0).max(axis=1), NO_HISTORY)


def _register(kind: str, name: str, unit: str, window: str, meaning: str, compute: Callable[[Seen], Array]) -> None:
    missing = f"missing_input without {kind}" + (", no_history before any" if unit == "seconds" else "")
    register(Feature(name, kind, unit, window, missing, meaning, lambda seen: with_one(seen, kind, compute(seen))))


def _known(kind: str) -> None:
    _register(
        kind,
        f"known_frauds_{kind}",
        "labels",
        LIFETIME,
        "Frauds known by the labels published so far.",
        lambda seen: seen.known(kind)["count"],
    )
    for word, days in (("7d", 7), ("30d", 30)):
        _register(
            kind,
            f"known_frauds_{kind}_{word}",
            "labels",
            f"{word}, {KEPT}",
            "Known frauds that happened in it.",
            lambda seen, span=days * DAY: recent_frauds(seen, kind, span),  # type: ignore[misc]
        )
    _register(
        kind,
        f"since_known_fraud_{kind}",
        "seconds",
        KEPT,
        "Since the latest known fraud.",
        lambda seen: _latest(seen, kind),
    )


def _known_of_others(kind: str) -> None:
    _register(
        kind,
        f"known_frauds_{kind}_others",
        "labels",
        KEPT,
        "Known frauds of other accounts than this one.",
        lambda seen: _others(seen, kind),
    )


for _kind in ("account", "merchant", "device", "ip", "subnet"):
    _known(_kind)
for _kind in ("merchant", "device", "ip", "subnet"):
    _known_of_others(_kind)
for _kind in ("merchant", "device"):
    _register(
        _kind,
        f"bad_accounts_{_kind}_90d",
        "accounts",
        f"90d, {KEPT}",
        "Other accounts with a known fraud there.",
        lambda seen, kind=_kind: _bad_accounts(seen, kind, 90 * DAY),  # type: ignore[misc]
    )


@feature("customer", "labels", LIFETIME, "missing_input where the other side is no customer of the core")
def peer_known_frauds(seen: Seen) -> Floats:
    """Frauds known of the customer on the other side of a transfer or refund."""
    return with_one(seen, "peer", seen.known("peer")["count"])
