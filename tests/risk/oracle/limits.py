"""The credit line as last told, and what became of repayments and requests."""

from __future__ import annotations

import math
from itertools import pairwise

from console.risk.columns import DAY, Fact
from tests.risk.oracle.past import LACKS, NONE, Answers, Given, Past, ago, by_days, inside, lacking, since, total


def told(past: Past, account: int) -> list[Given]:
    """ACCOUNT facts with a limit."""
    return past.of("account", account, lambda f: f["fact"] == Fact.ACCOUNT and f["limit"] == f["limit"])


def used(limit: float, available: float) -> float:
    return 1 - available / limit if limit > 0 else math.nan


def answers(past: Past, now: Given) -> Answers:
    return _used(past, now) | _standing(past, now) | _repaid(past, now)


def _used(past: Past, now: Given) -> Answers:
    facts, spend = told(past, now["account"]), now["amount"] if now["spend"] else 0
    names = ["utilisation_now", "amount_to_limit", *(f"utilisation_rise_{span}" for span in ("24h", "7d", "30d"))]
    if not facts:
        return dict.fromkeys(names, NONE)
    limit, available = facts[-1]["limit"], facts[-1]["available"]
    if not limit > 0:
        return dict.fromkeys(names, LACKS)
    with_this = used(limit, available - spend)
    seen: Answers = {"utilisation_now": with_this, "amount_to_limit": lacking(not now["spend"], spend / limit)}
    lows = _lows(facts)
    for span, days in (("24h", 1), ("7d", 7), ("30d", 30)):
        recent = [f["low"] for f in lows if 0 <= now["occurred_at"] // DAY - f["occurred_at"] // DAY <= days]
        seen[f"utilisation_rise_{span}"] = with_this - min([*recent, used(limit, available)])
    return seen


def _lows(facts: list[Given]) -> list[Given]:
    """What each fact says was the lowest utilisation of its day: before and after it."""
    before, lows = math.nan, []
    for fact in facts:
        after = used(fact["limit"], fact["available"])
        known = [value for value in (before, after) if value == value]
        lows += [{**fact, "low": min(known)}] if known else []
        before = after
    return by_days(lows, 32)


def _standing(past: Past, now: Given) -> Answers:
    facts = told(past, now["account"])
    raises = [fact for before, fact in pairwise(facts) if fact["limit"] > before["limit"]]
    accounts = past.of("account", now["account"], lambda f: f["fact"] == Fact.ACCOUNT)
    opened = [fact["opened_at"] for fact in accounts if fact["opened_at"] > 0]
    overdue = [min(fact["past_due"], 32_766) for fact in accounts if fact["past_due"] >= 0]
    asked = past.of(
        "account",
        now["account"],
        lambda f: f["fact"] == Fact.LIMIT_REQUEST and f["fresh"] and f["amount"] > f["limit"],
        4,
    )
    age = ago(opened[-1] if opened else None, now)
    return {
        "account_age_days": age if age == NONE else age / 86_400,
        "days_past_due": overdue[-1] if overdue else NONE,
        "since_limit_raise": ago(raises[-1]["occurred_at"] if raises else None, now),
        "since_limit_request": since(asked, now),
        "limit_requests_30d": len(inside(asked, now, "30d")),
    }


def _repaid(past: Past, now: Given) -> Answers:
    moves = past.moves(now)
    paid = [fact for fact in moves if fact["paid"]]
    txns = past.of("account", now["account"], lambda f: f["fact"] == Fact.TRANSACTION)
    bounced = [fact["occurred_at"] for fact in txns if fact["code"] == 3 and fact["status"] == 4]
    seen: Answers = {
        "repaid_sum_24h": -total(inside(paid, now, "24h")),
        "since_last_repayment": since(paid, now),
        "since_bounced_repayment": ago(max(bounced, default=None), now),
        "chargebacks": sum(fact["fresh"] and fact["code"] == 7 for fact in txns),
    }
    for span in ("1h", "24h"):
        recent = inside(paid, now, span)
        first = min((fact["occurred_at"] for fact in recent), default=0)
        after = [f for f in moves if f["bought"] and first <= f["occurred_at"] <= now["occurred_at"]]
        again = lacking(not now["spend"], (total(after) + now["amount"]) / max(-total(recent), 1))
        seen[f"respent_share_{span}"] = again if recent else NONE
    return seen
