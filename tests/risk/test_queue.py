"""The queue's order: expected loss times urgency, at the moment it is asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from console.risk.columns import HOUR
from console.risk.queue import LEAST_EXPOSURE, LEAST_HASTE, Standing, expected_loss, order, priority, urgency

NOW = 1_700_000_000_000_000
MONEY = st.one_of(st.just(np.nan), st.floats(-1e9, 1e12))


def alerts(**columns):
    plain = {"score": 0.8, "level": 3, "last_hit_at": NOW, "pace": 1, "recent": 0, "available": 1e6, "limit": 2e6}
    rows = max((len(values) for values in columns.values()), default=1)
    told = {name: np.asarray(columns.get(name, [value] * rows)) for name, value in plain.items()}
    return Standing(account=np.arange(rows), **told)


def test_what_is_at_risk_is_what_can_still_be_spent_and_what_was_spent_of_late_within_the_limit():
    loss = expected_loss(
        np.array([0.5] * 5),
        np.array([1e6, 1e6, np.nan, 0, -5e5]),
        np.array([0, 5e6, 4e5, np.nan, 0]),
        np.array([2e6, 2e6, np.nan, 2e6, 2e6]),
    )
    assert loss.tolist() == [5e5, 1e6, 2e5, LEAST_EXPOSURE / 2, LEAST_EXPOSURE / 2]


def test_haste_halves_in_three_quiet_hours_and_keeps_a_tenth():
    last = NOW - np.array([0, 3, 6, 300]) * HOUR
    assert urgency(np.array([2] * 4), np.ones(4), last, NOW).tolist() == [1, 0.5, 0.25, LEAST_HASTE]


def test_a_spree_goes_before_a_single_hit_and_critical_before_medium():
    assert order(alerts(pace=[1, 9, 3]), NOW).tolist() == [1, 2, 0]
    assert order(alerts(level=[2, 4, 3]), NOW).tolist() == [1, 2, 0]


def test_the_order_changes_by_waiting_alone():
    two = alerts(score=[0.9, 0.55], last_hit_at=[NOW - 4 * HOUR, NOW])
    assert order(two, NOW).tolist() == [1, 0]
    assert order(two, NOW + 300 * HOUR).tolist() == [0, 1]


@given(
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), MONEY, MONEY, MONEY, st.integers(0, 4), st.floats(0, 50),
    st.integers(-HOUR, 400 * HOUR), st.integers(0, 400 * HOUR),
)  # fmt: skip
def test_it_is_never_negative_rises_with_probability_and_never_by_waiting(
    scores, available, recent, limit, level, pace, ago, waited
):
    one = alerts(
        score=scores, level=[level] * 2, pace=[pace] * 2, recent=[recent] * 2, available=[available] * 2,
        limit=[limit] * 2, last_hit_at=[NOW - ago] * 2,
    )  # fmt: skip
    low, high = priority(one, NOW)
    assert 0 <= low <= high < np.inf
    assert (priority(one, NOW + waited) <= np.array([low, high])).all()
