"""Frauds known by the labels so far."""

from __future__ import annotations

from typing import NamedTuple

from console.risk.columns import Fact
from tests.risk.oracle.past import NONE, SPANS, Answers, Given, Past, ago, lacking

KEPT = 16


class Known(NamedTuple):
    """The kept frauds as (when, other side), and how many there are in all."""

    kept: list[tuple[int, int]]
    count: int


def known_of(past: Past, kind: str, index: int) -> Known:
    """Goes through the labels of an entity: one fraud per moment and other side, taken back by any other verdict."""
    side = "merchant" if kind in ("account", "customer") else "account"
    slots: list[tuple[int, int] | None] = [None] * KEPT
    written = count = 0
    for fact in past.of(kind, index, lambda f: f["fact"] == Fact.LABEL):
        fraud = (max(fact["opened_at"], 1), fact[side])
        if (fact["code"] == 1) == (fraud in slots):
            continue
        if fact["code"] == 1:
            slots[written % KEPT] = fraud
            written, count = written + 1, count + 1
        else:
            slots[slots.index(fraud)] = None
            count -= 1
    return Known([slot for slot in slots if slot], count)


def answers(past: Past, now: Given) -> Answers:
    seen: Answers = {}
    for kind in ("account", "merchant", "device", "ip", "subnet"):
        seen |= {name: lacking(now[kind] < 0, value) for name, value in _of(past, now, kind).items()}
    peer = known_of(past, "customer", now["peer"])
    return seen | {"peer_known_frauds": lacking(now["peer"] < 0, peer.count)}


def _of(past: Past, now: Given, kind: str) -> Answers:
    known = known_of(past, kind, now[kind])
    ages = [(now["occurred_at"] - at, other) for at, other in known.kept]
    seen: Answers = {f"known_frauds_{kind}": known.count}
    for span in ("7d", "30d"):
        seen[f"known_frauds_{kind}_{span}"] = sum(0 <= age < SPANS[span] for age, _ in ages)
    latest = max((at for at, _ in known.kept if at <= now["occurred_at"]), default=None)
    seen[f"since_known_fraud_{kind}"] = ago(latest, now) if latest else NONE
    if kind != "account":
        seen[f"known_frauds_{kind}_others"] = sum(other != now["account"] for _, other in ages)
    if kind in ("merchant", "device"):
        bad = {other for age, other in ages if 0 <= age < SPANS["90d"]} - {-1, now["account"]}
        seen[f"bad_accounts_{kind}_90d"] = len(bad)
    return seen
