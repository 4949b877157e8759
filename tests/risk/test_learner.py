"""The learner: fits that repeat, calibration, comparison with the champion, contributions, trusts, drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from console.risk.columns import DAY
from console.risk.drift import SHIFTED, counted, shift, spread
from console.risk.learner import Parameters, TooFewFrauds, held_out, platt, refit, unseen_by
from console.risk.measures import average_precision, calibration_error
from console.risk.model import Model, UnusableModel, calibrated, select
from console.risk.training import Moment, Training

NAMES = tuple(f"feature_{place}" for place in range(6))
SMALL = Parameters(trees=25, rate=0.1, depth=3, bins=32)
WEIGHTS = {"GOOD-1": 0.5, "BAD-1": 0.5}
MATURITY = 7 * DAY


def made(rows: int = 8_000, days: int = 40, seed: int = 1, shape: Callable[[Any], Any] | None = None) -> Training:
    """Rows whose log-odds of fraud are a known function of two features, the second sometimes missing."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, len(NAMES))).astype(np.float32)
    log_odds = shape(matrix) if shape else 2 * matrix[:, 0] + np.where(matrix[:, 1] > 1, 2.0, 0.0) - 4
    fraud = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    matrix[rng.random(rows) < 0.2, 1] = np.nan
    at = np.sort(rng.integers(0, days * DAY, rows))
    moment = Moment(rows + 1, days * DAY + MATURITY, MATURITY)
    fired = np.stack((log_odds > 0, rng.random(rows) < 0.2), axis=1)
    return Training(
        moment=moment,
        features=NAMES,
        rules=("GOOD-1", "BAD-1"),
        seq=np.arange(1, rows + 1),
        at=at,
        matrix=matrix,
        fired=fired,
        fraud=fraud,
        told=np.where(fraud, rows, 0),
        weight=np.ones(rows, np.float32),
    )


@pytest.fixture(scope="module")
def training() -> Training:
    return made()


@pytest.fixture(scope="module")
def model(training: Training) -> Model:
    return refit(training, None, WEIGHTS, SMALL, "m1").model


def test_equal_training_sets_give_equal_bytes(training: Training, model: Model) -> None:
    assert refit(made(), None, WEIGHTS, SMALL, "m1").model.to_bytes() == model.to_bytes()
    assert refit(made(seed=2), None, WEIGHTS, SMALL, "m1").model.to_bytes() != model.to_bytes()


def test_a_model_says_the_same_after_its_bytes_went_round(model: Model) -> None:
    again = Model.from_bytes(model.to_bytes(), NAMES)
    matrix = made(500, seed=9).matrix
    assert np.array_equal(again.probability(matrix), model.probability(matrix))
    one_by_one = np.concatenate([again.probability(matrix[row : row + 1]) for row in range(50)])
    assert np.array_equal(one_by_one, again.probability(matrix)[:50])


def test_probabilities_can_be_believed(model: Model) -> None:
    later = made(20_000, seed=5)
    probability = model.probability(later.matrix)
    assert calibration_error(later.fraud, probability) < 0.25 * later.fraud.mean()
    assert average_precision(later.fraud, probability) > 0.8 * average_precision(later.fraud, _truth(later))


def _truth(training: Training) -> Any:
    known = np.where(np.isnan(training.matrix[:, 1]), 0, training.matrix[:, 1])
    return 2 * training.matrix[:, 0] + np.where(known > 1, 2.0, 0.0)


def test_contributions_add_up_to_the_calibrated_log_odds(model: Model) -> None:
    matrix = made(300, seed=3).matrix
    parts = model.contributions(matrix)
    assert parts.shape == (300, len(NAMES) + 1)
    assert np.allclose(calibrated(parts.sum(axis=1), 1, 0), model.probability(matrix), atol=1e-5)
    assert model.contributions(matrix[:0]).shape == (0, len(NAMES) + 1)
    assert np.abs(parts[:, 0]).mean() > 5 * np.abs(parts[:, 3]).mean()


def test_a_worse_challenger_is_refused_and_a_better_one_promoted(training: Training) -> None:
    long_ago = Moment(1, 0, MATURITY)
    good = refit(replace(made(seed=2), moment=long_ago), None, WEIGHTS, SMALL, "old").model
    refusing = refit(training, good, WEIGHTS, replace(SMALL, trees=1, depth=1), "new")
    assert (refusing.promoted, refusing.refused) == (False, "worse_than_champion")
    assert refit(training, good, WEIGHTS, SMALL, "new").promoted
    turned = made(shape=lambda matrix: -2 * matrix[:, 0] - 4)
    bad = refit(replace(turned, moment=long_ago), None, WEIGHTS, SMALL, "old").model
    won = refit(training, bad, WEIGHTS, SMALL, "new")
    figures = won.model.figures
    assert won.promoted
    assert figures.ap_challenger is not None and figures.ap_champion is not None
    assert figures.ap_challenger > figures.ap_champion
    assert figures.held_frauds + figures.held_rows < figures.rows


def test_champions_are_judged_on_rows_they_were_not_told_of(training: Training, model: Model) -> None:
    trained_half_way = replace_model(model, trained_to_seq=4_000, trained_to=20 * DAY + MATURITY)
    told = np.where(training.fraud, np.where(training.at < 20 * DAY, 3_999, 4_000), 0)
    unseen = unseen_by(replace(training, told=told), trained_half_way)
    assert np.array_equal(unseen, training.at >= 20 * DAY)


def test_what_labels_told_of_early_is_held_out_with_the_rest_of_its_age(training: Training, model: Model) -> None:
    champion = replace_model(model, trained_to_seq=4_000, trained_to=35 * DAY + MATURITY)
    early = replace(training, told=np.where(training.fraud & (training.seq % 2 > 0), 3_999, training.told))
    held = held_out(early, champion, 7 * DAY)
    assert np.array_equal(held, training.at >= 35 * DAY)
    figures = refit(early, champion, WEIGHTS, SMALL, "m2").model.figures
    assert figures.held_frauds == training.fraud[held].sum() > figures.compared_frauds > 0


def replace_model(model: Model, **changes: Any) -> Model:
    import msgspec

    return msgspec.structs.replace(model, **changes)


def test_nothing_is_fitted_on_a_handful_of_frauds() -> None:
    few = made(400, shape=lambda matrix: np.full(len(matrix), -4.0))
    with pytest.raises(TooFewFrauds, match="labelled frauds among 400 rows"):
        refit(few, None, WEIGHTS, SMALL, "m1")


def test_rules_are_trusted_with_what_they_know_beyond_the_model(training: Training, model: Model) -> None:
    assert max(model.trusts.values()) < 0.2  # the model knows what the good rule knows, and that the bad one is wrong
    secret = np.random.default_rng(5).random(len(training.fraud)) < 0.03  # frauds that no feature tells of
    hidden = replace(training, fraud=training.fraud | secret, told=np.where(secret, 8_000, training.told))
    hidden = replace(hidden, fired=np.stack((secret, training.fired[:, 1]), axis=1))
    trusts = refit(hidden, None, WEIGHTS, SMALL, "m1").model.trusts
    assert trusts["GOOD-1"] > 0.6 > 3 * trusts["BAD-1"]


def test_a_rule_that_nobody_judged_keeps_its_say(training: Training) -> None:
    silent = replace(training, fired=np.zeros_like(training.fired))
    assert refit(silent, None, WEIGHTS, SMALL, "m1").model.trusts == WEIGHTS
    assert refit(made(), None, {"GOOD-1": 0.5}, SMALL, "m1").model.trusts.keys() == {"GOOD-1"}


def test_what_can_not_be_used_is_told(model: Model) -> None:
    for body in (b"", b"nonsense", model.to_bytes()[:-20]):
        with pytest.raises(UnusableModel):
            Model.from_bytes(body, NAMES)
    with pytest.raises(UnusableModel, match="feature_5"):
        Model.from_bytes(model.to_bytes(), NAMES[:5])
    with pytest.raises(UnusableModel, match=r"xgboost 9\.9"):
        Model.from_bytes(replace_model(model, trees=b"{}", made_by="9.9").to_bytes(), NAMES)


def test_a_model_reads_its_own_columns_of_a_wider_matrix(model: Model) -> None:
    matrix = made(100, seed=4).matrix
    wider = np.concatenate((matrix[:, ::-1], matrix[:, :1] * 0), axis=1)
    chosen = select(wider, (*NAMES[::-1], "later"), model.features)
    assert np.array_equal(model.probability(chosen), model.probability(matrix))


scores = arrays(np.float64, st.integers(1, 40), elements=st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]))


@given(scores, st.randoms(use_true_random=False))
def test_average_precision_is_the_sum_over_thresholds(score: Any, random: Any) -> None:
    fraud = np.array([random.random() < 0.3 for _ in score])
    weight = np.array([float(random.randint(1, 4)) for _ in score])
    found = average_precision(fraud, score, weight)
    if not fraud.any():
        assert np.isnan(found)
        return
    expected, recall_before = 0.0, 0.0
    for threshold in sorted(set(score.tolist()), reverse=True):
        above = score >= threshold
        hits = weight[above & fraud].sum()
        recall = hits / weight[fraud].sum()
        expected += (recall - recall_before) * hits / weight[above].sum()
        recall_before = recall
    assert found == pytest.approx(expected)


@given(st.floats(0.2, 3), st.floats(-3, 3))
def test_platt_finds_the_curve(slope: float, intercept: float) -> None:
    margin = np.tile(np.linspace(-3, 3, 200), 2)
    fraud = np.arange(400) < 200
    chance = calibrated(margin[:200], slope, intercept)
    weight = 1000 * np.concatenate((chance, 1 - chance))
    found = platt(margin, fraud, weight)
    assert found == pytest.approx((slope, intercept), abs=0.1)


def test_a_ranking_is_never_turned_round() -> None:
    margin = np.linspace(-3, 3, 200)
    slope, _ = platt(margin, margin < 0, np.ones(200))
    assert slope > 0


def test_drift_is_seen_and_calm_is_not() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=5_000)
    values[rng.random(5_000) < 0.1] = np.nan
    before = spread(values, np.ones(5_000))
    assert sum(before.shares) == pytest.approx(1)
    assert shift(before, counted(values, before.edges)) == pytest.approx(0, abs=1e-3)
    assert shift(before, counted(rng.normal(size=5_000) + 1, before.edges)) > SHIFTED
    assert shift(before, counted(np.full(100, np.nan), before.edges)) > SHIFTED
    assert shift(before, np.zeros(len(before.shares))) == 0


def test_the_spread_of_a_constant_or_of_nothing() -> None:
    assert spread(np.full(10, np.nan), np.ones(10)).shares == [0.0, 1.0]
    assert len(spread(np.ones(10), np.ones(10)).edges) == 1
