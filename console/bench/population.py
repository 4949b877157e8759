"""A mirror of many accounts for the benchmarks of the console, some of them with an open alert."""

from __future__ import annotations

import json
import random
import time

from console.core.instants import DAY, HOUR, MINUTE, wire
from console.paths import Home
from store.batch import Batch, Row
from store.mirror import Mirror

BATCH = 10_000
LIMIT = 1_000_000
RULES = ("ATO-1", "CNP-6", "GEO-1")
NORMAL = {"spend_count_30d": 24.0, "spend_sum_30d": 456_000.0, "amount_to_mean_30d": 8.2, "since_last_spend": 420.0}


def account_id(number: int) -> str:
    return f"acc.{number:08d}"


def build(home: Home, accounts: int, alerts: int) -> None:
    """Write the mirror; the accounts with an alert lie scattered among the others, and so does their score."""
    chance, now = random.Random(1), time.time_ns() // 1000
    suspicious = set(chance.sample(range(accounts), min(alerts, accounts)))
    mirror = Mirror(home.mirror)
    for first in range(0, accounts, BATCH):
        batch, risks = Batch(), list[Row]()
        for number in range(first, min(first + BATCH, accounts)):
            mirror.accounts[account_id(number)]  # numbers it
            risks.append(_add(batch, number, chance, now, alerted=number in suspicious))
        batch.risks = risks
        with mirror.transaction():
            mirror.write(batch)
    with mirror.transaction():
        mirror.advance("changes", ("bench", accounts, ""), accounts, now)
    mirror.close()


def _add(batch: Batch, number: int, chance: random.Random, now: int, *, alerted: bool) -> Row:
    """Add an account with all that belongs to it, but for the row of its risk, which is returned."""
    customer, available = f"cus.{number:08d}", chance.randrange(LIMIT)
    batch.accounts.append(account_row(number, 1, available, now))
    batch.owners.append((customer, number))
    score = round(chance.uniform(0.5, 0.99), 6) if alerted else 0.0
    level = 1 + int(score * 3.99) if alerted else 0
    active = now - chance.randrange(HOUR)
    if alerted:
        batch.alerts.append(alert_row(number, now - chance.randrange(DAY), score, level, hits=1 + number % 5))
        doc = {"id": customer, "version": 1, "name_masked": "陈**" if number % 2 else "M*** S******"}
        batch.resources.append(("customer", customer, 1, 0, -1, 1, json.dumps(doc)))
    return number, 0, 0, active, score, level, int(alerted)


def account_row(number: int, version: int, available: int, now: int) -> Row:
    """A row of `Batch.accounts`."""
    owed, opened = LIMIT - available, now - 400 * DAY
    doc = {
        "id": account_id(number), "version": version, "customer_id": f"cus.{number:08d}", "status": "active",
        "credit_state": "current", "holds": [], "opened_at": wire(opened), "updated_at": wire(now),
        "limits": {"currency": "CNY", "credit_limit_minor": LIMIT, "available_minor": available,
                   "balance_minor": owed, "pending_minor": 0},
    }  # fmt: skip
    return version, 0, "active", "CNY", LIMIT, available, owed, opened, json.dumps(doc), number


def alert_row(number: int, at: int, score: float, level: int, hits: int) -> Row:
    """A row of `Batch.alerts`, its last hit at the instant `at` (µs)."""
    rules = [RULES[(number + step) % len(RULES)] for step in range(1 + number % 2)]
    hit = {
        "seq": number, "at": at, "score": score, "normal": NORMAL,
        "reasons": {name: {"failed_logins_15m": 7.0} for name in rules},
        "params": {name: {"failures": 4.0} for name in rules},
    }  # fmt: skip
    return (
        f"alr_{number}", number, at - 10 * MINUTE, at, level, score, json.dumps(rules), "open", None, hits, 0, 0,
        json.dumps([hit]), 0, 0, at, 1, 45_600, None,
    )  # fmt: skip
