"""A running core with a clock that tests move, and a desk to work at it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from console.core import instants
from console.core.instants import DAY, SECOND, Instant
from console.core.messages import Account, Customer, Hold, Limits, Transaction
from console.sandbox.bank import Bank
from console.sandbox.run import Sandbox

START = instants.parse("2026-11-20T21:14:09.220511Z")


class HandClock:
    """Wall time that stands still until a test moves it."""

    def __init__(self, now: Instant = START) -> None:
        self.now = now

    def __call__(self) -> Instant:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now = Instant(self.now + round(seconds * SECOND))


class Desk:
    """One person's HTTP client at the core, and short ways to set the scene in its bank."""

    numbers = itertools.count(1)

    def __init__(self, sandbox: Sandbox, clock: HandClock) -> None:
        self.sandbox = sandbox
        self.bank: Bank = sandbox.bank
        self.clock = clock
        self.http = httpx.Client(base_url=f"{sandbox.origin}/core/v1", timeout=20)

    def close(self) -> None:
        self.http.close()

    # ------------------------------------------------------------ scene

    def open_account(self, **changes: Any) -> Account:
        """A fresh active account in CNY with a credit limit of 1,000.00."""
        number = next(self.numbers)
        now = self.clock()
        limits = Limits(
            currency="CNY",
            credit_limit_minor=100_000,
            available_minor=100_000,
            balance_minor=0,
            pending_minor=0,
            cash_limit_minor=30_000,
        )
        customer = Customer(id=f"cus_{number}", version=1, registered_at=now, updated_at=now)
        self.bank.put("customer", customer, now)
        account = Account(
            id=f"acc_{number}",
            version=1,
            customer_id=customer.id,
            status="active",
            credit_state="current",
            limits=limits,
            holds=[],
            opened_at=now,
            updated_at=now,
        )
        self.bank.put("account", _with(account, **changes), now)
        return self.bank.account(account.id)

    def hold(self, releasable_by: str = "operator", scope: str = "full", **changes: Any) -> Hold:
        return Hold(
            **{
                "hold_id": f"hold_{next(self.numbers)}",
                "scope": scope,
                "reason_code": "account_takeover",
                "source": "operator",
                "placed_at": self.clock(),
                "placed_by": "someone",
                "releasable_by": releasable_by,
                **changes,
            }
        )

    def purchase(self, account_id: str, amount_minor: int = 5_000, **changes: Any) -> Transaction:
        """A draft of a purchase, not yet shown to the bank."""
        draft = Transaction(
            id=f"txn_{next(self.numbers):06d}",
            version=1,
            account_id=account_id,
            kind="purchase",
            status="pending",
            amount_minor=amount_minor,
            currency="CNY",
            occurred_at=self.clock(),
            recorded_at=self.clock(),
        )
        return _with(draft, **changes)

    # ------------------------------------------------------------ work

    def get(self, path: str, who: str = "operator", **options: Any) -> httpx.Response:
        return self.http.get(path, headers=_headers(who, options.pop("headers", {})), **options)

    def post(self, path: str, who: str = "operator", **options: Any) -> httpx.Response:
        return self.http.post(path, headers=_headers(who, options.pop("headers", {})), **options)

    def body(self, type_: str, target: str, params: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A valid request body that may be sent for two more minutes."""
        kind = {"application.decide": "application", "limit_request.decide": "limit_request"}.get(type_, "account")
        body = {
            "type": type_,
            "target": {"type": kind, "id": target},
            "params": params,
            "not_after": instants.wire(self.clock() + 120 * SECOND),
            "reason_code": None if type_.startswith("case.") else "customer_request",
        }
        return {**body, **changes}

    def send(
        self,
        body: Any,
        who: str = "operator",
        key: str | None = None,
        if_match: int | str | None = None,
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"' if isinstance(if_match, int) else if_match
        return self.post("/commands", who, json=body, headers=headers)

    def submit(self, type_: str, target: str, params: dict[str, Any], **options: Any) -> httpx.Response:
        """Send a fresh command; options of `send` go there, the others into the body."""
        sending = {name: options.pop(name) for name in ("who", "key", "if_match") if name in options}
        return self.send(self.body(type_, target, params, **options), **sending)

    def freeze(self, target: str, scope: str = "full", **options: Any) -> httpx.Response:
        return self.submit("account.freeze", target, {"scope": scope}, **options)

    def decide(self, command_id: str, decision: str, who: str = "supervisor", **more: Any) -> httpx.Response:
        return self.post(f"/commands/{command_id}/decision", who, json={"decision": decision, **more})

    def changes_since(self, seq: int) -> list[dict[str, Any]]:
        """Everything in the feed after a seq."""
        cursor = self.bank.log.cursor(seq)
        found: list[dict[str, Any]] = self.get("/changes", params={"after": cursor, "limit": 10_000}).json()["changes"]
        return found

    def settled_since(self, seq: int) -> list[dict[str, Any]]:
        """What the core published by itself after a seq, now that wall time has made it due."""
        self.bank.settle()
        return [change for change in self.changes_since(seq) if change["caused_by"]["kind"] == "system"]

    @property
    def head(self) -> int:
        return self.bank.log.head


def _headers(who: str, more: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer sandbox-{who}", **more}


def _with(resource: Any, **changes: Any) -> Any:
    limits = {name: changes.pop(name) for name in list(changes) if name.endswith("_limit_minor")}
    if "balance_minor" in changes:
        limits["balance_minor"] = changes.pop("balance_minor")
    fields = {name: getattr(resource, name) for name in resource.__struct_fields__} | changes
    if limits:
        old = fields["limits"]
        fields["limits"] = type(old)(**{name: getattr(old, name) for name in old.__struct_fields__} | limits)
    return type(resource)(**fields)


@pytest.fixture(scope="module")
def _running() -> Iterator[Desk]:
    clock = HandClock()
    with Sandbox(clock=clock) as sandbox:
        desk = Desk(sandbox, clock)
        yield desk
        desk.close()


@pytest.fixture
def desk(_running: Desk) -> Desk:
    """The module's core, a day after the last test and settled: no claim, fence or bulk window reaches over."""
    _running.clock.now = Instant(_running.clock.now + DAY)
    _running.bank.settle()
    return _running


@pytest.fixture
def code_of() -> Callable[[httpx.Response], tuple[int, str]]:
    """(status, problem code) of an answer."""
    return lambda answer: (answer.status_code, answer.json().get("code", "ok"))
