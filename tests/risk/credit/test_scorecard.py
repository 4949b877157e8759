"""The scorecard: what it says of an applicant, and that no text makes it say something else."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.risk.credit.scorecard import Bin, Category, Number, Scaling, Scorecard, UnusableCard

INCOME = Number(
    "income",
    "income_low",
    [1000.0, 3000.0],
    [Bin(-1.0, 0, 0.3, 0.2), Bin(0.1, 15, 0.4, 0.1), Bin(1.2, 40, 0.2, 0.02)],
    Bin(-0.2, 10, 0.1, 0.12),
)
HOME = Category(
    "住房",
    "housing",
    [["自有", "own"], ["rent"]],
    [Bin(0.5, 20, 0.5, 0.04), Bin(-0.4, 0, 0.3, 0.1)],
    Bin(0.0, 8, 0.1, 0.07),
    Bin(-0.1, 5, 0.1, 0.08),
)
CARD = Scorecard("default", "1", 500, Scaling(), [INCOME, HOME], 1000, 70)


def test_points_add_up_and_reasons_name_the_greatest_loss_first():
    said = CARD.assess({"income": 1000, "住房": " rent "})
    assert said.points == 500 + 15 + 0
    assert [part.label for part in said.contributions] == [">= 1000 < 3000", "rent"]
    assert [part.lost for part in said.contributions] == [25, 20]
    assert said.reason_codes == ("income_low", "housing")
    assert CARD.assess({"income": 9000.0, "住房": "own"}).reason_codes == ()


def test_what_is_missing_or_never_seen_has_bins_of_its_own():
    for missing in (None, math.nan, math.inf):
        assert CARD.assess({"income": missing}).contributions[0].points == 10
    assert [part.points for part in CARD.assess({"elsewhere": 1}).contributions] == [10, 8]
    assert CARD.assess({"住房": "caravan"}).contributions[1].label == "*"


def test_a_text_where_a_number_belongs_is_refused():
    with pytest.raises(TypeError, match="income is a number, not 'plenty'"):
        CARD.assess({"income": "plenty"})


@given(st.floats(allow_nan=True), st.one_of(st.none(), st.text(max_size=300), st.floats()))
def test_every_value_has_a_bin_and_a_probability(income, home):
    said = CARD.assess({"income": income, "住房": home})
    assert 0 < said.pd < 1
    assert said.points == CARD.base + sum(part.points for part in said.contributions)
    assert all(part.lost >= 0 for part in said.contributions)
    assert set(said.reason_codes) == {part.reason for part in said.contributions if part.lost}


@given(st.floats(300, 900), st.floats(0, 300))
def test_more_points_are_a_smaller_risk(points, more):
    scaling = Scaling()
    assert scaling.pd(points + more) <= scaling.pd(points)
    assert scaling.of(scaling.pd(points)) == pytest.approx(points, abs=1e-6)
    assert scaling.pd(scaling.points) == pytest.approx(1 / 31)


def test_json_gives_the_same_card_back():
    assert Scorecard.from_json(CARD.to_json()) == CARD
    assert Scorecard.from_json(CARD.to_json()).to_json() == CARD.to_json()


def spoiled(**changes):
    told = json.loads(CARD.to_json())
    told["characteristics"][0].update(changes)
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "can't be read"),
        (b"\xff\xfe", "can't be read"),
        (b"[" * 100_000, "can't be read"),
        (b'{"target": "x"}', "can't be read"),
        (spoiled(kind="spell"), "can't be read"),
        (spoiled(edges=[3000, 1000]), "do not rise"),
        (spoiled(edges=[1.0]), "do not part its bins"),
        (spoiled(name="住房"), "stands twice"),
        (spoiled(name=""), "a name or reason"),
        (spoiled(missing={"woe": 0, "points": 10**9, "share": 0, "bad": 0}), "beyond"),
        (spoiled(missing={"woe": 0, "points": 1, "share": 2, "bad": 0}), "not in 0..1"),
        (CARD.to_json().replace(b'"doubling": 20.0', b'"doubling": 0'), "must be above 0"),
        (b" " * 8_000_001, "bytes"),
    ],
)
def test_a_card_that_can_not_be_right_is_refused_with_why(body, why):
    with pytest.raises(UnusableCard, match=why):
        Scorecard.from_json(body)


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_make_a_card_or_an_unusable_one(body):
    with pytest.raises(UnusableCard):
        Scorecard.from_json(body)
