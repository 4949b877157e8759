"""The director: when which episode happens, at random by the world's rates, or on the programme of a show."""

from __future__ import annotations

from itertools import cycle

from console.core.instants import DAY, SECOND
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes import FRAUDS, LOOKALIKES, Kind
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.episodes.underworld import Underworld
from console.sandbox.world.town import Town

PER = 10_000
"""Rates are per so many account-days."""


def direct(town: Town, start: int) -> None:
    """Start everything that will happen to people. Raises ValueError for an episode nobody can tell."""
    underworld, settings = Underworld(town), town.settings
    for kinds, rates in ((FRAUDS, settings.frauds), (LOOKALIKES, settings.lookalikes)):
        for name in _known(kinds, list(rates)):
            if rates[name] > 0:
                town.clock.begin(_at_random(town, underworld, name, rates[name]))
    _known(FRAUDS | LOOKALIKES, list(settings.begin_on_day))
    show = settings.show
    if show is not None:
        opening = start + settings.history_days * DAY + show.first_after_s * SECOND
        _known(FRAUDS, show.rotation)
        _known(LOOKALIKES, show.lookalikes)
        town.clock.begin(_programme(town, underworld, show.rotation, show.every_s, opening))
        later = opening + show.lookalike_every_s[0] * SECOND
        town.clock.begin(_programme(town, underworld, show.lookalikes, show.lookalike_every_s, later))


def _known(kinds: dict[str, Kind], wanted: list[str]) -> list[str]:
    unknown = [name for name in wanted if name not in kinds]
    if unknown:
        raise ValueError(f"no such episode: {', '.join(unknown)}; there are: {', '.join(kinds)}")
    return wanted


def _at_random(town: Town, underworld: Underworld, name: str, rate: float) -> Life:
    """A Poisson process: `rate` episodes per 10,000 account-days."""
    rng = town.dice(f"director/{name}")
    kind, at = _kind(name), town.clock.now + town.settings.begin_on_day.get(name, 0.0) * DAY
    while True:
        times = town.times.bust_outs(int(at)) if name == "bust_out" else 1.0
        at += rng.expovariate(times * rate * max(1, len(town.people)) / PER) * DAY
        yield int(at)
        town.clock.begin(_tell(town, underworld, name, int(at + kind.lead_days[1] * DAY)))


def _programme(town: Town, underworld: Underworld, names: list[str], every_s: tuple[int, int], opening: int) -> Life:
    """One episode after the other in rotation, each begun early enough to come to its climax on time."""
    rng, climax = town.dice(f"programme/{opening}/{len(names)}"), opening
    for name in cycle(names):
        yield climax - int(max(_kind(each).lead_days[1] for each in names) * DAY)
        town.clock.begin(_tell(town, underworld, name, climax))
        climax += rng.randrange(*every_s) * SECOND


def _tell(town: Town, underworld: Underworld, name: str, climax: int) -> Life:
    kind = _kind(name)
    episode = Episode(town, underworld, name, name in LOOKALIKES, climax)
    yield climax - int(episode.rng.uniform(*kind.lead_days) * DAY)
    yield from kind.story(episode)
    episode.close()
    town.clock.begin(kind.discovery(episode))


def _kind(name: str) -> Kind:
    return FRAUDS[name] if name in FRAUDS else LOOKALIKES[name]
