"""How the population comes into the feed: first everybody and their papers, then their lives begin."""

from __future__ import annotations

from random import Random

from console.core.instants import DAY
from console.core.messages import Ref
from console.sandbox.world.bills import bills
from console.sandbox.world.clock import Life
from console.sandbox.world.habits import live
from console.sandbox.world.need import live_on_credit
from console.sandbox.world.people import Person, account, move_in
from console.sandbox.world.standing import with_record
from console.sandbox.world.town import Town

OLDEST_DAYS, YOUNGEST_DAYS = 1500, 15
STEP = 200_000
"""Microseconds between two people in the opening of the books."""


def settle(town: Town) -> Life:
    """Publish the population, one by one, and let everybody live."""
    rng = town.dice("population")
    start = town.clock.now
    for _ in range(town.settings.population):
        opened_at = start - rng.randrange(YOUNGEST_DAYS * DAY, OLDEST_DAYS * DAY)
        town.people.append(newcomer(town, opened_at))
    _households(town, rng)
    for number, person in enumerate(town.people):
        yield start + number * STEP
        publish(town, person, round(person.limit * rng.betavariate(1.2, 5)))
    yield from _acquaint(town, rng)
    for person in town.people:
        begin_to_live(town, person)


def newcomer(town: Town, opened_at: int) -> Person:
    """A person whose papers are not published yet."""
    customer_id, account_id = town.new_id("cus", 6), town.new_id("acc", 6)
    rng = town.dice(customer_id)
    return town.registry.draw(rng, (customer_id, account_id), opened_at, lambda: town.new_id("dev", 6))


def publish(town: Town, person: Person, balance: int) -> None:
    """Put the papers, devices and account of somebody who is a customer already into the feed."""
    introduce(town, person)
    town.publish("account", account(person, town.clock.now, balance), person.opened_at)


def introduce(town: Town, person: Person, thin: bool = False) -> None:
    """Put a person's papers and devices into the feed."""
    file = town.registry.customer(person, town.clock.now, thin)
    if town.settings.credit and not thin:
        file = with_record(file, person, town.dice(f"record/{person.customer_id}"))
    town.register_customer(file, person.opened_at)
    for device_id in person.devices:
        town.register(device_id, person.rng, person.opened_at)
        town.shares(device_id, "shared_device", person.customer_id)
    town.shares(person.tokens.phone, "shared_phone", person.customer_id)
    town.shares(person.tokens.address, "shared_address", person.customer_id)


def begin_to_live(town: Town, person: Person) -> None:
    """Let a person's days and bills begin."""
    town.clock.begin(live(town, person))
    town.clock.begin(bills(town, person))
    town.clock.begin(live_on_credit(town, person))


def _households(town: Town, rng: Random) -> None:
    """A quarter of the people live with one to three others, and some of those share a tablet."""
    people = iter(town.people)
    for head in people:
        if rng.random() > 0.12:
            continue
        tablet = head.devices[-1] if len(head.devices) > 1 and rng.random() < 0.5 else None
        for _ in range(rng.choice((1, 1, 2, 3))):
            member = next(people, None)
            if member is None:
                return
            move_in(member, head)
            if tablet:
                member.devices.append(tablet)


def _acquaint(town: Town, rng: Random) -> Life:
    """Friends pay each other."""
    for person in town.people:
        yield town.clock.now + STEP
        me = Ref(type="customer", id=person.customer_id)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            friend = rng.choice(town.people)
            if friend is not person and friend not in person.friends:
                person.friends.append(friend)
                town.link(me, Ref(type="customer", id=friend.customer_id), "payee", 0.5)
