"""Judging detection: half the loss, each account by its own alert, and what counts as a false alarm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.bench import detect
from console.bench.episodes import FalseAlerts, Judgement, Outcome, Period, judge
from console.core.instants import DAY, HOUR
from console.sandbox.bank.truth import Act
from console.sandbox.life import PLAYED_FROM

PERIOD = Period(100 * DAY, 110 * DAY)
OPENED = {"a": 0, "b": 0}


def spree(losses: list[int], account: str = "a", began: int = 101 * DAY, episode: str = "e1") -> list[Act]:
    """A fraud that takes one of these amounts each hour."""
    return [Act(episode, "account_takeover", False, account, began + n * HOUR, loss) for n, loss in enumerate(losses)]


def alerted(acts: list[Act], hits: list[tuple[str, int]]) -> bool:
    (outcome,) = judge(acts, hits, OPENED, PERIOD).frauds
    return outcome.alerted


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(0, 9))
def test_the_act_that_raises_the_alert_is_lost_too(losses, hour):
    gone = sum(losses[: hour + 1])
    assert alerted(spree(losses), [("a", 101 * DAY + hour * HOUR)]) == (2 * gone <= sum(losses))


def test_an_alert_before_the_fraud_does_not_count_and_one_in_its_first_act_does():
    acts = spree([0, 50, 50])
    assert not alerted(acts, [("a", 101 * DAY - 1)])
    assert alerted(acts, [("a", 101 * DAY)])
    assert not alerted(acts, [("b", 101 * DAY)])


def test_each_account_of_a_ring_is_stopped_by_its_own_alert():
    ring = spree([10, 10]) + spree([10, 10], account="b")
    assert not alerted(ring, [("a", 101 * DAY)])
    assert alerted(ring, [("a", 101 * DAY), ("b", 101 * DAY)])


def test_what_lost_nothing_or_began_elsewhere_is_not_judged():
    assert judge(spree([0, 0]), [], OPENED, PERIOD).frauds == []
    assert judge(spree([10], began=99 * DAY), [], OPENED, PERIOD).frauds == []


def test_a_false_alert_is_a_day_of_an_account_outside_of_frauds_and_their_aftermath():
    hits = [("a", 101 * DAY), ("a", 102 * DAY), ("a", 109 * DAY + 1), ("b", 101 * DAY), ("b", 101 * DAY + 1), ("b", 0)]
    everybody = judge(spree([10, 10]), hits, OPENED, PERIOD).everybody
    assert everybody.alerts == 2
    assert everybody.account_days == pytest.approx(20 - 7 - 1 / 24)


def test_accounts_count_from_their_opening():
    everybody = judge([], [], {"a": 0, "late": 108 * DAY, "after": 200 * DAY}, PERIOD).everybody
    assert everybody == FalseAlerts(0, 12.0)


def test_a_look_alike_is_alarmed_by_hits_between_its_acts_only():
    acts = [Act("e2", "payday", True, "a", 101 * DAY + n * HOUR, 0) for n in (0, 30)]
    for hit, alarmed in ((101 * DAY - 1, False), (101 * DAY, True), (102 * DAY, True), (103 * DAY, False)):
        found = judge(acts, [("a", hit)], OPENED, PERIOD)
        assert [outcome.alerted for outcome in found.lookalikes] == [alarmed]
        assert found.by_lookalike == {"payday": FalseAlerts(int(alarmed), 2)}


def outcomes(*alerted: bool, typology: str = "cash_out", day: int = 50) -> Judgement:
    frauds = [Outcome(typology, PLAYED_FROM + day * DAY + 5, hit) for hit in alerted]
    return Judgement(frauds, [], FalseAlerts(3, 1500.0), {"payday": FalseAlerts(1, 50)})


def test_seeds_are_pooled_for_the_interval_and_told_one_by_one():
    found = detect.shares({"rules": [outcomes(True, True), outcomes(True, False)]}, "frauds")["cash_out"]["rules"]
    assert (found["episodes"], found["share"], found["seeds"]) == (4, 0.75, [1.0, 0.5])
    assert found["low"] < 0.75 < found["high"]


def test_false_alerts_are_per_thousand_account_days():
    found = detect.false_alerts({"rules": [outcomes(), outcomes()]})["rules"]
    assert (found["per_1000_account_days"], found["deviation"], found["seeds"]) == (2.0, 0.0, [2.0, 2.0])
    assert found["by_lookalike"] == {"payday": 20.0}


def test_the_curve_tells_the_new_typology_from_the_others_by_the_day_it_began():
    judged = {"rules": [outcomes(True, False, typology="night_drip", day=46), outcomes(True, day=46)]}
    (row,) = [row for row in detect.curve(judged, 45) if row["day"] == 1]
    assert (row["rules"]["new"]["episodes"], row["rules"]["new"]["share"]) == (2, 0.5)
    assert row["rules"]["others"]["share"] == 1.0
    assert all(row["rules"]["new"]["episodes"] == 0 for row in detect.curve(judged, 45) if row["day"] < 0)
