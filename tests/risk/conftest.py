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

Stream = Callable[..., np.ndarray[Any, Any]]


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
    facts["fact"] = rng.choice([1, 1, 1, 1, 1, 2, 2, 3, 4, 6, 5], rows)
    is_txn, is_login, is_account = (facts["fact"] == kind for kind in (Fact.TRANSACTION, Fact.LOGIN, Fact.ACCOUNT))
    is_label = facts["fact"] == Fact.LABEL
    facts["fresh"] = (is_txn | is_login) & (rng.random(rows) < 0.95)
    facts["code"] = np.where(is_txn, rng.choice([1, 1, 1, 1, 2, 3, 4, 5, 9, 0], rows), rng.integers(1, 5, rows))
    facts["code"] = np.where(is_login, rng.integers(0, 9, rows), facts["code"])
    facts["status"] = rng.choice([1, 2, 3], rows)
    facts["channel"] = rng.integers(0, 9, rows)
    steps = rng.integers(0, pace, rows) * (rng.random(rows) < 0.8)  # every fifth happens at the same instant
    late = rng.integers(0, 3 * DAY, rows) * (rng.random(rows) < 0.1)
    facts["recorded_at"] = START + np.cumsum(steps)
    facts["occurred_at"] = facts["recorded_at"] - late
    for name, many in (("account", accounts), ("merchant", 9), ("device", 7), ("ip", 5), ("party", 4)):
        facts[name] = rng.integers(0, many, rows) - (rng.random(rows) < 0.1) * many
        facts[name] = np.maximum(facts[name], -1)
    facts["mcc"] = rng.choice([5411, 6051, 5944, -1], rows)
    facts["country"] = rng.choice([65, 65, 65, 7, -1], rows)
    amount = np.round(np.exp(rng.normal(8, 1.5, rows)))
    amount = np.where(rng.random(rows) < 0.2, np.ceil(amount / 10_000) * 10_000, amount)
    facts["amount"] = np.where(is_txn, amount * np.where(np.isin(facts["code"], (3, 4)), -1, 1), np.nan)
    facts["amount"] *= np.where((facts["code"] == 9) & (rng.random(rows) < 0.5), -1, 1)
    located = rng.random(rows) < 0.7
    facts["lat"] = np.where(located, rng.normal(31, 1 + 9 * (rng.random(rows) < 0.1)), np.nan)
    facts["lon"] = np.where(located, rng.normal(121, 2, rows), np.nan)
    facts["limit"] = np.where(is_account & (rng.random(rows) < 0.9), rng.choice([0, 1e6, 1.5e6], rows), np.nan)
    facts["available"] = np.where(is_account, np.round(rng.random(rows) * 1e6), np.nan)
    facts["balance"] = np.where(is_account, 1e6 - facts["available"], np.nan)
    facts["opened_at"] = np.where(is_account, START - rng.integers(0, 400, rows) * DAY, 0)
    judged = rng.permutation(rows)
    for name in ("account", "merchant", "device", "ip"):
        facts[name] = np.where(is_label, facts[name][judged], facts[name])
    facts["opened_at"] = np.where(is_label, facts["occurred_at"][judged], facts["opened_at"])
    return facts


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
