"""Two people on one sandbox over real HTTP: what an operator asked for, and a supervisor's desk that is tried."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import httpx

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import Wish, outcome
from console.core.identifiers import new_id
from console.core.instants import SECOND
from console.core.messages import Account, Command, Customer, Limits, encode
from console.desk import ballots
from console.sandbox.run import Sandbox
from console.watch.dispatch import Dispatcher
from store.journal import Entry, Journal
from store.life import SETTLED

PATIENCE_S = 15

Fault = Callable[[httpx.Request, Callable[[httpx.Request], Awaitable[httpx.Response]]], Awaitable[httpx.Response]]


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The way to the core: faults strike the next posts in turn."""

    faults: list[Fault] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._real = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return await self._real.handle_async_request(request)
        self.posts.append(request.url.path)
        return await (self.faults.pop(0)(request, self._send) if self.faults else self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        answer = await self._real.handle_async_request(request)
        await answer.aread()
        return answer

    async def aclose(self) -> None:
        await self._real.aclose()


@dataclass
class House:
    """An operator and a supervisor on one core; the supervisor's desk is the one that is tried."""

    sandbox: Sandbox
    journal: Journal
    line: Line
    operator: CoreClient
    supervisor: CoreClient
    number: Iterator[int]
    now: Callable[[], int] = instants.now

    def open_account(self) -> Account:
        at, name = instants.now(), f"a{next(self.number)}"
        self.sandbox.bank.put("customer", Customer(id=f"c.{name}", version=1, registered_at=at, updated_at=at), at)
        limits = Limits(
            currency="CNY", credit_limit_minor=500_000, available_minor=500_000, balance_minor=0, pending_minor=0
        )
        account = Account(
            id=name, version=1, customer_id=f"c.{name}", status="active", credit_state="current", limits=limits,
            holds=[], opened_at=at, updated_at=at,
        )  # fmt: skip
        self.sandbox.bank.put("account", account, at)
        return self.sandbox.bank.account(name)

    async def ask(self, who: CoreClient, wish: Callable[[Account], Wish] | None = None, seconds: int = 600) -> Command:
        """Somebody's command that needs a second person, recorded as waiting."""
        account = self.open_account()
        wished = wish(account) if wish else commands.set_limit(account.id, 900_000, "CNY", "customer_request")
        key = commands_id()
        body = encode(commands.request(wished, instants.Instant(instants.now() + seconds * SECOND)))
        _, command = await commands.submit(who, key, body, account.version)
        assert command.status == "pending_approval"
        return command

    async def cast(self, command: Command, choice: str, note: str | None = None) -> Entry:
        meta = await self.supervisor.meta()
        return ballots.cast(self.journal, meta, command, choice, note, core_now=instants.now())

    async def settled(self, entry: Entry, who: CoreClient | None = None) -> Entry:
        """The entry once it is settled; sent with the supervisor's credential, or somebody else's."""
        client = who or self.supervisor
        dispatcher = Dispatcher(self.journal, lambda: client, lambda: client, self.now)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await dispatcher.run_due()
                await dispatcher.drain()
                found = self.journal.get(entry.command_id)
                assert found is not None
                if found.state in SETTLED:
                    return found
                await asyncio.sleep(0.01)

    async def at_core(self, command: Command) -> Command:
        found = await outcome(self.operator, command.id)
        assert isinstance(found, Command)
        return found

    def limit(self, command: Command) -> int:
        return self.sandbox.bank.account(command.target.id).limits.credit_limit_minor


def commands_id() -> str:
    return new_id(instants.now())


NUMBERS = itertools.count()
