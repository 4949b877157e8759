"""Figures about the economy and the portfolio, each a resource with a new version when it is published."""

from __future__ import annotations

from typing import NamedTuple

from console.core.instants import DAY, HOUR, Instant
from console.core.messages import Indicator
from console.sandbox.world.clock import Life
from console.sandbox.world.town import Town

WEEK = 7 * DAY
MONTH = 30 * DAY
PAST_MONTHS = 12
PUBLISHED_AFTER = 9 * DAY


class Figure(NamedTuple):
    """A macro figure that wanders about a level."""

    id: str
    unit: str
    level: float
    step: float


MACRO = (
    Figure("unemployment_rate", "percent", 5.1, 0.08),
    Figure("default_rate", "percent", 1.7, 0.05),
    Figure("price_level", "index", 103.2, 0.25),
)


def indicators(town: Town) -> Life:
    """A year of macro figures at once, then one each month; the portfolio's delinquency each week."""
    rng, start = town.dice("indicators"), town.clock.now
    values = {figure.id: figure.level for figure in MACRO}
    for month in range(-PAST_MONTHS, 0):
        _macro(town, values, start + month * MONTH)
        for figure in MACRO:
            values[figure.id] += rng.gauss(0, figure.step) + 0.2 * (figure.level - values[figure.id])
    week = 0
    while True:
        week += 1
        yield start + week * WEEK + HOUR
        share = round(100 * town.overdue / max(1, _owing(town)), 3)
        _publish(town, "portfolio_delinquency", share, "percent", "portfolio", town.clock.now - HOUR)
        if week % 4 == 0:
            for figure in MACRO:
                values[figure.id] += rng.gauss(0, figure.step) + 0.2 * (figure.level - values[figure.id])
            _macro(town, values, town.clock.now - PUBLISHED_AFTER)


def _owing(town: Town) -> int:
    """How many there are; where debts are charged off, without those who are gone."""
    return sum(not person.gone for person in town.people) if town.settings.credit else len(town.people)


def _macro(town: Town, values: dict[str, float], as_of: int) -> None:
    for figure in MACRO:
        value = values[figure.id] + town.times.shift(figure.id, as_of)
        _publish(town, figure.id, round(value, 2), figure.unit, "macro", as_of)


def _publish(town: Town, name: str, value: float, unit: str, scope: str, as_of: int) -> None:
    now = Instant(town.clock.now)
    indicator = Indicator(
        id=name, version=1, value=value, unit=unit, scope=scope, as_of=Instant(as_of), recorded_at=now
    )
    town.publish("indicator", indicator, as_of)
