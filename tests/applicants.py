"""People who ask for credit, as the core tells of them: papers for tests of the review."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from console.core.instants import DAY, HOUR, Instant
from console.core.messages import (
    Account,
    Application,
    Bureau,
    Check,
    Customer,
    Employment,
    Facts,
    Income,
    LimitRequest,
    Limits,
    Message,
    Social,
    Tokens,
    encode,
)
from console.risk.policy import digest
from store.journal import Journal
from store.policies import Policies, Text

POLICY = """
name = "test"
[drive]
stance = "normal"
dwell_days = 21
[automatic]
count = 20
exposure = { CNY = 20_000_000 }
per_rule = 10
ceiling = 200
[stances.normal]
limits = { offer_factor = 1.0, raise_factor = 2.0 }
cutoffs = { approve_above = 585, decline_below = 560 }
automatic = { freeze = true }
"""
"""A policy that stays as it is, whatever becomes of the shipped one."""
CHECKS = ("identity", "liveness", "document", "sanctions", "bureau", "device")


def customer(number: int, now: int, *, thin: bool = False) -> Customer:
    """Somebody with a steady job, or a file with next to nothing in it."""
    as_of = Instant(now - 10 * DAY)
    return Customer(
        id=f"new_{number}",
        version=1,
        registered_at=as_of,
        updated_at=as_of,
        segment="mass",
        name_masked="李**",
        tokens=Tokens(phone=f"h1:{number}"),
        bureau=None if thin else Bureau(as_of=as_of, score=700, open_lines=1, delinquencies_24m=0, inquiries_6m=0),
        income=Income(monthly_minor=1_000_000, currency="CNY", as_of=as_of, verified=not thin),
        employment=Employment(status="employed", months=3 if thin else 40),
        social=Social(trust_score=640, verified_contacts=6, tenure_months=0),
    )


def pending(number: int, now: int) -> Account:
    """The account that is booked when the application is approved."""
    at = Instant(now - 2 * DAY)
    nothing = Limits(currency="CNY", credit_limit_minor=0, available_minor=0, balance_minor=0, pending_minor=0)
    return Account(
        id=f"acc_new_{number}",
        version=1,
        customer_id=f"new_{number}",
        status="pending",
        credit_state="current",
        limits=nothing,
        holds=[],
        opened_at=at,
        updated_at=at,
    )


def application(number: int, now: int, **more: Any) -> Application:
    """An application of two days ago that passed every check."""
    at = Instant(now - 2 * DAY)
    plain: dict[str, Any] = {
        "id": f"app_{number}",
        "version": 2,
        "kind": "opening",
        "customer_id": f"new_{number}",
        "status": "in_review",
        "currency": "CNY",
        "checks": [Check(name=name, outcome="pass") for name in CHECKS],
        "submitted_at": at,
        "updated_at": at,
        "account_id": f"acc_new_{number}",
        "product": "flex",
        "requested_limit_minor": 500_000,
        "score": 650,
        "facts": Facts(monthly_income_minor=1_100_000, employer="Nordhafen Logistik", purpose="electronics"),
        "tokens": Tokens(phone=f"h1:{number}"),
        "channel": "ios",
        "device_id": f"dev_new_{number}",
        "ip": "203.0.113.90",
    }
    return Application(**(plain | more))


def wish(number: int, account_id: str, present: int, requested: int, now: int) -> LimitRequest:
    """A customer's wish for another limit, an hour old."""
    return LimitRequest(
        id=f"lrq_{number}",
        version=1,
        account_id=account_id,
        status="pending",
        requested_by="customer",
        current_limit_minor=present,
        requested_limit_minor=requested,
        currency="CNY",
        requested_at=Instant(now - HOUR),
    )


def put(mirror: Path, *resources: tuple[str, Message]) -> None:
    """Write resources into a mirror as the feed brings them."""
    with closing(sqlite3.connect(mirror)) as connection, connection:
        for type_, resource in resources:
            row = (type_, resource.id, resource.version, encode(resource).decode())  # type: ignore[attr-defined]
            connection.execute("INSERT OR REPLACE INTO resource VALUES (?, ?, ?, 0, -1, 1, ?)", row)


def govern(journal: Journal, now: int) -> None:
    """Put that policy in force."""
    kept = Text(version=digest(POLICY), name="test", text=POLICY)
    Policies(journal).apply(kept, "normal", "for tests", "maria.k", now=now, since=now)


def furnish(mirror: Path, now: int, number: int, raises: str, name: str = "李**") -> None:
    """Put a good applicant with a pending account of that number, three on one device with one phone, and a customer
    who wants more on an account."""
    ring = [application(n, now, device_id="dev_ring", tokens=Tokens(phone="h1:ring"), score=596) for n in (2, 3, 4)]
    people = [customer(n, now, thin=n > 1) for n in (1, 2, 3, 4)]
    put(
        mirror,
        *(("customer", replace(one, name_masked=name if one.id == "new_3" else one.name_masked)) for one in people),
        ("application", application(1, now)),
        *(("application", one) for one in ring),
        ("limit_request", wish(1, raises, 1_000_000, 9_000_000, now)),
    )
    account = pending(1, now)
    values = (number, account.id, account.customer_id, now, encode(account).decode())
    with closing(sqlite3.connect(mirror)) as connection, connection:
        connection.execute("INSERT INTO account VALUES (?, ?, 1, 0, ?, 'pending', 'CNY', 0, 0, 0, ?, ?)", values)
