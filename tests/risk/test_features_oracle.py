"""Every window feature against a plain reading of the raw facts, one event at a time."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.columns import DAY, HOUR, MINUTE, Fact
from console.risk.engine import Engine
from console.risk.missing import why
from console.risk.registry import FEATURES

CASH_MCC = {4829, 5944, 6010, 6011, 6012, 6050, 6051, 6211, 6540, 7995}
NONE, FEW, LACKS = "no_history", "too_few", "missing_input"


class Oracle:
    """Keeps the raw facts and answers by going through them."""

    def __init__(self) -> None:
        self.past: list[dict] = []
        self.judged: dict[tuple, dict[tuple, int]] = defaultdict(dict)  # (kind, index) -> {(at, other): row}
        self.standing: dict[int, dict] = {}

    # ------------------------------------------------------------ what the event sees

    def of(self, kind, index, keep, want):
        if index < 0:
            return []
        return [fact for fact in self.past if fact[kind] == index and want(fact)][-keep:]

    def answers(self, now: dict) -> dict[str, float | str]:
        at, account = now["occurred_at"], now["account"]
        moves = self.of("account", account, 24, lambda f: f["moves"])
        logins = self.of("account", account, 12, lambda f: f["login"])
        every = self.of("account", account, 10**9, lambda f: f["bought"])
        seen: dict[str, float | str] = {}

        def inside(facts, span):
            return [fact for fact in facts if 0 <= at - fact["occurred_at"] < span]

        def total(facts):
            return float(sum(fact["amount"] for fact in facts))

        def since(facts):
            times = [fact["occurred_at"] for fact in facts if fact["occurred_at"] <= at]
            return (at - max(times)) / 1e6 if times else NONE

        bought = [fact for fact in moves if fact["bought"]]
        refused = [fact for fact in moves if fact["spend"] and fact["declined"]]
        for word, span in (("15m", 15 * MINUTE), ("1h", HOUR), ("24h", DAY)):
            seen[f"spend_count_{word}"] = len(inside(bought, span))
            seen[f"decline_count_{word}"] = len(inside(refused, span))
        seen["spend_sum_1h"], seen["spend_sum_24h"] = total(inside(bought, HOUR)), total(inside(bought, DAY))
        small = [fact for fact in moves if fact["spend"] and fact["amount"] <= 1000]
        seen["small_count_15m"], seen["small_count_1h"] = len(inside(small, 15 * MINUTE)), len(inside(small, HOUR))
        run = 0
        for fact in reversed(moves):
            if fact["bought"]:
                break
            run += fact["spend"] and fact["declined"]
        seen["consecutive_declines"] = run
        seen["since_last_spend"], seen["since_last_decline"] = since(bought), since(refused)

        today, held = at // DAY, {}
        for fact in every:
            day = fact["occurred_at"] // DAY
            held[day % 32] = max(held.get(day % 32, 0), day)
        kept = [fact for fact in every if fact["occurred_at"] // DAY in held.values()]
        for word, days in (("7d", 7), ("30d", 30)):
            recent = [fact for fact in kept if 0 <= today - fact["occurred_at"] // DAY < days]
            seen[f"spend_count_{word}"], seen[f"spend_sum_{word}"] = len(recent), total(recent)

        spend = now["amount"] if now["spend"] else None
        amounts = [fact["amount"] for fact in every]
        seen["amount_z"] = FEW if len(amounts) < 10 else LACKS if spend is None else z(spend, amounts)
        seen["amount_to_max"] = FEW if len(amounts) < 3 else LACKS if spend is None else spend / max(amounts)

        merchant = now["merchant"]
        shops = [fact for fact in bought if fact["code"] != 9]
        here = [fact for fact in shops if fact["merchant"] == merchant]
        seen["same_merchant_count_24h"] = LACKS if merchant < 0 else len(inside(here, DAY))
        month = inside(shops, 30 * DAY)
        share = FEW if len(month) < 5 else total(inside(here, 30 * DAY)) / total(month)
        seen["merchant_share_30d"] = LACKS if merchant < 0 else share
        tried = [fact for fact in moves if fact["spend"]]
        for word, span in (("1h", HOUR), ("24h", DAY)):
            others = {fact["party"] if fact["code"] == 9 else fact["merchant"] for fact in inside(tried, span)}
            seen[f"merchant_count_{word}"] = len(others - {-1})
        rounds = [fact for fact in bought if fact["amount"] % 10_000 == 0]
        seen["round_count_24h"] = len(inside(rounds, DAY))
        month = inside(bought, 30 * DAY)
        seen["round_share_30d"] = FEW if len(month) < 5 else len(inside(rounds, 30 * DAY)) / len(month)
        fortnight = inside(bought, 14 * DAY)
        cash = [fact for fact in fortnight if fact["code"] == 2 or fact["mcc"] in CASH_MCC]
        seen["cash_share_14d"] = total(cash) / total(fortnight) if fortnight else NONE
        refunds = [fact for fact in moves if fact["code"] == 4 and fact["fact"] == Fact.TRANSACTION]
        seen["refund_ratio_30d"] = -total(inside(refunds, 30 * DAY)) / total(month) if month else NONE

        inflow = [fact for fact in moves if fact["code"] == 9 and fact["amount"] < 0 and not fact["declined"]]
        outflow = [fact for fact in bought if fact["code"] == 9]
        seen["inflow_sum_48h"], seen["inflow_count_48h"] = (
            -total(inside(inflow, 2 * DAY)),
            len(inside(inflow, 2 * DAY)),
        )
        seen["outflow_sum_48h"] = total(inside(outflow, 2 * DAY))
        seen["senders_7d"] = len({fact["party"] for fact in inside(inflow, 7 * DAY)} - {-1})
        seen["recipients_7d"] = len({fact["party"] for fact in inside(outflow, 7 * DAY)} - {-1})

        paid = [
            fact for fact in moves if fact["fact"] == Fact.TRANSACTION and fact["code"] == 3 and not fact["declined"]
        ]
        seen["repaid_sum_24h"] = -total(inside(paid, DAY))
        for word, span in (("1h", HOUR), ("24h", DAY)):
            recent = inside(paid, span)
            first = min((fact["occurred_at"] for fact in recent), default=0)
            after = [fact for fact in bought if first <= fact["occurred_at"] <= at]
            value = LACKS if spend is None else (total(after) + spend) / max(-total(recent), 1)
            seen[f"respent_share_{word}"] = value if recent else NONE

        failed = [fact for fact in logins if fact["code"] in (2, 3, 4, 5)]
        for word, span in (("15m", 15 * MINUTE), ("24h", DAY)):
            seen[f"failed_logins_{word}"] = len(inside(failed, span))
        seen["since_last_login"] = since([fact for fact in logins if fact["code"] == 1])
        self._devices(now, seen)
        self._shared(now, seen, inside)
        self._labels(now, seen)
        self._limits(now, seen, spend)
        return seen

    def _devices(self, now, seen) -> None:
        used = self.of("account", now["account"], 10**9, lambda f: f["uses"] and f["device"] >= 0)
        first = {}
        for fact in used:
            first.setdefault(fact["device"], fact["occurred_at"])
        age = lambda at: (now["occurred_at"] - at) / 1e6 if at is not None and at <= now["occurred_at"] else NONE  # noqa: E731
        device = now["device"]
        seen["is_new_device"] = LACKS if device < 0 else NONE if not first else float(device not in first)
        seen["device_age"] = LACKS if device < 0 else age(first.get(device))
        seen["since_new_device"] = age(list(first.values())[-1] if len(first) > 1 else None)
        changes = self.of("account", now["account"], 10**9, lambda f: f["login"] and f["code"] in (6, 7, 8))
        seen["since_credential_change"] = age(max((fact["occurred_at"] for fact in changes), default=None))
        visited = self.of("account", now["account"], 10**9, lambda f: f["bought"] and f["country"] >= 0)
        countries = {fact["country"] for fact in visited}
        known = NONE if not countries else float(now["country"] not in countries)
        seen["is_new_country"] = LACKS if now["country"] < 0 else known

    def _shared(self, now, seen, inside) -> None:
        for kind, keep, spans in (("device", 12, ("24h", "7d")), ("ip", 12, ("15m", "24h", "7d"))):
            events = self.of(kind, now[kind], keep, lambda f: f["spend"] or f["login"])
            for word in spans:
                span = {"15m": 15 * MINUTE, "24h": DAY, "7d": 7 * DAY}[word]
                accounts = {fact["account"] for fact in inside(events, span)} - {-1}
                value = len(accounts | {now["account"]})
                seen[f"accounts_on_{kind}_{word}"] = LACKS if now[kind] < 0 else value
            if kind == "ip":
                failed = [fact for fact in events if fact["login"] and fact["code"] in (2, 3, 4, 5)]
                seen["failed_logins_ip_15m"] = LACKS if now["ip"] < 0 else len(inside(failed, 15 * MINUTE))
        there = self.of("merchant", now["merchant"], 32, lambda f: f["spend"])
        for word, span in (("1h", HOUR), ("24h", DAY)):
            value = len(inside([fact for fact in there if fact["declined"]], span))
            seen[f"merchant_declines_{word}"] = LACKS if now["merchant"] < 0 else value

    def _labels(self, now, seen) -> None:
        for kind in ("account", "merchant", "device", "ip"):
            known = self.judged[(kind, now[kind])]
            ages = [now["occurred_at"] - at for at, _ in known]
            seen[f"known_frauds_{kind}"] = LACKS if now[kind] < 0 else len(known)
            recent = sum(0 <= age < 30 * DAY for age in ages)
            seen[f"known_frauds_{kind}_30d"] = LACKS if now[kind] < 0 else recent
            past = [age for age in ages if age >= 0]
            seen[f"since_known_fraud_{kind}"] = LACKS if now[kind] < 0 else min(past) / 1e6 if past else NONE

    def _limits(self, now, seen, spend) -> None:
        standing = self.standing.get(now["account"])
        if standing is None:
            seen["utilisation_now"] = NONE
            return
        limit, available = standing["limit"], standing["available"]
        seen["utilisation_now"] = 1 - (available - (spend or 0)) / limit if limit > 0 else LACKS

    # ------------------------------------------------------------ learning

    def learn(self, fact: dict) -> None:
        if fact["fact"] == Fact.LABEL:
            for kind in ("account", "merchant", "device", "ip"):
                if fact[kind] >= 0:
                    other = fact["merchant" if kind == "account" else "account"]
                    known = self.judged[(kind, fact[kind])]
                    if fact["code"] == 1:
                        known.setdefault((fact["opened_at"], other), 1)
                    else:
                        known.pop((fact["opened_at"], other), None)
        if fact["fact"] == Fact.ACCOUNT and fact["account"] >= 0 and not math.isnan(fact["limit"]):
            self.standing[fact["account"]] = fact
        self.past.append(fact)


def z(spend, amounts) -> float:
    mean = float(np.mean(amounts))
    return (spend - mean) / max(float(np.std(amounts, ddof=1)), mean / 10)


def plain(row) -> dict:
    fact = {name: row[name].item() for name in row.dtype.names}
    txn = fact["fact"] == Fact.TRANSACTION and fact["fresh"]
    fact["spend"] = txn and fact["code"] in (1, 2, 9) and fact["amount"] > 0
    fact["declined"] = fact["status"] == 3
    fact["bought"] = fact["spend"] and not fact["declined"]
    fact["moves"] = txn and (
        fact["spend"] or fact["declined"] or fact["code"] in (2, 3, 4) or (fact["code"] == 9 and fact["amount"] < 0)
    )
    fact["login"] = fact["fact"] == Fact.LOGIN and fact["fresh"]
    fact["uses"] = fact["bought"] or (fact["login"] and fact["code"] == 1)
    return fact


def check(facts, pack) -> set[str]:
    """Compare every answer; returns the names that had a value at least once."""
    scored = Engine(pack).page(facts)
    with np.errstate(all="ignore"):
        columns = {name: scored.features(name) for name in FEATURES}
    oracle, valued = Oracle(), set()
    for row, place in enumerate(scored.place):
        fact = plain(facts[row])
        if place >= 0 and fact["account"] >= 0:
            for name, expected in oracle.answers(fact).items():
                value = float(columns[name][place])
                got = why(value) or pytest.approx(value, rel=1e-9, abs=1e-9)
                assert expected == got, (row, name)
                valued |= {name} if value == value and value != 0 else set()
        oracle.learn(fact)
    return valued


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), accounts=st.integers(2, 6), pace=st.sampled_from([MINUTE, 20 * MINUTE, 16 * HOUR]))
def test_features_are_what_a_plain_reading_gives(base_pack, random_stream, seed, accounts, pace):
    check(random_stream(seed, 160, accounts, pace), base_pack)


def test_the_streams_reach_every_feature_that_is_compared(base_pack, random_stream):
    reached = check(random_stream(1, 500, 3, 20 * MINUTE), base_pack)
    reached |= check(random_stream(2, 400, 2, 5 * MINUTE), base_pack)
    compared = set(Oracle().answers(plain(random_stream(1, 1)[0])))
    assert compared - reached == set()


def test_a_new_merchant_is_rarely_taken_for_known_and_a_known_one_never_for_new(base_pack, story):
    tale = story()
    for merchant in range(60):
        tale.spend(1000, merchant=merchant).wait(hours=1)
    for merchant in range(60):
        tale.spend(1000, merchant=merchant).wait(hours=1)
    new = Engine(base_pack).page(tale.facts).features("is_new_merchant")
    assert why(float(new[0])) == NONE
    assert new[1:60].mean() > 0.9
    assert (new[60:] == 0).all()


def test_utilisation_rise_is_measured_from_the_lowest_of_seven_days(base_pack, story):
    tale = story().limits(1e6, 900_000).wait(days=20).spend(50_000).limits(1e6, 850_000)
    tale.wait(days=3).limits(1e6, 200_000).wait(hours=1).spend(100_000).wait(days=9).spend(100_000)
    rise = Engine(base_pack).page(tale.facts).features("utilisation_rise_7d")
    assert rise.tolist() == pytest.approx([0.05, 0.8, 0.1], abs=1e-6)


def test_speed_distance_and_home(base_pack, story):
    tale = story().limits(1e6, 1e6, lat=31.23, lon=121.47)
    tale.spend(1000, lat=31.23, lon=121.47).wait(hours=1).spend(1000, lat=39.9, lon=116.4).spend(1000)
    tale.spend(1000, lat=39.9, lon=116.4)
    scored = Engine(base_pack).page(tale.facts)
    assert scored.features("distance_last_km")[1] == pytest.approx(1067, abs=5)
    assert scored.features("speed_kmh")[1] == pytest.approx(1067, abs=5)
    assert scored.features("distance_home_km")[1] == pytest.approx(1067, abs=5)
    assert scored.evidence(4)["speed_kmh"].missing == LACKS
    assert scored.features("speed_kmh")[3] == pytest.approx(0, abs=2)


def test_every_feature_says_what_it_is():
    for item in FEATURES.values():
        assert item.unit, item.name
        assert item.window, item.name
        assert item.missing, item.name
        assert item.meaning.endswith("."), item.name
