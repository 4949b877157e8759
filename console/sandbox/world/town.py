"""The town: what everybody shares, and the only door to the bank. People and frauds act through the same few verbs."""

from __future__ import annotations

from itertools import count
from random import Random

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, MINUTE, SECOND, Instant
from console.core.messages import Customer, Device, Link, Login, Message, Ref, Tokens, Transaction
from console.sandbox.world.clock import Clock, Life, Rhythm, hour_of_day
from console.sandbox.world.downturn import Times
from console.sandbox.world.ledger import Bank
from console.sandbox.world.market import Market, Shop
from console.sandbox.world.naming import Names, phone, token
from console.sandbox.world.people import CURRENCY, Person, Registry
from console.sandbox.world.places import Atlas, Means
from console.sandbox.world.settings import Settings

SYSTEMS = ("Android 14", "Android 15", "HarmonyOS 4", "HarmonyOS 5", "iOS 17", "iOS 18")
LINKED_AT_MOST = 4
"""The core names so many earlier holders of something shared, not all of them."""


class Town:
    """One world's shared state. Every verb acts at `clock.now` and counts what it publishes."""

    def __init__(self, bank: Bank, settings: Settings, seed: int, start: int) -> None:
        self.bank, self.settings, self.seed = bank, settings, seed
        self.clock = Clock(start)
        self.live_from = start + settings.history_days * DAY
        self.rhythm = Rhythm(settings.life.night)
        self.times = Times(settings.downturn, seed, start)
        self.published = 0
        self.people: list[Person] = []
        self.overdue = 0
        """Accounts with a late repayment."""
        self._numbers: dict[str, count[int]] = {}
        self._devices: dict[str, Device] = {}
        self._holders: dict[str, list[str]] = {}
        self._papers: dict[str, Customer] = {}
        names = Names()
        self.atlas = Atlas(settings.cities)
        self.market = Market(self.atlas, names, self.dice("market"), lambda: self.new_id("mer", 5))
        self.registry = Registry(self.atlas, self.market, names)

    def dice(self, whose: str) -> Random:
        """Random numbers of somebody's own, the same for the same seed."""
        return Random(f"{self.seed}/{whose}")

    def new_id(self, prefix: str, digits: int) -> str:
        """The next id of a kind: ordered, of one width, the same counter for everybody."""
        return f"{prefix}.{next(self._numbers.setdefault(prefix, count(1))):0{digits}d}"

    # ------------------------------------------------------------ publishing

    def publish(self, kind: str, resource: Message, occurred_at: int | None = None) -> None:
        """Put a resource into the feed."""
        self.bank.put(kind, resource, self.clock.now, occurred_at)
        self.published += 1

    def new_device(self, rng: Random) -> str:
        """Let a device appear that nobody has seen before."""
        device_id = self.new_id("dev", 6)
        self.register(device_id, rng, self.clock.now)
        return device_id

    def register(self, device_id: str, rng: Random, first_seen_at: int) -> None:
        """Publish a device, once."""
        if device_id in self._devices:
            return
        now = self.clock.now
        device = Device(
            id=device_id,
            version=1,
            kind=rng.choice(("mobile", "mobile", "mobile", "mobile", "tablet", "desktop")),
            os=rng.choice(SYSTEMS),
            fingerprint_token=f"h2:{rng.getrandbits(48):012x}",
            trust="new" if first_seen_at == now else rng.choice(("known", "known", "trusted")),
            first_seen_at=Instant(first_seen_at),
            last_seen_at=Instant(now),
        )
        self._devices[device_id] = device
        self.publish("device", device, first_seen_at)

    def block(self, device_id: str) -> None:
        """Let the core distrust a device from now on."""
        device = self._devices[device_id]
        if device.trust != "blocked":
            blocked = replace(device, trust="blocked", last_seen_at=Instant(self.clock.now))
            self._devices[device_id] = blocked
            self.publish("device", blocked)

    def register_customer(self, customer: Customer, occurred_at: int) -> None:
        """Publish a person's file."""
        self._papers[customer.id] = customer
        self.publish("customer", customer, occurred_at)

    def change_phone(self, person: Person, rng: Random) -> None:
        """Somebody gives the core another phone number for a person."""
        papers = self._papers[person.customer_id]
        tokens = replace(papers.tokens or Tokens(), phone=token(rng))
        changed = replace(papers, tokens=tokens, phone_masked=phone(rng), updated_at=Instant(self.clock.now))
        self.register_customer(changed, self.clock.now)

    def link(self, a: Ref, b: Ref, kind: str, strength: float = 1.0) -> None:
        """Let the core see that two things belong together."""
        now = Instant(self.clock.now)
        link = Link(
            id=self.new_id("lnk", 6),
            version=1,
            from_=a,
            to=b,
            kind=kind,
            strength=strength,
            first_seen_at=now,
            last_seen_at=now,
        )
        self.publish("link", link)

    def shares(self, value: str | None, kind: str, customer_id: str) -> None:
        """The core links customers whom it sees with one device, address of the network, phone or home."""
        if value is None:
            return
        holders = self._holders.setdefault(value, [])
        if customer_id in holders:
            return
        for other in holders[-LINKED_AT_MOST:]:
            self.link(Ref(type="customer", id=other), Ref(type="customer", id=customer_id), kind)
        holders.append(customer_id)

    # ------------------------------------------------------------ acting

    def sign_in(self, person: Person, outcome: str, means: Means, rng: Random, method: str = "password") -> Login:
        """Try to enter a person's account, by whoever holds `means`."""
        now, line = self.clock.now, means.line
        login = self.bank.sign_in(
            Login(
                id=self.new_id("lgn", 9),
                version=1,
                customer_id=person.customer_id,
                account_id=person.account_id,
                outcome=outcome,
                method=method,
                ip=line.ip,
                ip_country=line.country,
                asn=line.asn,
                device_id=means.device_id,
                location=line.location,
                occurred_at=Instant(now - _lag(rng)),
                recorded_at=Instant(now),
            )
        )
        self.published += 1
        if login.outcome == "success":
            self.shares(means.device_id, "shared_device", person.customer_id)
            self.shares(means.line.ip, "shared_ip", person.customer_id)
        return login

    def buy(
        self, person: Person, shop: Shop, amount: int, means: Means, rng: Random, occurred_at: int | None = None
    ) -> Transaction:
        """Buy on a person's credit, whoever does it; settles hours later when it is authorised."""
        return self._authorise(self._purchase(person, shop, amount, means, rng, occurred_at), rng, 3 * HOUR, 40 * HOUR)

    def refused(self, person: Person, shop: Shop, amount: int, means: Means, rng: Random, code: str) -> Transaction:
        """A purchase that the network declines before the core is asked."""
        self.published += 1
        return self.bank.decline(self._purchase(person, shop, amount, means, rng, None), code)

    def transfer(
        self, person: Person, amount: int, counterparty: Ref, means: Means | None, rng: Random, kind: str = "transfer"
    ) -> Transaction:
        """Move money out (positive, fen) or in (negative): transfers and repayments, settled within minutes."""
        now = self.clock.now
        draft = Transaction(
            id=self.new_id("txn", 9),
            version=1,
            account_id=person.account_id,
            kind=kind,
            status="pending",
            amount_minor=amount,
            currency=CURRENCY,
            counterparty=counterparty,
            channel="transfer" if kind == "transfer" else "ach",
            device_id=means.device_id if means else None,
            ip=means.line.ip if means else None,
            location=means.line.location if means else None,
            occurred_at=Instant(now - _lag(rng)),
            recorded_at=Instant(now),
        )
        return self._authorise(draft, rng, 5 * SECOND, 3 * MINUTE)

    def refund(
        self, person: Person, purchase: Transaction, share: float, rng: Random, kind: str = "refund"
    ) -> Transaction:
        """Give back a share of a purchase: the shop (refund) or the network (chargeback)."""
        now = self.clock.now
        draft = Transaction(
            id=self.new_id("txn", 9),
            version=1,
            account_id=person.account_id,
            kind=kind,
            status="pending",
            amount_minor=-max(1, round(purchase.amount_minor * share)),
            currency=CURRENCY,
            merchant=purchase.merchant,
            channel=purchase.channel,
            parent_id=purchase.id,
            occurred_at=Instant(now - _lag(rng)),
            recorded_at=Instant(now),
        )
        return self._authorise(draft, rng, 1 * HOUR, 20 * HOUR)

    def bounce(self, transaction: Transaction) -> None:
        """A repayment comes back unpaid."""
        self.bank.reverse(transaction.id, self.clock.now)
        self.published += 2

    # ------------------------------------------------------------ inside

    def _purchase(
        self, person: Person, shop: Shop, amount: int, means: Means, rng: Random, occurred_at: int | None
    ) -> Transaction:
        now, city = self.clock.now, shop.city
        by_app = rng.random() < (0.4 if city else 0.35)
        abroad = city is not None and city.currency != CURRENCY
        with_device = by_app or city is None
        return Transaction(
            id=self.new_id("txn", 9),
            version=1,
            account_id=person.account_id,
            kind="cash_advance" if shop.trade.often == 0 else "purchase",
            status="pending",
            amount_minor=amount,
            currency=CURRENCY,
            merchant=shop.merchant,
            merchant_amount_minor=round(amount / city.rate) if abroad and city else None,
            merchant_currency=city.currency if abroad and city else None,
            channel=_channel(shop, by_app),
            device_id=means.device_id if with_device else None,
            ip=means.line.ip if with_device else None,
            location=shop.location or means.line.location,
            network_risk_score=_network_score(shop, amount, means, now, rng),
            occurred_at=Instant(now - _lag(rng) if occurred_at is None else occurred_at),
            recorded_at=Instant(now),
        )

    def _authorise(self, draft: Transaction, rng: Random, soonest: int, latest: int) -> Transaction:
        done = self.bank.authorise(draft)
        self.published += 1 if done.status == "declined" else 2
        if done.status == "pending":
            self.clock.begin(self._settle(done.id, self.clock.now + rng.randrange(soonest, latest)))
        return done

    def _settle(self, transaction_id: str, at: int) -> Life:
        yield at
        self.bank.post(transaction_id, at)
        self.published += 2


def _lag(rng: Random) -> int:
    """How long the core takes to learn of something, µs."""
    return 40_000 + int(rng.random() * 1_500_000)


def _channel(shop: Shop, by_app: bool) -> str:
    if shop.trade.often == 0:
        return "atm"
    if by_app:
        return "wallet"
    return "pos" if shop.city else "ecom"


def _network_score(shop: Shop, amount: int, means: Means, now: int, rng: Random) -> int:
    """The card network's opinion: much noise, a little amount, place and hour. It knows no more than anyone sees."""
    score = rng.expovariate(1 / 140) + min(250, amount / 4000)
    if shop.city is None and means.line.country != "CN":
        score += 120
    if hour_of_day(now) < 6:
        score += 60
    return min(999, int(score))
