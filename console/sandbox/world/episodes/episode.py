"""One episode: something that happens to somebody, fraud or look-alike, and the truth about it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from console.core.instants import DAY
from console.core.messages import Account, Ref, Transaction
from console.sandbox.world.clock import Life
from console.sandbox.world.episodes.underworld import Underworld
from console.sandbox.world.market import FEN, Shop
from console.sandbox.world.people import Person
from console.sandbox.world.places import Means
from console.sandbox.world.town import Town

REST = 12 * DAY
"""Somebody to whom something happened is left in peace for so long."""
CANDIDATES = 400


class Episode:
    """The stage of one story. Its verbs act like the town's and keep the truth of what they did.

    `climax` is when (µs) the story comes to its point; what prepares it lies before.
    """

    def __init__(self, town: Town, underworld: Underworld, typology: str, benign: bool, climax: int) -> None:
        self.id = town.new_id("epi", 6)
        self.town, self.underworld, self.typology, self.benign, self.climax = town, underworld, typology, benign, climax
        self.rng: Random = town.dice(self.id)
        self.people: list[Person] = []
        self.taken: list[tuple[Person, Transaction]] = []
        """What went through, and whose account it was."""
        self.tools: set[str] = set()
        """Machines of strangers that acted on somebody's account."""

    def soon(self, shortest: float, longest: float, unit: int) -> int:
        """An instant between `shortest` and `longest` units from now."""
        return self.town.clock.now + int(self.rng.uniform(shortest, longest) * unit)

    # ------------------------------------------------------------ who

    def pick(
        self, free: float = 0.0, least_limit: int = 0, fits: Callable[[Person], bool] = lambda _: True
    ) -> Person | None:
        """Somebody to whom nothing happens now, in good standing, with a share `free` of the limit unused."""
        for _ in range(CANDIDATES):
            person = self.rng.choice(self.town.people)
            if person.gone or person.engaged_until > self.town.clock.now or not fits(person):
                continue
            account = self.account(person)
            limits = account.limits
            if (
                account.status == "active"
                and account.credit_state == "current"
                and limits.credit_limit_minor >= least_limit
                and limits.available_minor >= free * limits.credit_limit_minor
            ):
                self.engage(person)
                return person
        return None

    def engage(self, person: Person) -> None:
        """Keep other episodes away from a person until this one is over."""
        person.engaged_until = self.town.clock.now + 1000 * DAY
        self.people.append(person)

    def close(self) -> None:
        """The story is over."""
        for person in self.people:
            person.engaged_until = self.town.clock.now + REST

    def account(self, person: Person) -> Account:
        return self.town.bank.account(person.account_id)

    def room(self, person: Person) -> int:
        """What can still be spent (fen)."""
        return self.account(person).limits.available_minor

    def shut_out(self, person: Person) -> bool:
        """Whether somebody stopped the account."""
        return self.account(person).status != "active"

    # ------------------------------------------------------------ acts

    def buy(self, person: Person, shop: Shop, amount: int, means: Means) -> Transaction:
        """Buy, and remember what it cost whom."""
        self._look_at(person, means)
        return self.note(person, self.town.buy(person, shop, amount, means, self.rng))

    def refused(self, person: Person, shop: Shop, amount: int, means: Means, code: str) -> Transaction:
        """A purchase the network declines."""
        return self.note(person, self.town.refused(person, shop, amount, means, self.rng, code))

    def transfer(
        self, person: Person, amount: int, other: Ref, means: Means | None, kind: str = "transfer"
    ) -> Transaction:
        """Move money, and remember it."""
        return self.note(person, self.town.transfer(person, amount, other, means, self.rng, kind))

    def sign_in(self, person: Person, outcome: str, means: Means, method: str = "password") -> str:
        """Try to enter; returns the outcome the core gave."""
        self._look_at(person, means)
        login = self.town.sign_in(person, outcome, means, self.rng, method)
        self.remember(person, login.id, 0)
        return login.outcome

    def give_back(self, person: Person, purchase: Transaction) -> None:
        """A shop takes a purchase back."""
        self.note(person, self.town.refund(person, purchase, 1.0, self.rng))

    def _look_at(self, person: Person, means: Means) -> None:
        if not self.benign and means.device_id not in person.devices:
            self.tools.add(means.device_id)

    def note(self, person: Person, done: Transaction) -> Transaction:
        """Keep the truth of a transaction. The loss is what it takes out of the core if it goes through."""
        self.remember(person, done.id, 0 if self.benign else max(0, done.amount_minor))
        if done.status != "declined":
            self.taken.append((person, done))
        return done

    def remember(self, person: Person, resource_id: str | None, loss_minor: int) -> None:
        self.town.bank.remember_truth(
            self.id, self.typology, person.account_id, self.town.clock.now, resource_id, loss_minor, self.benign
        )


class Spree(NamedTuple):
    """How somebody spends much: the share of what is free in one bite, how often, minutes between, when to give up."""

    share: tuple[float, float]
    times: tuple[int, int]
    minutes: tuple[float, float]
    patience: int = 2


def go_shopping(episode: Episode, person: Person, means: Means, choose: Callable[[], Shop], spree: Spree) -> Life:
    """Spend until nothing is left or the shops have refused `patience` times in a row."""
    rng, refusals = episode.rng, 0
    for _ in range(rng.randint(*spree.times)):
        yield episode.soon(*spree.minutes, 60_000_000)
        shop, room = choose(), episode.room(person)
        done = episode.buy(person, shop, priced(shop, max(room, 50 * FEN) * rng.uniform(*spree.share)), means)
        refusals = refusals + 1 if done.status == "declined" else 0
        if refusals >= spree.patience or (not episode.shut_out(person) and episode.room(person) < 30 * FEN):
            return


def priced(shop: Shop, amount: float) -> int:
    """The nearest price (fen) a shop asks."""
    step = shop.trade.round
    return max(1, round(amount / step)) * step
