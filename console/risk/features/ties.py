"""What an account shares with others: devices, IPs, merchants, and the frauds already known there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from console.risk.columns import DAY, Array, Floats
from console.risk.features.seen import Seen, count, distinct, given, ratio, since
from console.risk.flags import DECLINED, SMALL
from console.risk.missing import MISSING_INPUT, NO_HISTORY, TOO_FEW
from console.risk.registry import EXACT, LIFETIME, Feature, feature, register, windowed
from console.risk.state.known import KEPT as FRAUDS_KEPT

ON_DEVICE, ON_IP, AT_MERCHANT = (EXACT.format(kept=kept) for kept in (12, 12, 32))


def _with(seen: Seen, kind: str, value: Array) -> Floats:
    return given(seen.facts[kind] >= 0, value, MISSING_INPUT)


def _accounts(seen: Seen, kind: str, span: int) -> Floats:
    history, accounts = (
        (seen.on_device, seen.sight.device["account"]) if kind == "device" else (seen.on_ip, seen.sight.ip["account"])
    )
    mask = history.within(span)
    mine = (mask & (accounts == seen.facts["account"])).any(axis=0)
    return _with(seen, kind, distinct(mask, accounts) + ~mine)


@windowed("device", "accounts", ON_DEVICE, ("24h", "7d"), "missing_input without device")
def accounts_on_device(seen: Seen, span: int) -> Floats:
    """Different accounts on the event's device, this one included."""
    return _accounts(seen, "device", span)


@windowed("ip", "accounts", ON_IP, ("15m", "24h", "7d"), "missing_input without IP")
def accounts_on_ip(seen: Seen, span: int) -> Floats:
    """Different accounts on the event's IP, this one included."""
    return _accounts(seen, "ip", span)


@windowed("ip", "events", ON_IP, ("15m",), "missing_input without IP")
def failed_logins_ip(seen: Seen, span: int) -> Floats:
    """Failed logins from the event's IP, of any account."""
    return _with(seen, "ip", count(seen.sight.ip["failed"] & seen.on_ip.within(span)))


@windowed("merchant", "events", AT_MERCHANT, ("1h", "24h"), "missing_input without merchant")
def merchant_declines(seen: Seen, span: int) -> Floats:
    """Declined spends at the event's merchant."""
    declined = seen.sight.merchant["flags"] & DECLINED > 0
    return _with(seen, "merchant", count(declined & seen.at_merchant.within(span)))


@windowed("merchant", "events", AT_MERCHANT, ("1h",), "missing_input without merchant")
def merchant_small(seen: Seen, span: int) -> Floats:
    """Spends of at most 10 major units at the event's merchant."""
    small = seen.sight.merchant["flags"] & SMALL > 0
    return _with(seen, "merchant", count(small & seen.at_merchant.within(span)))


@feature("merchant", "ratio", LIFETIME, "missing_input without merchant or spend, too_few below 10 spends there")
def amount_to_merchant_mean(seen: Seen) -> Floats:
    """The amount against the mean of all spends at the merchant."""
    sums = seen.sight.merchant_sums
    return _with(seen, "merchant", ratio(seen.spend * sums["spends"], sums["amount"] * (sums["spends"] >= 10), TOO_FEW))


def _recent_frauds(seen: Seen, kind: str) -> Array:
    known, result = seen.known[kind], np.zeros(seen.rows)
    rows = np.flatnonzero(known["count"])
    at = known["at"][rows]
    age = seen.now[rows, None] - at
    result[rows] = ((at > 0) & (age >= 0) & (age < 30 * DAY)).sum(axis=1)
    return result


def _known(kind: str) -> None:
    def lifetime(seen: Seen) -> Floats:
        return _with(seen, kind, seen.known[kind]["count"])

    def recent(seen: Seen) -> Floats:
        return _with(seen, kind, _recent_frauds(seen, kind))

    def of_others(seen: Seen) -> Floats:
        known, others = seen.known[kind], np.zeros(seen.rows)
        rows = np.flatnonzero(known["count"])
        mine = known["other"][rows] == (seen.facts["account"][rows] + 1)[:, None]
        others[rows] = ((known["at"][rows] > 0) & ~mine).sum(axis=1)
        return _with(seen, kind, others)

    def latest(seen: Seen) -> Floats:
        at = seen.known[kind]["at"]
        last = np.where(at <= seen.now[:, None], at, 0).max(axis=1)
        return _with(seen, kind, since(seen.now, last, NO_HISTORY))

    lacks = f"missing_input without {kind}"
    kept = f"the last {FRAUDS_KEPT} known"
    entries: tuple[tuple[str, str, str, str, str, Callable[[Seen], Floats]], ...] = (
        (f"known_frauds_{kind}", "labels", LIFETIME, lacks, "Frauds known by the labels published so far.", lifetime),
        (f"known_frauds_{kind}_30d", "labels", f"30d, {kept}", lacks, "Known frauds that happened in it.", recent),
        (f"since_known_fraud_{kind}", "seconds", kept, f"{lacks}, no_history before any", "Since the latest.", latest),
    )
    if kind != "account":
        of_them = "Known frauds of other accounts than this one."
        entries += ((f"known_frauds_{kind}_others", "labels", kept, lacks, of_them, of_others),)
    for name, unit, window, missing, meaning, compute in entries:
        register(Feature(name, kind, unit, window, missing, meaning, compute))


@feature(
    "merchant", "share", f"30d, the pace of {AT_MERCHANT}", "missing_input without merchant, too_few below 10 spends"
)
def known_fraud_share_merchant(seen: Seen) -> Floats:
    """Known frauds of 30 days against the spends that 30 days bring at the merchant's present pace, at most 1."""
    recent = seen.at_merchant.within(30 * DAY)
    number = count(recent)
    oldest = np.where(recent, seen.sight.merchant["at"], seen.now).min(axis=0)
    pace = np.where(
        number == len(recent), number * np.minimum(30 * DAY / np.maximum(seen.now - oldest, 1), 1e6), number
    )
    share = ratio(_recent_frauds(seen, "merchant"), np.where(number >= 10, pace, 0), TOO_FEW)
    return _with(seen, "merchant", np.minimum(share, 1))


for _kind in ("account", "merchant", "device", "ip"):
    _known(_kind)
