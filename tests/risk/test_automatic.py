"""Automatic measures: whatever calls for one, what the budget lets through stays within it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.core.instants import MINUTE
from console.risk.automatic import Budget, Candidate, Cost, Measures, beyond, spent, unfit

NOW = 1_000 * MINUTE
RULES = ("ATO-1", "CNP-6", "GEO-1")
costs = st.builds(
    Cost,
    st.sampled_from(["CNY", "JPY", "USD", None]),
    st.one_of(st.none(), st.integers(0, 2_000)),
    st.lists(st.sampled_from(RULES), max_size=4).map(tuple),
)
budgets = st.builds(
    Budget,
    st.integers(0, 12),
    st.fixed_dictionaries({}, optional={"CNY": st.integers(0, 8_000), "JPY": st.integers(0, 3_000)}),
    st.integers(0, 6),
    st.just(100),
)


@given(budgets, st.lists(costs, max_size=40))
def test_what_is_let_through_never_passes_a_limit(budget: Budget, wanted: list[Cost]) -> None:
    done: list[Cost | None] = []
    for cost in wanted:
        if beyond(budget, spent(done), cost) is None:
            done.append(cost)
    exposure: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for cost in done:
        assert cost is not None
        assert cost.currency is not None
        assert cost.exposure is not None
        exposure[cost.currency] += cost.exposure
        rules.update(set(cost.rules))
    assert len(done) <= budget.count
    assert all(exposure[currency] <= budget.exposure.get(currency, 0) for currency in exposure)
    assert max(rules.values(), default=0) <= budget.per_rule


@given(budgets, st.lists(costs, max_size=10), costs)
def test_more_spent_before_never_lets_more_through(budget: Budget, before: list[Cost], cost: Cost) -> None:
    if beyond(budget, spent(before), cost) is not None:
        assert beyond(budget, spent([*before, Cost("CNY", 1, ())]), cost) is not None


def test_a_measure_whose_cost_cannot_be_read_leaves_room_for_none() -> None:
    roomy = Budget(10, {"CNY": 10_000}, 10, 100)
    cost = Cost("CNY", 5, ("ATO-1",))
    assert beyond(roomy, spent([cost]), cost) is None
    assert beyond(roomy, spent([cost, None]), cost) == "unknown"
    assert beyond(roomy, spent([]), Cost("CNY", None, ())) == "unknown"
    assert beyond(roomy, spent([]), Cost("EUR", 1, ())) == "exposure"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"score": 0.89}, "score"),
        ({"claimed_by": "maria.k", "claimed_until": NOW + 1}, "claimed"),
        ({"claimed_by": "maria.k", "claimed_until": NOW}, None),
        ({"pending": True}, "pending"),
        ({"scopes": ("login", "full")}, "held"),
        ({"scopes": ("debit_only",)}, "held"),
        ({"scopes": ("credit_only", "login")}, None),
    ],
)
def test_what_is_no_business_of_the_machine(change: dict, why: str | None) -> None:
    facts = {
        "alert_id": "alr_1", "opening": 0, "account_id": "a", "score": 0.95, "rules": RULES, "currency": "CNY",
        "available": 100,
    }  # fmt: skip
    measures = Measures(freeze=True, scope="debit_only", least_score=0.9)
    assert unfit(Candidate(**(facts | change)), measures, NOW) == why


def test_the_cost_of_a_hold_is_what_can_still_be_spent() -> None:
    one = Candidate("alr_1", 0, "a", 0.95, RULES, "CNY", -300)
    assert one.cost == Cost("CNY", 0, RULES)
