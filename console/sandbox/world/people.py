"""People: who they are, where they live, what they own and like."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, log
from random import Random
from typing import NamedTuple

from console.core.instants import DAY, Instant
from console.core.messages import (
    Account,
    Bureau,
    Customer,
    Employment,
    Income,
    Limits,
    Location,
    Social,
    Tokens,
)
from console.sandbox.world.market import FEN, Market, Shop, Street
from console.sandbox.world.naming import Names, phone, token
from console.sandbox.world.places import Atlas, City, Line, Means, spot

CURRENCY = "CNY"
LIMIT_STEP = 500 * FEN
REFERENCE_LIMIT = 12_000 * FEN


class Segment(NamedTuple):
    """A kind of customer: yuan a month, the work that brings them, how common."""

    name: str
    income: float
    work: str
    share: float


SEGMENTS = (
    Segment("mass", 7500, "employed", 0.56),
    Segment("student", 2200, "student", 0.16),
    Segment("gig", 5500, "self_employed", 0.14),
    Segment("affluent", 21000, "employed", 0.10),
    Segment("senior", 4200, "retired", 0.04),
)


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with one account. `rng` is theirs alone, so that nobody's fate changes another's habits."""

    customer_id: str
    account_id: str
    rng: Random
    city: City
    home: Location
    segment: Segment
    tokens: Tokens
    devices: list[str]
    home_line: Line
    mobile_line: Line
    wealth: float
    limit: int
    opened_at: int
    statement_day: int
    purchases: float
    """Against the world's mean."""
    shift_h: int
    weekend: float
    thrift: float
    """0 pays everything early .. 1 pays late or never."""
    favourites: Street
    friends: list[Person] = field(default_factory=list)
    family: list[Person] = field(default_factory=list)
    away: tuple[City, Line] | None = None
    quiet_until: int = 0
    engaged_until: int = 0
    """No new episode happens to them before."""
    gone: bool = False

    def means(self, rng: Random) -> Means:
        """What they act with now: mostly the phone, at home or on the way."""
        device = self.devices[0] if len(self.devices) == 1 or rng.random() < 0.85 else rng.choice(self.devices)
        if self.away:
            return Means(device, self.away[1])
        return Means(device, self.home_line if rng.random() < 0.6 else self.mobile_line)


class Registry:
    """Draws people and writes their papers."""

    def __init__(self, atlas: Atlas, market: Market, names: Names) -> None:
        self._atlas, self._market, self._names = atlas, market, names
        self._segments = list(accumulate(segment.share for segment in SEGMENTS))

    def draw(self, rng: Random, ids: tuple[str, str], opened_at: int, new_device: Callable[[], str]) -> Person:
        """A new person under (customer id, account id)."""
        segment = SEGMENTS[bisect(self._segments, rng.random() * self._segments[-1])]
        city = self._atlas.any_home(rng)
        limit = limit_of(segment, rng)
        tunnelled = rng.random() < 0.03
        return Person(
            customer_id=ids[0],
            account_id=ids[1],
            rng=rng,
            city=city,
            home=spot(city, rng, 2),
            segment=segment,
            tokens=Tokens(email=token(rng), phone=token(rng), address=token(rng), national_id=token(rng)),
            devices=[new_device() for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))],
            home_line=self._atlas.rented_line(city, rng) if tunnelled else self._atlas.line(city, rng),
            mobile_line=self._atlas.line(city, rng, mobile=True),
            wealth=(limit / REFERENCE_LIMIT) ** 0.75,
            limit=limit,
            opened_at=opened_at,
            statement_day=rng.randint(1, 28),
            purchases=exp(rng.gauss(-0.18, 0.6)),
            shift_h=rng.choice((-2, -1, 0, 0, 1, 2)),
            weekend=rng.uniform(0.7, 1.7),
            thrift=rng.random(),
            favourites=_favourites(self._market.street(city), rng),
        )

    def employer(self, rng: Random) -> str:
        """Where somebody says they work."""
        return self._names.employer(rng)

    def customer(self, person: Person, now: int, thin: bool = False) -> Customer:
        """The person's file; a thin one has next to no history behind it."""
        rng = person.rng
        asked = now - rng.randrange(5 * DAY, 120 * DAY)
        return Customer(
            id=person.customer_id,
            version=1,
            registered_at=Instant(person.opened_at - rng.randrange(DAY // 24, 3 * DAY)),
            updated_at=Instant(now),
            segment=person.segment.name,
            home=person.home,
            name_masked=self._names.person(rng),
            phone_masked=phone(rng),
            tokens=person.tokens,
            bureau=_bureau(rng, asked, thin),
            income=Income(
                monthly_minor=income(person),
                currency=CURRENCY,
                as_of=Instant(asked),
                verified=rng.random() < (0.2 if thin else 0.65),
                source=rng.choice(("declared", "payroll", "bank_data")),
            ),
            employment=Employment(status=person.segment.work, months=rng.randrange(1, 6 if thin else 120)),
            social=_social(rng, person, now, thin),
        )


def account(person: Person, now: int, balance: int) -> Account:
    """The person's account with an opening balance (fen owed)."""
    return Account(
        id=person.account_id,
        version=1,
        customer_id=person.customer_id,
        product="huaxin_flex",
        status="active",
        credit_state="current",
        days_past_due=0,
        limits=Limits(
            currency=CURRENCY,
            credit_limit_minor=person.limit,
            available_minor=person.limit - balance,
            balance_minor=balance,
            pending_minor=0,
            cash_limit_minor=person.limit // 5,
        ),
        holds=[],
        opened_at=Instant(person.opened_at),
        updated_at=Instant(now),
    )


def income(person: Person) -> int:
    """Fen a month, in round hundreds of yuan, in keeping with the limit."""
    return max(8, round(person.limit / FEN / 100 * 0.9)) * 100 * FEN


def move_in(person: Person, with_person: Person) -> None:
    """Make two people one household: same address, same network line."""
    person.city, person.home, person.home_line = with_person.city, with_person.home, with_person.home_line
    person.favourites = with_person.favourites
    own = person.tokens
    person.tokens = Tokens(
        email=own.email, phone=own.phone, address=with_person.tokens.address, national_id=own.national_id
    )
    person.family.append(with_person)
    with_person.family.append(person)


def limit_of(segment: Segment, rng: Random) -> int:
    """A limit (fen) such as people of a segment have."""
    yuan = exp(rng.gauss(log(segment.income), 0.35)) * rng.uniform(0.8, 1.8)
    return max(4, min(160, round(yuan * FEN / LIMIT_STEP))) * LIMIT_STEP


def _favourites(street: Street, rng: Random) -> Street:
    shops: list[Shop] = []
    for _ in range(rng.randint(8, 15)):
        shop = street.any(rng)
        if shop not in shops:
            shops.append(shop)
    return Street(shops, [rng.uniform(0.3, 1.0) for _ in shops])


def _bureau(rng: Random, asked: int, thin: bool) -> Bureau | None:
    if thin:
        return (
            Bureau(as_of=Instant(asked), open_lines=rng.randrange(2), delinquencies_24m=0)
            if rng.random() < 0.6
            else None
        )
    if rng.random() < 0.08:
        return None
    bad = rng.choice((0, 0, 0, 0, 0, 1, 1, 3))
    return Bureau(
        as_of=Instant(asked),
        score=max(350, min(850, round(rng.gauss(665 - 30 * bad, 50)))),
        open_lines=rng.randint(1, 8),
        delinquencies_24m=bad,
        inquiries_6m=rng.choice((0, 0, 1, 1, 2, 3, 5)),
    )


def _social(rng: Random, person: Person, now: int, thin: bool) -> Social:
    months = max(0, (now - person.opened_at) // (30 * DAY))
    trust = round(rng.gauss(430 if thin else 620, 90))
    return Social(
        trust_score=max(0, min(1000, trust)),
        verified_contacts=rng.randrange(2) if thin else rng.randint(1, 25),
        tenure_months=months,
    )
