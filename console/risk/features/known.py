"""Frauds already known of the account, the merchant, the device, the IP and its network, and the other side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import DAY, Array, Floats
from console.risk.features.seen import Seen, distinct, given, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import LIFETIME, Feature, feature, register
from console.risk.state.known import KEPT as FRAUDS_KEPT
from console.risk.state.sparse import Few

KEPT = f"the last {FRAUDS_KEPT} known"


def with_one(seen: Seen, kind: str, value: Array) -> Floats:
    """`value` where the event has an entity of the kind."""
    return given(seen.facts[kind] >= 0, value, MISSING_INPUT)


def _ages(seen: Seen, few: Few) -> Array:
    """Age (µs) of each known fraud at the row's moment; negative in its future."""
    return np.asarray(seen.now[few.rows, None] - few.records["at"])


def recent_frauds(seen: Seen, kind: str, span: int) -> Floats:
    """How many known frauds of the event's entity happened in the last `span` µs."""
    few = seen.known(kind)
    age = _ages(seen, few)
    recent = (few.records["at"] > 0) & (age >= 0) & (age < span)
    return seen.spread(few.rows, recent.sum(axis=1))


def _number(seen: Seen, kind: str) -> Floats:
    few = seen.known(kind)
    return seen.spread(few.rows, few.records["count"])


def _others(seen: Seen, kind: str) -> Floats:
    few = seen.known(kind)
    mine = few.records["other"] == (seen.facts["account"][few.rows] + 1)[:, None]
    return seen.spread(few.rows, ((few.records["at"] > 0) & ~mine).sum(axis=1))


def _bad_accounts(seen: Seen, kind: str, span: int) -> Floats:
    few = seen.known(kind)
    age, who = _ages(seen, few), few.records["other"]
    mine = who == (seen.facts["account"][few.rows] + 1)[:, None]
    others = (few.records["at"] > 0) & (age >= 0) & (age < span) & (who > 0) & ~mine
    return seen.spread(few.rows, distinct(others.T, who.T))


def _latest(seen: Seen, kind: str) -> Floats:
    few = seen.known(kind)
    at = few.records["at"]
    now = seen.now[few.rows]
    last = np.where(at <= now[:, None], at, 0).max(axis=1, initial=0)
    return seen.spread(few.rows, since(now, last, NO_HISTORY), NO_HISTORY)


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
        lambda seen: _number(seen, kind),
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
    return with_one(seen, "peer", _number(seen, "peer"))
