"""One world: it is built from a name and a seed, and moves when told to."""

from __future__ import annotations

from msgspec.structs import replace

from console.core.instants import DAY
from console.sandbox.world import settings as worlds
from console.sandbox.world.arrival import settle
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import applicants, wishes
from console.sandbox.world.director import direct
from console.sandbox.world.indicators import indicators
from console.sandbox.world.ledger import Bank
from console.sandbox.world.town import Town


class World:
    """A simulation of discrete events that publishes to a bank in time order.

    The same bank answers, name, seed, start (µs, stream time where history begins) and population give the same
    sequence, however `advance` is cut into calls. Raises ValueError for an unknown world.
    """

    def __init__(self, bank: Bank, name: str, seed: int, start: int, population: int | None = None) -> None:
        settings = worlds.load(name)
        if population is not None:
            settings = replace(settings, population=population)
        self.settings, self.start = settings, start
        self._bank = bank
        self._town = Town(bank, settings, seed, start)
        self._town.clock.begin(_unfold(self._town, start))

    @property
    def history_ends(self) -> int:
        """The stream instant (µs) up to which the world is meant to be run before it goes live."""
        return self.start + self.settings.history_days * DAY

    @property
    def published(self) -> int:
        """Changes published so far."""
        return self._town.published

    def advance(self, until: int, budget: int) -> int:
        """Live and publish up to `until` (µs, inclusive) or until about `budget` changes are out, in one bank batch.

        Returns the stream instant reached: no later change will be recorded before it.
        """
        town, enough = self._town, self._town.published + budget
        with self._bank.batch():
            return town.clock.run(until, lambda: town.published < enough)


def _unfold(town: Town, start: int) -> Life:
    yield from settle(town)
    for life in (indicators(town), applicants(town), wishes(town)):
        town.clock.begin(life)
    direct(town, start)
