"""What one account spends and owes: its days, its amounts, its limits, what came back and what was asked for."""

from __future__ import annotations

import numpy as np

from console.risk.columns import DAY, TXN_KINDS, TXN_STATUSES, Array, Bools, Fact, of_kind
from console.risk.flags import DECLINED, PAYMENT, SPEND
from console.risk.state.groups import Groups
from console.risk.state.records import Records

DAYS = 32
LOW_DAYS = 32
ASKED = 4
ORDINARY = 2
CUT_FROM, CUT_AT = 5, 3
"""From so many spends on, an amount counts as usual up to so many deviations above what was usual before."""

PROFILE = np.dtype(
    [
        ("day_sum", "f8", DAYS),  # approved spend by UTC day, slot = day modulo DAYS
        ("day_square", "f4", DAYS),  # sum of squared amounts
        ("day", "u2", DAYS),  # which day a slot holds, days since 1970
        ("day_count", "u2", DAYS),
        ("low", "f4", LOW_DAYS),  # least utilisation on a UTC day, slot = day modulo LOW_DAYS
        ("low_day", "u2", LOW_DAYS),
        ("asked_at", "i8", ASKED),  # when a higher limit was asked for
        ("mean", "f8"),  # of approved spends, lifetime
        ("spread", "f8"),  # sum of squared deviations from the mean (Welford 1962)
        ("largest", "f8"),
        ("usual", "f8"),  # mean and spread again, with every amount cut to what was then usual
        ("usual_spread", "f8"),
        ("limit", "f8"),  # as the last ACCOUNT fact said
        ("available", "f8"),
        ("raised_at", "i8"),
        ("opened_at", "i8"),
        ("bounced_at", "i8"),  # when a repayment was last reversed
        ("spends", "u4"),
        ("asks", "u4"),  # how often a higher limit was ever asked for
        ("chargebacks", "u4"),
        ("past_due", "i2"),  # days + 1, 0 unknown
        ("told", "?"),  # an ACCOUNT fact with a limit has been seen
    ],
    align=True,
)

_CHARGEBACK, _REVERSED = TXN_KINDS.index("chargeback") + 1, TXN_STATUSES.index("reversed") + 1


def day_of(at: Array) -> Array:
    """UTC day since 1970 as u2, the last one standing for all later."""
    return np.asarray(np.minimum(np.maximum(at // DAY, 0), 65535), np.uint16)


class Profiles:
    """The records of all accounts."""

    def __init__(self) -> None:
        self._records = Records(PROFILE)

    def through(self, groups: Groups, facts: Array, flags: Array, reads: Array) -> Array:
        """Apply a page; return the PROFILE that the rows `reads` saw."""
        fresh, transaction = facts["fresh"], of_kind(facts, Fact.TRANSACTION)
        chosen = (
            fresh & (flags & (SPEND | DECLINED) == SPEND),
            of_kind(facts, Fact.ACCOUNT),
            transaction & (flags & PAYMENT > 0) & (facts["status"] == _REVERSED),
            transaction & fresh & (facts["code"] == _CHARGEBACK),
            of_kind(facts, Fact.LIMIT_REQUEST) & fresh & (facts["amount"] > facts["limit"]),
        )
        part = np.zeros(len(facts), np.uint8)
        for number, rows in enumerate(chosen, 1):
            part += rows * np.uint8(number)

        def apply(table: Array, who: Array, rows: Array) -> None:
            mine = part[rows]
            for number, update in enumerate((_spend, _told, _bounced, _charged_back, _asked), 1):
                places = (mine == number).nonzero()[0]
                if len(places):
                    update(table, who[places], facts.take(rows[places]))  # of whole records far faster than an index

        return self._records.through(groups, part, reads, apply)

    def freeze(self, rows: int) -> dict[str, bytes]:
        """The records of the first `rows` accounts."""
        return self._records.freeze(rows)

    def thaw(self, state: dict[str, bytes]) -> None:
        """Take back what `freeze` gave; raises KeyError or ValueError when it is not that."""
        self._records.thaw(state)


def _spend(table: Array, who: Array, facts: Array) -> None:
    amount = facts["amount"]
    count = table["spends"][who] + np.uint32(1)
    mean = table["mean"][who]
    away = amount - mean
    moved = mean + away / count
    table["spends"][who] = count
    table["mean"][who] = moved
    table["spread"][who] += away * (amount - moved)
    table["largest"][who] = np.maximum(table["largest"][who], amount)
    _spend_usual(table, who, amount, count)
    _spend_day(table, who, amount, day_of(facts["occurred_at"]))


def _spend_usual(table: Array, who: Array, amount: Array, count: Array) -> None:
    """Mean and spread of winsorised amounts (Tukey 1962): neither one huge purchase nor a fraud moves what is usual."""
    usual = table["usual"][who]
    cut = usual + CUT_AT * deviation(usual, table["usual_spread"][who], count - np.uint32(1))
    amount = np.where(count > CUT_FROM, np.minimum(amount, cut), amount)
    moved = usual + (amount - usual) / count
    table["usual"][who] = moved
    table["usual_spread"][who] += (amount - usual) * (amount - moved)


def deviation(mean: Array, spread: Array, count: Array) -> Array:
    """The standard deviation behind a sum of squared deviations, at least a tenth of the mean; `count` above 1."""
    return np.asarray(np.maximum(np.sqrt(spread / np.maximum(count - 1.0, 1)), mean / 10))


def is_ordinary(amount: Array, profile: Array) -> Bools:
    """Whether an account could well have spent the amount itself: at most twice what is usual. False where unknown."""
    return np.asarray((profile["spends"] >= CUT_FROM) & (amount <= ORDINARY * profile["usual"]))


def _spend_day(table: Array, who: Array, amount: Array, day: Array) -> None:
    slot = day % DAYS
    held = table["day"][who, slot]
    fits = day >= held  # an event older than the slot's day comes too late for it
    if not fits.all():
        who, slot, day, amount, held = who[fits], slot[fits], day[fits], amount[fits], held[fits]
    same = day == held
    table["day"][who, slot] = day
    table["day_count"][who, slot] = table["day_count"][who, slot] * same + np.uint16(1)
    table["day_sum"][who, slot] = table["day_sum"][who, slot] * same + amount
    table["day_square"][who, slot] = table["day_square"][who, slot] * same + (amount * amount).astype(np.float32)


def _bounced(table: Array, who: Array, facts: Array) -> None:
    table["bounced_at"][who] = np.maximum(table["bounced_at"][who], facts["occurred_at"])


def _charged_back(table: Array, who: Array, facts: Array) -> None:
    table["chargebacks"][who] += np.uint32(1)


def _asked(table: Array, who: Array, facts: Array) -> None:
    count = table["asks"][who]
    table["asked_at"][who, count % ASKED] = facts["occurred_at"]
    table["asks"][who] = count + np.uint32(1)


def _told(table: Array, who: Array, facts: Array) -> None:
    """Take what an ACCOUNT fact says; what it leaves out stays as it was."""
    opened = (facts["opened_at"] > 0).nonzero()[0]
    table["opened_at"][who[opened]] = facts["opened_at"][opened]
    overdue = (facts["past_due"] >= 0).nonzero()[0]
    if len(overdue):
        table["past_due"][who[overdue]] = np.minimum(facts["past_due"][overdue], 32_766) + 1
    limited = ~np.isnan(facts["limit"])
    if limited.all():
        _limited(table, who, facts)
    elif limited.any():
        _limited(table, who[limited], facts.take(limited.nonzero()[0]))


def _limited(table: Array, who: Array, facts: Array) -> None:
    limit, available, at = facts["limit"], facts["available"], facts["occurred_at"]
    limit_before = table["limit"][who]
    before = utilisation(limit_before, table["available"][who])
    _lowest(table, who, np.fmin(before, utilisation(limit, available)), day_of(at))
    raised = (table["told"][who] & (limit > limit_before)).nonzero()[0]
    table["raised_at"][who[raised]] = at[raised]
    table["limit"][who], table["available"][who], table["told"][who] = limit, available, True


def _lowest(table: Array, who: Array, value: Array, day: Array) -> None:
    slot = day % LOW_DAYS
    held = table["low_day"][who, slot]
    fits = (day >= held) & ~np.isnan(value)
    if not fits.all():
        who, slot, day, value, held = who[fits], slot[fits], day[fits], value[fits], held[fits]
    same = day == held
    table["low"][who, slot] = np.where(same, np.minimum(table["low"][who, slot], value), value)
    table["low_day"][who, slot] = day


def utilisation(limit: Array, available: Array) -> Array:
    """Share of the limit that is used, NaN when the limit is missing or 0; whoever asks hears of no division by 0."""
    return np.where(limit > 0, 1 - available / limit, np.nan)
