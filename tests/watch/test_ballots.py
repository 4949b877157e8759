"""Decisions about waiting commands over real HTTP: they count once, and what became of them is said."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.commands import InvalidWish
from console.core.instants import HOUR, MINUTE, SECOND
from console.core.messages import encode
from console.desk import ballots
from console.watch.dispatch import Dispatcher, Evidence
from store.journal import Blocked
from store.life import State
from tests.watch.two_people import PATIENCE_S, Fault, House, commands_id

ROOT = Path(__file__).parents[2]


async def lost_on_the_way(request, send):
    raise httpx.ConnectError("no route")


async def answer_lost(request, send):
    await send(request)
    raise httpx.ReadError("broken off")


async def failed_after(request, send):
    await send(request)
    return httpx.Response(500, text="sorry", request=request)


async def garbled(request, send):
    await send(request)
    return httpx.Response(200, json={"id": "somebody else's"}, request=request)


async def too_many(request, send):
    problem = {"type": "x", "title": "x", "status": 429, "code": "rate_limited", "effect": "none", "retryable": True}
    return httpx.Response(429, json=problem, headers={"Retry-After": "0"}, request=request)


async def twice(request, send):
    await send(request)
    return await send(request)


async def test_an_approval_is_carried_out_and_confirmed(house: House) -> None:
    command = await house.ask(house.operator)
    entry = await house.settled(await house.cast(command, "approve", "Payslip seen."))
    assert (entry.state, entry.why, entry.effect, entry.attempts) == (State.CONFIRMED, "counted", "applied", 1)
    done = await house.at_core(command)
    assert (done.status, done.approval.decided_by, done.approval.note) == ("succeeded", "jonas.p", "Payslip seen.")
    assert house.limit(command) == 900_000


async def test_a_decline_leaves_the_account_as_it_is(house: House) -> None:
    command = await house.ask(house.operator, lambda account: commands.close(account.id, "customer_request"))
    entry = await house.settled(await house.cast(command, "reject", "Not the holder."))
    assert entry.state is State.CONFIRMED
    assert (await house.at_core(command)).status == "rejected"
    assert house.sandbox.bank.account(command.target.id).status == "active"


FAULTS = [lost_on_the_way, answer_lost, failed_after, garbled, too_many, twice]


@pytest.mark.parametrize("choice", ["approve", "reject"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_whatever_happens_on_the_way_it_counts_once(house: House, fault: Fault, choice: str) -> None:
    command = await house.ask(house.operator)
    house.line.faults = [fault, fault]
    entry = await house.settled(await house.cast(command, choice))
    assert entry.state is State.CONFIRMED
    assert (await house.at_core(command)).status == {"approve": "succeeded", "reject": "rejected"}[choice]
    assert house.limit(command) == (900_000 if choice == "approve" else 500_000)
    assert house.journal.verify_audit() is None


async def test_the_intent_and_each_attempt_are_in_the_audit_before_the_first_byte(house: House) -> None:
    command = await house.ask(house.operator)
    found: list[list[tuple[str, str]]] = []

    async def look(request, send):
        found.append(house.journal.rows("SELECT event, payload FROM v_audit ORDER BY seq"))
        return await send(request)

    house.line.faults = [look]
    entry = await house.settled(await house.cast(command, "approve"))
    assert [event for event, _ in found[0]] == ["ballot.decided", "ballot.attempt"]
    assert command.id in found[0][0][1]
    assert house.journal.rows("SELECT event FROM v_audit ORDER BY seq")[-1] == ("ballot.outcome",)
    assert house.journal.rows("SELECT command_id, choice, state FROM v_ballot") == [
        (command.id, "approve", "CONFIRMED")
    ]
    assert house.journal.rows("SELECT * FROM v_command") == []
    assert entry.target_id == command.id


async def test_ones_own_is_not_taken_here_and_refused_there(house: House) -> None:
    command = await house.ask(house.supervisor)
    with pytest.raises(InvalidWish) as refused:
        await house.cast(command, "approve")
    assert refused.value.key == "ballot_own"
    entry = await house.settled(await house.cast(await house.ask(house.operator), "approve"))
    forged = await house.at_core(command)
    meta = await house.operator.meta()
    meta = type(meta)(**{name: getattr(meta, name) for name in meta.__struct_fields__} | {"you": supervising(meta)})
    forced = ballots.cast(house.journal, meta, forged, "approve", core_now=instants.now())
    after = await house.settled(forced)
    assert (after.state, after.why) == (State.REJECTED, "self_approval")
    assert (await house.at_core(command)).status == "pending_approval"
    assert entry.state is State.CONFIRMED


def supervising(meta):
    you = meta.you
    return type(you)(subject=you.subject, roles=[*you.roles, "supervisor"], scopes=[*you.scopes, "core:approve"])


async def test_who_may_and_may_not(house: House) -> None:
    command = await house.ask(house.operator)
    operator, supervisor = await house.operator.meta(), await house.supervisor.meta()
    late = command.not_after + SECOND
    for meta, choice, now, key in (
        (operator, "approve", instants.now(), "ballot_own"),
        (supervisor, "cancel", instants.now(), "ballot_not_own"),
        (supervisor, "approve", late, "ballot_late"),
    ):
        with pytest.raises(InvalidWish) as refused:
            ballots.cast(house.journal, meta, command, choice, core_now=now)
        assert refused.value.key == key
    await house.settled(await house.cast(command, "approve"))
    with pytest.raises(InvalidWish) as refused:
        await house.cast(await house.at_core(command), "reject")
    assert refused.value.key == "ballot_decided"


async def test_two_decisions_about_one_command_are_not_on_their_way_at_once(house: House) -> None:
    command = await house.ask(house.operator)
    first = await house.cast(command, "approve")
    with pytest.raises(Blocked):
        await house.cast(command, "reject")
    assert (await house.settled(first)).state is State.CONFIRMED


async def test_somebody_elses_decision_is_told(house: House) -> None:
    command = await house.ask(house.operator)
    entry = await house.cast(command, "approve")
    await house.operator.send(f"/commands/{command.id}/cancel", b"")
    entry = await house.settled(entry)
    assert (entry.state, entry.why, entry.core_status) == (State.REJECTED, "decided_by_other", "cancelled")
    assert house.limit(command) == 500_000


async def test_a_command_that_lapsed_first_is_told_as_lapsed(house: House) -> None:
    command = await house.ask(house.operator, seconds=1)
    entry = await house.cast(command, "approve")
    await asyncio.sleep(1.1)
    before = Dispatcher(house.journal, lambda: house.supervisor, lambda: house.supervisor, lambda: command.created_at)
    await before.run_due()
    await before.drain()
    sent = house.journal.get(entry.command_id)
    assert (sent.state, sent.why, sent.attempts) == (State.EXPIRED, "lapsed", 1)


async def test_what_the_core_never_lets_lapse_goes_to_a_person(house: House) -> None:
    command = await house.ask(house.operator)
    entry = await house.cast(command, "approve")
    record, now = encode(command), instants.now()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("broken off")
        return httpx.Response(200, content=record, headers={"Content-Type": "application/json"})

    client = CoreClient("http://127.0.0.1:1", lambda: "t", httpx.MockTransport(answer))
    dispatcher = Dispatcher(house.journal, lambda: client, lambda: client, lambda: now)
    for later in (0, MINUTE, HOUR, 2 * HOUR, 3 * HOUR):
        now = command.not_after - MINUTE + later
        await dispatcher.run_due()
        await dispatcher.drain()
        if later < HOUR:
            assert house.journal.get(entry.command_id).state is State.UNKNOWN
    found = house.journal.get(entry.command_id)
    assert (found.state, found.why) == (State.REVIEW, "never_lapsed")


async def test_a_decision_that_waited_too_long_is_never_sent(house: House) -> None:
    command = await house.ask(house.operator)
    entry = await house.cast(command, "approve")
    house.now = lambda: command.not_after + MINUTE
    entry = await house.settled(entry)
    assert (entry.state, entry.attempts, house.line.posts) == (State.EXPIRED, 0, [])


async def test_an_approval_of_what_the_account_has_left_behind_is_told(house: House) -> None:
    command = await house.ask(house.operator)
    freeze = commands.freeze(command.target.id, "account_takeover")
    body = encode(commands.request(freeze, instants.Instant(instants.now() + MINUTE)))
    await commands.submit(house.supervisor, commands_id(), body, None)
    entry = await house.settled(await house.cast(command, "approve"))
    assert (entry.state, entry.why) == (State.REJECTED, "version_mismatch")
    assert house.limit(command) == 500_000


async def test_the_creator_withdraws(house: House) -> None:
    command = await house.ask(house.supervisor)
    house.line.faults = [answer_lost]
    entry = await house.settled(await house.cast(command, "cancel"))
    assert (entry.state, (await house.at_core(command)).status) == (State.CONFIRMED, "cancelled")


async def test_the_feed_confirms_a_ballot_whose_answer_was_lost(house: House) -> None:
    command = await house.ask(house.operator)
    entry = await house.cast(command, "approve")
    house.line.faults = [answer_lost]
    dispatcher = Dispatcher(house.journal, lambda: house.supervisor, lambda: house.supervisor)
    await dispatcher.run_due()
    await dispatcher.drain()
    assert house.journal.get(entry.command_id).state is State.UNKNOWN
    dispatcher.confirm_from_feed([Evidence(command.id, "command", encode(await house.at_core(command)))])
    assert house.journal.get(entry.command_id).state is State.CONFIRMED


SENDER = """
import asyncio, os, signal, sys
from pathlib import Path
import console.watch.ballots as ballots
from console.core.client import CoreClient
from console.watch.dispatch import Dispatcher
from store.journal import Journal

origin, path, where = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
cast = ballots.cast

async def killed(*what):
    if where == "after the effect":
        await cast(*what)
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    ballots.cast = killed
    async with CoreClient(origin, lambda: "sandbox-supervisor") as client:
        dispatcher = Dispatcher(Journal(path), lambda: client, lambda: client)
        await dispatcher.run_due()
        await dispatcher.drain()

asyncio.run(main())
"""


@pytest.mark.parametrize("where", ["before the first byte", "after the effect"])
async def test_killed_while_deciding_it_counts_once(house: House, tmp_path: Path, where: str) -> None:
    command = await house.ask(house.operator)
    entry = await house.cast(command, "approve")
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SENDER, house.sandbox.origin, str(tmp_path / "journal.db"), where],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=PATIENCE_S,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert house.journal.get(entry.command_id).state is State.SENDING
    entry = await house.settled(entry)
    assert (entry.state, house.limit(command)) == (State.CONFIRMED, 900_000)
    assert len(house.line.posts) == (1 if where == "before the first byte" else 0)
    assert house.journal.verify_audit() is None
