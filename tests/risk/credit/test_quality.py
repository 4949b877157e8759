"""How a card is judged: ranks, bands, stability and fairness, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.credit.quality import bands, cut_off, impact, psi, ranking
from console.risk.credit.table import Numbers, Words

BAD = np.array([True, True, False, True, False, False])
POINTS = np.array([10, 20, 20, 30, 40, 50])


def test_ranking_by_hand():
    said = ranking(BAD, -POINTS)
    assert said.auc == pytest.approx((3 + 2.5 + 2) / 9)
    assert said.ks == pytest.approx(2 / 3)
    assert said.gini == pytest.approx(2 * said.auc - 1)


def test_the_cut_off_parts_good_and_bad_best():
    assert cut_off(BAD, POINTS) == 40


@given(st.lists(st.tuples(st.integers(300, 800), st.booleans()), min_size=1, max_size=300))
def test_bands_hold_every_row_once_and_catch_all_the_bad(rows):
    points, bad = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = bands(bad, np.full(len(rows), 0.1), points)
    assert sum(band.rows for band in found) == len(rows)
    assert sum(band.bad for band in found) == bad.sum()
    assert [band.from_points for band in found] == sorted({band.from_points for band in found})
    assert found[-1].caught == (1 if bad.any() else 0)


def test_stability_is_nought_for_the_same_and_grows_with_the_shift():
    before = np.random.default_rng(0).normal(600, 30, 5000)
    assert psi(before, before) == 0
    assert 0 < psi(before, before + 3) < psi(before, before + 20)
    assert psi(before, before + 60) > 0.25


def test_adverse_impact_is_over_the_group_of_the_highest_rate_with_its_interval():
    groups = Words("g", np.array([0] * 100 + [1] * 100 + [-1] * 10), ("甲", "乙"))
    approved = np.array([True] * 80 + [False] * 20 + [True] * 50 + [False] * 50 + [True] * 10)
    told = {group.name: group for group in impact(groups, approved)}
    assert told["甲"].ratio is None
    value, low, high = told["乙"].ratio
    assert value == pytest.approx(0.625)
    assert (low, high) == pytest.approx((0.502, 0.778), abs=0.001)  # by Katz: exp(-.47 -+ 1.96 x .1118)
    assert told[""].approved.of == 10


def test_groups_of_a_number_are_its_values_or_its_quarters():
    approved = np.ones(400, bool)
    assert {group.name for group in impact(Numbers("sex", np.arange(400.0) % 2), approved)} == {"0", "1"}
    assert len(impact(Numbers("age", np.arange(400.0)), approved)) == 4
