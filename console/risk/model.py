"""A fitted model: boosted trees with their calibration, what each rule has earned, and what it was fitted on.

A model is bytes between its fit and its use. It reads the features by their names, so that one that was fitted before a
feature was added still counts. xgboost is imported only where a model is really used: that takes a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from console.risk.columns import Floats

Matrix = NDArray[np.float32]
"""Rows of features, one column a name, NaN where a value is missing."""

RULES_ONLY = "rules"
"""What stands for the model's version where rules alone gave the score."""


class UnusableModel(Exception):
    """Bytes that are no model, or one that this version of the program can't use; the message says why."""


class Reference(Struct, frozen=True):
    """How a number was spread where the model was checked: the inner edges of its bins, and the share in each."""

    edges: list[float]
    shares: list[float]


class Contribution(NamedTuple):
    """What one feature adds to the log-odds of fraud of one event, and the value that it has there."""

    feature: str
    log_odds: float
    value: float


class Figures(Struct, frozen=True):
    """What a fit was made of and how it did on the newest labelled stretch, which it had not seen.

    `ap_challenger` and `ap_champion` are average precision on the rows that neither had been told of; None where there
    are too few frauds to compare. `calibration_error` is the mean distance of predicted and observed rates over tenths.
    """

    rows: int
    frauds: int
    held_rows: int
    held_frauds: int
    compared_rows: int
    compared_frauds: int
    ap_challenger: float | None
    ap_champion: float | None
    calibration_error: float | None


class Model(Struct, frozen=True, dict=True):
    """Everything that a score takes from learning. `trained_to_seq` and `trained_to`: nothing from there on was known.

    `slope` and `intercept` turn the trees' log-odds into calibrated ones. `trusts` maps a rule's id to what it knows
    beyond the trees. `drift` holds how the probability (under "") and the weightiest features were spread. Of the
    frauds held out the share `missed` had a probability below `cut`, which one row in a hundred has.
    """

    version: str
    trained_to_seq: int
    trained_to: int
    features: list[str]
    trees: bytes
    slope: float
    intercept: float
    trusts: dict[str, float]
    drift: dict[str, Reference]
    cut: float
    missed: float
    figures: Figures
    made_by: str

    def to_bytes(self) -> bytes:
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, body: bytes, known: Sequence[str]) -> Model:
        """Read a model and make sure that it can be used. `known` are the features that there are.

        Raises UnusableModel.
        """
        try:
            model = msgspec.msgpack.decode(body, type=cls)
        except msgspec.MsgspecError as error:
            raise UnusableModel(f"the model can't be read: {error}") from error
        lacking = sorted(set(model.features) - set(known))
        if lacking:
            raise UnusableModel(f"model {model.version} reads features that are not there: {', '.join(lacking[:5])}")
        if not (math.isfinite(model.slope) and math.isfinite(model.intercept)):
            raise UnusableModel(f"model {model.version} has no calibration")
        _ = model.booster
        return model

    @cached_property
    def booster(self) -> Any:  # noqa: ANN401 - xgboost has no types
        """The trees, ready to be asked by one thread. Raises UnusableModel when xgboost can't read them."""
        import xgboost

        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(self.trees))
            columns = booster.num_features()
        except xgboost.core.XGBoostError as error:
            reason = str(error).splitlines()[0][:200]
            raise UnusableModel(f"model {self.version} was made by xgboost {self.made_by}: {reason}") from error
        if columns != len(self.features):
            raise UnusableModel(f"model {self.version} names {len(self.features)} features and reads {columns}")
        booster.set_param({"nthread": 1})
        return booster

    def margin(self, matrix: Matrix) -> Floats:
        """The trees' log-odds of fraud, before calibration, one a row of the model's own features."""
        if not len(matrix):
            return np.empty(0)
        return np.asarray(self.booster.inplace_predict(matrix, predict_type="margin"), np.float64)

    def probability(self, matrix: Matrix) -> Floats:
        """The calibrated probability of fraud in 0..1, one a row of the model's own features."""
        return calibrated(self.margin(matrix), self.slope, self.intercept)

    def contributions(self, matrix: Matrix) -> Floats:
        """What each feature adds to the calibrated log-odds (rows, features + 1); the last column is everybody's start.

        TreeSHAP (Lundberg and others 2020): a row's sum is its calibrated log-odds.
        """
        if not len(matrix):
            return np.empty((0, len(self.features) + 1))
        import xgboost

        raw = self.booster.predict(xgboost.DMatrix(matrix, nthread=1), pred_contribs=True)
        scaled = np.asarray(raw, np.float64) * self.slope
        scaled[:, -1] += self.intercept
        return scaled


def calibrated(margin: Floats, slope: float, intercept: float) -> Floats:
    """Probabilities from log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(slope * margin + intercept, -500, 500))))


def select(matrix: Matrix, names: Sequence[str], wanted: Sequence[str]) -> Matrix:
    """The wanted columns of a matrix, in their order. Raises ValueError for one that it does not have."""
    if list(names) == list(wanted):
        return matrix
    places = {name: place for place, name in enumerate(names)}
    try:
        return np.ascontiguousarray(matrix[:, [places[name] for name in wanted]])
    except KeyError as error:
        raise ValueError(f"the matrix has no column {error}") from error
