"""The account's hours, shops and repeated amounts."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from console.risk.columns import DAY, HOUR
from tests.risk.oracle.past import FEW, LACKS, NONE, Answers, Given, Past, inside, is_new, lacking, noted, total


def answers(past: Past, now: Given) -> Answers:
    return _hours(past, now) | _repeats(past, now) | _shops(past, now) | _new(past, now)


def shift(past: Past, now: Given) -> float:
    """Hours from UTC to the sun at the customer's home."""
    homes = past.of("customer", now["customer"], lambda f: f["fact"] == 7 and f["lat"] == f["lat"])
    homes = [fact for fact in homes if fact["lon"] == fact["lon"]]
    return homes[-1]["lon"] / 15 if homes else 0.0


def _hours(past: Past, now: Given) -> Answers:
    east = shift(past, now)
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now["occurred_at"]) + timedelta(hours=east)
    bought = inside([fact for fact in past.moves(now) if fact["bought"]], now, "30d")
    night = [fact for fact in bought if (fact["occurred_at"] + round(east * HOUR)) % DAY < 6 * HOUR]
    return {
        "hour": (now["occurred_at"] / HOUR + east) % 24,
        "is_night": float(local.hour < 6),
        "is_weekend": float(local.weekday() >= 5),
        "night_share_30d": FEW if len(bought) < 5 else len(night) / len(bought),
    }


def _repeats(past: Past, now: Given) -> Answers:
    bought = [fact for fact in past.moves(now) if fact["bought"]]
    here = [fact for fact in bought if fact["shopped"] and fact["merchant"] == now["merchant"]]
    seen: Answers = {}
    for span in ("24h", "30d"):
        same = [fact for fact in inside(bought, now, span) if fact["amount"] == now["amount"]]
        seen[f"same_amount_count_{span}"] = lacking(not now["spend"], len(same))
        seen[f"same_merchant_count_{span}"] = lacking(now["merchant"] < 0, len(inside(here, now, span)))
    month = inside(bought, now, "30d")
    smaller = sum(fact["amount"] < now["amount"] for fact in month)
    seen["amount_rank_30d"] = lacking(not now["spend"], FEW if len(month) < 5 else smaller / len(month))
    return seen


def _shops(past: Past, now: Given) -> Answers:
    moves = past.moves(now)
    month = inside([fact for fact in moves if fact["shopped"]], now, "30d")
    here = [fact for fact in month if fact["merchant"] == now["merchant"]]
    share = FEW if len(month) < 5 else total(here) / total(month)
    newest = inside([fact for fact in moves[-12:] if fact["shopped"]], now, "30d")
    at_each: dict[int, float] = defaultdict(float)
    for fact in newest:
        at_each[fact["merchant"]] += fact["amount"]
    shares = [amount / total(newest) for amount in at_each.values()]
    enough = len(newest) >= 5
    return {
        "merchant_share_30d": lacking(now["merchant"] < 0, share),
        "top_merchant_share_30d": max(shares) if enough else FEW,
        "merchant_hhi_30d": sum(share * share for share in shares) if enough else FEW,
    }


def _new(past: Past, now: Given) -> Answers:
    bought = past.of("account", now["account"], lambda fact: fact["bought"])
    visited = {fact["merchant"] for fact in bought}
    maybe = 0.0 if now["merchant"] in visited else (0.0, 1.0)  # a Bloom row takes a few new ones for known
    seen: Answers = {"is_new_merchant": LACKS if now["merchant"] < 0 else NONE if not bought else maybe}
    for name, keep in (("country", 8), ("mcc", 16)):
        known = noted([fact[name] for fact in bought if fact[name] >= 0], keep)
        seen[f"is_new_{name}"] = is_new(now[name], known, now[name] >= 0)
    return seen
