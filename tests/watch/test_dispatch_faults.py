"""Any sequence of faults, crashes and late requests: the journal ends with what the core's own ledger says."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from unittest import mock

import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.identifiers import new_id
from console.core.instants import MINUTE, SECOND, Instant
from console.core.messages import encode
from console.watch.dispatch import Dispatcher
from store.journal import Intent, Journal
from store.life import SETTLED, State

START = instants.parse("2026-11-20T21:14:09.000000Z")
FAULTS = (
    "none",
    "lost before",
    "lost after",
    "delivered late",
    "500 before",
    "500 after",
    "500 none",
    "503",
    "429",
    "401",
    "409 now",
    "403 now",
    "garbage after",
    "cut after",
    "in progress",
    "crash before",
    "crash after",
    "hollow",
)
NO_EFFECT = {State.REJECTED, State.EXPIRED, State.CANCELLED}


class Crash(BaseException):
    """The process ends here: nothing after this line runs."""


class FaultyCore:
    """A ledger of effects behind a line that fails as told. It executes each key once, and none after its deadline.

    A hollow command is one that the core calls done although nothing happened.
    """

    def __init__(self, faults: list[str]) -> None:
        self.now = START
        self.faults = faults
        self.ledger: dict[str, dict] = {}
        self.effects: list[str] = []
        self.late: list[tuple[int, httpx.Request]] = []
        self.hollow: set[str] = set()

    def pass_time(self, seconds: int) -> None:
        """The clock moves on, and requests that were under way arrive."""
        self.now = Instant(self.now + seconds * SECOND)
        arrived = [request for due, request in self.late if due <= self.now]
        self.late = [(due, request) for due, request in self.late if due > self.now]
        for request in arrived:
            self.execute(request)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self.post(request)
        if request.url.path.startswith("/core/v1/accounts/"):
            return httpx.Response(200, json=self.account())
        key = request.url.path.rsplit("/", 1)[1]
        if key in self.ledger:
            return httpx.Response(200, json=self.ledger[key])
        return self.problem(404, "not_found", "none", server_time=instants.wire(self.now))

    def post(self, request: httpx.Request) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "crash before":
            raise Crash
        if fault == "lost before":
            raise httpx.ReadError(fault)
        if fault == "delivered late":
            self.late.append((self.now + 7 * SECOND, request))
            raise httpx.ReadTimeout(fault)
        refusals = {
            "500 before": (500, "internal", "unknown"),
            "500 none": (500, "internal", "none"),
            "503": (503, "overloaded", "unknown"),
            "429": (429, "rate_limited", "none"),
            "401": (401, "unauthenticated", "none"),
            "409 now": (409, "illegal_transition", "none"),
            "403 now": (403, "forbidden", "none"),
        }
        known = request.headers["idempotency-key"] in self.ledger
        if fault in refusals and not (known and fault in ("409 now", "403 now")):
            return self.problem(*refusals[fault])
        if fault == "in progress" and not known:
            self.late.append((self.now + 2 * SECOND, request))
            return self.problem(409, "in_progress", "unknown")
        if fault == "hollow" and not known:
            self.hollow.add(request.headers["idempotency-key"])
        answer = self.execute(request)
        if fault == "crash after":
            raise Crash
        if fault == "lost after":
            raise httpx.ReadError(fault)
        if fault == "500 after":
            return self.problem(500, "internal", "unknown")
        if fault == "garbage after":
            return httpx.Response(200, content=b"<html>")
        if fault == "cut after":
            return httpx.Response(200, content=answer.content[:20], headers={"Content-Type": "application/json"})
        return answer

    def execute(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["idempotency-key"], json.loads(request.content)
        if key not in self.ledger:
            if instants.parse(body["not_after"]) < self.now:
                return self.problem(422, "command_expired", "none")
            if key not in self.hollow:
                self.effects.append(key)
            done = {"status": "succeeded", "effect": "applied", "resulting_version": 1 + len(self.effects)}
            made = {"id": key, "version": 1, "created_at": instants.wire(self.now), "created_by": "maria.k"}
            asked = {name: body[name] for name in ("type", "target", "params", "not_after")}
            self.ledger[key] = asked | made | done
        return httpx.Response(200, json=self.ledger[key])

    def account(self) -> dict:
        amounts = dict.fromkeys(("credit_limit_minor", "available_minor", "balance_minor", "pending_minor"), 1)
        at = instants.wire(START)
        hold = {"scope": "full", "reason_code": "other", "source": "operator", "placed_at": at}
        by = {"placed_by": "maria.k", "releasable_by": "operator"}
        return {
            "id": "a1",
            "version": 1 + len(self.effects),
            "customer_id": "c1",
            "status": "active",
            "credit_state": "current",
            "limits": {"currency": "CNY"} | amounts,
            "holds": [{"hold_id": key} | hold | by for key in self.effects],
            "opened_at": at,
            "updated_at": at,
        }

    def problem(self, status: int, code: str, effect: str, **more: str) -> httpx.Response:
        body = {"type": "about:blank", "title": code, "status": status, "code": code, "effect": effect}
        return httpx.Response(status, json=body | {"retryable": True} | more)


async def live(core: FaultyCore, journal: Journal, seconds: int, step: int) -> None:
    """Run dispatchers over the core's clock; a crash ends one and the next begins with what is on disk."""

    async def at_once(_seconds: float) -> None:
        pass

    client = CoreClient("http://127.0.0.1:1", lambda: "t", httpx.MockTransport(core.handle))
    dispatcher = Dispatcher(journal, lambda: client, lambda: client, lambda: core.now)
    with mock.patch("console.core.client.asyncio.sleep", at_once):
        for _ in range(0, seconds, step):
            await dispatcher.run_due()
            tasks = list(dispatcher._running.values())
            await dispatcher.drain()
            if any(isinstance(task.exception(), Crash) for task in tasks):
                dispatcher = Dispatcher(journal, lambda: client, lambda: client, lambda: core.now)
            core.pass_time(step)


def decide(journal: Journal, core: FaultyCore) -> str:
    command_id, not_after = new_id(core.now), Instant(core.now + 2 * MINUTE)
    intent = Intent(
        command_id=command_id,
        type="account.freeze",
        target_type="account",
        target_id="a1",
        account_id="a1",
        body=encode(commands.request(commands.freeze("a1", "other"), not_after)),
        if_match=None,
        not_after=not_after,
        created_by="maria.k",
    )
    return journal.intend(intent, core.now).command_id


@settings(max_examples=120, deadline=None)
@example(faults=["delivered late", "409 now"], count=1)
@example(faults=["crash after", "403 now"], count=1)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=12), count=st.integers(1, 3))
async def test_the_journal_ends_with_the_ledgers_truth(faults: list[str], count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.db")
        core = FaultyCore(faults)
        decided = [decide(journal, core) for _ in range(count)]
        await live(core, journal, 60, 2)
        await live(core, journal, 300, 10)
        for command_id in decided:
            entry = journal.get(command_id)
            assert entry is not None
            assert entry.state in SETTLED
            assert core.effects.count(command_id) == (1 if entry.state is State.CONFIRMED else 0)
            expected = {State.REVIEW} if command_id in core.hollow else {State.CONFIRMED, *NO_EFFECT}
            assert entry.state in expected
        assert journal.verify_audit() is None
        journal.close()
