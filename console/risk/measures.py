"""How well probabilities rank and how far they can be believed."""

from __future__ import annotations

import math

import numpy as np

from console.risk.columns import Bools, Floats


def average_precision(fraud: Bools, score: Floats, weight: Floats | None = None) -> float:
    """The area under precision over recall as a step function, in 0..1; NaN without a fraud.

    sum over thresholds of (recall gained) * precision; rows of equal score stand or fall together. `weight` is how many
    rows each one stands for.
    """
    order = np.argsort(-score, kind="stable")
    weights = np.ones(len(score)) if weight is None else weight[order].astype(np.float64)
    hits = np.cumsum(weights * fraud[order])
    if not len(hits) or not hits[-1]:
        return float("nan")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    found = hits[ends]
    precision = found / np.cumsum(weights)[ends]
    return float(np.sum(np.diff(found, prepend=0.0) * precision) / hits[-1])


def standard_error(average: float, frauds: int) -> float:
    """The standard error of an average precision found on so many frauds, as of a share of them.

    The binomial one: Boyd, Eng and Page (2013) found it as good as the bootstrap.
    """
    return math.sqrt(average * (1 - average) / frauds)


def calibration_error(fraud: Bools, probability: Floats, weight: Floats | None = None, bins: int = 10) -> float:
    """The mean distance between predicted and observed rate over bins of equal weight (expected calibration error)."""
    if not len(fraud):
        return float("nan")
    order = np.argsort(probability, kind="stable")
    weights = np.ones(len(fraud)) if weight is None else weight[order].astype(np.float64)
    place = np.minimum((np.cumsum(weights) - weights / 2) / weights.sum() * bins, bins - 1).astype(np.intp)
    predicted = np.bincount(place, weights * probability[order], bins)
    observed = np.bincount(place, weights * fraud[order], bins)
    return float(np.abs(predicted - observed).sum() / weights.sum())
