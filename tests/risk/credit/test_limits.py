"""The limit made for the person: its reasoning, its bounds, and that nobody fares worse for a better fact."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.credit.limits import PROOF, Ability, Bounds, Willingness, offer

BOUNDS = Bounds(floor_minor=10_000, cap_minor=2_000_000, unproved_minor=50_000)
MONEY = st.integers(0, 10**12)
ABILITY = st.builds(
    Ability,
    st.none() | MONEY,
    st.sampled_from(sorted(PROOF)),
    st.none() | MONEY,
    st.none() | st.integers(0, 40),
    st.none() | st.floats(0, 2),
)
WILLINGNESS = st.builds(Willingness, st.integers(0, 400), st.integers(0, 400), st.none() | st.integers(0, 40))
PD = st.none() | st.floats(0, 1)
PRESENT = st.none() | MONEY


def codes(said):
    return [line.code for line in said.reasons]


def test_each_step_is_told_with_its_figures():
    said = offer(Ability(500_000, "verified", 50_000), Willingness(12), 0.01, BOUNDS)
    assert said.limit_minor == 900_000  # (500,000 x .4 - 50,000) x 6
    assert (said.willingness, said.risk) == (1, 1)
    assert codes(said) == ["income_verified", "obligations", "carries", "never_late", "risk"]
    assert said.reasons[2].figures == {"free_minor": 150_000, "months": 6, "limit_minor": 900_000}


@pytest.mark.parametrize(
    ("ability", "willingness", "pd", "present", "limit", "code"),
    [
        (Ability(500_000, "stated"), Willingness(12), 0.01, None, 720_000, "income_stated"),
        (Ability(None), Willingness(12), 0.01, None, 50_000, "income_unknown"),
        (Ability(500_000, "verified", None, 4), Willingness(12), 0.01, None, 960_000, "open_lines"),
        (Ability(500_000, "verified", None, 99), Willingness(12), 0.01, None, 600_000, "open_lines"),
        (Ability(500_000, "verified", 0), Willingness(0), 0.01, None, 600_000, "new"),
        (Ability(500_000, "verified", 0), Willingness(12, 95), 0.01, None, 0, "floor"),
        (Ability(500_000, "verified", 0), Willingness(12, 0, 2), 0.01, None, 670_000, "delinquencies"),
        (Ability(500_000, "verified", 0), Willingness(12), 0.2, None, 0, "floor"),
        (Ability(500_000, "verified", 0), Willingness(12), None, None, 600_000, "risk_unknown"),
        (Ability(5_000_000, "verified", 0), Willingness(12), 0.01, None, 2_000_000, "cap"),
        (Ability(500_000, "verified", 0), Willingness(12), 0.01, 100_000, 150_000, "most_raise"),
        (Ability(500_000, "verified", 0, None, 0.95), Willingness(12), 0.01, 100_000, 100_000, "distress"),
    ],
)
def test_what_moves_the_offer_is_named(ability, willingness, pd, present, limit, code):
    said = offer(ability, willingness, pd, BOUNDS, present)
    assert said.limit_minor == limit
    assert code in codes(said)


@given(ABILITY, WILLINGNESS, PD, PRESENT)
def test_an_offer_stays_within_policy(ability, willingness, pd, present):
    said = offer(ability, willingness, pd, BOUNDS, present)
    assert said.limit_minor == 0 or BOUNDS.floor_minor <= said.limit_minor <= BOUNDS.cap_minor
    assert present is None or said.limit_minor <= present * BOUNDS.most_raise
    assert said.reasons


@given(ABILITY, WILLINGNESS, st.floats(0, 1), PRESENT, st.data())
def test_no_better_fact_lowers_the_offer(ability, willingness, pd, present, data):
    before = offer(ability, willingness, pd, BOUNDS, present).limit_minor
    known = ability.income_minor is not None and ability.proof != "unknown"
    better = []
    if known:
        more = ability.income_minor + data.draw(MONEY)
        better.append((replace(ability, income_minor=more), willingness, pd))
        better.append((replace(ability, proof="verified"), willingness, pd))
    if ability.obligations_minor is not None:
        better.append((replace(ability, obligations_minor=ability.obligations_minor // 2), willingness, pd))
    if ability.utilisation is not None:
        better.append((replace(ability, utilisation=ability.utilisation / 2), willingness, pd))
    better.append((replace(ability, open_lines=None), willingness, pd))
    better.append((ability, replace(willingness, months=willingness.months + data.draw(st.integers(0, 60))), pd))
    better.append((ability, replace(willingness, worst_days_late=willingness.worst_days_late // 2), pd))
    better.append((ability, replace(willingness, delinquencies_24m=(willingness.delinquencies_24m or 0) // 2), pd))
    better.append((ability, willingness, data.draw(st.floats(0, pd))))
    for able, willing, risk in better:
        assert offer(able, willing, risk, BOUNDS, present).limit_minor >= before


@given(ABILITY, WILLINGNESS, PD, PRESENT, st.floats(0, 2))
def test_a_tighter_stance_never_offers_more(ability, willingness, pd, present, factor):
    tight, loose = replace(BOUNDS, factor=factor), replace(BOUNDS, factor=factor * 1.3)
    said = offer(ability, willingness, pd, tight, present).limit_minor
    assert said <= offer(ability, willingness, pd, loose, present).limit_minor


@pytest.mark.parametrize(
    ("ability", "pd"), [(Ability(-1, "stated"), 0.1), (Ability(1, "sworn"), 0.1), (Ability(1, "stated"), 1.5)]
)
def test_nonsense_is_refused(ability, pd):
    with pytest.raises(ValueError):
        offer(ability, Willingness(), pd, BOUNDS)


@pytest.mark.parametrize("changes", [{"floor_minor": 3_000_000}, {"safe_pd": 0.5}, {"most_raise": 0.5}])
def test_bounds_that_contradict_themselves_are_refused(changes):
    with pytest.raises(ValueError):
        replace(BOUNDS, **changes)
