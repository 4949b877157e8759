"""Card testing: stolen details are tried on tiny amounts, and what works is emptied."""

from __future__ import annotations

from console.core.instants import MINUTE, SECOND
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.market import FEN
from console.sandbox.world.people import Person
from console.sandbox.world.places import Means

CODES = ("incorrect_cvv", "do_not_honor", "suspected_fraud")
TESTED_AT = ("charity", "subscriptions", "games", "top_up")
SPREE = Spree(share=(0.35, 0.75), times=(2, 5), minutes=(2, 12))
PATIENT = Spree(share=(0.08, 0.2), times=(4, 8), minutes=(30, 240))


def card_testing(episode: Episode) -> Life:
    """A burst of micro amounts and declines at one or two shops online, then large purchases. Nobody signs in.

    The patient try two or three times only, and wait.
    """
    rng = episode.rng
    patient = rng.random() < 0.35
    victim = episode.pick(free=0.4, least_limit=4_000 * FEN)
    if victim is None:
        return
    means = episode.underworld.crew(victim.city, rng).means(rng)
    yield from _try(episode, victim, means, rng.randint(2, 3) if patient else rng.randint(7, 20))
    if episode.shut_out(victim):
        return
    yield episode.soon(60, 600, MINUTE) if patient else episode.soon(4, 30, MINUTE)
    choose = episode.town.market.resale
    yield from go_shopping(episode, victim, means, lambda: choose(rng), PATIENT if patient else SPREE)


def _try(episode: Episode, victim: Person, means: Means, times: int) -> Life:
    rng, market = episode.rng, episode.town.market
    shops = [market.online(rng, *TESTED_AT) for _ in range(rng.choice((1, 1, 2)))]
    for _ in range(times):
        amount = rng.randint(10, 4 * FEN)
        if rng.random() < 0.6:
            episode.refused(victim, rng.choice(shops), amount, means, rng.choice(CODES))
        else:
            episode.buy(victim, rng.choice(shops), amount, means)
        yield episode.soon(4, 40, SECOND)
    episode.buy(victim, rng.choice(shops), rng.randint(10, 2 * FEN), means)
