"""Drift: how far the spread of a number has moved from what a model was checked on.

Population stability index, sum over bins of (recent - before) * ln(recent / before). Credit scoring calls less than 0.1
stable and more than 0.25 a shift that asks for a new model (Siddiqi, Credit Risk Scorecards, 2006).
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import Array, Floats
from console.risk.model import Reference

SHIFTED = 0.25
BINS = 10
LEAST_SHARE = 1e-4
"""An empty bin counts as so much, or one event in it would be an infinite shift."""


LEVELS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8]
"""Edges between probabilities that an operator would treat differently: tenths would all lie among the harmless."""


def levelled(probability: Floats, weight: Floats) -> Reference:
    """The reference of a probability, over `LEVELS`."""
    shares = counted(probability, LEVELS, weight)
    return Reference(LEVELS, (shares / max(shares.sum(), LEAST_SHARE)).tolist())


def spread(values: Array, weight: Floats) -> Reference:
    """The reference of a number: tenths of its weight, the missing values in a bin of their own, the last."""
    there = ~np.isnan(values)
    ordered = np.argsort(values[there], kind="stable")
    known, mass = values[there][ordered].astype(np.float64), np.cumsum(weight[there][ordered])
    cuts = np.searchsorted(mass, np.arange(1, BINS) / BINS * mass[-1]) if len(mass) else np.empty(0, np.intp)
    edges = np.unique(known[np.minimum(cuts, len(known) - 1)]) if len(known) else np.empty(0)
    shares = counted(values, edges.tolist(), weight)
    return Reference(edges.tolist(), (shares / max(shares.sum(), LEAST_SHARE)).tolist())


def counted(values: Array, edges: list[float], weight: Floats | None = None) -> Floats:
    """How many of the values (or how much weight) lie in each bin of those edges; the last bin is the missing."""
    place = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(np.asarray(edges), values, side="right"))
    return np.asarray(np.bincount(place, weight, len(edges) + 2), np.float64)


def shift(before: Reference, recent: Floats) -> float:
    """The population stability index of recent counts against a reference; 0 while there are none."""
    if not recent.sum():
        return 0.0
    expected = np.maximum(np.asarray(before.shares), LEAST_SHARE)
    actual = np.maximum(recent / recent.sum(), LEAST_SHARE)
    return float(np.sum((actual - expected) * np.log(actual / expected)))
