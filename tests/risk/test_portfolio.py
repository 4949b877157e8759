"""The portfolio's figures: segments add up to the whole, losses grow with lateness, intervals hold what they are of."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.portfolio import ALL, CCF, LGD, Group, expected_loss, pd, segments, steps

groups = st.lists(
    st.builds(
        Group,
        st.sampled_from(["CNY", "JPY"]),
        st.fixed_dictionaries(
            {"status": st.sampled_from(["active", "frozen"]), "age": st.sampled_from(["a", "b", "c"])}
        ),
        st.sampled_from([0, 1, 30, 60, 90]),
        st.integers(1, 5_000),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.floats(0, 1e14),
        st.integers(0, 10**8),
    ),
    max_size=20,
)


@given(groups, st.floats(0, 1))
def test_the_segments_of_a_dimension_add_up_to_the_whole(found: list[Group], rate: float) -> None:
    made = segments(found, rate)
    whole = {one.currency: one for one in made if one.dimension == ALL}
    assert set(whole) == {group.currency for group in found}
    parts = sorted((one for one in made if one.dimension != ALL), key=lambda one: (one.currency, one.dimension))
    for (currency, _), alike in groupby(parts, key=lambda one: (one.currency, one.dimension)):
        these, of = list(alike), whole[currency]
        for part in ("accounts", "owed", "limit", "late_owed", "kept"):
            assert sum(getattr(one, part) for one in these) == getattr(of, part)
        losses = [one.expected.value for one in these if one.expected]
        assert sum(losses) == pytest.approx(of.expected.value if of.expected else 0)


@given(groups, st.floats(0, 1))
def test_an_expected_loss_lies_in_its_interval_and_never_beyond_what_is_exposed(
    found: list[Group], rate: float
) -> None:
    loss = expected_loss(found, rate)
    exposed = sum(group.owed + CCF * group.drawable for group in found)
    if loss is None:
        assert exposed == 0
    else:
        assert 0 <= loss.low <= loss.value <= loss.high
        assert loss.value <= LGD * exposed * (1 + 1e-9)
        assert loss.of == sum(group.accounts for group in found)


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1))
def test_who_is_later_defaults_no_less_often(one: int, other: int, rate: float) -> None:
    early, late = sorted((one, other))
    assert 0.001 <= pd(early, rate) <= pd(late, rate) <= 1
    assert pd(90, rate) == 1


def test_one_account_by_hand() -> None:
    group = Group("CNY", {"status": "active"}, 30, 1, 1_000, 3_000, 2_000, 1_200.0**2, 0)
    loss = expected_loss([group], 0.02)
    assert loss is not None
    assert loss.value == pytest.approx(0.35 * 0.5 * (1_000 + 200))
    assert loss.high - loss.value == pytest.approx(1.959964 * (0.35 * 0.65) ** 0.5 * 0.5 * 1_200)
    (whole, active) = segments([group], 0.02)
    assert (whole.used, whole.late and whole.late.value, active.name) == (pytest.approx(1 / 3), 1.0, "active")


def test_bounds_make_open_ended_steps() -> None:
    assert steps((10, 20)) == [(None, 10), (10, 20), (20, None)]
