"""Synthetic identity: people who do not exist share a machine, a phone and more, get accounts and empty them."""

from __future__ import annotations

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, MINUTE
from console.sandbox.world.arrival import newcomer
from console.sandbox.world.bills import bills
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import apply, await_decision
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.people import Person

SPREE = Spree(share=(0.25, 0.6), times=(4, 9), minutes=(2, 10))
PATIENT = Spree(share=(0.1, 0.25), times=(6, 12), minutes=(60, 400))
TAKES = 3 * HOUR
NEVER_PAYS = 1.0


def synthetic_identity(episode: Episode) -> Life:
    """Three to six applications within hours, some quiet days of small purchases, then everybody buys out at once."""
    rng, town = episode.rng, episode.town
    first: Person | None = None
    employer = town.registry.employer(rng)
    for _ in range(rng.randint(3, 6)):
        person = newcomer(town, town.clock.now)
        if first is None:
            first = person
        else:
            _assemble(episode, person, first)
        episode.engage(person)
        town.clock.begin(_live(episode, person, employer))
        yield episode.soon(4, 90, MINUTE)
    yield max(town.clock.now, episode.climax) + TAKES


def _assemble(episode: Episode, person: Person, first: Person) -> None:
    """Build a person from parts of another."""
    rng, own, lent = episode.rng, person.tokens, first.tokens
    person.devices, person.city, person.home_line = list(first.devices[:1]), first.city, first.home_line
    person.tokens = replace(
        own,
        phone=lent.phone if rng.random() < 0.6 else own.phone,
        address=lent.address if rng.random() < 0.8 else own.address,
    )


def _live(episode: Episode, person: Person, employer: str) -> Life:
    rng, town = episode.rng, episode.town
    application = apply(town, person, thin=True, employer=employer)
    episode.remember(person, application.id, 0)
    yield from await_decision(town, person, application)
    person.thrift = NEVER_PAYS
    town.clock.begin(bills(town, person))
    while town.clock.now < episode.climax - DAY // 4:
        yield episode.soon(8, 40, HOUR)
        if town.clock.now < episode.climax and not episode.shut_out(person):
            shop = town.market.street(person.city).any(rng)
            episode.buy(person, shop, min(shop.amount(rng, 0.5), person.limit // 20), person.means(rng))
    yield max(episode.climax + int(rng.uniform(0, 40) * MINUTE), town.clock.now)
    if not episode.shut_out(person):
        episode.sign_in(person, "success", person.means(rng), "password")
        spree = PATIENT if rng.random() < 0.35 else SPREE
        yield from go_shopping(episode, person, person.means(rng), lambda: town.market.resale(rng), spree)
