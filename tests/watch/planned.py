"""A core with accounts to be frozen by plans, and a desk whose runner carries plans out on it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import httpx

from console.core import instants
from console.core.client import CoreClient
from console.core.instants import SECOND, Instant
from console.watch.dispatch import Dispatcher
from console.watch.plans import PlanRunner
from store.journal import Journal
from store.plans import Order, Plans, Target

START = instants.parse("2026-11-20T21:14:09.000000Z")
META = json.loads((Path(__file__).parents[2] / "fixtures/contract/examples/meta.json").read_text())
FREEZE = Order("account.freeze", {"scope": "full"}, "account_takeover", None)


class Core:
    """Accounts, their holds, and every command that was recorded; refuses, hides and limits as told."""

    def __init__(self, accounts: int = 6) -> None:
        self.now = START
        self.roles = ["operator", "supervisor"]
        self.subject = "jonas.p"
        self.accounts = {f"a{number}": self.account(f"a{number}") for number in range(accounts)}
        self.records: dict[str, dict] = {}
        self.asked: list[str] = []
        self.posts: Counter[str] = Counter()
        self.away = False
        self.limited = 0
        self.silent: set[str] = set()

    def account(self, account_id: str) -> dict:
        limits = {"credit_limit_minor": 900, "available_minor": 900, "balance_minor": 0, "pending_minor": 0}
        at = instants.wire(START)
        return {
            "id": account_id, "version": 1, "customer_id": "c1", "status": "active", "credit_state": "current",
            "limits": {"currency": "CNY", **limits}, "holds": [], "opened_at": at, "updated_at": at,
        }  # fmt: skip

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        what, _, which = request.url.path.removeprefix("/core/v1/").partition("/")
        if what == "meta":
            you = {"subject": self.subject, "roles": self.roles, "scopes": ["core:read", "core:command"]}
            return httpx.Response(200, json=META | {"server_time": instants.wire(self.now), "you": you})
        if what == "accounts":
            self.asked.append(which)
            known = self.accounts.get(which)
            return httpx.Response(200, json=known) if known else self.problem(404, "not_found")
        return self.record(request) if request.method == "POST" else self.tell(which)

    def record(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["idempotency-key"], json.loads(request.content)
        self.posts[key] += 1
        if self.limited:
            self.limited -= 1
            return self.problem(429, "rate_limited", {"Retry-After": "1"})
        account = self.accounts[body["target"]["id"]]
        if key not in self.records:
            if_match = request.headers.get("if-match")
            if if_match and int(if_match.strip('"')) < account["version"]:
                return self.problem(412, "version_mismatch")
            if body["type"] == "account.freeze":
                hold = {
                    "hold_id": key, "scope": "full", "reason_code": "x", "source": "operator", "placed_by": "jonas.p",
                    "placed_at": instants.wire(START), "releasable_by": "operator",
                }  # fmt: skip
                account["holds"].append(hold)
                account["version"] += 1
            self.records[key] = {
                **{name: body[name] for name in ("type", "target", "params", "not_after")},
                "id": key, "version": 1, "status": "succeeded", "effect": "applied", "created_by": self.subject,
                "created_at": instants.wire(self.now), "resulting_version": account["version"],
                **({"if_match": int(if_match.strip('"'))} if if_match else {}),
            }  # fmt: skip
        if key in self.silent or account["id"] in self.silent:
            raise httpx.ReadError("no answer")
        return httpx.Response(200, json=self.records[key])

    def tell(self, key: str) -> httpx.Response:
        if key in self.records:
            return httpx.Response(200, json=self.records[key])
        return self.problem(404, "not_found", server_time=instants.wire(self.now))

    def problem(self, status: int, code: str, headers: dict | None = None, **more: str) -> httpx.Response:
        told = {"type": "urn:x", "title": "x", "effect": "none", "retryable": False, "status": status, "code": code}
        return httpx.Response(status, json=told | more, headers=headers or {})


class Desk:
    """Journal, dispatcher, runner and core on one clock that runs ahead with every look."""

    def __init__(self, folder: Path, accounts: int = 6) -> None:
        self.core = Core(accounts)
        self.path = folder / "journal.db"
        self.client: CoreClient | None = CoreClient(
            "http://127.0.0.1:1", lambda: "t", httpx.MockTransport(self.core.handle)
        )
        self.begin_anew()

    def begin_anew(self) -> None:
        """A journal, a dispatcher and a runner as a watcher has them after its start."""
        self.journal = Journal(self.path)
        self.plans = Plans(self.journal)
        self.dispatcher = Dispatcher(self.journal, lambda: self.client, lambda: self.client, lambda: self.core.now)
        self.runner = PlanRunner(self.journal, lambda: self.client, self.dispatcher.run_due, lambda: self.core.now)

    def make(self, order: Order = FREEZE, count: int = 6, version: int | None = 1, by: str = "jonas.p") -> int:
        targets = [Target(f"a{number}", version, 100 - number, "CNY") for number in range(count)]
        return self.plans.make(order, targets, self.core.now, by).number

    async def look(self, seconds: float = 1.0) -> bool:
        """One round of the runner and of the dispatcher, some time later; tells whether plans can go on."""
        self.core.now = Instant(self.core.now + int(seconds * SECOND))
        plan = self.runner._foremost()
        going_on = await self.runner.step(plan) if plan else False
        await self.dispatcher.run_due()
        await self.dispatcher.drain()
        return going_on

    async def finish(self) -> None:
        """Rounds until no plan runs."""
        for _ in range(200):
            if not self.plans.running():
                return
            await self.look()
        raise AssertionError("the plan does not end")

    def outcomes(self) -> dict[str, str]:
        return {item.target.account_id: item.result for item in self.plans.items(1)}
