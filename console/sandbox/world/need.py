"""Somebody without an income: lives on the credit that is left, and pays bills late, in part or never."""

from __future__ import annotations

from console.core.instants import DAY
from console.sandbox.world.clock import Life
from console.sandbox.world.habits import spend
from console.sandbox.world.market import FEN
from console.sandbox.world.people import Person, income
from console.sandbox.world.town import Town

BITE = (0.08, 0.2)
"""The share of what is left on the credit that goes at once."""
EVERY_DAYS = (2.0, 6.0)
LEAST = 60 * FEN
HOPELESS, MOST_HOPELESS = (0.15, 0.35), 0.85
"""The chance that a bill is never paid: at least, and more by each month's income that it asks for."""
LATE_DAYS = (3, 8, 12, 18, 25)


def live_on_credit(town: Town, person: Person) -> Life:
    """While there is no income, everything is bought on credit."""
    luck = town.times.luck(person)
    if luck.found_at <= town.clock.now or luck.lost_at == luck.found_at:
        return
    rng = town.dice(f"need/{person.customer_id}")
    yield luck.lost_at
    while luck.out(town.clock.now) and not person.gone:
        room = town.bank.account(person.account_id).limits.available_minor
        if room > LEAST and town.clock.now >= person.quiet_until:
            spend(town, person, person.favourites.any(rng), max(LEAST, round(room * rng.uniform(*BITE))))
        yield town.clock.now + int(rng.uniform(*EVERY_DAYS) * DAY)


def patience(town: Town, person: Person, bill: int, due: int) -> int | None:
    """Days after the due date when a bill is paid by somebody without an income; None for never."""
    rng = town.dice(f"bill/{person.customer_id}/{due}")
    least, more = HOPELESS
    hopeless = rng.random() < min(MOST_HOPELESS, least + more * bill / income(person))
    return None if hopeless else rng.choice(LATE_DAYS)
