"""What the scored rows of a page saw, with the steps that many features share done once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from console.risk.columns import DAWN, DAY, Array, Bools, Fact, Floats
from console.risk.flags import DECLINED, LOGIN, SPEND, TRANSFER
from console.risk.missing import MISSING_INPUT
from console.risk.state.memory import Sight
from console.risk.state.profile import day_of
from console.risk.state.ring import Recent
from console.risk.state.sparse import Few


class History:
    """Events kept for an entity, (events, rows) by their arrival, the latest first, seen from each row's own moment.

    Late events are put right here: an entry counts by when it happened, and one that happened after the row's moment
    is in none of its windows.
    """

    def __init__(self, fields: Recent, now: Array) -> None:
        self.fields, self._now = fields, now
        self._age = (now - fields["at"]).view(np.uint64)  # of the future: huge
        self._within: dict[int, Bools] = {}

    def within(self, span: int) -> Bools:
        """Entries at most `span` µs old (exclusive) at the row's moment."""
        if span not in self._within:
            self._within[span] = self._age < np.uint64(span)
        return self._within[span]

    @cached_property
    def past(self) -> Bools:
        """Entries not later than the row's moment."""
        return self._age < self._now.view(np.uint64)  # an unused entry is as old as 1970

    def last(self, mask: Bools) -> Array:
        """When the latest entry under `mask` happened (µs), 0 when there is none."""
        at: Array = (mask * self.fields["at"]).max(axis=0)  # at random marks a product is far faster than a choice
        return at


def count(mask: Bools) -> Floats:
    """How many entries of each row are marked."""
    return np.asarray(np.add.reduce(mask.view(np.uint8), axis=0, dtype=np.uint8), np.float64)


def total(mask: Bools, values: Array) -> Floats:
    """The sum of the marked values of each row; exact while amounts are whole and the sum is below 2^53."""
    rows = np.asarray(mask.any(axis=0)).nonzero()[0]
    if 4 * len(rows) > mask.shape[1]:
        return np.asarray(np.einsum("ij,ij->j", mask, values))
    sums = np.zeros(mask.shape[1])
    sums[rows] = np.einsum("ij,ij->j", mask.take(rows, axis=1), values.take(rows, axis=1))
    return sums


def least(mask: Bools, values: Array) -> Array:
    """The least of the marked values (floats) of each row, infinite where there is none."""
    wall = np.array([np.inf, -np.inf], values.dtype)
    lowest: Array = np.maximum(values, wall.take(mask.view(np.uint8))).min(axis=0)
    return lowest


def distinct(mask: Bools, values: Array) -> Floats:
    """How many different non-negative values are marked in each row."""
    marked = mask & (values >= 0)
    number = count(marked)
    rows = (number > 1).nonzero()[0]
    if len(rows):
        ordered = np.sort(np.where(marked.take(rows, axis=1), values.take(rows, axis=1), -1), axis=0)
        number[rows] = count(ordered[1:] != ordered[:-1]) + (ordered[0] >= 0)
    return number


def given(known: Array, value: Array, why: float) -> Floats:
    """`value` where `known`, else the missing value `why`."""
    return np.asarray(np.where(known, value, why), np.float64)


def ratio(above: Array, below: Array, why: float) -> Floats:
    """`above` / `below`, missing for the reason `why` where `below` is not positive."""
    return given(below > 0, above / below, why)


def since(now: Array, at: Array, why: float) -> Floats:
    """Seconds from `at` to `now` (µs), missing for the reason `why` where `at` is 0 or in the row's future."""
    return given((at > 0) & (at <= now), (now - at) / 1e6, why)


class Seen:
    """The scored rows of a page and what each saw before itself."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.facts = sight.facts
        self.flags = sight.flags
        self.profile = sight.profile
        self.familiar = sight.familiar
        self.person = sight.person
        self._known: dict[str, Few] = {}
        self._days: dict[tuple[str, int], Floats] = {}
        self._day_masks: dict[int, Floats] = {}
        self._daily: dict[str, Floats] = {}
        self._used: dict[str, History] = {}
        self.now: Array = np.maximum(sight.facts["occurred_at"], DAWN)
        self.rows = len(sight.facts)

    @cached_property
    def events(self) -> Array:
        """What each row is, as bits: a transaction's flags, or a login (u2)."""
        return np.asarray(self.flags | (self.facts["fact"] == Fact.LOGIN) * np.uint16(LOGIN))

    @cached_property
    def amount(self) -> Floats:
        """Signed minor units; missing input on logins."""
        return given(self.facts["fact"] == Fact.TRANSACTION, self.facts["amount"], MISSING_INPUT)

    @cached_property
    def spend(self) -> Floats:
        """The amount of a spend (attempts included); missing input on everything else."""
        return given(self.flags & SPEND > 0, self.facts["amount"], MISSING_INPUT)

    @cached_property
    def shift(self) -> Floats:
        """Hours from UTC to the sun at the customer's home; 0 where no home is known."""
        return np.where(self.person["housed"], self.person["home_lon"].astype(np.float64) / 15, 0)

    @cached_property
    def moves(self) -> History:
        """The account's transactions."""
        return History(self.sight.spends, self.now)

    @cached_property
    def logins(self) -> History:
        """The account's login events."""
        return History(self.sight.logins, self.now)

    @cached_property
    def places(self) -> History:
        """Where the account was."""
        return History(self.sight.places, self.now)

    @cached_property
    def at_merchant(self) -> History:
        """Spends at the event's merchant."""
        return History(self.sight.merchant, self.now)

    @cached_property
    def uses(self) -> History:
        """With what the account was used."""
        return History(self.sight.uses, self.now)

    def on(self, kind: str) -> History:
        """Events on the event's device, ip or subnet."""
        if kind not in self._used:
            self._used[kind] = History(self.sight.used[kind], self.now)
        return self._used[kind]

    def known(self, kind: str) -> Few:
        """The KNOWN records of the event's account, customer, merchant, device, ip or subnet; `peer` is a customer."""
        if kind not in self._known:
            frauds = self.sight.known["customer" if kind == "peer" else kind]
            self._known[kind] = frauds.seen(self.facts[kind].astype(np.int64) + 1, self.sight.rows)
        return self._known[kind]

    @cached_property
    def lateness(self) -> Array:
        """How long labels take to come (µs), as known at each row."""
        return self.sight.late.seen(self.sight.rows)

    @cached_property
    def near(self) -> Few:
        """The NEAR records: how far known frauds are from the event's customer."""
        return self.sight.ties.near(self.facts["customer"].astype(np.int64) + 1, self.sight.rows)

    @cached_property
    def last_place(self) -> tuple[Array, Array, Array]:
        """When and where the account was last at the row's moment; when 0 if unknown."""
        at = self.places.past * self.sight.places["at"]
        newest = at.argmax(axis=0)  # of a tie the first, which is the last to have arrived
        at, lat, lon = (
            column[newest, np.arange(self.rows)] for column in (at, self.sight.places["lat"], self.sight.places["lon"])
        )
        return at, lat, lon

    def spread(self, rows: Array, values: Array, otherwise: float = 0.0) -> Floats:
        """A column of `values` in some of the rows, and `otherwise` in the others."""
        whole = np.full(self.rows, otherwise)
        whole[rows] = values
        return whole

    @cached_property
    def attempts(self) -> Bools:
        """Which of `moves` are spends, declined ones too."""
        return np.asarray(self.sight.spends["flags"] & SPEND > 0)

    @cached_property
    def declined(self) -> Bools:
        """Which of `moves` are declined spends."""
        return np.asarray(self.sight.spends["flags"] & (SPEND | DECLINED) == SPEND | DECLINED)

    @cached_property
    def approved(self) -> Bools:
        """Which of `moves` are approved spends."""
        return np.asarray(self.sight.spends["flags"] & (SPEND | DECLINED) == SPEND)

    @cached_property
    def purchases(self) -> Bools:
        """Which of `moves` are approved and at a merchant."""
        return np.asarray(self.sight.spends["flags"] & (SPEND | DECLINED | TRANSFER) == SPEND)

    def days(self, field: str, span: int) -> Floats:
        """The sum of a daily bucket over the event's UTC day and those before it, `span` µs in all."""
        if (field, span) not in self._days:
            self._days[field, span] = np.einsum("ij,ij->i", self._within_days(span // DAY), self._buckets(field))
        return self._days[field, span]

    def _within_days(self, days: int) -> Floats:
        """1 for the buckets of the last `days` days, else 0, one row an event."""
        if days not in self._day_masks:
            self._day_masks[days] = (self._day_age < days).astype(np.float64)
        return self._day_masks[days]

    def _buckets(self, field: str) -> Floats:
        if field not in self._daily:
            self._daily[field] = self.profile[field].astype(np.float64)
        return self._daily[field]

    @cached_property
    def _day_age(self) -> Array:
        return self.days_since(self.profile["day"])

    def days_since(self, day: Array) -> Array:
        """How many UTC days before each event the days kept for it are, one row an event; huge in its future (u2)."""
        return np.asarray(day_of(self.now)[:, None] - day)  # wraps around: a day later is 65,535 days ago
