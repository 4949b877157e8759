"""Account takeover: somebody far away gets in on a new machine and buys what sells again."""

from __future__ import annotations

from console.core.instants import MINUTE, SECOND
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.market import FEN
from console.sandbox.world.people import Person
from console.sandbox.world.places import Means

SPREE = Spree(share=(0.12, 0.34), times=(6, 14), minutes=(1.5, 9))
PATIENT = Spree(share=(0.04, 0.11), times=(6, 12), minutes=(25, 150))


def account_takeover(episode: Episode) -> Life:
    """Failed logins or a phished code, a credential change, then a fast spree until the money or the door is gone.

    The patient come with a phished code over a line in the victim's own city, and take a little every hour.
    """
    victim = episode.pick(free=0.45, least_limit=5_000 * FEN)
    if victim is None:
        return
    rng = episode.rng
    means = episode.underworld.crew(victim.city, rng).means(rng)
    patient = rng.random() < 0.35
    if patient:
        means = means._replace(line=episode.town.atlas.line(victim.city, rng))
    phished = patient or rng.random() < 0.2
    if not phished:
        yield from _guess(episode, victim, means)
    yield episode.soon(10, 60, SECOND)
    if episode.sign_in(victim, "success", means, "otp" if phished else "password") == "blocked":
        return
    if phished or rng.random() < 0.5:
        yield episode.soon(20, 150, SECOND)
        episode.sign_in(victim, rng.choice(("password_reset", "mfa_removed", "mfa_enrolled")), means, "otp")
        if rng.random() < 0.4:
            episode.town.change_phone(victim, rng)
    yield episode.soon(0.5, 4, MINUTE)
    yield from go_shopping(
        episode, victim, means, lambda: episode.town.market.resale(rng), PATIENT if patient else SPREE
    )


def _guess(episode: Episode, victim: Person, means: Means) -> Life:
    for _ in range(episode.rng.randint(4, 9)):
        episode.sign_in(victim, "bad_password" if episode.rng.random() < 0.8 else "bad_mfa", means)
        yield episode.soon(8, 45, SECOND)
