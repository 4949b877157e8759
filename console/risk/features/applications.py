"""How fast applications come in at all; those from one device, IP or network are among what is shared."""

from __future__ import annotations

import numpy as np

from console.risk.columns import Floats
from console.risk.features.seen import Seen, given
from console.risk.missing import TOO_FEW
from console.risk.registry import feature

HOURS = "whole UTC hours, the event's own included"
WEEKS = 28 * 24


def _count(seen: Seen, hours: int) -> Floats:
    return np.asarray(seen.sight.pace.seen(seen.sight.rows, seen.now, hours), np.float64)


@feature("application", "applications", f"6h, {HOURS}")
def applications_6h(seen: Seen) -> Floats:
    """Applications of anybody in 6 hours."""
    return _count(seen, 6)


@feature("application", "applications", f"24h, {HOURS}")
def applications_24h(seen: Seen) -> Floats:
    """Applications of anybody in 24 hours."""
    return _count(seen, 24)


@feature("application", "standard deviations", f"24h against 28d, {HOURS}", "too_few below 28 in 28 days")
def applications_pace(seen: Seen) -> Floats:
    """Applications of 24 hours against a day's share of 28 days, in deviations of a Poisson count."""
    month = _count(seen, WEEKS)
    mean = month / 28
    return given(month >= 28, (_count(seen, 24) - mean) / np.sqrt(np.maximum(mean, 1)), TOO_FEW)
