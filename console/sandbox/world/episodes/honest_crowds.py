"""Honest people together: what a crowd shares, a line, a machine or a bill, resembles a ring or a mule."""

from __future__ import annotations

from console.core.instants import HOUR, MINUTE
from console.core.messages import Ref
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.episode import Episode
from console.sandbox.world.market import FEN
from console.sandbox.world.people import Person
from console.sandbox.world.places import City


def dormitory(episode: Episode) -> Life:
    """An evening in a dormitory or an office: six to twelve people order in over one line, each on their own phone."""
    rng, town = episode.rng, episode.town
    city = town.atlas.any_home(rng)
    line = town.atlas.line(city, rng)
    for person in _people_of(episode, city, rng.randint(6, 12)):
        means = person.means(rng)._replace(line=line)
        episode.sign_in(person, "success", means, "biometric")
        yield episode.soon(1, 4, MINUTE)
        shop = town.market.online(rng, "takeaway", "takeaway", "groceries_online", "games")
        episode.buy(person, shop, shop.amount(rng, person.wealth), means)
        yield episode.soon(1, 9, MINUTE)


def shop_tablet(episode: Episode) -> Life:
    """A shop lets customers order on its own tablet: many accounts, one machine, small amounts at that shop."""
    rng, town = episode.rng, episode.town
    city = town.atlas.any_home(rng)
    shop = town.market.local(city, rng, "cafe", "restaurant", "noodles", "clothes")
    tablet, line = town.new_device(rng), town.atlas.line(city, rng)
    for person in _people_of(episode, city, rng.randint(5, 10)):
        means = person.means(rng)._replace(device_id=tablet, line=line)
        episode.sign_in(person, "success", means, "otp")
        yield episode.soon(0.5, 3, MINUTE)
        episode.buy(person, shop, shop.amount(rng, person.wealth), means)
        yield episode.soon(4, 40, MINUTE)


def group_collector(episode: Episode) -> Life:
    """Somebody collects everybody's share of a dinner or a trip within a day and pays for all."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.3)
    if person is None:
        return
    collected = 0
    share = rng.choice((30, 50, 66, 88, 120, 150, 200, 320)) * FEN
    for _ in range(rng.randint(5, 11)):
        share_now = share if rng.random() < 0.8 else share * 2
        if episode.transfer(person, -share_now, episode.underworld.stranger(rng), None).status != "declined":
            collected += share_now
        yield episode.soon(1, 70, MINUTE)
    yield episode.soon(1, 20, HOUR)
    if rng.random() < 0.5:
        shop = town.market.local(person.city, rng, "restaurant", "hotel")
        episode.buy(person, shop, max(FEN, round(collected * rng.uniform(0.8, 1.3))), person.means(rng))
    else:
        organiser = Ref(type="wallet", id=f"wal.{rng.randrange(10**6):06d}")
        episode.transfer(person, max(FEN, round(collected * rng.uniform(0.8, 1.0))), organiser, person.means(rng))


def _people_of(episode: Episode, city: City, wanted: int) -> list[Person]:
    """So many people of a city, fewer where there are not enough."""
    found = [episode.pick(free=0.1, fits=lambda person: person.city is city) for _ in range(wanted)]
    return [person for person in found if person is not None]
