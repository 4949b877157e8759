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
DAWN = 100 * DAY
"""Earlier moments, µs since 1970, count as this one: an unused place of state, at 0, is then older than any window."""


class Fact(IntEnum):
    """What a row is."""

    TRANSACTION = 1
    LOGIN = 2
    LABEL = 3
    ACCOUNT = 4
    LINK = 5  # `customer` and `peer` belong together, or `customer` and `device`
    VERDICT = 6
    CUSTOMER = 7
    DEVICE = 8
    APPLICATION = 9
    LIMIT_REQUEST = 10
    TOKEN = 11  # `customer`, or in a DEVICE's place `device`, is known by `token`


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
LOGIN_METHODS = ("password", "passkey", "otp", "oauth", "biometric", "ivr", "other")
LABEL_KINDS = ("chargeback", "customer_report", "operator", "investigation", "repayment")
OPERATOR = LABEL_KINDS.index("operator") + 1
"""The status of a LABEL fact that is a desk's verdict."""
ACCOUNT_STATUSES = ("pending", "active", "frozen", "closing", "closed")
APPLICATION_STATUSES = ("submitted", "in_review", "approved", "declined", "withdrawn", "booked")
REQUEST_STATUSES = ("pending", "approved", "declined", "cancelled", "applied")
DEVICE_TRUSTS = ("trusted", "known", "new", "blocked")
LINK_KINDS = (
    "same_customer",
    "shared_device",
    "shared_ip",
    "shared_email",
    "shared_phone",
    "shared_address",
    "shared_national_id",
    "shared_bank_account",
    "payee",
)
TOKEN_KINDS = ("phone", "email", "address", "national_id", "fingerprint")


class Decline(IntEnum):
    """Why a transaction was declined, as far as its code tells."""

    NONE = 0
    LIMIT = 1  # the money is not there
    CREDENTIAL = 2  # a wrong or outdated card number, code or date
    BLOCKED = 3  # the account or the merchant may not, or fraud is suspected
    OTHER = 4


FACTS = np.dtype(
    [
        ("seq", "i8"),
        ("occurred_at", "i8"),
        ("recorded_at", "i8"),
        (
            "opened_at",
            "i8",
        ),  # ACCOUNT, CUSTOMER, DEVICE, LINK: since when; LABEL: occurred_at of what is judged; else 0
        ("judged", "i8"),  # LABEL: the seq of the transaction it judges; 0 for anything else and where it is not known
        ("amount", "f8"),  # signed minor units; APPLICATION, LIMIT_REQUEST: the limit asked for; NaN missing
        ("limit", "f8"),  # ACCOUNT, and LIMIT_REQUEST the present one, else NaN
        ("available", "f8"),  # ACCOUNT facts, else NaN
        ("balance", "f8"),
        ("income", "f8"),  # minor units a month; CUSTOMER: as known, APPLICATION: as claimed; else NaN
        ("account", "i4"),  # dense indices, -1 missing
        ("customer", "i4"),  # the account's owner
        ("merchant", "i4"),
        ("device", "i4"),
        ("ip", "i4"),
        ("subnet", "i4"),  # the IP's network: /24 of IPv4, /48 of IPv6
        ("party", "i4"),  # counterparty account, customer or wallet of a transfer or refund
        ("peer", "i4"),  # that party's customer, where known; LINK: the other customer
        ("token", "i4"),
        ("asn", "u4"),  # autonomous system of a login's IP, 0 missing (RFC 7607 reserves it)
        ("lat", "f4"),  # degrees, NaN missing; of a CUSTOMER fact the home
        ("lon", "f4"),
        ("mcc", "i2"),  # the number, -1 missing
        ("country", "i2"),  # country_code, -1 missing; of a CUSTOMER fact the home's
        ("ip_country", "i2"),  # of a login's IP
        ("network_risk", "i2"),  # the network's score of a transaction, 0..999, -1 missing
        ("bureau", "i2"),  # CUSTOMER: the bureau's score, -1 missing
        ("trust", "i2"),  # CUSTOMER: social trust 0..1000, -1 missing
        ("tenure", "i2"),  # CUSTOMER: months in the social network, -1 missing
        ("past_due", "i2"),  # ACCOUNT: days past due, -1 missing
        ("fact", "u1"),  # Fact
        ("code", "u1"),  # kind of transaction, link or token | login outcome | Judgement | status | device trust
        ("status", "u1"),  # of a transaction; LABEL: its kind; APPLICATION: how many of the core's checks failed
        ("channel", "u1"),
        ("method", "u1"),  # of a login
        ("decline", "u1"),  # Decline
        ("delinquencies", "u1"),  # CUSTOMER: the bureau's, of 24 months, 255 missing
        ("fresh", "?"),  # first version of this resource; only fresh transactions and logins count and are scored
    ],
    align=True,
)

NO_DELINQUENCIES = 255
WITHOUT_INDEX = ("account", "customer", "merchant", "device", "ip", "subnet", "party", "peer", "token")
WITHOUT_NUMBER = ("mcc", "country", "ip_country", "network_risk", "bureau", "trust", "tenure", "past_due")
WITHOUT_MEASURE = ("amount", "limit", "available", "balance", "income", "lat", "lon")


def blank(rows: int) -> Array:
    """`rows` facts of which nothing is known yet: every field is 0 or its missing value."""
    page = np.zeros(rows, FACTS)
    for name in (*WITHOUT_INDEX, *WITHOUT_NUMBER):
        page[name] = -1
    for name in WITHOUT_MEASURE:
        page[name] = np.nan
    page["delinquencies"] = NO_DELINQUENCIES
    return page


def of_kind(facts: Array, kind: Fact) -> Bools:
    """Which rows of a page are of a kind."""
    return np.asarray(facts["fact"] == int(kind))  # numpy compares with a plain number far faster than with an Enum


def country_code(letters: str | None) -> int:
    """ISO 3166 alpha-2 as a number, 26 * first + second letter from 0; -1 for anything else."""
    if letters is None or len(letters) != 2 or not (letters.isascii() and letters.isalpha()):
        return -1
    first, second = (ord(letter) - ord("A") for letter in letters.upper())
    return 26 * first + second
