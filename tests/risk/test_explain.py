"""Contributions as people are told them: families of features, strongest first."""

from __future__ import annotations

import numpy as np
import pytest

from console.risk import explain
from console.risk.explain import Cause, causes
from console.risk.learner import Parameters, refit
from console.risk.model import Model
from console.risk.training import Moment, Training, packed

NAMES = ("spend_count_1h", "spend_count_24h", "amount", "hour")


@pytest.fixture(scope="module")
def model() -> Model:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(4_000, len(NAMES))).astype(np.float32)
    fraud = rng.random(4_000) < 1 / (1 + np.exp(3 - 2 * matrix[:, 1] - matrix[:, 0] - matrix[:, 2]))
    training = Training(
        moment=Moment(4_001, 4_001, 1),
        features=NAMES,
        rules=(),
        seq=np.arange(1, 4_001),
        at=np.arange(4_000),
        matrix=matrix,
        fired=np.zeros((4_000, 0), bool),
        fraud=fraud,
        told=np.where(fraud, 1, 0),
        weight=np.ones(4_000, np.float32),
    )
    return refit(training, None, {}, Parameters(trees=30, rate=0.1, depth=3), "m1").model


def test_a_family_is_told_once_by_the_member_that_says_most(model: Model) -> None:
    (told,) = causes(model, packed(np.array([[0.5, 3, 0.1, 0.0]], np.float32)), NAMES)
    assert told[0].feature == "spend_count_24h"
    assert told[0].value == 3
    assert told[0].log_odds > 1
    assert len({cause.feature for cause in told} & {"spend_count_1h", "spend_count_24h"}) == 1
    assert [abs(cause.log_odds) for cause in told] == sorted((abs(c.log_odds) for c in told), reverse=True)


def test_families_add_up_to_what_the_features_say(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "NEGLIGIBLE", 0.0)
    rows = packed(np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32))
    parts = model.contributions(np.asarray(explain.unpacked(rows)))[:, :-1].sum(axis=1)
    sums = [sum(cause.log_odds for cause in told) for told in causes(model, rows, NAMES)]
    assert np.allclose(sums, parts, atol=1e-3)


def test_what_says_next_to_nothing_is_not_told(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = packed(np.array([[0, np.nan, 3, 0]], np.float32))
    (told,) = causes(model, rows, NAMES)
    monkeypatch.setattr(explain, "NEGLIGIBLE", abs(told[0].log_odds))
    assert causes(model, rows, NAMES) == [told[:1]]


def test_a_missing_value_is_told_as_missing() -> None:
    assert explain._cause([(-1.0, "b_1h", float("nan")), (0.2, "b_24h", 1.0)]) == Cause("b_1h", None, -0.8)


def test_no_rows_no_words(model: Model) -> None:
    assert causes(model, packed(np.empty((0, 4), np.float32)), NAMES) == []
