"""Mule ring: one handler, several borrowed accounts; money comes in from strangers and leaves within the hour."""

from __future__ import annotations

from console.core.instants import DAY, HOUR, MINUTE
from console.core.messages import Ref
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.market import FEN
from console.sandbox.world.people import Person
from console.sandbox.world.places import Means

YOUNG = 500 * DAY
TAKES = 8 * HOUR


def mule_ring(episode: Episode) -> Life:
    """Three to five young accounts, entered one after the other from the handler's machine."""
    rng, town = episode.rng, episode.town
    wanted = rng.randint(3, 5)
    mules = [episode.pick(fits=lambda person: town.clock.now - person.opened_at < YOUNG) for _ in range(wanted)]
    found = [mule for mule in mules if mule is not None]
    if len(found) < 3:
        return
    means = episode.underworld.crew(found[0].city, rng).means(rng)
    collector = episode.underworld.collector(rng)
    for mule in found:
        town.clock.begin(_work(episode, mule, means, collector))
        yield episode.soon(3, 14, MINUTE)
    yield town.clock.now + TAKES


def _work(episode: Episode, mule: Person, means: Means, collector: Ref) -> Life:
    rng, received = episode.rng, 0
    if episode.sign_in(mule, "success", means, "otp") == "blocked":
        return
    for _ in range(rng.randint(5, 8)):
        yield episode.soon(1.5, 9, MINUTE)
        amount = rng.randint(60, 600) * 10 * FEN + rng.choice((0, 0, 0, 99 * FEN))
        if episode.transfer(mule, -amount, episode.underworld.stranger(rng), None).status != "declined":
            received += amount
        if rng.random() < 0.4:
            received -= _forward(episode, mule, means, collector, round(received * rng.uniform(0.8, 1.0)))
        if episode.shut_out(mule):
            return
    yield episode.soon(4, 30, MINUTE)
    _forward(episode, mule, means, collector, round(received * rng.uniform(0.9, 0.99)))


def _forward(episode: Episode, mule: Person, means: Means, collector: Ref, amount: int) -> int:
    """Send on; returns what left (fen)."""
    if amount < FEN:
        return 0
    return amount if episode.transfer(mule, amount, collector, means).status != "declined" else 0
