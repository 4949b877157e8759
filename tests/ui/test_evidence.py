"""What a rule compared its values with, read from its own condition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.explain import Cause
from console.ui import rules
from console.ui.evidence import bounds, cause_factor


@pytest.mark.parametrize(
    ("condition", "params", "found"),
    [
        ("failed >= failures and new", {"failures": 4.0}, {"failed": ("≥", 4.0)}),
        ("4 < failed", {}, {"failed": (">", 4.0)}),
        ("not (age > 3600) or a == 2", {}, {"age": (">", 3600.0), "a": ("=", 2.0)}),
        ("failed >= ratio * seen", {"ratio": 0.8}, {}),
        ("failed > other", {}, {}),
        ("1 < failed < 3", {}, {}),
        ("failed >= 4 and failed < 9", {}, {"failed": ("≥", 4.0)}),
        ("(((", {}, {}),
    ],
)
def test_a_feature_compared_with_one_number_has_a_bound(condition, params, found) -> None:
    assert bounds(condition, params) == found


@pytest.mark.parametrize(
    ("log_odds", "factor"), [(1.2, "×3.3"), (-0.4, "÷1.5"), (0.0, "÷1.0"), (1e300, "×9897.1"), (-1e300, "÷9897.1")]
)
def test_a_cause_is_a_factor(log_odds: float, factor: str) -> None:
    assert cause_factor(Cause("amount", 1.0, log_odds)) == factor


@given(st.text(max_size=60))
def test_any_text_is_read_without_harm(text: str) -> None:
    bounds(text, {"a": 1.0})


def test_most_shipped_rules_have_bounds_of_what_they_read() -> None:
    told = {rule.id: bounds(rule.when.text, rule.params) for rule in rules.rules().values()}
    assert sum(bool(found) for found in told.values()) > 0.8 * len(told)
    for rule in rules.rules().values():
        assert set(told[rule.id]) <= set(rule.features)
