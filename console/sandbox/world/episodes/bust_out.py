"""Bust-out: a good customer for months asks for more, takes everything within hours, pays with nothing and is gone."""

from __future__ import annotations

from console.core.instants import DAY, HOUR, MINUTE
from console.sandbox.world.bills import wallet
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import ask_raise
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.market import FEN, Shop
from console.sandbox.world.people import Person

FIRST = Spree(share=(0.15, 0.4), times=(7, 14), minutes=(3, 15))
PATIENT = Spree(share=(0.08, 0.2), times=(9, 16), minutes=(90, 600))
SECOND_ROUND = Spree(share=(0.3, 0.6), times=(4, 8), minutes=(3, 12))


def bust_out(episode: Episode) -> Life:
    """A raise days before, a spree on cash-like goods, a repayment that frees the limit, a second spree, the bounce.

    The patient take days for the first round.
    """
    rng, town = episode.rng, episode.town
    owner = episode.pick(free=0.5, least_limit=6_000 * FEN, fits=lambda person: _trusted(episode, person))
    if owner is None:
        return
    yield from ask_raise(town, owner, rng.uniform(1.25, 1.55))
    yield max(town.clock.now + HOUR, episode.climax)
    means = owner.means(rng)
    first = PATIENT if rng.random() < 0.35 else FIRST
    yield from go_shopping(episode, owner, means, lambda: _cash_like(episode, owner), first)
    if not episode.shut_out(owner):
        limit = episode.account(owner).limits.credit_limit_minor
        empty = episode.transfer(owner, -round(limit * rng.uniform(0.7, 0.95)), wallet(owner), means, kind="payment")
        yield episode.soon(15, 90, MINUTE)
        yield from go_shopping(episode, owner, means, lambda: _cash_like(episode, owner), SECOND_ROUND)
        yield episode.soon(0.8, 2.2, DAY)
        town.bounce(empty)
        episode.remember(owner, empty.id, 0)
    owner.gone = True


def _trusted(episode: Episode, person: Person) -> bool:
    return episode.town.clock.now - person.opened_at > 120 * DAY


def _cash_like(episode: Episode, person: Person) -> Shop:
    market, rng = episode.town.market, episode.rng
    if rng.random() < 0.5:
        return market.local(person.city, rng, "tobacco", "jewellery", "phones")
    return market.resale(rng)
