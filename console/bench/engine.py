"""`riskdesk bench engine`: what the decision engine costs alone, by CPU time, on made-up facts of a large population.

State, every live and shadow rule and every feature that models learn from; no decoding, no rows, no model.
"""

from __future__ import annotations

import json
import time

import numpy as np

from console.bench.machine import machine
from console.desk.pack_files import packs
from console.exits import Exit
from console.risk.columns import DAY, HOUR, SECOND, Array, Fact, blank
from console.risk.engine import Engine
from console.risk.learned import LEARNED

PAGES = (1_000, 10_000)
START = 1_700_000_000 * SECOND
SHOPS = 5_000
ALONE = 0.997
"""Of the events, those on the person's own device."""

SHARES = {Fact.TRANSACTION: 0.45, Fact.LOGIN: 0.2, Fact.ACCOUNT: 0.345, Fact.LABEL: 0.005}
"""Each purchase moves its account's balance, so accounts change nearly as often."""


def run(accounts: int, events: int, *, as_json: bool) -> int:
    """Measure, print a table or one JSON object."""
    figures: dict[str, object] = {"accounts": accounts, "events": events, "machine": machine()}
    for page in PAGES:
        figures[f"us_per_event_pages_of_{page}"] = round(cost(accounts, events, page), 2)
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:32} {value}")
    return Exit.OK


def cost(accounts: int, events: int, page: int) -> float:
    """CPU microseconds an event in pages of that size, once every account has a few events behind it."""
    engine, warm = Engine(packs(None), LEARNED), 4 * accounts
    facts = population(accounts, warm + events)
    for start in range(0, warm, 10_000):
        engine.page(facts[start : start + 10_000])
    pages = [facts[start : start + page].copy() for start in range(warm, warm + events, page)]
    before = time.process_time()
    for part in pages:
        engine.page(part)
    return (time.process_time() - before) / events * 1e6


def population(accounts: int, rows: int, seed: int = 1) -> Array:
    """Facts of people at home: their own device and IP, a few shops of thousands, at times something new."""
    rng = np.random.default_rng(seed)
    facts = blank(rows)
    facts["seq"] = np.arange(1, rows + 1)
    facts["fact"] = rng.choice(list(SHARES), rows, p=list(SHARES.values()))
    facts["occurred_at"] = START + np.sort(rng.integers(0, 3 * rows * HOUR // accounts, rows))
    facts["recorded_at"] = facts["occurred_at"]
    account = rng.integers(0, accounts, rows)
    facts["account"] = facts["customer"] = account
    kind = facts["fact"]
    spend, login, told = (kind == fact for fact in (Fact.TRANSACTION, Fact.LOGIN, Fact.ACCOUNT))
    facts["fresh"] = spend | login
    facts["code"] = np.where(spend, rng.choice([1, 1, 1, 1, 1, 1, 1, 3, 4, 9], rows), 1)
    facts["status"] = np.where(spend, rng.choice([1, 1, 1, 1, 1, 3], rows), 0)
    amount = np.round(np.exp(rng.normal(8, 1, rows))) * np.where(np.isin(facts["code"], (3, 4)), -1, 1)
    facts["amount"] = np.where(spend, amount, np.nan)
    usual = (account * 7 + rng.integers(0, 4, rows)) % SHOPS
    shops = np.where(rng.random(rows) < 0.8, usual, rng.integers(0, SHOPS, rows))
    facts["merchant"] = np.where(spend | (kind == Fact.LABEL), shops, -1)
    own = np.where(rng.random(rows) < ALONE, account, rng.integers(0, accounts, rows))
    for name, divisor in (("device", 1), ("ip", 1), ("subnet", 40)):
        facts[name] = np.where(spend | login, own // divisor, -1)
    for name, centre in (("lat", 31.0), ("lon", 121.0)):
        facts[name] = np.where(spend | login, centre + account % 100 / 100 + rng.normal(0, 0.05, rows), np.nan)
    facts["country"] = np.where(spend | login, 65, -1)
    facts["mcc"] = np.where(spend, 5411, -1)
    facts["limit"] = np.where(told, 1e6, np.nan)
    facts["available"] = np.where(told, np.round(rng.random(rows) * 1e6), np.nan)
    facts["opened_at"] = np.where(told, START - account % 1_000 * DAY, np.where(kind == Fact.LABEL, START, 0))
    return facts
