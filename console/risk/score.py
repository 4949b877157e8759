"""One score in 0..1 from what the rules say, and its level.

Noisy-or (Pearl 1988, 4.3.2): each rule that fires is an independent cause of suspicion with the probability
`weight * strength`, so score = 1 - product(1 - weight * strength). It never falls when a rule is added or grows
stronger. A model's probability joins as one more cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from console.risk.columns import Array, Floats
from console.risk.features.seen import Seen
from console.risk.packs import Rule, looks_at
from console.risk.registry import FEATURES


class Features:
    """The features of a page's scored rows, each worked out when it is first asked for."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self._columns: dict[str, Floats] = {}

    def __call__(self, name: str) -> Floats:
        """One float a scored row; a missing value is a NaN with its reason. Raises KeyError for an unknown name."""
        if name not in self._columns:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                self._columns[name] = FEATURES[name].compute(self.seen)
        return self._columns[name]


def pulls(rule: Rule, features: Features) -> Floats:
    """What the rule adds to each scored row: 0 where it does not fire, else weight * strength (strength in 0..1)."""
    fired = looks_at(rule, features.seen) & rule.when.holds(features)
    if rule.expires is not None:
        fired &= features.seen.facts["recorded_at"] < rule.expires
    if rule.strength is None:
        return np.asarray(fired * rule.weight)
    strength = np.broadcast_to(rule.strength.value(features), fired.shape)
    fired &= strength > 0
    return np.asarray(np.where(fired, rule.weight * np.clip(strength, 0, 1), 0))


def trusted(rule: Rule, pull: Floats, trusts: Mapping[str, float]) -> Floats:
    """The rule's pull with its weight replaced by what its word has proved to be worth, where that is known."""
    if rule.id not in trusts or not rule.weight:
        return pull
    return np.asarray(pull * (trusts[rule.id] / rule.weight))


def combine(causes: Sequence[Floats], rows: int, model: Floats | None = None) -> Floats:
    """The noisy-or of the rules' pulls and, where there is one, of a model's probability."""
    spared = np.ones(rows)
    for cause in [*causes, *([] if model is None else [model])]:
        spared *= 1 - cause
    return 1 - spared


def level_of(score: Array, thresholds: Sequence[float]) -> Array:
    """0 none, 1 low, 2 medium, 3 high, 4 critical (u1); a threshold belongs to the level it opens. NaN is none."""
    reached = np.searchsorted(np.asarray(thresholds), score, side="right")
    return np.where(np.isnan(score), 0, reached).astype(np.uint8)
