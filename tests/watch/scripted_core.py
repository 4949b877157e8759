"""A core that answers as a test has told it to, and a desk with a dispatcher on it."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.identifiers import new_id
from console.core.instants import MINUTE, SECOND, Instant
from console.core.messages import encode
from console.watch.dispatch import Dispatcher
from store.journal import Intent, Journal
from store.life import State

START = instants.parse("2026-11-20T21:14:09.000000Z")
PROBLEM = {"type": "urn:core:problem:x", "title": "x", "effect": "none", "retryable": False}


class ScriptedCore:
    """Accounts with holds, a ledger of commands, and faults that strike the next requests in turn."""

    def __init__(self) -> None:
        self.now = START
        self.ledger: dict[str, dict] = {}
        self.holds: dict[str, list[str]] = {}
        self.version = 41
        self.posts: list[httpx.Request] = []
        self.faults: list[Callable[[httpx.Request], httpx.Response | None]] = []
        self.status = "succeeded"
        self.hide_effect = False

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts.append(request)
            if self.faults and (answer := self.faults.pop(0)(request)):
                return answer
            return self.record(request)
        what, _, which = request.url.path.removeprefix("/core/v1/").partition("/")
        if what == "accounts":
            return self.reply(200, self.account(which))
        if which not in self.ledger:
            return self.problem(404, "not_found", server_time=instants.wire(self.now))
        return self.reply(200, self.ledger[which])

    def record(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["idempotency-key"], json.loads(request.content)
        if key not in self.ledger:
            if instants.parse(body["not_after"]) < self.now:
                return self.problem(422, "command_expired")
            self.ledger[key] = {
                **{name: body[name] for name in ("type", "target", "params", "not_after")},
                "id": key,
                "version": 1,
                "status": self.status,
                "effect": "applied",
                "created_at": instants.wire(self.now),
                "created_by": "maria.k",
                "resulting_version": self.version + 1,
            }
            if "if-match" in request.headers:
                self.ledger[key]["if_match"] = int(request.headers["if-match"].strip('"'))
            if self.status == "succeeded":
                self.apply(key)
        return self.reply(200 if self.ledger[key]["status"] == "succeeded" else 202, self.ledger[key])

    def apply(self, key: str) -> None:
        self.version += 1
        self.ledger[key] |= {"status": "succeeded", "resulting_version": self.version}
        if not self.hide_effect:
            self.holds.setdefault(self.ledger[key]["target"]["id"], []).append(key)

    def account(self, account_id: str) -> dict:
        limits = {"credit_limit_minor": 1000, "available_minor": 900, "balance_minor": 100, "pending_minor": 0}
        hold = {
            "scope": "full",
            "reason_code": "other",
            "source": "operator",
            "placed_at": instants.wire(START),
            "placed_by": "maria.k",
            "releasable_by": "operator",
        }
        return {
            "id": account_id,
            "version": self.version,
            "customer_id": "c1",
            "status": "frozen" if self.holds.get(account_id) else "active",
            "credit_state": "current",
            "limits": {"currency": "CNY", **limits},
            "holds": [{"hold_id": key, **hold} for key in self.holds.get(account_id, [])],
            "opened_at": instants.wire(START),
            "updated_at": instants.wire(START),
        }

    def reply(self, status: int, body: dict) -> httpx.Response:
        return httpx.Response(status, json=body)

    def problem(self, status: int, code: str, headers: dict | None = None, **more: object) -> httpx.Response:
        return httpx.Response(status, json=PROBLEM | {"status": status, "code": code} | more, headers=headers or {})


class Desk:
    """A journal, a dispatcher and a scripted core on one clock that the test moves."""

    def __init__(self, folder) -> None:
        self.core = ScriptedCore()
        self.journal = Journal(folder / "journal.db")
        self.client: CoreClient | None = CoreClient(
            "http://127.0.0.1:1", lambda: "t", httpx.MockTransport(self.core.handle)
        )
        self.dispatcher = Dispatcher(self.journal, lambda: self.client, lambda: self.client, lambda: self.core.now)

    def decide(self, wish: commands.Wish, if_match: int | None = None) -> str:
        command_id = new_id(self.core.now)
        not_after = Instant(self.core.now + 2 * MINUTE)
        self.journal.intend(
            Intent(
                command_id=command_id,
                type=wish.type,
                target_type="account",
                target_id=wish.account_id,
                account_id=wish.account_id,
                body=encode(commands.request(wish, not_after)),
                if_match=if_match,
                not_after=not_after,
                created_by="maria.k",
            ),
            self.core.now,
        )
        return command_id

    def freeze(self, account_id: str = "a1") -> str:
        return self.decide(commands.freeze(account_id, "other", "why"))

    async def run(self, seconds: int = 0) -> None:
        """Tick once, then once each second of the core's clock."""
        for second in range(seconds + 1):
            self.core.now = Instant(self.core.now + (SECOND if second else 0))
            await self.dispatcher.run_due()
            await self.dispatcher.drain()

    def state(self, command_id: str) -> State:
        entry = self.journal.get(command_id)
        assert entry is not None
        return entry.state
