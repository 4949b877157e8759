"""Hard times: who loses the income, what the economy's figures become. Nothing of it is told but by what people do.

Somebody's luck is drawn from a die of their own, so that the same person meets the same fate whatever the desk does.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from console.core.instants import DAY
from console.sandbox.world.people import Person
from console.sandbox.world.settings import Downturn


class Luck(NamedTuple):
    """When somebody has no income, from and to (µs); both far ahead for one who keeps it."""

    lost_at: int
    found_at: int

    def out(self, now: int) -> bool:
        return self.lost_at <= now < self.found_at


NEVER = 1 << 62
KEPT = Luck(NEVER, NEVER)


class Times:
    """The economy from a start (µs) on; without a downturn nothing ever changes."""

    def __init__(self, settings: Downturn | None, seed: int, start: int) -> None:
        self._settings, self._seed = settings, seed
        rng = Random(f"{seed}/downturn")
        self.begins = start + round(rng.uniform(*settings.begins_on_day) * DAY) if settings else NEVER
        self._builds = round(settings.builds_days * DAY) if settings else 1

    def depth(self, now: int) -> float:
        """0 as ever .. 1 at the bottom."""
        return min(1.0, max(0.0, (now - self.begins) / self._builds))

    def luck(self, person: Person) -> Luck:
        """When the person loses the income: the thriftless sooner and more often."""
        if self._settings is None:
            return KEPT
        rng = Random(f"{self._seed}/luck/{person.customer_id}")
        draw, out_days = rng.random(), rng.expovariate(1 / self._settings.out_days)
        share = self._settings.out_of_work * 3 * person.thrift**2  # the mean over everybody is what the settings say
        if draw >= share:
            return KEPT
        lost_at = self.begins + int(self._builds * draw / share)
        return Luck(lost_at, lost_at + int(out_days * DAY))

    def shift(self, indicator: str, as_of: int) -> float:
        """What an indicator of the economy has moved by."""
        settings = self._settings
        moves = {
            "unemployment_rate": settings.unemployment_rate if settings else 0.0,
            "default_rate": settings.default_rate if settings else 0.0,
            "price_level": settings.price_level if settings else 0.0,
        }
        return moves[indicator] * self.depth(as_of)

    def bust_outs(self, now: int) -> float:
        """How many times as many bust-outs as usual."""
        return 1.0 + (self._settings.bust_outs - 1.0) * self.depth(now) if self._settings else 1.0
