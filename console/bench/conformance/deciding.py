"""Checks of the fence and of the second person (contract, sections 7.2, 7.4 and 7.5)."""

from __future__ import annotations

import asyncio

from console.bench.conformance.hand import Hand, Loan
from console.bench.conformance.verdict import Skipped, command_check, expect
from console.bench.conformance.wire import Person
from console.core.instants import SECOND, Instant, wire

PAST = 5 * SECOND
"""How long ago the deadline of an expired command was: more than the kit's idea of the core's clock may be off by."""
LATER_S = 0.02
"""How much later an expired command is sent again."""
OPPOSITE = {"reject": "approve", "approve": "reject"}


@command_check("7.2")
async def fence(hand: Hand) -> None:
    """A command after its `not_after` is 422 and never executed; 404 with the core's clock proves it."""
    async with hand.account() as loan:
        until = Instant(hand.trial.now() - PAST)
        body, key = hand.freeze(loan, not_after=wire(until)), hand.new_key()
        after = await hand.trial.head()
        for _ in range(2):
            (await hand.send(loan, body, key)).expect("422 command_expired")
            answer = await hand.trial.wire.get(f"/commands/{key}", hand.operator.token)
            problem = answer.expect("404 not_found").problem
            passed = (problem.server_time if problem else None) or ((answer.date or 0) + 1) * SECOND
            expect(passed > until, f"server_time beyond {wire(until)}", wire(int(passed)))
            await asyncio.sleep(LATER_S)
        expect(key not in await hand.holds(loan), "no hold", key)
        told = [change.seq for change in await hand.trial.tail(after) if change.id == key]
        expect(not told, "nothing of it in the feed", told)


@command_check("7.2, 7.4")
async def pending_expires(hand: Hand) -> None:
    """A command that waits when `not_after` passes is expired without effect, and nobody can decide it any more."""
    async with hand.account() as loan:
        key = await hand.pending(loan, lasts=hand.trial.pace.fence_s)
        await asyncio.sleep(hand.trial.pace.fence_s + 0.05)
        command = await hand.finished(key)
        outcome = (command.status, command.effect)
        expect(outcome in (("expired", "none"), ("expired", None)), "expired, effect none", outcome)
        supervisor = hand.trial.supervisor_beside(hand.operator)
        if supervisor is not None:
            (await hand.decide(key, supervisor, "approve")).expect("409 already_decided")
        await _limit_unchanged(hand, loan)


@command_check("7.5")
async def self_approval(hand: Hand) -> None:
    """Nobody approves what they asked for: 403 self_approval, and it goes on waiting."""
    supervisor = next((person for person in hand.trial.people if person.may("supervisor")), None)
    if supervisor is None:
        raise Skipped("no_supervisor")
    async with hand.account() as loan:
        key = await hand.pending(loan, person=supervisor)
        (await hand.decide(key, supervisor, "approve")).expect("403 self_approval")
        status = (await hand.command(key)).status
        expect(status == "pending_approval", "pending_approval", status)
        await _limit_unchanged(hand, loan)


@command_check("7.5")
async def second_person(hand: Hand) -> None:
    """Another supervisor may reject; the same again is answered, anything else is 409 already_decided."""
    asker, supervisor = _two(hand)
    async with hand.account() as loan:
        key = await hand.pending(loan, person=asker)
        (await hand.decide(key, supervisor, "reject")).expect("200")
        command = await hand.command(key)
        outcome = (command.status, command.effect or "none")
        expect(outcome == ("rejected", "none"), "rejected, effect none", outcome)
        approval = command.approval
        decided = approval and (approval.decision, approval.decided_by)
        expect(decided == ("reject", supervisor.subject), f"reject by {supervisor.subject}", decided)
        (await hand.decide(key, supervisor, "reject")).expect("200")
        (await hand.decide(key, supervisor, OPPOSITE["reject"])).expect("409 already_decided")
        (await hand.cancel(key, asker)).expect("409 already_decided")
        await _limit_unchanged(hand, loan)


@command_check("7.5")
async def cancel(hand: Hand) -> None:
    """The creator withdraws what waits; repeated it is answered; nobody else may, and nobody decides it any more."""
    async with hand.account() as loan:
        key = await hand.pending(loan)
        other = hand.trial.supervisor_beside(hand.operator)
        if other is not None:
            (await hand.cancel(key, other)).expect("403 forbidden")
        (await hand.cancel(key)).expect("200")
        (await hand.cancel(key)).expect("200")
        status = (await hand.command(key)).status
        expect(status == "cancelled", "cancelled", status)
        if other is not None:
            (await hand.decide(key, other, "approve")).expect("409 already_decided")
        await _limit_unchanged(hand, loan)


@command_check("7.5")
async def viewer_reads_only(hand: Hand) -> None:
    """A viewer who sends a command is told 403, and nothing happens."""
    viewer = hand.trial.viewer()
    if viewer is None:
        raise Skipped("no_viewer")
    async with hand.account() as loan:
        key = hand.new_key()
        (await hand.send(loan, hand.freeze(loan), key, person=viewer)).expect("403 forbidden")
        await hand.unknown(key)
        expect(key not in await hand.holds(loan), "no hold", key)


def _two(hand: Hand) -> tuple[Person, Person]:
    """Somebody who asks and a supervisor beside them. Raises Skipped when there are no such two."""
    for asker in (hand.operator, *hand.trial.people):
        supervisor = hand.trial.supervisor_beside(asker)
        if asker.may("operator") and supervisor is not None:
            return asker, supervisor
    raise Skipped("no_second_person")


async def _limit_unchanged(hand: Hand, loan: Loan) -> None:
    limit = (await hand.look(loan.id)).limits.credit_limit_minor
    before = loan.before.limits.credit_limit_minor
    expect(limit == before, f"the credit limit still {before}", limit)
