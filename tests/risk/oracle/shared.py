"""What happens on a device, an IP, a network, at a merchant; how many applications come in."""

from __future__ import annotations

import math

from console.risk.columns import HOUR, Fact
from tests.risk.oracle.known import known_of
from tests.risk.oracle.limits import told, used
from tests.risk.oracle.past import FEW, LACKS, NONE, SPANS, Answers, Given, Past, ago, inside, lacking, total


def answers(past: Past, now: Given) -> Answers:
    seen = _at_merchant(past, now) | _applications(past, now)
    for kind in ("device", "ip", "subnet"):
        seen |= {f"{name}": lacking(now[kind] < 0, value) for name, value in _on(past, now, kind).items()}
    return seen


WINDOWS = {
    "accounts_on_{}": {
        "device": ("15m", "24h", "7d", "8w"),
        "ip": ("15m", "24h", "7d"),
        "subnet": ("15m", "24h", "7d"),
    },
    "failed_logins_{}": {"device": ("1h",), "ip": ("15m", "1h"), "subnet": ("15m",)},
    "failed_share_{}": {"ip": ("1h",), "subnet": ("1h",)},
    "declines_{}": {"device": ("1h", "24h"), "ip": ("1h", "24h"), "subnet": ("1h",)},
    "applications_{}": {"device": ("24h", "8w"), "ip": ("24h", "4w"), "subnet": ("6h", "24h")},
}


def _on(past: Past, now: Given, kind: str) -> Answers:
    events = past.of(kind, now[kind], lambda fact: fact["spend"] or fact["login"], 12)
    applied = past.of(kind, now[kind], lambda fact: fact["fact"] == Fact.APPLICATION and fact["fresh"], 12)
    seen: Answers = {}
    for name, spans in WINDOWS.items():
        for span in spans.get(kind, ()):
            recent = inside(events, now, span)
            logins = [fact for fact in recent if fact["login"]]
            failed = [fact for fact in recent if fact["failed"]]
            seen[f"{name.format(kind)}_{span}"] = {
                "accounts_on_{}": 1 + len({fact["account"] for fact in recent} - {-1, now["account"]}),
                "failed_logins_{}": len(failed),
                "failed_share_{}": FEW if len(logins) < 3 else len(failed) / len(logins),
                "declines_{}": sum(fact["spend"] and fact["declined"] for fact in recent),
                "applications_{}": len(inside(applied, now, span)),
            }[name]
    return seen


def _applications(past: Past, now: Given) -> Answers:
    hour = now["occurred_at"] // HOUR
    ages = [hour - f["occurred_at"] // HOUR for f in past.facts if f["fact"] == Fact.APPLICATION and f["fresh"]]
    day, month = (sum(0 <= age < hours for age in ages) for hours in (24, 28 * 24))
    return {
        "applications_6h": sum(0 <= age < 6 for age in ages),
        "applications_24h": day,
        "applications_pace": FEW if month < 28 else (day - month / 28) / math.sqrt(month / 28),
    }


def _at_merchant(past: Past, now: Given) -> Answers:
    merchant, spend = now["merchant"], now["amount"]
    there = past.of("merchant", merchant, lambda fact: fact["spend"], 32)
    month = inside(there, now, "30d")
    bought = past.of("merchant", merchant, lambda fact: fact["bought"])
    age = ago(bought[0]["occurred_at"] if bought else None, now)
    mean = FEW if len(bought) < 10 else lacking(not now["spend"], spend * len(bought) / total(bought))
    rounds = [fact for fact in month if fact["amount"] % 10_000 == 0]
    seen: Answers = {
        "merchant_small_1h": len(inside([fact for fact in there if fact["amount"] <= 1000], now, "1h")),
        "merchant_round_share_30d": FEW if len(month) < 10 else len(rounds) / len(month),
        "amount_to_merchant_mean": mean,
        "merchant_age_days": age if age == NONE else age / 86_400,
        "merchant_utilisation": _utilisation(past, bought),
        "known_fraud_share_merchant": _fraud_share(past, now, month),
    }
    for span in ("1h", "24h"):
        recent = inside(there, now, span)
        seen[f"merchant_spends_{span}"] = len(recent)
        seen[f"merchant_declines_{span}"] = sum(fact["declined"] for fact in recent)
    return {name: LACKS if merchant < 0 else value for name, value in seen.items()}


def _utilisation(past: Past, bought: list[Given]) -> float | str:
    shares = []
    for fact in bought:
        before = Past()
        before.facts = past.facts[: past.facts.index(fact)]
        lines = told(before, fact["account"])
        share = used(lines[-1]["limit"], lines[-1]["available"] - fact["amount"]) if lines else math.nan
        shares += [round(min(max(share, 0), 1) * 1000)] if share == share else []
    return FEW if len(shares) < 10 else sum(shares) / len(shares) / 1000


def _fraud_share(past: Past, now: Given, month: list[Given]) -> float | str:
    if len(month) < 10:
        return FEW
    ages = [now["occurred_at"] - at for at, _ in known_of(past, "merchant", now["merchant"]).kept]
    frauds = sum(0 <= age < SPANS["30d"] for age in ages)
    oldest = min(fact["occurred_at"] for fact in month)
    busy = SPANS["30d"] / max(now["occurred_at"] - oldest, 1) if len(month) == 32 else 1
    return min(frauds / (len(month) * min(busy, 1e6)), 1)
