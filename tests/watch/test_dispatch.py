"""The dispatcher against a core that answers as told: every fault, and never a lie about the outcome."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import httpx
import msgspec
import pytest

from console.core import commands
from console.core.client import CoreClient
from console.core.instants import MINUTE, Instant
from console.watch.dispatch import Evidence
from store.life import State
from tests.watch.scripted_core import Desk, ScriptedCore


@pytest.fixture
def desk(tmp_path, monkeypatch):
    async def at_once(_seconds: float) -> None:
        pass

    monkeypatch.setattr(asyncio, "sleep", at_once)
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def drop(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("dropped")


def apply_then_drop(core: ScriptedCore) -> Callable[[httpx.Request], httpx.Response]:
    def fault(request: httpx.Request) -> httpx.Response:
        core.record(request)
        raise httpx.ReadError("dropped after it was applied")

    return fault


async def test_a_freeze_is_confirmed_by_reading_its_hold_back(desk) -> None:
    command_id = desk.freeze()
    assert desk.state(command_id) is State.QUEUED
    await desk.run()
    assert desk.state(command_id) is State.CONFIRMED
    assert desk.core.holds["a1"] == [command_id]


async def test_every_attempt_carries_the_same_bytes_key_and_version(desk) -> None:
    desk.core.faults = [drop, lambda _: desk.core.problem(500, "internal", effect="unknown"), drop]
    command_id = desk.decide(commands.freeze("a1", "other"), if_match=41)
    await desk.run(60)
    assert desk.state(command_id) is State.CONFIRMED
    assert len({(p.content, p.headers["idempotency-key"], p.headers["if-match"]) for p in desk.core.posts}) == 1
    assert len(desk.core.posts) == 4
    assert desk.core.holds["a1"] == [command_id]


async def test_an_effect_without_an_answer_is_found_and_not_repeated(desk) -> None:
    desk.core.faults = [apply_then_drop(desk.core)]
    command_id = desk.freeze()
    await desk.run()
    assert desk.state(command_id) is State.UNKNOWN
    await desk.run(5)
    assert desk.state(command_id) is State.CONFIRMED
    assert len(desk.core.posts) == 1


async def test_a_success_that_cannot_be_seen_is_never_confirmed(desk) -> None:
    desk.core.hide_effect = True
    command_id = desk.freeze()
    await desk.run(50)
    assert desk.state(command_id) is State.ACKED
    await desk.run(20)
    assert desk.state(command_id) is State.REVIEW


async def test_unknown_expires_only_when_the_cores_clock_proves_it(desk) -> None:
    desk.core.faults = [drop] * 1000
    command_id = desk.freeze()
    await desk.run(119)
    assert desk.state(command_id) is State.UNKNOWN
    await desk.run(15)
    entry = desk.journal.get(command_id)
    assert (entry.state, entry.why) == (State.EXPIRED, "fence")


async def test_a_newer_version_hands_the_truth_back(desk) -> None:
    current = desk.core.account("a1") | {"version": 42}
    desk.core.faults = [lambda _: desk.core.problem(412, "version_mismatch", current=current)]
    command_id = desk.decide(commands.close("a1", "other"), if_match=41)
    await desk.run()
    entry = desk.journal.get(command_id)
    assert entry.state is State.REVIEW
    assert json.loads(entry.problem)["current"]["version"] == 42


async def test_a_refusal_does_not_settle_what_an_earlier_attempt_may_still_do(desk) -> None:
    late: list[httpx.Request] = []

    def delay(request: httpx.Request) -> httpx.Response:
        late.append(request)
        raise httpx.ReadTimeout("slow")

    desk.core.faults = [delay, lambda _: desk.core.problem(409, "illegal_transition")]
    command_id = desk.freeze()
    await desk.run(10)
    assert desk.state(command_id) is State.UNKNOWN
    desk.core.record(late[0])
    await desk.run(5)
    assert desk.state(command_id) is State.CONFIRMED
    assert len(desk.core.posts) == 2


async def test_a_refusal_after_a_lost_attempt_stands_once_the_fence_passed(desk) -> None:
    desk.core.faults = [drop, lambda _: desk.core.problem(409, "illegal_transition")]
    command_id = desk.freeze()
    await desk.run(135)
    entry = desk.journal.get(command_id)
    assert (entry.state, len(desk.core.posts)) == (State.REJECTED, 2)
    assert json.loads(entry.problem)["code"] == "illegal_transition"


async def test_retry_after_is_honoured(desk) -> None:
    desk.core.faults = [lambda _: desk.core.problem(429, "rate_limited", {"Retry-After": "30"})]
    command_id = desk.freeze()
    await desk.run(29)
    assert (desk.state(command_id), len(desk.core.posts)) == (State.QUEUED, 1)
    await desk.run(3)
    assert desk.state(command_id) is State.CONFIRMED


async def test_without_a_credential_it_waits_and_says_so(desk) -> None:
    client, desk.client = desk.client, None
    command_id = desk.freeze()
    await desk.run(3)
    entry = desk.journal.get(command_id)
    assert (entry.state, entry.waits_for, desk.core.posts) == (State.QUEUED, "credential", [])
    desk.client = client
    desk.dispatcher.credential_arrived()
    await desk.run()
    entry = desk.journal.get(command_id)
    assert (entry.state, entry.waits_for) == (State.CONFIRMED, None)


async def test_a_refused_token_keeps_the_command_queued(desk) -> None:
    desk.core.faults = [lambda _: desk.core.problem(401, "unauthenticated")]
    command_id = desk.freeze()
    await desk.run(2)
    entry = desk.journal.get(command_id)
    assert (entry.state, entry.waits_for, len(desk.core.posts)) == (State.QUEUED, "credential", 1)
    desk.dispatcher.credential_arrived()
    await desk.run()
    assert desk.state(command_id) is State.CONFIRMED


async def test_queued_past_its_deadline_expires_without_being_sent(desk) -> None:
    command_id = desk.freeze()
    desk.core.now = Instant(desk.core.now + 3 * MINUTE)
    await desk.run()
    assert (desk.state(command_id), desk.core.posts) == (State.EXPIRED, [])


async def test_approval_is_awaited_and_then_confirmed_by_the_feed(desk) -> None:
    desk.core.status = "pending_approval"
    command_id = desk.freeze()
    await desk.run()
    assert desk.state(command_id) is State.AWAITING_APPROVAL
    desk.core.apply(command_id)
    desk.dispatcher.confirm_from_feed([Evidence(command_id, "account", msgspec.json.encode(desk.core.account("a1")))])
    assert desk.state(command_id) is State.CONFIRMED


async def test_many_that_wait_for_approval_are_read_one_by_one_and_hold_no_freeze_up(desk) -> None:
    desk.core.status = "pending_approval"
    waiting = [desk.freeze(f"a{number}") for number in range(40)]
    await desk.run()
    asked: list[str] = []
    tell = desk.core.handle

    def counted(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return tell(request)

    desk.client = CoreClient("http://127.0.0.1:1", lambda: "t", httpx.MockTransport(counted))
    await desk.run(20)
    assert 5 < asked.count("GET") <= 21
    assert {desk.state(command_id) for command_id in waiting} == {State.AWAITING_APPROVAL}
    desk.core.status = "succeeded"
    freeze = desk.freeze("mine")
    await desk.run()
    assert desk.state(freeze) is State.CONFIRMED


@pytest.mark.parametrize(
    ("status", "state"),
    [("rejected", State.REJECTED), ("expired", State.EXPIRED), ("cancelled", State.CANCELLED)],
)
async def test_the_feed_tells_how_an_approval_ended(desk, status: str, state: State) -> None:
    desk.core.status = "pending_approval"
    command_id = desk.freeze()
    await desk.run()
    record = desk.core.ledger[command_id] | {"status": status, "effect": "none"}
    desk.dispatcher.confirm_from_feed([Evidence(command_id, "command", msgspec.json.encode(record))])
    assert desk.state(command_id) is state


async def test_an_effect_shown_after_a_refusal_goes_to_a_person(desk) -> None:
    desk.core.faults = [lambda _: desk.core.problem(403, "forbidden")]
    command_id = desk.freeze()
    await desk.run()
    assert desk.state(command_id) is State.REJECTED
    desk.core.holds["a1"] = [command_id]
    desk.dispatcher.confirm_from_feed([Evidence(command_id, "account", msgspec.json.encode(desk.core.account("a1")))])
    assert desk.state(command_id) is State.REVIEW


async def test_somebody_elses_effect_does_not_confirm_ours(desk) -> None:
    desk.core.faults = [drop] * 1000
    command_id = desk.decide(commands.set_limit("a1", 1000, "CNY", "credit_risk"), if_match=41)
    await desk.run(5)
    assert desk.state(command_id) is State.UNKNOWN


async def test_another_request_under_our_id_goes_to_a_person(desk) -> None:
    desk.core.faults = [apply_then_drop(desk.core)]
    command_id = desk.freeze()
    await desk.run()
    desk.core.ledger[command_id]["params"] = {"scope": "login"}
    await desk.run(5)
    assert desk.state(command_id) is State.REVIEW


async def test_a_case_command_is_confirmed_by_its_own_record(desk) -> None:
    command_id = desk.decide(commands.claim("a1", 30))
    await desk.run()
    assert desk.state(command_id) is State.CONFIRMED


async def test_a_freeze_does_not_wait_for_an_unresolved_command_of_its_account(desk) -> None:
    desk.core.faults = [drop]
    limit = desk.decide(commands.set_limit("a1", 500, "CNY", "credit_risk"), if_match=41)
    await desk.run()
    frozen = desk.freeze()
    await desk.run()
    assert (desk.state(limit), desk.state(frozen)) == (State.UNKNOWN, State.CONFIRMED)


async def test_case_commands_of_one_account_keep_their_order(desk) -> None:
    desk.core.faults = [drop]
    first = desk.decide(commands.claim("a1", 30))
    second = desk.decide(commands.verdict("a1", "fraud"))
    await desk.run()
    assert (desk.state(first), desk.state(second)) == (State.UNKNOWN, State.QUEUED)
    await desk.run(10)
    assert [json.loads(post.content)["type"] for post in desk.core.posts] == [
        "case.claim",
        "case.claim",
        "case.verdict",
    ]


async def test_what_was_being_sent_at_a_crash_is_unknown_and_asked_for(desk) -> None:
    command_id = desk.freeze()
    desk.journal.begin_attempt(command_id, desk.core.now)
    await desk.run(3)
    assert desk.state(command_id) is State.CONFIRMED
    assert desk.core.holds["a1"] == [command_id]


async def test_the_feed_may_be_faster_than_the_answer(desk) -> None:
    def told_by_feed_first(request: httpx.Request) -> httpx.Response:
        desk.core.record(request)
        shown = msgspec.json.encode(desk.core.account("a1"))
        desk.dispatcher.confirm_from_feed([Evidence(request.headers["idempotency-key"], "account", shown)])
        raise httpx.ReadError("dropped")

    desk.core.faults = [told_by_feed_first]
    command_id = desk.freeze()
    await desk.run(3)
    assert (desk.state(command_id), len(desk.core.posts)) == (State.CONFIRMED, 1)
    assert desk.journal.verify_audit() is None
