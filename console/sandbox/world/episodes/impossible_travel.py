"""Impossible travel: the owner is at home, and minutes later the account is used in a city nobody reaches by then."""

from __future__ import annotations

from console.core.instants import MINUTE
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.habits import spend
from console.sandbox.world.market import FEN

SPREE = Spree(share=(0.1, 0.3), times=(4, 9), minutes=(4, 14))


def impossible_travel(episode: Episode) -> Life:
    """A purchase and a sign-in by the owner at home; then a stolen session and a copied card shop far away."""
    rng, town = episode.rng, episode.town
    victim = episode.pick(free=0.4, least_limit=5_000 * FEN, fits=lambda person: person.away is None)
    if victim is None:
        return
    near = town.market.local(victim.city, rng)
    spend(town, victim, near, near.amount(rng, victim.wealth))
    yield episode.soon(0.5, 6, MINUTE)
    town.sign_in(victim, "success", victim.means(rng), rng, "biometric")
    crew = episode.underworld.crew(victim.city, rng)
    means = crew.means(rng)
    yield episode.soon(5, 25, MINUTE)
    if rng.random() < 0.7 and episode.sign_in(victim, "success", means, "otp") == "blocked":
        return
    yield from go_shopping(
        episode,
        victim,
        means,
        lambda: town.market.local(crew.city, rng, "jewellery", "phones", "tobacco", "mall"),
        SPREE,
    )
