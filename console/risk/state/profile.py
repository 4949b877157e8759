"""What one account is like: its days, its amounts, the merchants, devices and countries it knows, its limits.

One fixed-size record an account. Rows are applied in waves (no account twice in one), so each sees the record as the
facts before it left it.
"""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, LOGIN_OUTCOMES, Array, Bools, Fact
from console.risk.flags import DECLINED, SPEND
from console.risk.state.groups import Groups
from console.risk.state.growth import grown, packed, unpacked

DAYS = 32
DEVICES = 8
COUNTRIES = 8
LOW_DAYS = 8

PROFILE = np.dtype(
    [
        ("merchants", "u8", 16),  # a 1,024-bit Bloom row, two probes
        ("day_sum", "f8", DAYS),  # approved spend by UTC day, slot = day modulo DAYS
        ("day_square", "f4", DAYS),  # sum of squared amounts
        ("day", "u2", DAYS),  # which day a slot holds, days since 1970
        ("day_count", "u2", DAYS),
        ("device_at", "i8", DEVICES),  # when a known device was first used, µs
        ("device", "i4", DEVICES),  # index + 1, 0 unused
        ("country", "i2", COUNTRIES),  # country_code + 1, 0 unused
        ("low", "f4", LOW_DAYS),  # least utilisation on a UTC day, slot = day modulo LOW_DAYS
        ("low_day", "u2", LOW_DAYS),
        ("mean", "f8"),  # of approved spends, lifetime
        ("spread", "f8"),  # sum of squared deviations from the mean (Welford 1962)
        ("largest", "f8"),
        ("limit", "f8"),  # as the last ACCOUNT fact said
        ("available", "f8"),
        ("balance", "f8"),
        ("raised_by", "f8"),  # the last rise of the limit, minor units
        ("raised_at", "i8"),
        ("opened_at", "i8"),
        ("credentials_at", "i8"),  # last password reset or change of second factor
        ("new_device_at", "i8"),  # when a device was first used that was not the account's first
        ("spends", "u4"),
        ("devices", "u4"),  # how many were ever added; the oldest gives way
        ("countries", "u4"),
        ("told", "?"),  # an ACCOUNT fact with a limit has been seen
    ],
    align=True,
)

_SUCCESS = LOGIN_OUTCOMES.index("success") + 1
_FIRST_CHANGE, _LAST_CHANGE = LOGIN_OUTCOMES.index("password_reset") + 1, LOGIN_OUTCOMES.index("mfa_removed") + 1


def day_of(at: Array) -> Array:
    """UTC day since 1970 as u2, the last one standing for all later."""
    return np.asarray(np.minimum(at // DAY, 65535), np.uint16)


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


class Profiles:
    """The records of all accounts as one array of structs."""

    def __init__(self) -> None:
        self._words = np.zeros((1, PROFILE.itemsize // 8), np.uint64)

    def through(self, groups: Groups, facts: Array, flags: Array, reads: Array) -> Array:
        """Apply a page; return a copy of the record that each row of `reads` saw."""
        self._words = grown(self._words, groups.bound)
        table = self._words.view(PROFILE).reshape(-1)
        seen = self._words.take(groups.entity[reads], axis=0)
        place = np.full(len(facts), -1)
        place[reads] = np.arange(len(reads))
        touches = facts["fresh"] & ((flags & SPEND > 0) | (facts["fact"] == Fact.LOGIN))
        touches |= facts["fact"] == Fact.ACCOUNT
        stirs = touches | (place >= 0)
        for number, rows in enumerate(groups.waves(stirs)):
            if number:
                readers = rows[place[rows] >= 0]
                seen[place[readers]] = self._words[groups.entity[readers]]
            _apply(table, groups.entity, facts, flags, rows[touches[rows]])
        return seen.view(PROFILE).reshape(-1)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` accounts."""
        self._words = grown(self._words, rows)
        return {"words": packed(self._words, rows)}

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._words = unpacked(state["words"], self._words)


def _apply(table: Array, entity: Array, facts: Array, flags: Array, rows: Array) -> None:
    kind = facts["fact"][rows]
    for chosen, update in ((rows[kind == Fact.ACCOUNT], _told), (rows[kind == Fact.LOGIN], _login)):
        if len(chosen):
            update(table, entity[chosen], facts[chosen])
    approved = rows[flags[rows] & (SPEND | DECLINED) == SPEND]
    if len(approved):
        _spend(table, entity[approved], facts[approved])


def _spend(table: Array, who: Array, facts: Array) -> None:
    _spend_amount(table, who, facts["amount"])
    _spend_day(table, who, facts["amount"], day_of(facts["occurred_at"]))
    _know_merchant(table, who, facts["merchant"])
    _know_country(table, who, facts["country"])
    _know_device(table, who, facts["device"], facts["occurred_at"])


def _spend_amount(table: Array, who: Array, amount: Array) -> None:
    count = table["spends"][who] + np.uint32(1)
    mean = table["mean"][who]
    away = amount - mean
    moved = mean + away / count
    table["spends"][who] = count
    table["mean"][who] = moved
    table["spread"][who] += away * (amount - moved)
    table["largest"][who] = np.maximum(table["largest"][who], amount)


def _spend_day(table: Array, who: Array, amount: Array, day: Array) -> None:
    slot = day % DAYS
    held = table["day"][who, slot]
    fits = day >= held  # an event older than the slot's day comes too late for it
    who, slot, day, amount, same = who[fits], slot[fits], day[fits], amount[fits], (day == held)[fits]
    table["day"][who, slot] = day
    table["day_count"][who, slot] = table["day_count"][who, slot] * same + np.uint16(1)
    table["day_sum"][who, slot] = table["day_sum"][who, slot] * same + amount
    table["day_square"][who, slot] = table["day_square"][who, slot] * same + (amount * amount).astype(np.float32)


def _know_merchant(table: Array, who: Array, merchant: Array) -> None:
    given = merchant >= 0
    who, merchant = who[given], merchant[given]
    for place in probes(merchant):
        table["merchants"][who, (place >> np.uint64(6)).astype(np.int64)] |= np.uint64(1) << (place & np.uint64(63))


def _know_country(table: Array, who: Array, country: Array) -> None:
    new = (country >= 0) & ~(table["country"][who] == (country + 1)[:, None]).any(axis=1)
    who, country = who[new], country[new]
    count = table["countries"][who]
    table["country"][who, count % COUNTRIES] = country + 1
    table["countries"][who] = count + np.uint32(1)


def _know_device(table: Array, who: Array, device: Array, at: Array) -> None:
    new = (device >= 0) & ~(table["device"][who] == (device + 1)[:, None]).any(axis=1)
    who, device, at = who[new], device[new], at[new]
    count = table["devices"][who]
    table["device"][who, count % DEVICES] = device + 1
    table["device_at"][who, count % DEVICES] = at
    table["devices"][who] = count + np.uint32(1)
    table["new_device_at"][who] = np.where(count > 0, at, table["new_device_at"][who])


def _login(table: Array, who: Array, facts: Array) -> None:
    success = facts["code"] == _SUCCESS
    _know_device(table, who[success], facts["device"][success], facts["occurred_at"][success])
    changed = (facts["code"] >= _FIRST_CHANGE) & (facts["code"] <= _LAST_CHANGE)
    who, at = who[changed], facts["occurred_at"][changed]
    table["credentials_at"][who] = np.maximum(table["credentials_at"][who], at)


def _told(table: Array, who: Array, facts: Array) -> None:
    """Take what an ACCOUNT fact says; what it leaves out stays as it was."""
    opened = facts["opened_at"] > 0
    table["opened_at"][who[opened]] = facts["opened_at"][opened]
    limited = ~np.isnan(facts["limit"])
    if limited.any():
        _limited(table, who[limited], facts[limited])


def _limited(table: Array, who: Array, facts: Array) -> None:
    before = utilisation(table["limit"][who], table["available"][who])
    after = utilisation(facts["limit"], facts["available"])
    _lowest(table, who, np.fmin(before, after), day_of(facts["occurred_at"]))
    rise = facts["limit"] - table["limit"][who]
    raised = table["told"][who] & (rise > 0)
    table["raised_at"][who[raised]] = facts["occurred_at"][raised]
    table["raised_by"][who[raised]] = rise[raised]
    for name in ("limit", "available", "balance"):
        table[name][who] = facts[name]
    table["told"][who] = True


def _lowest(table: Array, who: Array, value: Array, day: Array) -> None:
    slot = day % LOW_DAYS
    held = table["low_day"][who, slot]
    fits = (day >= held) & ~np.isnan(value)
    who, slot, day, value, same = who[fits], slot[fits], day[fits], value[fits], (day == held)[fits]
    table["low"][who, slot] = np.where(same, np.minimum(table["low"][who, slot], value), value)
    table["low_day"][who, slot] = day


def utilisation(limit: Array, available: Array) -> Array:
    """Share of the limit that is used, NaN when the limit is missing or 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(limit > 0, 1 - available / limit, np.nan)
