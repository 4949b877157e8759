"""Streams of facts and packs for the tests of the decision engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from console.risk.columns import DAY, HOUR, MINUTE, Fact, blank
from console.risk.packs import Pack, load_packs

PACKS = Path(__file__).parents[2] / "fixtures" / "packs"
START = 1_700_000_000_000_000

Facts = np.ndarray[Any, Any]
Stream = Callable[..., Facts]


@pytest.fixture(scope="session")
def pack_texts() -> list[tuple[str, str]]:
    return [(path.name, path.read_text("utf-8")) for path in sorted(PACKS.glob("*.toml"))]


@pytest.fixture(scope="session")
def base_pack(pack_texts: list[tuple[str, str]]) -> Pack:
    return load_packs(pack_texts)


@pytest.fixture(scope="session")
def random_stream() -> Stream:
    """Facts of every kind with ties, late events, missing fields, and few enough entities to meet again and again."""
    return _random_stream


def _random_stream(seed: int, rows: int, accounts: int = 6, pace: int = 20 * MINUTE) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    facts = blank(rows)
    facts["seq"] = np.arange(1, rows + 1)
    facts["fact"] = rng.choice(KINDS, rows)
    _when(rng, facts, pace)
    _who(rng, facts, accounts)
    _what(rng, facts)
    _where(rng, facts)
    _standing(rng, facts)
    _people(rng, facts)
    _judged(rng, facts)
    return facts


KINDS = [1] * 10 + [2] * 5 + [3] * 2 + [4] * 2 + [5, 6, 7, 8, 9, 9, 10, 11, 11, 11]
"""Facts of every kind, transactions and logins most."""


def _is(facts: Facts, *kinds: Fact) -> Facts:
    return np.isin(facts["fact"], kinds)


def _when(rng: np.random.Generator, facts: Facts, pace: int) -> None:
    rows = len(facts)
    steps = rng.integers(0, pace, rows) * (rng.random(rows) < 0.8)  # every fifth happens at the same instant
    late = rng.integers(0, 3 * DAY, rows) * (rng.random(rows) < 0.1)
    facts["recorded_at"] = START + np.cumsum(steps)
    facts["occurred_at"] = facts["recorded_at"] - late
    countable = _is(facts, Fact.TRANSACTION, Fact.LOGIN, Fact.APPLICATION, Fact.LIMIT_REQUEST)
    facts["fresh"] = countable & (rng.random(rows) < 0.95)


def _who(rng: np.random.Generator, facts: Facts, accounts: int) -> None:
    rows = len(facts)
    many = {"account": accounts, "merchant": 9, "device": 7, "ip": 5, "party": 4, "token": 12, "peer": accounts}
    for name, number in many.items():
        facts[name] = rng.integers(0, number, rows) - (rng.random(rows) < 0.1) * number
        facts[name] = np.maximum(facts[name], -1)
    facts["merchant"] = np.where(rng.random(rows) < 0.3, 0, facts["merchant"])
    facts["subnet"] = np.where(facts["ip"] < 0, -1, facts["ip"] // 2)
    facts["customer"] = np.where(facts["account"] < 0, -1, facts["account"] * 2 // 3)
    facts["peer"] = np.where(facts["party"] < 0, -1, facts["peer"])
    linked = _is(facts, Fact.LINK)
    facts["peer"] = np.where(linked, rng.integers(-1, accounts, rows), facts["peer"])
    facts["customer"] = np.where(linked, rng.integers(0, accounts, rows), facts["customer"])
    of_device = _is(facts, Fact.TOKEN) & (rng.random(rows) < 0.3)
    facts["customer"] = np.where(of_device | _is(facts, Fact.DEVICE), -1, facts["customer"])


def _what(rng: np.random.Generator, facts: Facts) -> None:
    rows = len(facts)
    is_txn = _is(facts, Fact.TRANSACTION)
    code = rng.choice([1, 1, 1, 1, 1, 2, 3, 4, 5, 7, 9, 9, 0], rows)
    facts["code"] = np.where(is_txn, code, rng.integers(1, 5, rows))
    facts["code"] = np.where(_is(facts, Fact.LOGIN), rng.integers(0, 9, rows), facts["code"])
    facts["code"] = np.where(_is(facts, Fact.TOKEN), rng.integers(0, 6, rows), facts["code"])
    facts["status"] = rng.choice([1, 2, 3, 4], rows)
    facts["decline"] = np.where(is_txn & (facts["status"] == 3), rng.integers(0, 5, rows), 0)
    facts["channel"] = rng.integers(0, 9, rows)
    facts["method"] = rng.integers(0, 8, rows)
    facts["mcc"] = rng.choice([5411, 6051, 5944, -1], rows)
    facts["network_risk"] = rng.choice([-1, 0, 500, 999], rows)
    amount = np.round(np.exp(rng.normal(8, 1.5, rows)))
    amount = np.where(rng.random(rows) < 0.2, np.ceil(amount / 10_000) * 10_000, amount)
    amount = np.where(rng.random(rows) < 0.1, 4200, amount)
    facts["amount"] = np.where(is_txn, amount * np.where(np.isin(facts["code"], (3, 4, 7)), -1, 1), np.nan)
    facts["amount"] *= np.where((facts["code"] == 9) & (rng.random(rows) < 0.5), -1, 1)


def _where(rng: np.random.Generator, facts: Facts) -> None:
    rows = len(facts)
    located = rng.random(rows) < 0.7
    facts["lat"] = np.where(located, rng.normal(31, 1 + 9 * (rng.random(rows) < 0.1)), np.nan)
    facts["lon"] = np.where(located, rng.normal(121, 2, rows), np.nan)
    facts["country"] = rng.choice([65, 65, 65, 7, -1], rows)
    facts["ip_country"] = rng.choice([65, 7, -1], rows)
    facts["asn"] = rng.choice([0, 4134, 4837, 9808, 2**32 - 1, 7, 8], rows)


def _standing(rng: np.random.Generator, facts: Facts) -> None:
    rows = len(facts)
    is_account, asks = _is(facts, Fact.ACCOUNT), _is(facts, Fact.LIMIT_REQUEST)
    facts["limit"] = np.where(is_account & (rng.random(rows) < 0.9), rng.choice([0, 1e6, 1.5e6], rows), np.nan)
    facts["limit"] = np.where(asks, rng.choice([1e6, 2e6], rows), facts["limit"])
    facts["amount"] = np.where(asks, rng.choice([1.2e6, 3e6], rows), facts["amount"])
    facts["available"] = np.where(is_account, np.round(rng.random(rows) * 1e6), np.nan)
    facts["balance"] = np.where(is_account, 1e6 - facts["available"], np.nan)
    facts["past_due"] = np.where(is_account, rng.choice([-1, 0, 45, 32_767], rows), -1)
    facts["opened_at"] = START - rng.integers(0, 400, rows) * DAY
    told = _is(facts, Fact.ACCOUNT, Fact.CUSTOMER, Fact.DEVICE, Fact.LINK) & (rng.random(rows) < 0.9)
    facts["opened_at"] = np.where(told, facts["opened_at"], 0)


def _people(rng: np.random.Generator, facts: Facts) -> None:
    rows, person = len(facts), _is(facts, Fact.CUSTOMER)
    facts["income"] = np.where(person, rng.choice([np.nan, 0, 8e5], rows), np.nan)
    for name in ("bureau", "trust", "tenure"):
        facts[name] = np.where(person, rng.choice([-1, 0, 600, 32_767], rows), -1)
    facts["delinquencies"] = np.where(person, rng.choice([0, 3, 254, 255], rows), 255)


def _judged(rng: np.random.Generator, facts: Facts) -> None:
    is_label, judged = _is(facts, Fact.LABEL), rng.permutation(len(facts))
    for name in ("account", "customer", "merchant", "device", "ip", "subnet"):
        facts[name] = np.where(is_label, facts[name][judged], facts[name])
    facts["opened_at"] = np.where(is_label, facts["occurred_at"][judged], facts["opened_at"])
    facts["amount"] = np.where(is_label, facts["amount"][judged], facts["amount"])


@pytest.fixture(scope="session")
def story() -> type[Story]:
    return Story


class Story:
    """A scripted stream: facts one after the other at a clock that the script moves."""

    def __init__(self) -> None:
        self.now = START
        self._rows: list[dict[str, Any]] = []

    def wait(self, *, minutes: float = 0, hours: float = 0, days: float = 0) -> Story:
        self.now += int(minutes * MINUTE + hours * HOUR + days * DAY)
        return self

    def tell(self, fact: Fact, code: int, **fields: Any) -> Story:
        times = {"occurred_at": self.now, "recorded_at": self.now}
        fresh = fact in (Fact.TRANSACTION, Fact.LOGIN)
        row = {"fact": fact, "code": code, "fresh": fresh, "account": 0, **times, **fields}
        self._rows.append({"customer": row["account"], **row})
        return self

    def spend(self, amount: float, merchant: int = 0, **fields: Any) -> Story:
        return self.tell(Fact.TRANSACTION, 1, status=1, amount=amount, merchant=merchant, **fields)

    def login(self, code: int = 1, **fields: Any) -> Story:
        return self.tell(Fact.LOGIN, code, **fields)

    def limits(self, limit: float, available: float, **fields: Any) -> Story:
        """Where the account stands; the place, when given, is its customer's home."""
        home = {name: fields.pop(name) for name in ("lat", "lon") if name in fields}
        if home:
            self.tell(Fact.CUSTOMER, 0, account=-1, customer=fields.get("account", 0), **home)
        return self.tell(Fact.ACCOUNT, 2, limit=limit, available=available, balance=limit - available, **fields)

    def normal_life(self, days: int = 40, account: int = 0, device: int = 0) -> Story:
        """A purchase or two a day at a few shops at home in Shanghai on one device."""
        self.limits(1_000_000, 900_000, account=account, lat=31.2, lon=121.5, opened_at=self.now - 300 * DAY)
        for day in range(days):
            here = {"account": account, "lat": 31.2, "lon": 121.5, "country": 65}
            self.login(account=account, device=device, ip=account, lat=31.2, lon=121.5)
            self.spend(3000 + 137 * (day % 7), merchant=day % 5, device=device, **here)
            self.wait(hours=24)
        return self

    @property
    def facts(self) -> np.ndarray[Any, Any]:
        facts = blank(len(self._rows))
        for row, fields in enumerate(self._rows):
            for name, value in {"seq": row + 1, **fields}.items():
                facts[name][row] = value
        return facts
