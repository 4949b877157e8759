"""Traffic for a benchmark: a town whose people buy at their own shops, and an attacker who takes an account over.

Everything is made as changes ready to publish. Every tenth resident stays at home and never buys: those are taken over,
and nothing they do brings a cleared alert back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from console.core.instants import DAY, Instant, wire
from console.core.messages import (
    Account,
    Case,
    Customer,
    Limits,
    Location,
    Login,
    Merchant,
    Message,
    Transaction,
    encode,
)
from console.sandbox.bank.log import CODES, Recorded

LIMIT = 1_000_000
SHOPS, OWN_SHOPS = 5_000, 4
ATTACKERS_IP = "203.0.113.9"
TRIES = 6
"""Wrong passwords before the attacker's right one."""


@dataclass(frozen=True)
class Resident:
    """One account and its owner's habits; `mean` is in minor units."""

    number: int
    mean: float
    shops: tuple[int, ...]
    home: tuple[float, float]

    @property
    def account(self) -> str:
        return f"acc.{self.number:07d}"

    @property
    def customer(self) -> str:
        return f"cus.{self.number:07d}"

    @property
    def device(self) -> str:
        return f"dev.{self.number:07d}"

    @property
    def ip(self) -> str:
        return f"10.{self.number >> 16}.{self.number >> 8 & 255}.{self.number & 255}"


class Town:
    """So many residents; equal seeds make equal towns."""

    def __init__(self, accounts: int, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self.residents = [self._resident(number) for number in range(accounts)]
        self.buyers = [one for one in self.residents if one.number % 10]
        self.quiet = [one for one in self.residents if not one.number % 10]
        self._events = 0

    def _resident(self, number: int) -> Resident:
        chance = self._chance
        shops = tuple(chance.randrange(SHOPS) for _ in range(OWN_SHOPS))
        return Resident(number, chance.lognormvariate(8, 0.5), shops, (chance.gauss(31, 1), chance.gauss(121, 1)))

    def opened(self, at: int) -> Iterator[Recorded]:
        """Every resident's customer and account, long known at the instant `at`, and a first login from home."""
        since = Instant(at - 400 * DAY)
        for one in self.residents:
            home = _at(one)
            yield change(
                "customer", at, Customer(id=one.customer, version=1, registered_at=since, updated_at=since, home=home)
            )
            limits = Limits(
                currency="CNY", credit_limit_minor=LIMIT, available_minor=LIMIT, balance_minor=0, pending_minor=0
            )
            account = Account(
                id=one.account,
                version=1,
                customer_id=one.customer,
                status="active",
                credit_state="current",
                limits=limits,
                holds=[],
                opened_at=since,
                updated_at=since,
            )
            yield change("account", at, account)
            yield self._login(one, at, "success", one.device, home)

    def bought(self, turn: int, at: int) -> Recorded:
        """The purchase that is due at a turn: each buyer's comes once a round."""
        one, chance = self.buyers[turn % len(self.buyers)], self._chance
        amount = max(100, round(one.mean * chance.lognormvariate(0, 0.3)))
        return self._purchase(one, at, amount, chance.choice(one.shops), one.device, _at(one))

    def taken_over(self, one: Resident, at: int) -> Iterator[Recorded]:
        """Wrong passwords on a new device far away, then the right one and a purchase of much of the limit."""
        device = f"dev.x{one.number:06d}"
        away = Location(lat=one.home[0] + 15, lon=one.home[1] - 20, country="RU")
        for outcome in ("bad_password",) * TRIES + ("success",):
            yield self._login(one, at, outcome, device, away)
        yield self._purchase(one, at, LIMIT // 2, SHOPS + one.number, device, away)

    def cleared(self, one: Resident, at: int) -> Recorded:
        """Another desk's word that nothing was wrong."""
        case = Case(
            id=f"case.{one.number:07d}",
            version=1,
            account_id=one.account,
            status="closed",
            note_count=0,
            updated_at=Instant(at),
            verdict="legit",
            verdict_by="another.desk",
            verdict_at=Instant(at),
        )
        return change("case", at, case)

    def _login(self, one: Resident, at: int, outcome: str, device: str, place: Location) -> Recorded:
        self._events += 1
        login = Login(
            id=f"lgn.{self._events:09d}",
            version=1,
            customer_id=one.customer,
            account_id=one.account,
            outcome=outcome,
            device_id=device,
            ip=one.ip if device == one.device else ATTACKERS_IP,
            location=place,
            occurred_at=Instant(at),
            recorded_at=Instant(at),
        )
        return change("login", at, login)

    def _purchase(self, one: Resident, at: int, amount: int, shop: int, device: str, place: Location) -> Recorded:
        self._events += 1
        transaction = Transaction(
            id=f"txn.{self._events:09d}",
            version=1,
            account_id=one.account,
            kind="purchase",
            status="posted",
            amount_minor=amount,
            currency="CNY",
            merchant=Merchant(id=f"mer.{shop:07d}", mcc="5411", country="CN"),
            channel="ecom",
            device_id=device,
            location=place,
            occurred_at=Instant(at),
            recorded_at=Instant(at),
            posted_at=Instant(at),
        )
        return change("transaction", at, transaction)


def _at(one: Resident) -> Location:
    return Location(lat=one.home[0], lon=one.home[1], country="CN")


def change(kind: str, at: int, resource: Message) -> Recorded:
    """The first version of a resource, recorded at `at`, as the sandbox's log takes it."""
    id_: str = resource.id  # type: ignore[attr-defined]
    when = wire(at)
    head = (
        f'"type":"{kind}","op":"upsert","id":"{id_}","version":1,"occurred_at":"{when}","recorded_at":"{when}","data":'
    )
    return Recorded(CODES[kind], id_, at, len(head), f"{head}{encode(resource).decode()}}}")
