"""The score: a noisy-or that only grows with more suspicion, and the levels it opens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.score import combine, level_of

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(SHARES, st.floats(0, 1))
def test_another_cause_never_lowers_the_score(shares, more):
    causes = [np.array([share]) for share in shares]
    score = combine(causes, 1)[0]
    assert 0 <= score <= 1
    assert combine([*causes, np.array([more])], 1)[0] >= score
    assert combine(causes, 1, np.array([more]))[0] >= score


@given(SHARES, st.floats(0, 1), st.floats(0, 1), st.data())
def test_the_score_never_falls_when_a_cause_or_the_model_grows(shares, model, more, data):
    grown = [data.draw(st.floats(share, 1)) for share in shares]
    low = combine([np.array([share]) for share in shares], 1, np.array([min(model, more)]))
    high = combine([np.array([share]) for share in grown], 1, np.array([max(model, more)]))
    assert low[0] <= high[0] + 1e-12


def test_two_even_chances_make_three_quarters():
    assert combine([np.array([0.5]), np.array([0.5])], 1).tolist() == [0.75]
    assert combine([], 2).tolist() == [0, 0]


def test_a_fraud_overlooked_weighs_two_and_a_half_looks_in_vain():
    assert combine([], 4, np.array([0, 2 / 7, 0.5, 1])).tolist() == pytest.approx([0, 1 / 2, 5 / 7, 1])


@pytest.mark.parametrize(
    ("score", "level"), [(0, 0), (0.19, 0), (0.2, 1), (0.5, 2), (0.69, 2), (0.7, 3), (0.9, 4), (1, 4)]
)
def test_a_threshold_belongs_to_the_level_it_opens(score, level):
    assert level_of(np.array([score, np.nan]), (0.2, 0.5, 0.7, 0.9)).tolist() == [level, 0]
