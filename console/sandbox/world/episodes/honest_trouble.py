"""Honest people in trouble or in a hurry: a machine that declines, clothes that do not fit, a first flat."""

from __future__ import annotations

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, MINUTE, SECOND
from console.core.messages import Transaction
from console.sandbox.world.arrival import begin_to_live, newcomer
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import apply, await_decision
from console.sandbox.world.episodes.episode import Episode

FAULTS = ("issuer_unavailable", "do_not_honor", "incorrect_cvv")


def flaky_terminal(episode: Episode) -> Life:
    """A shop's machine or a checkout page declines again and again, until it goes through; the owner's own phone."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.3)
    if person is None:
        return
    online = rng.random() < 0.4
    shop = town.market.online(rng, "marketplace", "games", "top_up") if online else town.market.local(person.city, rng)
    amount, means = shop.amount(rng, person.wealth), person.means(rng)
    for _ in range(rng.randint(3, 7)):
        episode.refused(person, shop, amount, means, rng.choice(FAULTS))
        yield episode.soon(12, 90, SECOND)
    episode.buy(person, shop, amount, means)


def refund_shopper(episode: Episode) -> Life:
    """Clothes in three sizes: many purchases within an hour, and most of them sent back in the days after."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.4)
    if person is None:
        return
    bought: list[Transaction] = []
    shops = [town.market.online(rng, "clothes", "marketplace") for _ in range(2)]
    for _ in range(rng.randint(5, 10)):
        shop = rng.choice(shops)
        done = episode.buy(person, shop, shop.amount(rng, person.wealth), person.means(rng))
        bought += [done] if done.status != "declined" else []
        yield episode.soon(2, 12, MINUTE)
    yield episode.soon(1, 4, DAY)
    for purchase in bought:
        if rng.random() < 0.75:
            episode.give_back(person, purchase)
            yield episode.soon(1, 30, MINUTE)


def first_flat(episode: Episode) -> Life:
    """A genuine newcomer who lives with a flatmate, applies, is accepted, and furnishes a room within days."""
    rng, town = episode.rng, episode.town
    flatmate = rng.choice(town.people)
    person = newcomer(town, town.clock.now)
    person.city, person.home, person.home_line = flatmate.city, flatmate.home, flatmate.home_line
    person.tokens = replace(person.tokens, address=flatmate.tokens.address)
    episode.engage(person)
    application = apply(town, person)
    episode.remember(person, application.id, 0)
    yield from await_decision(town, person, application)
    if episode.account(person).status != "active":
        return
    for _ in range(rng.randint(3, 6)):
        yield episode.soon(3, 30, HOUR)
        shop = town.market.local(person.city, rng, "furniture", "supermarket", "phones", "mall")
        wanted = shop.amount(rng, person.wealth)
        episode.buy(person, shop, min(wanted, max(1, episode.room(person) // 2)), person.means(rng))
    town.people.append(person)
    begin_to_live(town, person)
