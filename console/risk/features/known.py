"""Frauds already known of the account, the merchant, the device, the IP and its network, and the other side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import DAY, Array, Bools, Floats
from console.risk.features.seen import Frauds, Seen, distinct, given, since
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.registry import LIFETIME, Feature, feature, register
from console.risk.state.known import KEPT as FRAUDS_KEPT

KEPT = f"the last {FRAUDS_KEPT} known"


def with_one(seen: Seen, kind: str, value: Array | float) -> Floats:
    """`value` where the event has an entity of the kind."""
    return given(seen.has(kind), value, MISSING_INPUT)


def spread(seen: Seen, kind: str, rows: Array, values: Array, otherwise: float = 0.0) -> Floats:
    """`values` in those rows, all with an entity of the kind, and `otherwise` where the event has one too."""
    whole = with_one(seen, kind, otherwise)
    whole[rows] = values
    return whole


def recent_frauds(seen: Seen, kind: str, span: int) -> Floats:
    """How many known frauds of the event's entity happened in the last `span` µs."""
    frauds = seen.known(kind)
    return spread(seen, kind, frauds.rows, frauds.within(span).sum(axis=1))


def _number(seen: Seen, kind: str) -> Floats:
    frauds = seen.known(kind)
    return spread(seen, kind, frauds.rows, frauds.records["count"])


def _of_others(seen: Seen, frauds: Frauds) -> Bools:
    """Which of the frauds another account had a part in than the event's."""
    return np.asarray(frauds.records["other"] != (seen.facts["account"][frauds.rows] + 1)[:, None])


def _others(seen: Seen, kind: str) -> Floats:
    frauds = seen.known(kind)
    others = (frauds.at > 0) & _of_others(seen, frauds)
    return spread(seen, kind, frauds.rows, others.sum(axis=1))


def _bad_accounts(seen: Seen, kind: str, span: int) -> Floats:
    frauds = seen.known(kind)
    who = frauds.records["other"]
    others = frauds.within(span) & (who > 0) & _of_others(seen, frauds)
    return spread(seen, kind, frauds.rows, distinct(others.T, who.T))


def _latest(seen: Seen, kind: str) -> Floats:
    frauds = seen.known(kind)
    return spread(seen, kind, frauds.rows, since(seen.now[frauds.rows], frauds.last, NO_HISTORY), NO_HISTORY)


def _register(kind: str, name: str, unit: str, window: str, meaning: str, compute: Callable[[Seen], Floats]) -> None:
    missing = f"missing_input without {kind}" + (", no_history before any" if unit == "seconds" else "")
    register(Feature(name, kind, unit, window, missing, meaning, compute))


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
    return _number(seen, "peer")
