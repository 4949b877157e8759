"""What the scored rows of a page saw, with the steps that many features share done once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from console.risk.columns import DAWN, DAY, Array, Bools, Fact, Floats, of_kind
from console.risk.flags import DECLINED, LOGIN, SPEND, TRANSFER
from console.risk.missing import MISSING_INPUT, NO_HISTORY
from console.risk.state.familiar import any_of, same
from console.risk.state.memory import Sight
from console.risk.state.profile import day_of, utilisation
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


class Frauds:
    """The known frauds of the events' entities of a kind: of the `rows` that have any, by row and fraud."""

    def __init__(self, few: Few, now: Array) -> None:
        self.rows, self.records = few
        self.at = np.ascontiguousarray(few.records["at"])
        self._now = now

    @cached_property
    def age(self) -> Array:
        """How long ago each happened at the row's moment (µs, u8): huge in its future, and where none is kept."""
        return np.asarray((self._now[self.rows, None] - self.at).view(np.uint64))

    def within(self, span: int) -> Bools:
        """Frauds at most `span` µs old (exclusive) at the row's moment; `span` is less than `DAWN`."""
        return np.asarray(self.age < np.uint64(span))

    @cached_property
    def last(self) -> Array:
        """Per row when the latest one happened up to its moment (µs), 0 without one."""
        at: Array = (self.at * (self.at <= self._now[self.rows, None])).max(axis=1, initial=0)
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
    return different(mask & (values >= 0), values)


def different(mask: Bools, values: Array) -> Floats:
    """How many different values are marked in each row, none of them negative."""
    number = count(mask)
    rows = (number > 1).nonzero()[0]
    if len(rows):
        ordered = np.sort(np.where(mask.take(rows, axis=1), values.take(rows, axis=1), -1), axis=0)
        number[rows] = count(ordered[1:] != ordered[:-1]) + (ordered[0] >= 0)
    return number


def given(known: Array, value: Array | float, why: float) -> Floats:
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
        self._known: dict[str, Frauds] = {}
        self._same: dict[str, Bools] = {}
        self._others: dict[str, Bools] = {}
        self._has: dict[str, Bools] = {}
        self._days: dict[tuple[str, int], Floats] = {}
        self._day_masks: dict[int, Floats] = {}
        self._daily: dict[str, Floats] = {}
        self._used: dict[str, History] = {}
        self.now: Array = np.maximum(sight.facts["occurred_at"], DAWN)
        self.rows = len(sight.facts)

    @cached_property
    def events(self) -> Array:
        """What each row is, as bits: a transaction's flags, or a login (u2)."""
        return np.asarray(self.flags | of_kind(self.facts, Fact.LOGIN) * np.uint16(LOGIN))

    @cached_property
    def amount(self) -> Floats:
        """Signed minor units; missing input on logins."""
        return given(of_kind(self.facts, Fact.TRANSACTION), self.facts["amount"], MISSING_INPUT)

    @cached_property
    def spend(self) -> Floats:
        """The amount of a spend (attempts included); missing input on everything else."""
        return given(self.flags & SPEND > 0, self.facts["amount"], MISSING_INPUT)

    @cached_property
    def spent(self) -> Floats:
        """The amount of a spend (attempts included); 0 on everything else."""
        return np.where(np.isnan(self.spend), 0, self.spend)

    @cached_property
    def told(self) -> Floats:
        """Utilisation as the core last told it; NaN when the limit is missing or 0."""
        return utilisation(self.profile["limit"], self.profile["available"])

    @cached_property
    def used(self) -> Floats:
        """The same with the spend itself added."""
        return utilisation(self.profile["limit"], self.profile["available"] - self.spent)

    @cached_property
    def lows(self) -> tuple[Array, Array]:
        """By UTC day and row: the least utilisation of the days kept, and how many days before the event they are."""
        low, age = self.profile["low"], self.days_since(self.profile["low_day"])
        return np.ascontiguousarray(low.T), np.ascontiguousarray(age.T)

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

    def others(self, kind: str) -> Bools:
        """Which of the events on the event's device, ip or subnet are of another account."""
        if kind not in self._others:
            account = self.sight.used[kind]["account"]
            self._others[kind] = (account >= 0) & (account != self.facts["account"])
        return self._others[kind]

    def same(self, name: str) -> Bools:
        """Which of the things of a kind that the account knows is the event's, (rows, things)."""
        if name not in self._same:
            self._same[name] = same(self.familiar[name], self.facts["party" if name == "payee" else name])
        return self._same[name]

    def is_new(self, name: str, told: Bools) -> Floats:
        """Whether the event's thing of a kind is none of those the account knows; `told` are the events with one."""
        new = ~any_of(self.same(name))
        return given(told, given(self.familiar[f"{name}s"] > 0, new, NO_HISTORY), MISSING_INPUT)

    def has(self, kind: str) -> Bools:
        """Which events have an account, customer, merchant, device, ip, subnet or peer."""
        if kind not in self._has:
            self._has[kind] = self.facts[kind] >= 0
        return self._has[kind]

    def known(self, kind: str) -> Frauds:
        """Known frauds of the event's account, customer, merchant, device, ip or subnet; `peer` is a customer."""
        if kind not in self._known:
            frauds = self.sight.known["customer" if kind == "peer" else kind]
            few = frauds.seen(self.facts[kind].astype(np.int64) + 1, self.sight.rows)
            self._known[kind] = Frauds(few, self.now)
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
    def holders(self) -> Array:
        """How many customers hold each of the tokens of the event's customer, by kind of token; at least 1."""
        tokens = self.person["token"].T.astype(np.int64) - 1
        return np.maximum(self.sight.ties.holders(tokens, self.sight.rows), 1)

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
