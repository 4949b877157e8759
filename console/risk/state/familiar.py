"""What an account is used to: the merchants, kinds of shop, countries, devices, networks and payees it knows.

Known things but merchants are short lists; when a list is full, the one added first gives way.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import LOGIN_OUTCOMES, Array, Bools, Fact, of_kind
from console.risk.flags import DECLINED, SPEND, TRANSFER
from console.risk.state.groups import Groups
from console.risk.state.records import Records

KEPT = {"device": 8, "ip": 8, "subnet": 8, "payee": 8, "country": 8, "mcc": 16, "asn": 4}
"""How many of each the list holds."""

FAMILIAR = np.dtype(
    [
        ("merchants", "u8", 16),  # a 1,024-bit Bloom row, two probes
        ("device_at", "i8", KEPT["device"]),  # when a known device was first used, µs
        ("subnet_at", "i8", KEPT["subnet"]),  # the same of a network
        ("new_device_at", "i8"),  # when a device was first used that was not the account's first
        ("credentials_at", "i8"),  # last password reset or change of second factor
        ("device", "i4", KEPT["device"]),  # value + 1, 0 unused; so are all lists
        ("ip", "i4", KEPT["ip"]),
        ("subnet", "i4", KEPT["subnet"]),
        ("payee", "i4", KEPT["payee"]),
        ("asn", "i8", KEPT["asn"]),
        ("country", "i2", KEPT["country"]),
        ("mcc", "i2", KEPT["mcc"]),
        *((f"{name}s", "u4") for name in KEPT),  # how many were ever added
        ("bought", "?"),  # any approved spend
    ],
    align=True,
)

_SUCCESS = LOGIN_OUTCOMES.index("success") + 1
_FIRST_CHANGE, _LAST_CHANGE = LOGIN_OUTCOMES.index("password_reset") + 1, LOGIN_OUTCOMES.index("mfa_removed") + 1


def probes(merchant: Array) -> tuple[Array, Array]:
    """The two places of a merchant in a Bloom row, 0..1023 each; Fibonacci hashing of its index (Knuth 6.4)."""
    mixed = (merchant.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return mixed >> np.uint64(54), (mixed >> np.uint64(34)) & np.uint64(1023)


def knows(merchants: Array, merchant: Array) -> Bools:
    """Whether each Bloom row (n, 16) holds the merchant; wrong in the 'yes' direction only."""
    known = np.ones(len(merchant), bool)
    rows = np.arange(len(merchant))
    for place in probes(merchant):
        word = merchants[rows, (place >> np.uint64(6)).astype(np.int64)]
        known &= (word >> (place & np.uint64(63))) & np.uint64(1) == 1
    return known


def same(known: Array, value: Array) -> Bools:
    """Which entries of lists of values + 1, one a row, are the row's value."""
    return np.asarray(known == (value.astype(known.dtype) + 1)[:, None])


def any_of(marks: Bools) -> Bools:
    """Which rows of 4, 8 or 16 marks have one; read as one number or two, for so short rows are slow to reduce."""
    numbers = marks.view(f"u{min(marks.shape[1], 8)}")
    return np.asarray(numbers[:, 0] | numbers[:, -1] > 0)


class Familiar:
    """The records of all accounts."""

    def __init__(self) -> None:
        self._records = Records(FAMILIAR)
        self.first_uses = np.zeros(0, np.int64)
        """Rows of the last page in which an account used a device that was not on its list."""

    def through(self, groups: Groups, facts: Array, flags: Array, reads: Array) -> Array:
        """Apply a page; return the FAMILIAR that the rows `reads` saw."""
        approved = facts["fresh"] & (flags & (SPEND | DECLINED) == SPEND)
        login = facts["fresh"] & of_kind(facts, Fact.LOGIN)
        outcome = facts["code"]
        entered = login & (outcome == _SUCCESS)
        changed = login & (outcome >= _FIRST_CHANGE) & (outcome <= _LAST_CHANGE)
        uses = approved | entered
        first_uses: list[Array] = []

        def apply(table: Array, who: Array, rows: Array) -> None:
            used, bought, anew = (of[rows].nonzero()[0] for of in (uses, approved, changed))
            first_uses.append(_use(table, who[used], facts, rows[used]))
            if len(bought):
                _buy(table, who[bought], facts, flags, rows[bought])
            if len(anew):
                _change(table, who[anew], facts["occurred_at"][rows[anew]])

        seen = self._records.through(groups, uses + changed * np.uint8(2), reads, apply)
        self.first_uses = np.sort(np.concatenate([np.zeros(0, np.int64), *first_uses]))
        return seen

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` accounts."""
        return self._records.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._records.thaw(state)


def _use(table: Array, who: Array, facts: Array, rows: Array) -> Array:
    """The account was used by its owner, as far as the core could tell. Returns the rows with a device new to it."""
    at, known = facts["occurred_at"][rows], table.take(who)
    ip = facts["ip"][rows]
    _note(table, known, "ip", who, ip, ip >= 0)
    subnet = facts["subnet"][rows]
    new, slot = _note(table, known, "subnet", who, subnet, subnet >= 0)
    table["subnet_at"][who[new], slot] = at[new]
    system = facts["asn"][rows].astype(np.int64)
    _note(table, known, "asn", who, system, system > 0)
    device = facts["device"][rows]
    new, slot = _note(table, known, "device", who, device, device >= 0)
    table["device_at"][who[new], slot] = at[new]
    later = new[table["devices"][who[new]] > 1]
    table["new_device_at"][who[later]] = at[later]
    return rows[new]


def _buy(table: Array, who: Array, facts: Array, flags: Array, rows: Array) -> None:
    table["bought"][who] = True
    habits = table.take(who)
    for name, value in (("country", facts["country"][rows]), ("mcc", facts["mcc"][rows])):
        _note(table, habits, name, who, value, value >= 0)
    party = facts["party"][rows]
    _note(table, habits, "payee", who, party, (party >= 0) & (flags[rows] & TRANSFER > 0))
    merchant = facts["merchant"][rows]
    known = merchant >= 0
    who, merchant = who[known], merchant[known]
    for place in probes(merchant):
        table["merchants"][who, (place >> np.uint64(6)).astype(np.int64)] |= np.uint64(1) << (place & np.uint64(63))


def _change(table: Array, who: Array, at: Array) -> None:
    """The account's credentials were changed."""
    table["credentials_at"][who] = np.maximum(table["credentials_at"][who], at)


def _note(table: Array, known: Array, name: str, who: Array, value: Array, given: Bools) -> tuple[Array, Array]:
    """Add what is new to each list of `name`; returns the places in `who` that were new, and their slots.

    `known` are the records of `who`, gathered once for all lists: one walk through a large table instead of many.
    """
    new = (given & ~any_of(same(known[name], value))).nonzero()[0]
    if not len(new):
        return new, new
    who = who[new]
    count = table[f"{name}s"][who]
    slot = count % KEPT[name]
    table[name][who, slot] = value[new] + 1
    table[f"{name}s"][who] = count + np.uint32(1)
    return new, slot
