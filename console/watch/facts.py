"""The engine's facts, one builder per kind: rows of `console.risk.columns.FACTS` in its order of fields."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from console.core.messages import Account, Label, Location, Login, Transaction
from console.risk.columns import (
    ACCOUNT_STATUSES,
    CHANNELS,
    LOGIN_OUTCOMES,
    TXN_KINDS,
    TXN_STATUSES,
    Fact,
    Judgement,
    country_code,
)
from store.mirror import Numbers

FactRow = tuple[Any, ...]
NAN = math.nan
NO_MONEY = (NAN, NAN, NAN)
NOWHERE = (NAN, NAN)
TRANSACTION, LOGIN = int(Fact.TRANSACTION), int(Fact.LOGIN)
"""The two kinds of fact that come by the million, as plain numbers: numpy reads those faster."""


def _codes(words: Iterable[str]) -> dict[str | None, int]:
    """Codes of an enum's words, from 1; a word this version does not know is 0."""
    return {word: code for code, word in enumerate(words, 1)}


_KIND = _codes(TXN_KINDS)
_STATUS = _codes(TXN_STATUSES)
_CHANNEL = _codes(CHANNELS)
_OUTCOME = _codes(LOGIN_OUTCOMES)
_ACCOUNT_STATUS = _codes(ACCOUNT_STATUSES)

JUDGEMENT: dict[str | None, Judgement] = {
    "fraud": Judgement.FRAUD,
    "legit": Judgement.LEGIT,
    "inconclusive": Judgement.INCONCLUSIVE,
}


def transaction_fact(seq: int, txn: Transaction, fresh: bool, account: int, entities: dict[str, Numbers]) -> FactRow:
    """A transaction; only a fresh one counts. New merchants, devices, IPs and parties get their numbers here."""
    merchant, party, place = txn.merchant, txn.counterparty, txn.location
    mcc = merchant.mcc if merchant else None
    lat, lon = coordinates(place) if place else NOWHERE
    return (
        seq,
        TRANSACTION,
        _KIND.get(txn.kind, 0),
        _STATUS.get(txn.status, 0),
        _CHANNEL.get(txn.channel, 0),
        fresh,
        txn.occurred_at,
        txn.recorded_at,
        account,
        entities["merchant"][merchant.id] if merchant else -1,
        entities["device"][txn.device_id] if txn.device_id else -1,
        entities["ip"][txn.ip] if txn.ip else -1,
        entities["party"][party.id] if party and party.type != "merchant" else -1,
        int(mcc) if mcc is not None and len(mcc) == 4 and mcc.isascii() and mcc.isdigit() else -1,
        _country(place, merchant.country if merchant else None),
        txn.amount_minor,
        lat,
        lon,
        *NO_MONEY,
        0,
    )


def login_fact(seq: int, login: Login, fresh: bool, account: int, entities: dict[str, Numbers]) -> FactRow:
    """A sign-in or credential event."""
    lat, lon = coordinates(login.location)
    return (
        seq,
        LOGIN,
        _OUTCOME.get(login.outcome, 0),
        0,
        0,
        fresh,
        login.occurred_at,
        login.recorded_at,
        account,
        -1,
        entities["device"][login.device_id] if login.device_id else -1,
        entities["ip"][login.ip] if login.ip else -1,
        -1,
        -1,
        _country(login.location, login.ip_country),
        NAN,
        lat,
        lon,
        *NO_MONEY,
        0,
    )


def standing_fact(seq: int, account: Account, number: int, home: Location | None) -> FactRow:
    """Where an account stands now. A missing home (NaN) means: as before."""
    limits = account.limits
    money = (limits.credit_limit_minor, limits.available_minor, limits.balance_minor)
    status = _ACCOUNT_STATUS.get(account.status, 0)
    return _account_row(seq, status, number, account.updated_at, home, money, account.opened_at)


def home_fact(seq: int, number: int, at: int, home: Location | None) -> FactRow:
    """The home of a known account's customer; everything else as before."""
    return _account_row(seq, 0, number, at, home, NO_MONEY, 0)


def _account_row(
    seq: int,
    status: int,
    number: int,
    at: int,
    home: Location | None,
    money: tuple[float, float, float],
    opened_at: int,
) -> FactRow:
    nobody = (-1, -1, -1, -1, -1, -1)
    return (seq, Fact.ACCOUNT, status, 0, 0, False, at, at, number, *nobody, NAN, *coordinates(home), *money, opened_at)


def label_fact(
    seq: int, label: Label, judgement: Judgement, account: int, txn: Transaction | None, entities: dict[str, Numbers]
) -> FactRow:
    """A label, with the parties of the transaction it judges where it judges one."""
    merchant = txn.merchant if txn else None
    return (
        seq,
        Fact.LABEL,
        judgement,
        0,
        0,
        False,
        label.recorded_at,
        label.recorded_at,
        account,
        entities["merchant"].get(merchant.id, -1) if merchant else -1,
        entities["device"].get(txn.device_id, -1) if txn and txn.device_id else -1,
        entities["ip"].get(txn.ip, -1) if txn and txn.ip else -1,
        -1,
        -1,
        -1,
        float(txn.amount_minor) if txn else NAN,
        NAN,
        NAN,
        *NO_MONEY,
        label.occurred_at,
    )


def verdict_fact(seq: int, judgement: Judgement, account: int, at: int) -> FactRow:
    """The desk's verdict on an account."""
    nobody = (-1, -1, -1, -1, -1, -1)
    return (seq, Fact.VERDICT, judgement, 0, 0, False, at, at, account, *nobody, NAN, NAN, NAN, *NO_MONEY, 0)


def coordinates(location: Location | None) -> tuple[float, float]:
    """(lat, lon), NaN where they are not both known."""
    if location is None or location.lat is None or location.lon is None:
        return NOWHERE
    return location.lat, location.lon


def _country(location: Location | None, otherwise: str | None) -> int:
    code = (location.country if location else None) or otherwise
    return country_code(code) if code else -1
