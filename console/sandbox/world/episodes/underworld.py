"""Those who live off others: crews with machines and tunnels, shops that hand out cash, wallets that collect."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from console.core.messages import Ref
from console.sandbox.world.market import Shop
from console.sandbox.world.places import City, Line, Means, kilometres
from console.sandbox.world.town import Town

JOBS_OF_A_CREW = 4
FAR_KM = 500.0


@dataclass(slots=True)
class Crew:
    """Some machines and lines that do a few jobs before they are thrown away."""

    city: City
    devices: list[str]
    lines: list[Line]
    jobs: int = 0

    def means(self, rng: Random) -> Means:
        return Means(rng.choice(self.devices), rng.choice(self.lines))


class Underworld:
    """What frauds share, so that the same machines, shops and wallets turn up again."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._crews: list[Crew] = []
        self._fronts: dict[str, list[Shop]] = {}
        self._collectors: list[Ref] = []

    def crew(self, away_from: City, rng: Random) -> Crew:
        """A crew that works from far away; an idle one, or a new one with new machines."""
        idle = [
            crew for crew in self._crews if crew.jobs < JOBS_OF_A_CREW and kilometres(crew.city, away_from) >= FAR_KM
        ]
        if idle and rng.random() < 0.5:
            crew = rng.choice(idle)
        else:
            crew = self._recruit(away_from, rng)
            self._crews = [known for known in self._crews if known.jobs < JOBS_OF_A_CREW] + [crew]
        crew.jobs += 1
        return crew

    def front(self, city: City, rng: Random) -> Shop:
        """A real shop of the city whose owner hands out cash for a share; each city has a few."""
        known = self._fronts.setdefault(city.name, [])
        if len(known) < 2:
            known.append(self._town.market.local(city, rng, "tobacco", "phones", "furniture", "jewellery"))
        return rng.choice(known)

    def collector(self, rng: Random) -> Ref:
        """A wallet where stolen money gathers."""
        if len(self._collectors) < 3 or rng.random() < 0.3:
            self._collectors.append(self.stranger(rng))
        return rng.choice(self._collectors[-3:])

    def stranger(self, rng: Random) -> Ref:
        """The wallet of somebody the core does not know."""
        return Ref(type="wallet", id=f"wal.{rng.randrange(10**6):06d}")

    def _recruit(self, away_from: City, rng: Random) -> Crew:
        town = self._town
        devices = [town.new_device(rng) for _ in range(rng.choice((1, 1, 2)))]
        city = town.atlas.far_from(away_from, rng, FAR_KM)
        lines = [
            town.atlas.rented_line(city, rng) if rng.random() < 0.4 else town.atlas.line(city, rng)
            for _ in range(rng.choice((1, 2)))
        ]
        return Crew(city, devices, lines)
