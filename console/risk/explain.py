"""Why a model said what it said of one event: what each family of features adds to the log-odds of fraud.

A family is one measure over its windows (`spend_count_1h`, `spend_count_24h`): they move together, and are told once,
by the member that says most. People read the feature's words in the catalogue, its value, and the factor exp(sum).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct

from console.risk.model import Model, select
from console.risk.registry import SPANS
from console.risk.training import Packed, unpacked

TOLD = 5
"""Families told of one event."""
NEGLIGIBLE = 0.05
"""Log-odds (a factor of 1.05) below which a family is not worth a line."""
DIGITS = 4
"""Decimals that are told."""
UNIT = 10.0**-DIGITS
Families = list[list[tuple[int, str]]]
"""Of each family its members: place among the model's features, and name."""
_SPAN = re.compile(rf"(.+)_(?:{'|'.join(SPANS)})")


class Cause(Struct, frozen=True):
    """A family of features: the member that says most with its value (None: missing), and the family's log-odds.

    They are calibrated; above 0 they speak for fraud.
    """

    feature: str
    value: float | None
    log_odds: float


def causes(model: Model, rows: Packed, names: Sequence[str], most: int = TOLD) -> list[list[Cause]]:
    """What moved the model's probability of each row (of the features `names`) most, strongest first."""
    matrix = select(unpacked(rows), names, model.features)
    parts = model.contributions(matrix)[:, :-1]
    families = _families(tuple(model.features))
    starts = np.cumsum([0, *map(len, families)])[:-1]
    totals = np.add.reduceat(parts[:, [place for members in families for place, _ in members]], starts, axis=1)
    weights = np.abs(totals)
    least = np.sort(weights, axis=1)[:, -most:, None].min(axis=1, initial=np.inf)
    told = (
        weights >= np.maximum(least, NEGLIGIBLE) - 2 * UNIT
    )  # these sums may differ from the exact ones by a rounding
    columns = (
        [[families[one] for one in some.nonzero()[0].tolist()] for some in told],
        parts.tolist(),
        matrix.tolist(),
    )
    return [_told(*row)[:most] for row in zip(*columns, strict=True)]


def _told(families: Families, parts: Sequence[float], values: Sequence[float]) -> list[Cause]:
    told = [_cause([(parts[place], name, values[place]) for place, name in members]) for members in families]
    return sorted(
        (cause for cause in told if abs(cause.log_odds) >= NEGLIGIBLE),
        key=lambda cause: (-abs(cause.log_odds), cause.feature),
    )


def _cause(members: list[tuple[float, str, float]]) -> Cause:
    total = sum(part for part, _, _ in members)
    _, name, value = (max if total >= 0 else min)(members)
    return Cause(name, None if value != value else value, round(total, DIGITS))


@lru_cache(maxsize=16)
def _families(names: tuple[str, ...]) -> Families:
    families: dict[str, list[tuple[int, str]]] = {}
    for place, name in enumerate(names):
        match = _SPAN.fullmatch(name)
        families.setdefault(match[1] if match else name, []).append((place, name))
    return list(families.values())
