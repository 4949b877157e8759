"""The day of an ordinary person: buying, signing in, sending money to friends, now and then sending something back."""

from __future__ import annotations

from math import exp
from random import Random
from typing import NamedTuple

from console.core.instants import DAY, HOUR, MINUTE
from console.core.messages import Ref, Transaction
from console.sandbox.world.clock import Life, midnight, weekday
from console.sandbox.world.market import FEN, Shop
from console.sandbox.world.people import Person
from console.sandbox.world.town import Town

NETWORK_CODES = ("do_not_honor", "issuer_unavailable", "incorrect_cvv", "suspected_fraud")


class Errand(NamedTuple):
    """One thing of a day: a purchase at a shop, or a sign-in. Some shops report hours later than they sell."""

    at: int
    occurred_at: int | None
    shop: Shop | None


def live(town: Town, person: Person) -> Life:
    """A person's days until they are gone. Each day is planned at its midnight."""
    day = midnight(town.clock.now)
    while True:
        for errand in _plan(town, person, day):
            yield errand.at
            if person.gone:
                return
            if town.clock.now >= person.quiet_until:
                _run(town, person, errand)
        day += DAY
        yield day


def spend(town: Town, person: Person, shop: Shop, amount: int, occurred_at: int | None = None) -> Transaction:
    """Buy as its owner does; after a refusal leave the account alone, for longer when it turns out to be frozen."""
    done = town.buy(person, shop, amount, person.means(person.rng), person.rng, occurred_at)
    if done.status == "declined":
        frozen = town.bank.account(person.account_id).status != "active"
        person.quiet_until = town.clock.now + int(person.rng.uniform(0.3, 3 if frozen else 1.5) * DAY)
    return done


def enter(town: Town, person: Person) -> None:
    """Sign in as its owner does; a finger slips now and then."""
    rng = person.rng
    means = person.means(rng)
    if rng.random() < 0.03:
        town.sign_in(person, "bad_password", means, rng)
    method = "biometric" if rng.random() < 0.6 else "password"
    if town.sign_in(person, "success", means, rng, method).outcome == "blocked":
        person.quiet_until = town.clock.now + rng.randrange(6 * HOUR, 3 * DAY)


def poisson(mean: float, rng: Random) -> int:
    """How often something happens that happens `mean` times on average (Knuth)."""
    threshold, product, times = exp(-mean), rng.random(), 0
    while product > threshold:
        product *= rng.random()
        times += 1
    return times


def _plan(town: Town, person: Person, day: int) -> list[Errand]:
    rng, life = person.rng, town.settings.life
    busy = person.purchases * (person.weekend if weekday(day) >= 5 else 1.0)
    errands = [
        errand
        for _ in range(poisson(life.purchases * busy, rng))
        for errand in _shopping(town, person, town.rhythm.moment(day, person.shift_h, rng))
    ]
    for _ in range(poisson(life.logins, rng)):
        errands.append(Errand(town.rhythm.moment(day, person.shift_h, rng), None, None))
    now = town.clock.now
    _rarely(town, person, day)
    return sorted((errand for errand in errands if errand.at >= now), key=lambda errand: errand.at)


def _shopping(town: Town, person: Person, at: int) -> list[Errand]:
    rng = person.rng
    street = person.favourites if rng.random() < 0.84 else town.market.street(person.city)
    shop = street.any(rng)
    if shop.trade.late:
        return [Errand(at + int(rng.random() * 8 * HOUR), at, shop)]
    if shop.city is None and rng.random() < 0.3:
        return [Errand(at - int(rng.uniform(0.5, 8) * MINUTE), None, None), Errand(at, None, shop)]
    return [Errand(at, None, shop)]


def _run(town: Town, person: Person, errand: Errand) -> None:
    rng, shop = person.rng, errand.shop
    if shop is None:
        enter(town, person)
        return
    if person.away and shop.city:
        shop = town.market.local(person.away[0], rng)
    amount = shop.amount(rng, person.wealth)
    if rng.random() < 0.008:
        town.refused(person, shop, amount, person.means(rng), rng, rng.choice(NETWORK_CODES))
        if rng.random() < 0.3:
            return
    done = spend(town, person, shop, amount, errand.occurred_at)
    if done.status != "declined" and rng.random() < (0.03 if shop.city is None else 0.004):
        town.clock.begin(_send_back(town, person, done))


def _rarely(town: Town, person: Person, day: int) -> None:
    rng, life = person.rng, town.settings.life
    if rng.random() < life.transfers:
        move = rng.choice((_treat, _treat, _treat, _settle_up, _settle_up, _get_back))
        town.clock.begin(move(town, person, town.rhythm.moment(day, 0, rng)))
    if rng.random() < life.cash_advances:
        town.clock.begin(_draw_cash(town, person, town.rhythm.moment(day, 0, rng)))


def _send_back(town: Town, person: Person, purchase: Transaction) -> Life:
    yield town.clock.now + int(person.rng.uniform(2 * HOUR, 6 * DAY))
    town.refund(person, purchase, 1.0 if person.rng.random() < 0.75 else person.rng.uniform(0.2, 0.8), person.rng)


def _treat(town: Town, person: Person, at: int) -> Life:
    """Money for a friend who has an account here too."""
    yield at
    rng = person.rng
    if person.gone or not person.friends or town.clock.now < person.quiet_until:
        return
    friend = rng.choice(person.friends)
    amount = rng.choice((20, 50, 66, 88, 100, 128, 200, 500)) * FEN
    sent = town.transfer(person, amount, Ref(type="account", id=friend.account_id), person.means(rng), rng)
    if sent.status != "declined":
        town.transfer(friend, -amount, Ref(type="account", id=person.account_id), None, rng)


def _settle_up(town: Town, person: Person, at: int) -> Life:
    """Money to or from somebody with a wallet elsewhere: a share of the rent, a dinner, something sold."""
    yield at
    rng = person.rng
    if person.gone or town.clock.now < person.quiet_until:
        return
    amount = round(exp(rng.gauss(5.6, 1.0))) * FEN
    other = Ref(type="wallet", id=f"wal.{rng.randrange(10**6):06d}")
    if rng.random() < 0.5:
        town.transfer(person, -amount, other, None, rng)
    else:
        town.transfer(person, amount, other, person.means(rng), rng)


def _get_back(town: Town, person: Person, at: int) -> Life:
    """A shop sends money outside of a purchase: cashback, a deposit returned."""
    yield at
    rng, shop = person.rng, person.favourites.any(person.rng)
    amount = rng.randint(1, 30) * FEN if rng.random() < 0.7 else rng.randint(2, 20) * 100 * FEN
    town.transfer(person, -amount, Ref(type="merchant", id=shop.merchant.id), None, rng)


def _draw_cash(town: Town, person: Person, at: int) -> Life:
    yield at
    if person.gone or town.clock.now < person.quiet_until:
        return
    shop = town.market.local(person.city, person.rng, "cash_machine")
    spend(town, person, shop, shop.amount(person.rng, 1.0))
