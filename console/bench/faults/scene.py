"""The core of a trial, in a process of its own: a sandbox with accounts to decide on and, if asked, events that flow.

Run as `python -m console.bench.faults.scene DATA EVENTS_PER_S`: prints its origin, ends when its input closes.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import children
from console.bench.accounts import put_account
from console.core import instants
from console.core.messages import Application, LimitRequest, Limits, Merchant, Transaction
from console.sandbox.bank import Bank
from console.sandbox.bank.database import Database
from console.sandbox.run import FILE, Sandbox, SandboxOptions

DESKS = 3
OWN, SHARED, QUIET = 17, 3, 2_000
"""Accounts of each desk, accounts that all desks decide on, and accounts that only events touch."""
WISHES = 150
"""Applications and limit requests of each desk."""
LIMIT_MINOR, CURRENCY = 500_000, "CNY"
BATCH_S = 0.02
"""How often events are published, in seconds."""


def accounts_of(desk: int) -> list[str]:
    """The accounts that a desk decides on: no more than the core lets one person touch without asking a second one."""
    return [f"own.{desk}.{number}" for number in range(OWN)] + [f"shared.{number}" for number in range(SHARED)]


def application_of(desk: int, number: int) -> str:
    return f"app.{desk}.{number}"


def limit_request_of(desk: int, number: int) -> str:
    return f"lim.{desk}.{number}"


@contextmanager
def core(data: Path, events_per_s: int) -> Iterator[str]:
    """The core for the time of a `with`; gives its origin. Its ledger stays in `data`. Raises OSError."""
    with children.open_private(data.with_suffix(".log")) as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", __name__, str(data), str(events_per_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        origin = process.stdout.readline().decode().strip() if process.stdout else ""
        if not origin:
            raise OSError(f"the sandbox did not start; see {data.with_suffix('.log')}")
        yield origin
    finally:
        children.stop(process)


@contextmanager
def ledger(data: Path) -> Iterator[Bank]:
    """The bank of a core that has stopped."""
    database = Database(data / FILE, durable=True)
    try:
        yield Bank(database)
    finally:
        database.close()


def set_up(bank: Bank, quiet: int) -> None:
    """Put the customers, accounts, applications and limit requests that commands are about, and quiet accounts."""
    decided_on = {account_id for desk in range(DESKS) for account_id in accounts_of(desk)}
    with bank.batch():
        for account_id in (*sorted(decided_on), *(f"quiet.{number}" for number in range(quiet))):
            put_account(bank, account_id, _limits())
        for desk in range(DESKS):
            for number in range(WISHES):
                _put_wishes(bank, desk, number)


def _limits() -> Limits:
    return Limits(
        currency=CURRENCY,
        credit_limit_minor=LIMIT_MINOR,
        available_minor=LIMIT_MINOR,
        balance_minor=0,
        pending_minor=0,
        cash_limit_minor=LIMIT_MINOR // 5,
    )


def _put_wishes(bank: Bank, desk: int, number: int) -> None:
    now, account_id = instants.now(), f"own.{desk}.{number % OWN}"
    application = Application(
        id=application_of(desk, number),
        version=1,
        kind="opening",
        customer_id=f"c.{account_id}",
        status="submitted",
        currency=CURRENCY,
        checks=[],
        submitted_at=now,
        updated_at=now,
        requested_limit_minor=100_000,
    )
    bank.put("application", application, now)
    asked = LimitRequest(
        id=limit_request_of(desk, number),
        version=1,
        account_id=account_id,
        status="pending",
        requested_by="customer",
        current_limit_minor=LIMIT_MINOR,
        requested_limit_minor=LIMIT_MINOR * 2,
        currency=CURRENCY,
        requested_at=now,
    )
    bank.put("limit_request", asked, now)


def publish(bank: Bank, events_per_s: int, stopped: threading.Event) -> None:
    """Let transactions on the quiet accounts flow at a steady pace until stopped."""
    began, done = time.monotonic(), 0
    while not stopped.wait(BATCH_S):
        due = int((time.monotonic() - began) * events_per_s)
        with bank.batch():
            for number in range(done, due):
                _put_transaction(bank, number)
        done = due


def _put_transaction(bank: Bank, number: int) -> None:
    now = instants.now()
    transaction = Transaction(
        id=f"txn.{number:09d}",
        version=1,
        account_id=f"quiet.{number * 7919 % QUIET}",
        kind="purchase",
        status="posted",
        amount_minor=1_000 + number * 31 % 20_000,
        currency=CURRENCY,
        occurred_at=now,
        recorded_at=now,
        merchant=Merchant(id=f"mer.{number % 300}", mcc="5411"),
        channel="pos",
    )
    bank.put("transaction", transaction, now)


def main(data: Path, events_per_s: int) -> None:
    """Serve until the input closes or SIGTERM comes."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    children.end_with_parent()
    with Sandbox(SandboxOptions(data=data)) as sandbox:
        set_up(sandbox.bank, QUIET if events_per_s else 0)
        print(sandbox.origin, flush=True)
        if events_per_s:
            publish(sandbox.bank, events_per_s, stopped)
        stopped.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
