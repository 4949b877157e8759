"""Honest people who apply: a couple on one phone, students of one dormitory, somebody with a first job.

Each looks like a part of an invented ring: a machine shared, a line shared, a file with next to nothing in it.
"""

from __future__ import annotations

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, MINUTE
from console.sandbox.world.arrival import begin_to_live, newcomer
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import apply, await_decision
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.people import SEGMENTS, Person, limit_of, move_in

ROOM = 4
"""Students to a room, which is their address."""


def couple_applies(episode: Episode) -> Life:
    """Two who live together apply on the same evening, on the one phone that is at hand."""
    first, second = _newcomer(episode), _newcomer(episode)
    move_in(second, first)
    second.devices = list(first.devices[:1])
    episode.town.clock.begin(_apply(episode, first, thin=False))
    yield episode.soon(5, 50, MINUTE)
    yield from _apply(episode, second, thin=False)


def dormitory_applies(episode: Episode) -> Life:
    """Freshers apply within days over the dormitory's line, each on a phone of their own; a room shares its address."""
    rng, town = episode.rng, episode.town
    student = next(segment for segment in SEGMENTS if segment.name == "student")
    house: Person | None = None
    room: Person | None = None
    for number in range(rng.randint(5, 9)):
        person = _newcomer(episode)
        person.segment, person.limit = student, limit_of(student, rng)
        house, room = house or person, person if number % ROOM == 0 else room or person
        person.city, person.home, person.home_line = house.city, house.home, house.home_line
        person.tokens = replace(person.tokens, address=room.tokens.address)
        town.clock.begin(_apply(episode, person, thin=rng.random() < 0.5))
        yield episode.soon(1, 14, HOUR)


def first_job(episode: Episode) -> Life:
    """Somebody's first months of work, and a file that says nothing yet."""
    yield from _apply(episode, _newcomer(episode), thin=True)


def _newcomer(episode: Episode) -> Person:
    person = newcomer(episode.town, episode.town.clock.now)
    episode.engage(person)
    return person


def _apply(episode: Episode, person: Person, thin: bool) -> Life:
    """Apply, and live here when that is approved."""
    town = episode.town
    application = apply(town, person, thin)
    episode.remember(person, application.id, 0)
    yield from await_decision(town, person, application)
    if episode.account(person).status == "active":
        person.engaged_until = town.clock.now + DAY
        town.people.append(person)
        begin_to_live(town, person)
