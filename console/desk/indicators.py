"""Indicators for people and for the policy's drive: what is known of the economy, the portfolio and the desk itself."""

from __future__ import annotations

from collections.abc import Iterable

from console.core.instants import DAY
from console.risk.alerts import MINUTES_PER_ALERT
from console.risk.policy import Reading
from store.indicators import OWN, Figure, measured
from store.reader import Reader

WINDOW = 30 * DAY
"""What the desk's own figures look back over, µs."""
UNITS = {"loss_rate": "percent", "dispute_rate": "percent", "queue_load": "hours"}


def measures(mirror: Reader, at: int) -> list[Figure]:
    """The desk's own figures as of an instant of stream time; those without anything to go by are left out."""
    found = measured(mirror, at, at - WINDOW)
    load = found["queue_load"]
    found["queue_load"] = None if load is None else load * MINUTES_PER_ALERT / 60
    return [
        Figure(name, at, 0, at, round(value, 4), UNITS[name], OWN) for name, value in found.items() if value is not None
    ]


def readings(figures: Iterable[Figure]) -> list[Reading]:
    """The figures as the drive reads them, in the order in which they became known."""
    return [Reading(figure.id, figure.recorded_at, figure.value) for figure in figures]
