"""Checks of the idempotency key: the same request again, another one under its key (contract, section 7.1)."""

from __future__ import annotations

import asyncio
import json

from console.bench.conformance.hand import Hand, Loan
from console.bench.conformance.trial import Json
from console.bench.conformance.verdict import Skipped, command_check, expect
from console.bench.conformance.wire import Answer
from console.core.messages import Command

AT_ONCE = 8
SCOPE_CHANGED = "credit_only"


@command_check("7.1")
async def replay(hand: Hand) -> None:
    """The same request again answers the recorded command with Idempotency-Replayed, and does nothing more."""
    async with hand.account() as loan:
        body, key = hand.freeze(loan), hand.new_key()
        first = await hand.carry_out(loan, body, key)
        version = (await hand.look(loan.id)).version
        same = dict(reversed(body.items()))
        for again in (body, same):
            await _replayed(await hand.send(loan, again, key), first)
        now = await hand.look(loan.id)
        mine = [hold.hold_id for hold in now.holds if hold.hold_id not in _holds_before(loan)]
        expect(mine == [key], f"one hold, {key}", mine)
        expect(now.version == version or mine == [key], f"version {version}", now.version)


@command_check("7.1")
async def replay_before_if_match(hand: Hand) -> None:
    """A retry of an applied command is a replay, though it changed the version that its If-Match names."""
    async with hand.account() as loan:
        frozen = await hand.carry_out(loan, hand.freeze(loan))
        body, key = hand.unfreeze(loan, frozen.id), hand.new_key()
        version = (await hand.look(loan.id)).version
        first = await hand.carry_out(loan, body, key, version)
        await _replayed(await hand.send(loan, body, key, version), first)


@command_check("7.1")
async def reused_key(hand: Hand) -> None:
    """The same key with another body or another If-Match is 422, and changes nothing."""
    async with hand.account() as loan:
        version = (await hand.look(loan.id)).version
        body, key = hand.freeze(loan), hand.new_key()
        await hand.carry_out(loan, body, key, version)
        other: Json = {**body, "params": {**body["params"], "scope": SCOPE_CHANGED}}
        (await hand.send(loan, other, key, version)).expect("422 idempotency_key_reused")
        (await hand.send(loan, body, key, version + 1)).expect("422 idempotency_key_reused")
        (await hand.send(loan, body, key)).expect("422 idempotency_key_reused")
        expect((await hand.command(key)).params["scope"] != SCOPE_CHANGED, "the recorded command", "the other one")


@command_check("7.1")
async def reused_key_of_another(hand: Hand) -> None:
    """Somebody else's key is 422, even with the same request."""
    others = [person for person in hand.trial.people if person.subject != hand.operator.subject]
    other = next((person for person in others if person.may("operator")), None)
    if other is None:
        raise Skipped("no_second_person")
    async with hand.account() as loan:
        body, key = hand.freeze(loan), hand.new_key()
        await hand.carry_out(loan, body, key)
        (await hand.send(loan, body, key, person=other)).expect("422 idempotency_key_reused")


@command_check("7.1")
async def in_progress(hand: Hand) -> None:
    """The same request many times at once is executed once; the others are replays, or 409 with Retry-After."""
    async with hand.account() as loan:
        body, key = hand.freeze(loan), hand.new_key()
        after = await hand.trial.head()
        answers = await asyncio.gather(*(hand.send(loan, body, key) for _ in range(AT_ONCE)))
        for answer in answers:
            answer.expect("200", "202", "409 in_progress")
            waits = answer.headers.get("retry-after", "")
            expect(answer.status != 409 or waits.isdigit(), "Retry-After with 409 in_progress", waits or "none")
        first = [answer for answer in answers if answer.status < 300 and not _says_replayed(answer)]
        expect(len(first) <= 1, "one answer that is no replay", len(first))
        command = await hand.finished(key)
        expect(command.status == "succeeded", "succeeded", command.status)
        await hand.trial.appears(after, lambda change: change.id == key, f"command {key}")
        holds = await hand.holds(loan) - _holds_before(loan)
        effects = [
            change
            for change in await hand.trial.tail(after)
            if change.type == "account" and change.caused_by and change.caused_by.command_id == key
        ]
        expect(holds == {key} and len(effects) == 1, f"one hold {key}, one change", f"{holds}, {len(effects)} changes")


@command_check("7.1")
async def invalid_requests(hand: Hand) -> None:
    """What does not follow the closed schemas is 400: a strange parameter, reason or scope, a far deadline, no key."""
    async with hand.account() as loan:
        good = hand.freeze(loan)
        strange: Json = {**good, "params": {**good["params"], "colour": "red"}}
        for body in (
            strange,
            {**good, "colour": "red"},
            {**good, "reason_code": "riskdesk_no_such_reason"},
            {**good, "params": {"scope": "half"}},
            {**good, "not_after": good["not_after"][:19] + "Z"},
            {**good, "not_after": "2999-01-01T00:00:00.000000Z"},
            {name: value for name, value in good.items() if name != "not_after"},
        ):
            key = hand.new_key()
            (await hand.send(loan, body, key)).expect("400 validation")
            await hand.unknown(key)
        person = hand.operator
        bare = await hand.trial.wire.post("/commands", person.token, json.dumps(good).encode())
        bare.expect("400 idempotency_key_missing")


def _says_replayed(answer: Answer) -> bool:
    return bool(answer.headers.get("idempotency-replayed", "").lower() == "true")


async def _replayed(answer: Answer, first: Command) -> None:
    command = answer.expect("200").read(Command)
    said = answer.headers.get("idempotency-replayed", "none")
    expect(_says_replayed(answer), "Idempotency-Replayed: true", said)
    same = (command.id, command.effect_seq, command.resulting_version, command.created_at)
    recorded = (first.id, first.effect_seq, first.resulting_version, first.created_at)
    expect(same == recorded, f"the recorded command {recorded}", same)


def _holds_before(loan: Loan) -> set[str]:
    return {hold.hold_id for hold in loan.before.holds}
