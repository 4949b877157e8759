"""What a bank can see of how well somebody will repay: a score and a bureau's record, told by thrift and much noise.

Only where the desk decides about credit; elsewhere papers say nothing of the person.
"""

from __future__ import annotations

from math import log
from random import Random

from msgspec.structs import replace

from console.core.messages import Customer
from console.sandbox.world.people import Person

POINTS, ODDS, DOUBLING = 600.0, 30.0, 20.0
"""The scale of scores: so many points are odds of 30 good to 1 bad, and 20 more double them."""
NOISE = 14.0
CAREFUL, CARELESS = 5.4, 1.9
"""The log of the odds of repaying at both ends of thrift."""
RECORDS = ((0, 0, 0, 0, 0, 0, 0, 1), (0, 0, 0, 0, 0, 1, 1, 2), (0, 0, 1, 1, 2, 2, 3, 4))
"""Delinquencies of two years that people with good, usual and bad habits have, each as likely as the others."""


def score(person: Person, rng: Random) -> int:
    """The core's score of an applicant, 300 to 850."""
    odds = CAREFUL + (CARELESS - CAREFUL) * person.thrift
    points = POINTS + DOUBLING / log(2) * (odds - log(ODDS)) + rng.gauss(0, NOISE)
    return max(300, min(850, round(points)))


def with_record(customer: Customer, person: Person, rng: Random) -> Customer:
    """The person's file with a bureau's record that fits; without one where there is none."""
    bureau = customer.bureau
    if bureau is None:
        return customer
    habits = 0 if person.thrift < 0.6 else 1 if person.thrift < 0.88 else 2
    bad = rng.choice(RECORDS[habits])
    said = round(rng.gauss(700 - 110 * person.thrift - 20 * bad, 30))
    record = replace(bureau, delinquencies_24m=bad, score=max(350, min(850, said)))
    return replace(customer, bureau=record)
