"""Cash-out (套现): the owner repays, turns the whole limit into cash at a friendly shop, and gets the money back."""

from __future__ import annotations

from collections.abc import Generator

from console.core.instants import DAY, HOUR, MINUTE
from console.core.messages import Ref
from console.sandbox.world.bills import owed, statement_after, wallet
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.market import FEN, Shop
from console.sandbox.world.people import Person

HUNDRED = 100 * FEN


def cash_out(episode: Episode) -> Life:
    """Near the statement day: repay, drain in a few round amounts at one shop; some money comes back."""
    rng = episode.rng
    owner = episode.pick(free=0.2, least_limit=5_000 * FEN, fits=lambda person: _near_statement(episode, person))
    if owner is None:
        return
    shop = episode.underworld.front(owner.city, rng)
    debt = owed(episode.town, owner)
    if debt > 0:
        episode.transfer(owner, -debt, wallet(owner), owner.means(rng), kind="payment")
        yield episode.soon(6, 40, MINUTE)
    drained = yield from _drain(episode, owner, shop)
    if drained == 0:
        return
    yield episode.soon(1, 20, HOUR)
    to = rng.choice(owner.friends) if owner.friends and rng.random() < 0.4 else owner
    returned = round(drained * rng.uniform(0.2, 0.5))
    episode.transfer(to, -returned, Ref(type="merchant", id=shop.merchant.id), None)


def _near_statement(episode: Episode, person: Person) -> bool:
    return statement_after(episode.town.clock.now, person.statement_day) - episode.town.clock.now < 4 * DAY


def _drain(episode: Episode, owner: Person, shop: Shop) -> Generator[int, None, int]:
    rng, drained, refusals = episode.rng, 0, 0
    pieces = rng.choice((1, 2, 3, 3, 4, 5))
    goal = episode.room(owner) * rng.uniform(0.85, 0.97)
    for left in range(pieces, 0, -1):
        amount = max(1, round((goal - drained) / left * rng.uniform(0.8, 1.1) / HUNDRED)) * HUNDRED
        done = episode.buy(
            owner, shop, min(amount, episode.room(owner) // HUNDRED * HUNDRED or HUNDRED), owner.means(rng)
        )
        drained += amount if done.status != "declined" else 0
        refusals += done.status == "declined"
        if refusals == 2:
            break
        yield episode.soon(2, 18, MINUTE)
    return drained
