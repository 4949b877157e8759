"""Logins, devices, places."""

from __future__ import annotations

import math

from console.risk.columns import Fact
from tests.risk.oracle.past import (
    FEW,
    LACKS,
    NONE,
    Answers,
    Given,
    Past,
    ago,
    different,
    inside,
    is_new,
    lacking,
    noted,
    since,
)


def answers(past: Past, now: Given) -> Answers:
    return _logins(past, now) | _devices(past, now) | _places(past, now)


def _logins(past: Past, now: Given) -> Answers:
    logins = past.of("account", now["account"], lambda fact: fact["login"], 12)
    failed = [fact for fact in logins if fact["failed"]]
    seen: Answers = {f"failed_logins_{span}": len(inside(failed, now, span)) for span in ("15m", "1h", "24h")}
    recent = inside(logins, now, "15m")
    told = now["login"] and now["method"] > 0
    changes = past.of("account", now["account"], lambda fact: fact["login"] and fact["code"] in (6, 7, 8))
    return seen | {
        "login_success": lacking(not now["login"], float(now["code"] == 1)),
        "is_strong_login": lacking(not told, float(now["method"] in (2, 5))),
        "failed_share_15m": FEW if len(recent) < 3 else len(inside(failed, now, "15m")) / len(recent),
        "bad_mfa_count_15m": len([fact for fact in recent if fact["code"] == 3]),
        "since_last_login": since([fact for fact in logins if fact["code"] == 1], now),
        "since_credential_change": ago(max((fact["occurred_at"] for fact in changes), default=None), now),
    }


def _devices(past: Past, now: Given) -> Answers:
    used = past.of("account", now["account"], lambda fact: fact["uses"])
    first: dict[int, int] = {}
    for fact in used:
        if fact["device"] >= 0:
            first.setdefault(fact["device"], fact["occurred_at"])
    networks: dict[int, int] = {}
    for fact in used:
        if fact["subnet"] >= 0 and fact["subnet"] not in networks:
            networks = dict(list(networks.items())[-7:]) | {fact["subnet"]: fact["occurred_at"]}
    seen: Answers = {}
    for name, keep, none in (("device", 8, -1), ("ip", 8, -1), ("subnet", 8, -1), ("asn", 4, 0)):
        known = noted([fact[name] for fact in used if fact[name] > none], keep)
        seen[f"is_new_{name}"] = is_new(now[name], known, now[name] > none)
    lacks = now["device"] < 0
    told = past.of("device", now["device"], lambda fact: fact["fact"] == Fact.DEVICE)
    trust = told[-1]["code"] if told else 0
    age = ago(told[-1]["opened_at"] if told else None, now)
    both = past.of("account", now["account"], lambda fact: fact["spend"] or fact["login"], 12)
    for name, field, spans in (
        ("devices", "device", ("1h", "24h", "7d")),
        ("ips", "ip", ("1h", "24h", "7d")),
        ("countries", "country", ("24h",)),
    ):
        for span in spans:
            seen[f"{name}_{span}"] = different([fact[field] for fact in inside(both, now, span)], now[field])
    return seen | {
        "device_age": lacking(lacks, ago(first.get(now["device"]), now)),
        "subnet_age": lacking(now["subnet"] < 0, ago(networks.get(now["subnet"]), now)),
        "since_new_device": ago(list(first.values())[-1] if len(first) > 1 else None, now),
        "device_trusted": lacking(lacks, float(trust == 1) if trust else NONE),
        "device_blocked": lacking(lacks, float(trust == 4) if trust else NONE),
        "device_seen_days": lacking(lacks, age if age == NONE else age / 86_400),
    }


def _located(fact: Given) -> bool:
    return fact["lat"] == fact["lat"] and fact["lon"] == fact["lon"]


def _km(one: Given, other: Given) -> float:
    """The spherical law of haversines, by the arc tangent."""
    first, second = math.radians(one["lat"]), math.radians(other["lat"])
    east = math.radians(other["lon"] - one["lon"])
    half = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(east / 2) ** 2
    return 2 * 6371.0088 * math.atan2(math.sqrt(half), math.sqrt(1 - half))


def _places(past: Past, now: Given) -> Answers:
    there = past.of("account", now["account"], lambda f: (f["uses"] or f["spend"]) and _located(f), 4)
    before = [fact for fact in there if fact["occurred_at"] <= now["occurred_at"]]
    homes = past.of("customer", now["customer"], lambda f: f["fact"] == Fact.CUSTOMER and _located(f))
    seen: Answers = {"is_on_site": lacking(not now["txn"], float(now["channel"] in (1, 3)))}
    if not _located(now):
        return seen | dict.fromkeys(("distance_last_km", "speed_kmh", "distance_home_km"), LACKS)
    seen["distance_home_km"] = _km(homes[-1], now) if homes else NONE
    if not before:
        return seen | {"distance_last_km": NONE, "speed_kmh": NONE}
    last = max(reversed(before), key=lambda fact: fact["occurred_at"])
    hours = (now["occurred_at"] - last["occurred_at"]) / 3.6e9
    return seen | {"distance_last_km": _km(last, now), "speed_kmh": _km(last, now) / max(hours, 1 / 3600)}
