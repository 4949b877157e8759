"""A page of facts as columns: the one shape in which the engine is told anything.

Words of the contract travel as small codes (index + 1, 0 for unknown or absent), ids as dense indices that the caller
hands out from 0 in order of first appearance, times as microseconds since 1970, money as signed minor units.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND
DAY = 24 * HOUR


class Fact(IntEnum):
    """What a row is."""

    TRANSACTION = 1
    LOGIN = 2
    LABEL = 3
    ACCOUNT = 4
    LINK = 5
    VERDICT = 6


class Judgement(IntEnum):
    """The code of a LABEL or VERDICT fact."""

    FRAUD = 1
    LEGIT = 2
    INCONCLUSIVE = 3
    WITHDRAWN = 4


TXN_KINDS = (
    "purchase",
    "cash_advance",
    "payment",
    "refund",
    "fee",
    "interest",
    "chargeback",
    "adjustment",
    "transfer",
)
TXN_STATUSES = ("pending", "posted", "declined", "reversed", "expired")
CHANNELS = ("pos", "ecom", "atm", "wallet", "ach", "transfer", "internal", "other")
LOGIN_OUTCOMES = (
    "success",
    "bad_password",
    "bad_mfa",
    "locked",
    "blocked",
    "password_reset",
    "mfa_enrolled",
    "mfa_removed",
)
ACCOUNT_STATUSES = ("pending", "active", "frozen", "closing", "closed")

FACTS = np.dtype(
    [
        ("seq", "i8"),
        ("fact", "u1"),  # Fact
        ("code", "u1"),  # transaction kind | login outcome | Judgement | account status
        ("status", "u1"),  # of a transaction
        ("channel", "u1"),
        ("fresh", "?"),  # first version of this resource; only fresh transactions and logins count and are scored
        ("occurred_at", "i8"),
        ("recorded_at", "i8"),
        ("account", "i4"),  # dense indices, -1 missing
        ("merchant", "i4"),
        ("device", "i4"),
        ("ip", "i4"),
        ("party", "i4"),  # counterparty account, customer or wallet of a transfer
        ("mcc", "i2"),  # the number, -1 missing
        ("country", "i2"),  # country_code, -1 missing
        ("amount", "f8"),  # signed minor units, NaN missing
        ("lat", "f8"),  # degrees, NaN missing; of an ACCOUNT fact the customer's home
        ("lon", "f8"),
        ("limit", "f8"),  # ACCOUNT facts, else NaN
        ("available", "f8"),
        ("balance", "f8"),
        ("opened_at", "i8"),  # ACCOUNT: opened_at; LABEL: occurred_at of what is judged; else 0
    ]
)


def blank(rows: int) -> Array:
    """`rows` facts of which nothing is known yet: every field is 0 or its missing value."""
    page = np.zeros(rows, FACTS)
    for name in ("account", "merchant", "device", "ip", "party", "mcc", "country"):
        page[name] = -1
    for name in ("amount", "lat", "lon", "limit", "available", "balance"):
        page[name] = np.nan
    return page


def country_code(letters: str | None) -> int:
    """ISO 3166 alpha-2 as a number, 26 * first + second letter from 0; -1 for anything else."""
    if letters is None or len(letters) != 2 or not (letters.isascii() and letters.isalpha()):
        return -1
    first, second = (ord(letter) - ord("A") for letter in letters.upper())
    return 26 * first + second
