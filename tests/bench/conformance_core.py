"""A small populated core for the conformance kit, and the kit at work on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from console.bench.conformance.examine import Asked, Result, Tokens, examine
from console.bench.conformance.trial import Pace
from console.core.instants import MINUTE, SECOND, Instant
from console.core.messages import Account, Customer, Device, Limits, Login, Transaction
from console.sandbox.bank import Bank
from console.sandbox.server import Core

TOKENS = Tokens(own="sandbox-operator", reading="sandbox-viewer", second="sandbox-supervisor")
QUICK = Pace(poll_s=1, fence_s=0.3, wake_s=2)
ACCOUNTS = ("acc_0", "acc_1", "acc_2", "acc_3")
FLOOR = 3
"""The seq after which the feed begins: earlier cursors have expired."""


def populate(bank: Bank) -> str:
    """Fill the bank with a few resources, some of them changed or deleted; returns a cursor that is too old."""
    start = bank.clock() - 5 * MINUTE
    now = [Instant(start + number * SECOND) for number in range(100)]
    devices = [
        Device(id=f"dev_{number}", version=1, kind="mobile", first_seen_at=now[0], last_seen_at=now[0])
        for number in range(4)
    ]
    for number, device in enumerate(devices):
        bank.put("device", device, now[number])
    for number in range(4):
        at = now[10 + number]
        bank.put("customer", Customer(id=f"cus_{number}", version=1, registered_at=at, updated_at=at), at)
        bank.put("account", an_account(number, at), at)
        for turn in range(3):
            bank.sign_in(a_login(number, turn, now[20 + 5 * turn + number]))
            bank.authorise(a_purchase(number, turn, now[20 + 5 * turn + number]))
    bank.withdraw("device", "dev_3", now[40])
    bank.put("customer", Customer(id="cus_0", version=1, registered_at=now[41], updated_at=now[41]), now[41])
    old = bank.log.cursor(1)
    bank.log.expire(FLOOR)
    return old


def an_account(number: int, at: Instant) -> Account:
    limits = Limits(
        currency="CNY", credit_limit_minor=100_000, available_minor=100_000, balance_minor=0, pending_minor=0
    )
    return Account(
        id=f"acc_{number}",
        version=1,
        customer_id=f"cus_{number}",
        status="active",
        credit_state="current",
        limits=limits,
        holds=[],
        opened_at=at,
        updated_at=at,
    )


def a_purchase(number: int, turn: int, at: Instant) -> Transaction:
    return Transaction(
        id=f"txn_{number}_{turn}",
        version=1,
        account_id=f"acc_{number}",
        kind="purchase",
        status="pending",
        amount_minor=100,
        currency="CNY",
        occurred_at=at,
        recorded_at=at,
    )


def a_login(number: int, turn: int, at: Instant) -> Login:
    return Login(
        id=f"log_{number}_{turn}",
        version=1,
        customer_id=f"cus_{number}",
        account_id=f"acc_{number}",
        outcome="success",
        occurred_at=at,
        recorded_at=at,
    )


class Inside(httpx.ASGITransport):
    """The way to a core in this process, without sockets; inside `running` its life goes on."""

    def __init__(self, core: Core) -> None:
        self._core = core.asgi()
        super().__init__(self._core, raise_app_exceptions=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From startup to shutdown, as a server does it."""
        told, heard = asyncio.Queue[Any](), asyncio.Queue[Any]()
        life = asyncio.ensure_future(self._core({"type": "lifespan", "state": {}}, told.get, heard.put))
        await told.put({"type": "lifespan.startup"})
        await heard.get()
        yield
        await told.put({"type": "lifespan.shutdown"})
        await life


async def examined_inside(core: Core, old_cursor: str, only: Iterable[str], *, write: bool) -> Result:
    """As `examined`, on a core in this process."""
    asked = Asked(write=write, only=list(only), old_cursor=old_cursor, pace=QUICK)
    return await examined_inside_as(core, TOKENS, asked)


async def examined_inside_as(core: Core, tokens: Tokens, asked: Asked) -> Result:
    """The kit's result on a core in this process, whoever asks."""
    transport = Inside(core)
    async with transport.running():
        return await examine("http://localhost", tokens, asked, transport)


def examined(origin: str, old_cursor: str | None, only: Iterable[str] = (), *, write: bool = True) -> Result:
    """The kit's result on a core, quickly."""
    asked = Asked(write=write, only=list(only), old_cursor=old_cursor, pace=QUICK)
    return asyncio.run(examine(origin, TOKENS, asked))


def failing(result: Result) -> dict[str, str]:
    """What failed, with what was seen."""
    return {verdict.check.name: verdict.seen for verdict in result.verdicts if verdict.outcome == "fail"}
