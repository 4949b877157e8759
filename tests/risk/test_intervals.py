"""Figures with how sure they are: intervals that hold what they are about, as often as they say."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.intervals import counted, median


@given(st.integers(0, 10**6))
def test_a_count_lies_within_its_interval(count: int) -> None:
    found = counted(count)
    assert 0 <= found.low <= count <= found.high
    assert (found.value, found.of) == (count, count)


@pytest.mark.parametrize("rate", [2.0, 4.0, 40.0])
def test_the_interval_of_a_count_holds_its_rate(rate: float) -> None:
    draws = np.random.default_rng(3).poisson(rate, 4_000)
    held = [counted(int(draw)).low <= rate <= counted(int(draw)).high for draw in draws]
    assert 0.92 < np.mean(held) < 0.985


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_the_median_lies_within_its_interval(values: list[float]) -> None:
    found = median(values)
    assert found is not None
    assert found.value == pytest.approx(statistics.median(values))
    assert min(values) <= found.low <= found.value <= found.high <= max(values)


def test_the_interval_of_a_median_holds_the_true_one_and_narrows() -> None:
    chance = np.random.default_rng(5)
    held, widths = [], {}
    for size in (20, 200):
        found = [median(chance.exponential(10.0, size).tolist()) for _ in range(500)]
        held += [one.low <= 10 * np.log(2) <= one.high for one in found if one]
        widths[size] = np.mean([one.high - one.low for one in found if one])
    assert 0.93 < np.mean(held) < 0.99
    assert widths[200] < widths[20] / 2


def test_no_values_have_no_median() -> None:
    assert median([]) is None
