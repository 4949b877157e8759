"""Fitting: bins that carry, points that say what the rows say, and nothing that chance alone would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.risk.credit.binning import cut, information, places
from console.risk.credit.fitting import TooFew, fit, points, probability
from console.risk.credit.leaks import tells
from console.risk.credit.quality import ranking
from console.risk.credit.scorecard import Number, Scorecard
from console.risk.credit.table import Numbers, Table, Words, alike, is_constant, is_id

ROWS = 3000


def applicants(seed=0, rows=ROWS):
    """Income protects in steps, a word doubles the odds, the rest is noise; some incomes are missing for the bad."""
    random = np.random.default_rng(seed)
    income, noise = random.lognormal(8, 0.6, rows), random.normal(size=rows)
    home = random.choice(3, rows, p=[0.5, 0.47, 0.03])
    odds = np.exp(-1.5 - 0.9 * (income > 3000) - 0.9 * (income > 6000) + 0.7 * (home == 1))
    bad = random.random(rows) < odds / (1 + odds)
    income[random.random(rows) < np.where(bad, 0.2, 0.05)] = np.nan
    columns = (
        Numbers("income", income),
        Numbers("noise", noise),
        Words("住房", home.astype(np.intp), ("own", "租", "x")),
    )
    return Table(columns, bad)


TABLE = applicants()


@pytest.fixture(scope="module")
def card():
    return fit(TABLE)


def values_of(table, row):
    return {
        column.name: column.values[row] if isinstance(column, Numbers) else column.words[column.codes[row]]
        for column in table.columns
    }


def test_points_rank_rows_that_the_fit_has_not_seen_as_well_as_what_made_them(card):
    fresh = applicants(1)
    auc = ranking(fresh.bad, -points(card, fresh)).auc
    assert 0.68 < auc < 0.85
    predicted = probability(card, points(card, fresh))
    assert predicted.mean() == pytest.approx(fresh.bad.mean(), rel=0.12)


def test_what_is_known_gets_points_and_chance_gets_hardly_any(card):
    spread = {one.name: max(each.points for each in one.all_bins) for one in card.characteristics}
    assert spread["income"] > 30
    assert spread["住房"] > 10
    assert spread.get("noise", 0) < spread["住房"] / 2


def test_a_missing_income_is_a_value_that_tells(card):
    income = next(one for one in card.characteristics if one.name == "income")
    assert income.missing.woe < min(0, max(each.woe for each in income.bins))
    assert income.missing.bad > TABLE.bad.mean()


def test_rare_words_share_a_bin_with_those_never_seen():
    random = np.random.default_rng(2)
    words = Words("w", np.where(random.random(ROWS) < 0.002, 2, random.integers(0, 2, ROWS)), ("a", "b", "rare"))
    shape = cut(words, TABLE.bad)
    assert sorted(each for group in shape.groups for each in group) == ["a", "b"]
    assert shape.place("rare") == shape.place("never seen") == len(shape.bins) + 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["noise", "income"]))
def test_monotone_points_only_rise_or_only_fall(seed, name):
    table = applicants(seed, 1200)
    card = fit(table, monotone=[name])
    shape = next((one for one in card.characteristics if one.name == name), None)
    steps = np.diff([each.points for each in shape.bins]) if shape else np.zeros(1)
    assert (steps >= 0).all() or (steps <= 0).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=20))
def test_a_table_gets_the_points_that_each_of_its_rows_gets(card, rows):
    said = points(card, TABLE.take(np.array(rows)))
    assert said.tolist() == [card.assess(values_of(TABLE, row)).points for row in rows]


def test_equal_tables_give_equal_cards_that_survive_a_file(card):
    assert fit(applicants()) == card
    assert Scorecard.from_json(card.to_json()) == card


def test_a_number_that_says_nothing_is_not_cut():
    shape = cut(Numbers("noise", np.random.default_rng(3).normal(size=ROWS)), TABLE.bad)
    assert isinstance(shape, Number)
    assert len(shape.edges) <= 2
    assert information(shape, float(TABLE.bad.mean())) < 0.02


def test_infinite_and_huge_numbers_do_not_break_a_cut():
    values = TABLE.columns[0].values.copy()
    values[:9] = [1e308, -1e308, np.inf, -np.inf, np.nan, 5e-324, 0, -0.0, 1e300]
    column = Numbers("income", values)
    shape = cut(column, TABLE.bad)
    assert all(np.isfinite(shape.edges))
    assert places(shape, column)[2] == shape.place(np.inf) == len(shape.bins)


def test_too_few_defaults_are_no_card():
    table = TABLE.take(slice(0, 100))
    with pytest.raises(TooFew, match="each outcome needs 50"):
        fit(table)


def test_a_column_that_knows_the_outcome_is_noticed_and_an_honest_one_is_not():
    late = np.where(TABLE.bad, 90.0, np.random.default_rng(4).integers(0, 30, ROWS))
    assert tells(Numbers("days late", late), TABLE.bad) > 0.99
    only_where_bad = Numbers("collection fee", np.where(TABLE.bad, 5.0, np.nan))
    assert tells(only_where_bad, TABLE.bad) > 0.99
    assert all(tells(column, TABLE.bad) is None for column in TABLE.columns)


def test_columns_that_name_rows_or_nothing_are_noticed():
    random = np.random.default_rng(5)
    serial = np.arange(1000.0)
    assert is_id(Numbers("n", serial))
    assert is_id(Numbers("n", random.permutation(serial)))
    assert is_id(Numbers("客户编号", random.choice(10**12, 1000, replace=False).astype(float)))
    assert is_id(Words("name", np.arange(1000), tuple(f"{each}" for each in range(1000))))
    assert not is_id(Numbers("amount", random.lognormal(5, 1, 1000)))
    assert not is_id(Numbers("age", random.integers(18, 90, 1000).astype(float)))
    assert is_constant(Numbers("c", np.full(9, 4.0)))
    assert is_constant(Numbers("c", np.full(9, np.nan)))
    assert not is_constant(Numbers("c", np.array([1.0, np.nan])))
    assert alike([Numbers("a", serial), Numbers("b", serial), Numbers("c", -serial)]) == {"b": "a"}
