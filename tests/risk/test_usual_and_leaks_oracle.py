"""What is usual for an account, and merchants that leak, against a plain reading of the raw facts."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.columns import DAY, HOUR, LABEL_KINDS, MINUTE, Fact, Judgement
from console.risk.engine import Engine
from console.risk.missing import why
from console.risk.registry import FEATURES

NONE, FEW, LACKS = "no_history", "too_few", "missing_input"
SPANS = {"24h": DAY, "7d": 7 * DAY, "14d": 14 * DAY, "30d": 30 * DAY}


def usual(amounts: list[float]) -> tuple[float, float] | None:
    """Mean and deviation of the amounts, each cut at three deviations above the mean of those before it."""
    if len(amounts) < 3:
        return None
    cut: list[float] = []
    for amount in amounts:
        most = math.inf if len(cut) < 5 else statistics.fmean(cut) + 3 * width(cut)
        cut.append(min(amount, most))
    return statistics.fmean(cut), width(cut)


def width(amounts: list[float]) -> float:
    return max(statistics.stdev(amounts), statistics.fmean(amounts) / 10)


class Oracle:
    """Keeps the raw facts and answers by going through them."""

    def __init__(self) -> None:
        self.moves: dict[int, list[dict]] = defaultdict(list)
        self.shops: dict[int, list[dict]] = defaultdict(list)
        self.frauds: dict[int, dict[tuple[int, int], bool]] = defaultdict(dict)
        self.delay = 7 * DAY

    def bought(self, account: int) -> list[float]:
        return [fact["amount"] for fact in self.moves[account] if fact["bought"] and account >= 0]

    def answers(self, now: dict) -> dict[str, float | str]:
        return {**self.of_account(now), **self.of_merchant(now)}

    def of_account(self, now: dict) -> dict[str, float | str]:
        at, known = now["occurred_at"], usual(self.bought(now["account"]))
        mean, deviation = known or (math.nan, math.nan)
        kept = [fact for fact in self.moves[now["account"]][-24:] if fact["bought"]]
        far = [fact for fact in kept if fact["amount"] > 2.5 * mean]
        seen: dict[str, float | str] = {"usual_amount": mean if known else FEW}
        spend = now["amount"] if now["spend"] else None
        seen["amount_to_usual"] = FEW if not known else LACKS if spend is None else spend / mean
        seen["amount_usual_z"] = FEW if not known else LACKS if spend is None else (spend - mean) / deviation
        for word in ("24h", "7d", "14d"):
            recent = [fact["amount"] for fact in kept if 0 <= at - fact["occurred_at"] < SPANS[word]]
            seen[f"peak_to_usual_{word}"] = FEW if not known else max(recent) / mean if recent else NONE
            seen[f"unusual_count_{word}"] = (
                sum(0 <= at - fact["occurred_at"] < SPANS[word] for fact in far) if known else FEW
            )
        times = [fact["occurred_at"] for fact in far if fact["occurred_at"] <= at]
        seen["since_unusual"] = (at - max(times)) / 1e6 if times else NONE
        return seen

    def of_merchant(self, now: dict) -> dict[str, float | str]:
        at, merchant = now["occurred_at"], now["merchant"]
        frauds = [(when, ordinary) for (when, _), ordinary in self.frauds[merchant].items()]
        ordinary = [when for when, is_ordinary in frauds if is_ordinary and 0 <= at - when < 30 * DAY]
        past = [when for when, _ in frauds if when <= at]
        spends = [fact["occurred_at"] for fact in self.shops[merchant][-32:]]
        later = [when for when in spends if past and max(past) < when <= at]
        until = at - self.delay
        seen: dict[str, float | str] = {
            "ordinary_frauds_merchant_30d": len(ordinary),
            "since_ordinary_fraud_merchant": (at - max(ordinary)) / 1e6 if ordinary else NONE,
            "since_first_ordinary_fraud_merchant": (at - min(ordinary)) / 1e6 if ordinary else NONE,
            "spends_since_known_fraud_merchant": len(later) if past else NONE,
            "legit_since_known_fraud_merchant": sum(when <= until for when in later) if past else NONE,
        }
        for word in ("7d", "30d"):
            inside = [when for when in spends if until - SPANS[word] < when <= until]
            judged = [when for when, _ in frauds if until - SPANS[word] < when <= until]
            rate = min(len(judged) / len(inside), 1) if inside else NONE
            seen[f"known_fraud_rate_merchant_{word}"] = rate
        return seen if merchant >= 0 else dict.fromkeys(seen, LACKS)

    def learn(self, fact: dict) -> None:
        if fact["fact"] == Fact.LABEL:
            self.judge(fact)
        elif fact["moves"]:
            self.moves[fact["account"]].append(fact)
            if fact["spend"]:
                self.shops[fact["merchant"]].append(fact)

    def judge(self, fact: dict) -> None:
        key = (fact["opened_at"], fact["account"])
        if fact["code"] == Judgement.FRAUD:
            amounts = self.bought(fact["account"])
            ordinary = len(amounts) >= 5 and fact["amount"] <= 2 * usual(amounts)[0]
            self.frauds[fact["merchant"]].setdefault(key, ordinary)
            if fact["status"] != LABEL_KINDS.index("operator") + 1:
                self.delay += (max(fact["occurred_at"] - fact["opened_at"], 0) - self.delay) // 64
        else:
            self.frauds[fact["merchant"]].pop(key, None)


def plain(row) -> dict:
    fact = {name: row[name].item() for name in row.dtype.names}
    fact["moves"] = (
        fact["fact"] == Fact.TRANSACTION and fact["fresh"] and (fact["code"] in (1, 2, 3, 4, 9) or fact["status"] == 3)
    )
    fact["spend"] = fact["moves"] and fact["code"] in (1, 2, 9) and fact["amount"] > 0
    fact["bought"] = fact["spend"] and fact["status"] != 3
    return fact


def judged_late(facts):
    """The stream with amounts on its labels, which come between an hour and two weeks after the fraud."""
    rng = np.random.default_rng(len(facts))
    labels = facts["fact"] == Fact.LABEL
    facts["opened_at"][labels] = facts["occurred_at"][labels] - rng.integers(HOUR, 14 * DAY, labels.sum())
    facts["amount"][labels] = np.round(np.exp(rng.normal(8, 1.5, labels.sum())))
    facts["code"][labels] = rng.choice([1, 1, 1, 2, 4], labels.sum())
    return facts


def check(facts, pack) -> set[str]:
    """Compare every answer; returns the names that had a value other than 0 at least once."""
    scored = Engine(pack).page(facts)
    columns = {name: scored.features(name) for name in FEATURES}
    oracle, valued = Oracle(), set()
    for row, place in enumerate(scored.place):
        fact = plain(facts[row])
        if place >= 0 and fact["account"] >= 0:
            for name, expected in oracle.answers(fact).items():
                value = float(columns[name][place])
                assert expected == (why(value) or pytest.approx(value, rel=1e-6, abs=1e-9)), (row, name)
                valued |= {name} if value == value and value != 0 else set()
        oracle.learn(fact)
    return valued


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), accounts=st.integers(2, 6), pace=st.sampled_from([20 * MINUTE, 6 * HOUR]))
def test_usual_amounts_and_leaks_are_what_a_plain_reading_gives(base_pack, random_stream, seed, accounts, pace):
    check(judged_late(random_stream(seed, 200, accounts, pace)), base_pack)


def test_the_streams_reach_every_feature_that_is_compared(base_pack, random_stream):
    stream = judged_late(random_stream(3, 600, 3, 6 * HOUR))
    assert check(stream, base_pack) == set(Oracle().answers(plain(stream[0])))


def test_one_huge_purchase_does_not_move_what_is_usual(base_pack, story):
    tale = story()
    for amount in (900, 1000, 1100, 1000, 950, 1050, 500_000, 1000):
        tale.spend(amount).wait(hours=5)
    scored = Engine(base_pack).page(tale.facts)
    assert scored.features("amount_to_usual")[6] == pytest.approx(500, rel=0.01)
    assert scored.features("amount_to_usual")[7] == pytest.approx(1, rel=0.1)
    assert scored.features("unusual_count_24h")[7] == 1


def test_a_verdict_acts_on_the_next_event(base_pack, story):
    tale = story()
    for _ in range(8):
        tale.spend(1000, merchant=3).wait(hours=5)
    judged = tale.now - 5 * HOUR
    operator = LABEL_KINDS.index("operator") + 1
    tale.tell(Fact.LABEL, Judgement.FRAUD, merchant=3, amount=1000, opened_at=judged, status=operator)
    tale.spend(1000, merchant=3, account=1).tell(Fact.LABEL, Judgement.LEGIT, merchant=3, opened_at=judged)
    tale.spend(1000, merchant=3, account=1)
    assert Engine(base_pack).page(tale.facts).features("ordinary_frauds_merchant_30d").tolist()[-2:] == [1, 0]
