"""Merchants that leak, by the labels so far."""

from __future__ import annotations

from console.risk.columns import DAY, LABEL_KINDS, Fact
from tests.risk.oracle.amounts import usual
from tests.risk.oracle.known import known_of
from tests.risk.oracle.past import NONE, SPANS, Answers, Given, Past, ago, lacking

OPERATOR = LABEL_KINDS.index("operator") + 1


def answers(past: Past, now: Given) -> Answers:
    return {name: lacking(now["merchant"] < 0, value) for name, value in _there(past, now).items()}


def _there(past: Past, now: Given) -> Answers:
    at = now["occurred_at"]
    known = known_of(past, "merchant", now["merchant"]).kept
    month = [when for when, who in known if 0 <= at - when < SPANS["30d"] and _ordinary(past, now, when, who)]
    last = max((when for when, _ in known if when <= at), default=0)
    spends = [fact["occurred_at"] for fact in past.of("merchant", now["merchant"], lambda fact: fact["spend"], 32)]
    after = [when for when in spends if last < when <= at]
    until = at - _lateness(past)
    seen: Answers = {
        "ordinary_frauds_merchant_30d": len(month),
        "since_ordinary_fraud_merchant": ago(max(month, default=None), now),
        "since_first_ordinary_fraud_merchant": ago(min(month, default=None), now),
        "spends_since_known_fraud_merchant": len(after) if last else NONE,
        "legit_since_known_fraud_merchant": sum(when <= until for when in after) if last else NONE,
    }
    for span in ("7d", "30d"):
        inside = sum(until - SPANS[span] < when <= until for when in spends)
        frauds = sum(until - SPANS[span] < when <= until for when, _ in known)
        seen[f"known_fraud_rate_merchant_{span}"] = min(frauds / inside, 1) if inside else NONE
    return seen


def _ordinary(past: Past, now: Given, when: int, who: int) -> bool:
    """Whether the label that last made this fraud known named an amount that was ordinary for the account then."""
    told = None
    for fact in past.of("merchant", now["merchant"], lambda f: f["fact"] == Fact.LABEL):
        if (max(fact["opened_at"], 1), fact["account"]) == (when, who):
            told = None if fact["code"] != 1 else told or fact
    assert told
    before = Past()
    before.facts = past.facts[: past.facts.index(told)]
    mean = usual(before, who, least=5)
    return mean is not None and told["amount"] <= 2 * mean[0]


def _lateness(past: Past) -> int:
    """The mean delay of labels that are not the desk's own, each moving it by a 64th."""
    delay = 7 * DAY
    for fact in past.facts:
        if fact["fact"] == Fact.LABEL and fact["code"] == 1 and fact["status"] != OPERATOR and fact["opened_at"] > 0:
            delay += (max(fact["occurred_at"] - fact["opened_at"], 0) - delay) // 64
    return delay
