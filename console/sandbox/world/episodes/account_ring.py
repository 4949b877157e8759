"""Account ring: a handler enters rented accounts one after the other on one machine and empties them at one shop."""

from __future__ import annotations

from console.core.instants import HOUR, MINUTE
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.market import FEN, Shop
from console.sandbox.world.people import Person
from console.sandbox.world.places import Means

SPREE = Spree(share=(0.25, 0.5), times=(2, 4), minutes=(2, 9))
TAKES = 2 * HOUR


def account_ring(episode: Episode) -> Life:
    """Five to nine accounts of one city within an hour or two, all buying what sells again at the same counter."""
    rng, town = episode.rng, episode.town
    city = town.atlas.any_home(rng)
    shop = town.market.local(city, rng, "phones", "jewellery", "tobacco")
    means = Means(town.new_device(rng), town.atlas.line(city, rng))
    for _ in range(rng.randint(5, 9)):
        owner = episode.pick(free=0.4, least_limit=3_000 * FEN, fits=lambda person: person.city is city)
        if owner is None:
            break
        town.clock.begin(_empty(episode, owner, means, shop))
        yield episode.soon(4, 16, MINUTE)
    yield town.clock.now + TAKES


def _empty(episode: Episode, owner: Person, means: Means, shop: Shop) -> Life:
    if episode.sign_in(owner, "success", means, "otp") == "blocked":
        return
    yield episode.soon(0.5, 3, MINUTE)
    yield from go_shopping(episode, owner, means, lambda: shop, SPREE)
