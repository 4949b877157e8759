"""The limit review over the book: earned raises, cuts for risk only, and nothing that the next review takes back."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from console.risk.credit.book import STEP, Change, change
from console.risk.credit.case import Case
from console.risk.policy import Limits
from tests.risk.test_review import CUSTOMER, RULES

USES = replace(
    CUSTOMER,
    present_minor=500_000,
    owed_minor=200_000,
    ability=dataclasses.replace(CUSTOMER.ability, utilisation=0.4),
)
POOR = {"score": 480.0, "bureau_score": 400.0, "delinquencies_24m": 5.0, "income_proof": "stated"}
STRICT = RULES._replace(limits=Limits(cut_after_days=10))


def moved(case: Case = USES, rules: Any = RULES, **changes: Any) -> Change | None:
    return change(replace(case, **changes), rules)


def test_a_raise_is_earned_and_bounded() -> None:
    found = moved()
    assert found is not None
    assert (found.why, found.raises) == ("earned", True)
    assert found.limit_minor <= 500_000 * RULES.limits.raise_factor
    idle = dataclasses.replace(USES.ability, utilisation=0.1)
    fresh = dataclasses.replace(USES.willingness, months=2)
    for changes in (
        {"alert": 1},
        {"status": "frozen"},
        {"ability": idle},
        {"willingness": fresh},
        {"present_minor": 0},
    ):
        assert moved(**changes) is None


def test_cuts_are_for_risk_and_leave_what_is_owed() -> None:
    assert moved(ability=dataclasses.replace(USES.ability, income_minor=None)) is None, (
        "little is known, nothing is cut"
    )
    risky = moved(values=POOR)
    assert risky is not None
    assert (risky.why, risky.raises) == ("risk", False)
    assert risky.limit_minor >= 200_000
    late = moved(rules=STRICT, days_late=12)
    assert late is not None
    assert (late.why, late.limit_minor) == ("late", 200_000)
    assert moved(rules=STRICT, days_late=9) is None or moved(rules=STRICT, days_late=9).why != "late"  # type: ignore[union-attr]
    assert moved(values=POOR, owed_minor=450_000) is None, "less than a step is left to cut"


@given(
    st.integers(10_000, 5_000_000),
    st.floats(0, 1.2),
    st.integers(0, 60),
    st.sampled_from([USES.values, POOR, {}]),
    st.integers(0, 40),
)
def test_the_next_review_takes_nothing_back(
    present: int, used: float, months: int, values: dict[str, Any], late: int
) -> None:
    case = replace(
        USES,
        present_minor=present,
        owed_minor=round(present * used),
        ability=dataclasses.replace(USES.ability, utilisation=used),
        willingness=dataclasses.replace(USES.willingness, months=months),
        values=values,
        days_late=late,
    )
    first = change(case, STRICT)
    if first is None:
        return
    assert abs(first.limit_minor - present) >= present * STEP * 0.999
    assert first.limit_minor >= case.owed_minor or first.raises
    again = change(replace(case, present_minor=first.limit_minor), STRICT)
    assert again is None or again.raises is first.raises


@pytest.mark.parametrize("status", ["pending", "frozen", "closing", "closed", None])
def test_only_active_accounts_are_moved(status: str | None) -> None:
    assert moved(status=status, values=POOR) is None
