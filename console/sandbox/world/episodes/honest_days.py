"""Honest days that look odd: what people really do, seen from far away, resembles a fraud."""

from __future__ import annotations

from console.core.instants import DAY, HOUR, MINUTE
from console.core.messages import Ref
from console.sandbox.world.bills import owed, wallet
from console.sandbox.world.clock import Life
from console.sandbox.world.credit import ask_raise
from console.sandbox.world.episodes.episode import Episode, Spree, go_shopping
from console.sandbox.world.market import FEN, Shop

FESTIVAL = Spree(share=(0.03, 0.13), times=(6, 13), minutes=(3, 22))
FESTIVE = ("marketplace", "clothes", "electronics", "jewellery", "gift_cards")


def festival_shopping(episode: Episode) -> Life:
    """An evening of many large purchases at many shops, on the owner's own phone."""
    rng, market = episode.rng, episode.town.market
    person = episode.pick(free=0.5)
    if person is None:
        return
    means = person.means(rng)

    def choose() -> Shop:
        if rng.random() < 0.3:
            return market.local(person.city, rng, "mall", "clothes", "supermarket", "jewellery")
        return market.online(rng, *FESTIVE)

    episode.sign_in(person, "success", means, "biometric")
    yield from go_shopping(episode, person, means, choose, FESTIVAL)


def street_vendors(episode: Episode) -> Life:
    """A night market: many tiny amounts at many stalls within two hours."""
    rng, market = episode.rng, episode.town.market
    person = episode.pick(free=0.1)
    if person is None:
        return
    for _ in range(rng.randint(8, 16)):
        shop = market.local(person.city, rng, "street_food", "street_food", "noodles", "convenience")
        episode.buy(person, shop, rng.randint(2, 18) * FEN, person.means(rng))
        yield episode.soon(3, 14, MINUTE)


def payday(episode: Episode) -> Life:
    """Salary comes: everything is repaid, then life goes on with one purchase that had to wait."""
    rng, market = episode.rng, episode.town.market
    person = episode.pick(fits=lambda somebody: owed(episode.town, somebody) > 0)
    if person is None:
        return
    episode.transfer(person, -owed(episode.town, person), wallet(person), person.means(rng), kind="payment")
    yield episode.soon(10, 120, MINUTE)
    shop = market.local(person.city, rng, "mall", "clothes", "phones")
    episode.buy(person, shop, min(shop.amount(rng, person.wealth), person.limit // 3), person.means(rng))
    for _ in range(rng.randint(1, 4)):
        yield episode.soon(20, 150, MINUTE)
        shop = market.street(person.city).any(rng)
        episode.buy(person, shop, shop.amount(rng, person.wealth), person.means(rng))


def family_device(episode: Episode) -> Life:
    """A family takes turns on one tablet at home: several accounts, one device, red packets between them."""
    rng, town = episode.rng, episode.town
    head = episode.pick(fits=lambda person: len(person.family) > 0)
    if head is None:
        return
    means = head.means(rng)._replace(line=head.home_line)
    for person in [head, *head.family]:
        episode.sign_in(person, "success", means, "password")
        yield episode.soon(1, 6, MINUTE)
        shop = town.market.online(rng, "marketplace", "groceries_online", "games", "clothes")
        episode.buy(person, shop, shop.amount(rng, person.wealth), means)
        yield episode.soon(2, 15, MINUTE)
    for relative in head.family:
        packet = rng.choice((66, 88, 166, 188, 520, 666, 888)) * FEN
        sent = episode.transfer(head, packet, Ref(type="account", id=relative.account_id), means)
        if sent.status != "declined":
            episode.transfer(relative, -packet, Ref(type="account", id=head.account_id), None)
        yield episode.soon(0.3, 2, MINUTE)


def new_phone(episode: Episode) -> Life:
    """Somebody buys a phone, mistypes the password on it at home, enrols it, and goes on buying."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.4)
    if person is None:
        return
    shop = rng.choice((town.market.online(rng, "electronics"), town.market.local(person.city, rng, "phones")))
    price = round(min(episode.room(person) * 0.6, rng.uniform(1500, 7000) * FEN) / (100 * FEN)) * 100 * FEN
    episode.buy(person, shop, max(price, 500 * FEN), person.means(rng))
    yield episode.soon(1, 40, HOUR)
    phone = town.new_device(rng)
    means = person.means(rng)._replace(device_id=phone, line=person.home_line)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        episode.sign_in(person, "bad_password", means)
        yield episode.soon(0.2, 1, MINUTE)
    if episode.sign_in(person, "success", means, "otp") == "blocked":
        return
    yield episode.soon(0.5, 3, MINUTE)
    episode.sign_in(person, "mfa_enrolled", means, "otp")
    if rng.random() < 0.25:
        town.change_phone(person, rng)
    person.devices = [phone, *person.devices[1:]]
    for _ in range(rng.randint(1, 4)):
        yield episode.soon(5, 200, MINUTE)
        shop = town.market.online(rng, "marketplace", "electronics", "games", "top_up")
        episode.buy(person, shop, shop.amount(rng, person.wealth), means)


def traveller(episode: Episode) -> Life:
    """A ticket, a flight, days of purchases elsewhere on the same phone, and the way back."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.4, fits=lambda somebody: somebody.away is None)
    if person is None:
        return
    ticket = town.market.online(rng, "airline")
    episode.buy(person, ticket, ticket.amount(rng, person.wealth), person.means(rng))
    yield episode.soon(4, 60, HOUR)
    city = rng.choice(town.atlas.abroad) if rng.random() < 0.5 else town.atlas.far_from(person.city, rng, 600)
    flight = int((max(city.flight_h, 2.0) + rng.uniform(1.5, 3.5)) * HOUR)
    person.quiet_until = town.clock.now + flight
    yield person.quiet_until
    person.away = (city, town.atlas.line(city, rng, mobile=True))
    episode.sign_in(person, "success", person.means(rng), "biometric")
    for _ in range(rng.randint(6, 16)):
        yield episode.soon(0.3, 9, HOUR)
        shop = town.market.local(city, rng, "hotel", "mall", "restaurant", "cafe", "convenience", "clothes")
        episode.buy(person, shop, shop.amount(rng, person.wealth * 1.3), person.means(rng))
    person.quiet_until = town.clock.now + flight
    yield person.quiet_until
    person.away = None


def honest_raise(episode: Episode) -> Life:
    """A moderate raise, a flat furnished with it, nearly the whole limit used, and everything repaid."""
    rng, town = episode.rng, episode.town
    person = episode.pick(free=0.5, fits=lambda somebody: town.clock.now - somebody.opened_at > 120 * DAY)
    if person is None:
        return
    yield from ask_raise(town, person, rng.uniform(1.2, 1.55))
    yield max(episode.climax, town.clock.now + HOUR)
    home = Spree(share=(0.25, 0.5), times=(4, 7), minutes=(60, 420))
    choose = ("furniture", "furniture", "mall", "supermarket")
    yield from go_shopping(
        episode, person, person.means(rng), lambda: town.market.local(person.city, rng, *choose), home
    )
    yield episode.soon(2, 8, DAY)
    if owed(town, person) > 0:
        episode.transfer(person, -owed(town, person), wallet(person), person.means(rng), kind="payment")
