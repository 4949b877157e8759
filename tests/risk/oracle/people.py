"""Who the customer is."""

from __future__ import annotations

from console.risk.columns import Fact
from tests.risk.oracle.past import NONE, Answers, Given, Past, ago, lacking


def answers(past: Past, now: Given) -> Answers:
    told = past.of("customer", now["customer"], lambda fact: fact["fact"] == Fact.CUSTOMER)

    def last(field: str, unknown: int) -> float | str:
        known = [fact[field] for fact in told if fact[field] != unknown]
        return min(known[-1], 32_766) if known else NONE

    home = last("country", -1)
    registered = [fact["opened_at"] for fact in told if fact["opened_at"] > 0]
    age = ago(registered[-1] if registered else None, now)
    return {
        "customer_age_days": age if age == NONE else age / 86_400,
        "bureau_score": last("bureau", -1),
        "bureau_delinquencies": last("delinquencies", 255),
        "social_trust": last("trust", -1),
        "social_tenure_months": last("tenure", -1),
        "is_foreign": lacking(now["country"] < 0, home if home == NONE else float(now["country"] != home)),
        "is_foreign_ip": lacking(now["ip_country"] < 0, home if home == NONE else float(now["ip_country"] != home)),
        "since_contact_change": ago(_contact_changed(past, now), now),
    }


def _contact_changed(past: Past, now: Given) -> int | None:
    """When the phone, email or address was last told as another one."""
    held: dict[int, int] = {}
    at = None
    for fact in past.of("customer", now["customer"], lambda f: f["fact"] == Fact.TOKEN and f["code"] in (1, 2, 3)):
        if fact["token"] >= 0:
            at = fact["occurred_at"] if held.get(fact["code"], fact["token"]) != fact["token"] else at
            held[fact["code"]] = fact["token"]
    return at
