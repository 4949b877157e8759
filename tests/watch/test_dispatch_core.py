"""The dispatcher over real HTTP against the sandbox: confirmed by truth, and one effect whatever is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.messages import Account, CoreMeta, Customer, Limits
from console.desk import deciding
from console.sandbox.run import Sandbox
from console.watch.dispatch import Dispatcher
from store.journal import Entry, Journal
from store.life import SETTLED, State

ROOT = Path(__file__).parents[2]
PATIENCE_S = 15


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        at = instants.now()
        customer = Customer(id="c1", version=1, registered_at=at, updated_at=at)
        running.bank.put("customer", customer, at)
        limits = Limits(
            currency="CNY", credit_limit_minor=500_000, available_minor=500_000, balance_minor=0, pending_minor=0
        )
        for number in range(8):
            account = Account(
                id=f"a{number}",
                version=1,
                customer_id="c1",
                status="active",
                credit_state="current",
                limits=limits,
                holds=[],
                opened_at=at,
                updated_at=at,
            )
            running.bank.put("account", account, at)
        yield running


@pytest.fixture
def journal(tmp_path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


async def until_settled(journal: Journal, client: CoreClient, *command_ids: str) -> list[Entry]:
    """Run a dispatcher until the commands are settled or wait for a person; returns them."""
    dispatcher = Dispatcher(journal, lambda: client, lambda: client)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await dispatcher.run_due()
            await dispatcher.drain()
            entries = [entry for name in command_ids if (entry := journal.get(name))]
            if all(entry.state in SETTLED or entry.state is State.AWAITING_APPROVAL for entry in entries):
                return entries
            await asyncio.sleep(0.02)


async def seen(client: CoreClient, account_id: str) -> tuple[CoreMeta, Account]:
    return await client.meta(), await client.account(account_id)


def as_person(origin: str, name: str) -> CoreClient:
    return CoreClient(origin, lambda: f"sandbox-{name}")


async def test_each_command_is_confirmed_by_the_account_itself(sandbox: Sandbox, journal: Journal) -> None:
    async with as_person(sandbox.origin, "operator") as client:
        meta, account = await seen(client, "a0")
        frozen = deciding.decide(
            journal, meta, commands.freeze("a0", "account_takeover"), core_now=instants.now(), account=account
        )
        assert [e.state for e in await until_settled(journal, client, frozen.command_id)] == [State.CONFIRMED]
        assert [hold.hold_id for hold in sandbox.bank.account("a0").holds] == [frozen.command_id]

        for wish in (
            commands.unfreeze("a0", [frozen.command_id], "customer_request"),
            commands.set_limit("a0", 100_000, "CNY", "credit_risk"),
            commands.claim("a0", 30),
            commands.note("a0", "已电话联系"),
            commands.verdict("a0", "legit"),
            commands.release("a0"),
        ):
            account = await client.account("a0")
            entry = deciding.decide(journal, meta, wish, core_now=instants.now(), account=account)
            settled = await until_settled(journal, client, entry.command_id)
            assert [e.state for e in settled] == [State.CONFIRMED], wish.type
    account = sandbox.bank.account("a0")
    assert (account.holds, account.limits.credit_limit_minor) == ([], 100_000)
    assert journal.verify_audit() is None


async def test_a_decision_on_an_older_version_goes_back_with_the_newer_truth(
    sandbox: Sandbox, journal: Journal
) -> None:
    async with as_person(sandbox.origin, "operator") as client, as_person(sandbox.origin, "supervisor") as other:
        meta, account = await seen(client, "a1")
        theirs = deciding.decide(
            journal, meta, commands.freeze("a1", "account_takeover"), core_now=instants.now(), account=account
        )
        await until_settled(journal, other, theirs.command_id)
        ours = deciding.decide(
            journal, meta, commands.set_limit("a1", 1, "CNY", "credit_risk"), core_now=instants.now(), account=account
        )
        (entry,) = await until_settled(journal, client, ours.command_id)
    assert entry.state is State.REVIEW
    assert theirs.command_id in (entry.problem or "")
    assert sandbox.bank.account("a1").limits.credit_limit_minor == 500_000


async def test_a_close_waits_for_the_second_person(sandbox: Sandbox, journal: Journal) -> None:
    async with as_person(sandbox.origin, "operator") as client, as_person(sandbox.origin, "supervisor") as other:
        meta, account = await seen(client, "a2")
        entry = deciding.decide(
            journal, meta, commands.close("a2", "customer_request"), core_now=instants.now(), account=account
        )
        (entry,) = await until_settled(journal, client, entry.command_id)
        assert entry.state is State.AWAITING_APPROVAL
        await other.send(f"/commands/{entry.command_id}/decision", b'{"decision":"approve"}')
        dispatcher = Dispatcher(journal, lambda: client, lambda: client)
        await dispatcher.run_due()
        await dispatcher.drain()
    assert journal.get(entry.command_id).state is State.CONFIRMED
    assert sandbox.bank.account("a2").status == "closed"


async def test_a_viewers_command_is_refused_and_said(sandbox: Sandbox, journal: Journal) -> None:
    async with as_person(sandbox.origin, "viewer") as client:
        meta, account = await seen(client, "a3")
        entry = deciding.decide(
            journal, meta, commands.freeze("a3", "account_takeover"), core_now=instants.now(), account=account
        )
        (entry,) = await until_settled(journal, client, entry.command_id)
    assert (entry.state, entry.why) == (State.REJECTED, "forbidden")
    assert sandbox.bank.account("a3").holds == []


SENDER = """
import asyncio, os, signal, sys
from pathlib import Path
import console.watch.dispatch as dispatch
from console.core.client import CoreClient
from store.journal import Journal

origin, path, where = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
submit = dispatch.submit

def die():
    os.kill(os.getpid(), signal.SIGKILL)

async def killed(client, command_id, body, if_match):
    if where == "before the first byte":
        die()
    await submit(client, command_id, body, if_match)
    die()

async def main():
    if where != "never":
        dispatch.submit = killed
    async with CoreClient(origin, lambda: "sandbox-operator") as client:
        dispatcher = dispatch.Dispatcher(Journal(path), lambda: client, lambda: client)
        for _ in range(500):
            await dispatcher.run_due()
            await dispatcher.drain()
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.mark.parametrize("where", ["before the first byte", "after the effect"])
async def test_killed_while_sending_there_is_exactly_one_effect(
    sandbox: Sandbox, journal: Journal, tmp_path: Path, where: str
) -> None:
    async with as_person(sandbox.origin, "operator") as client:
        meta, account = await seen(client, "a4")
        entry = deciding.decide(
            journal, meta, commands.freeze("a4", "account_takeover"), core_now=instants.now(), account=account
        )
        killed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", SENDER, sandbox.origin, str(tmp_path / "journal.db"), where],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            timeout=PATIENCE_S,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert journal.get(entry.command_id).state is State.SENDING
        effects = 0 if where == "before the first byte" else 1
        assert len(sandbox.bank.account("a4").holds) == effects
        (entry,) = await until_settled(journal, client, entry.command_id)
    assert (entry.state, entry.attempts) == (State.CONFIRMED, 2 - effects)
    assert [hold.hold_id for hold in sandbox.bank.account("a4").holds] == [entry.command_id]
    assert journal.verify_audit() is None
