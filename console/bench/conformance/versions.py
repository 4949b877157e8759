"""Checks of If-Match and of what a command does to its account (contract, sections 3.1, 4.7, 7.3 and 7.4)."""

from __future__ import annotations

import json
from uuid import uuid4

from console.bench.conformance.hand import Hand, Loan
from console.bench.conformance.verdict import command_check, expect
from console.bench.conformance.wire import Answer
from console.core.messages import Account, Change, Command, present


@command_check("7.3")
async def stale_if_match(hand: Hand) -> None:
    """An If-Match from before somebody else's hold is 412 with the account as it is, and nothing happens."""
    async with hand.account() as loan:
        first = await hand.carry_out(loan, hand.freeze(loan))
        stale = (await hand.look(loan.id)).version
        second = await hand.carry_out(loan, hand.freeze(loan))
        key = hand.new_key()
        answer = await hand.send(loan, hand.unfreeze(loan, first.id), key, stale)
        await _refused(hand, loan, answer, key, {first.id, second.id})


@command_check("7.3")
async def future_if_match(hand: Hand) -> None:
    """An If-Match beyond the present version is 412."""
    async with hand.account() as loan:
        hold = await hand.carry_out(loan, hand.freeze(loan))
        key, version = hand.new_key(), (await hand.look(loan.id)).version
        answer = await hand.send(loan, hand.unfreeze(loan, hold.id), key, version + 1000)
        await _refused(hand, loan, answer, key, {hold.id})


@command_check("7.3")
async def optional_if_match(hand: Hand) -> None:
    """Where If-Match is optional and given, it is honoured: a freeze with a stale one is 412."""
    async with hand.account() as loan:
        stale = (await hand.look(loan.id)).version
        hold = await hand.carry_out(loan, hand.freeze(loan))
        key = hand.new_key()
        answer = await hand.send(loan, hand.freeze(loan), key, stale)
        await _refused(hand, loan, answer, key, {hold.id})


async def _refused(hand: Hand, loan: Loan, answer: Answer, key: str, holds: set[str]) -> None:
    """Expect 412 with the account as it is now, no command recorded and the holds still there."""
    problem = answer.expect("412 version_mismatch").problem
    now = await hand.look(loan.id)
    current = json.loads(bytes(problem.current)) if problem and present(problem.current) else {}
    seen = {hold.get("hold_id") for hold in current.get("holds", [])}
    expect(current.get("id") == loan.id and holds <= seen, f"current: the account with {holds}", current or "none")
    await hand.unknown(key)
    left = {hold.hold_id for hold in now.holds}
    expect(holds <= left and key not in left, f"the holds {holds}", left)


@command_check("7.1")
async def missing_if_match(hand: Hand) -> None:
    """A command that needs If-Match and has none is 428, and nothing happens."""
    async with hand.account() as loan:
        hold = await hand.carry_out(loan, hand.freeze(loan))
        key = hand.new_key()
        (await hand.send(loan, hand.unfreeze(loan, hold.id), key)).expect("428 precondition_required")
        await hand.unknown(key)
        expect(hold.id in await hand.holds(loan), f"the hold {hold.id}", "released")


@command_check("7.1")
async def unknown_target(hand: Hand) -> None:
    """A command on an account that does not exist is 404 and recorded nowhere."""
    async with hand.account() as loan:
        key = hand.new_key()
        body = hand.freeze(loan, target={"type": "account", "id": f"riskdesk-{uuid4()}"})
        (await hand.send(loan, body, key)).expect("404 not_found")
        await hand.unknown(key)


@command_check("3.1")
async def hold_is_the_command(hand: Hand) -> None:
    """A freeze adds a hold whose id is the command's; an unfreeze releases the named hold and no other."""
    async with hand.account() as loan:
        first = await hand.carry_out(loan, hand.freeze(loan))
        second = await hand.carry_out(loan, hand.freeze(loan))
        expect({first.id, second.id} <= await hand.holds(loan), "both holds by their command's id", loan.id)
        await _release(hand, loan, first.id)
        left = await hand.holds(loan)
        expect(first.id not in left and second.id in left, f"only {second.id} left", left)
        effect = (await _release(hand, loan, first.id)).effect
        expect(effect == "already_in_state", "effect already_in_state for a hold that is gone", effect)


async def _release(hand: Hand, loan: Loan, hold_id: str) -> Command:
    version = (await hand.look(loan.id)).version
    return await hand.carry_out(loan, hand.unfreeze(loan, hold_id), if_match=version)


@command_check("4.7")
async def effect_before_command(hand: Hand) -> None:
    """The feed shows the effect before the command change that reports it, each with its cause."""
    async with hand.account() as loan:
        after = await hand.trial.head()
        key = (await hand.carry_out(loan, hand.freeze(loan))).id
        changes = await hand.trial.appears(after, lambda change: _reports(change, key), f"command {key}")
        caused = [change for change in changes if change.caused_by and change.caused_by.command_id == key]
        effects = [change.seq for change in caused if change.type == "account"]
        reports = [change.seq for change in caused if _reports(change, key)]
        expect(reports, f"caused_by with command_id on command {key}", "none")
        expect(effects and max(effects) < min(reports), f"the account's change before seq {reports}", effects)
        actors = {change.caused_by.actor for change in caused if change.caused_by}
        expect(actors == {hand.operator.subject}, f"caused_by.actor {hand.operator.subject}", actors)


@command_check("7.4")
async def reported_effect(hand: Hand) -> None:
    """`effect`, `effect_seq` and `resulting_version` name the change that the feed shows."""
    async with hand.account() as loan:
        after = await hand.trial.head()
        command = await hand.carry_out(loan, hand.freeze(loan))
        changes = await hand.trial.appears(
            after, lambda change: change.type == "account" and change.seq == command.effect_seq, "effect_seq"
        )
        effect = next(change for change in changes if change.seq == command.effect_seq)
        told = (command.effect, loan.id, command.resulting_version)
        expect(told == ("applied", effect.id, effect.version), f"applied to {effect.id} {effect.version}", told)


def _reports(change: Change, key: str) -> bool:
    return change.type == "command" and change.id == key and b'"succeeded"' in bytes(change.data)


@command_check("7.4")
async def dry_run(hand: Hand) -> None:
    """A dry run answers 200 with a preview, records nothing, and leaves its key free."""
    async with hand.account() as loan:
        body, key = hand.freeze(loan), hand.new_key()
        answer = (await hand.send(loan, {**body, "dry_run": True}, key)).expect("200")
        command = answer.read(Command)
        expect(command.dry_run and present(command.preview), "dry_run: true and a preview", f"{command.dry_run}")
        shown = Answer.read(_body_of(answer, bytes(command.preview)), Account)
        expect(len(shown.holds) == len(loan.before.holds) + 1, "the hold in the preview", len(shown.holds))
        await hand.unknown(key)
        expect(key not in await hand.holds(loan), "no hold", key)
        await hand.carry_out(loan, body, key)


def _body_of(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.method, answer.path, answer.status, answer.headers, body, answer.seconds)
