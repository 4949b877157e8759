"""A watcher that acts by itself, on a sandbox over real HTTP: within the budget, never twice, never over a person."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.bench.automatic import policy
from console.bench.traffic import LIMIT
from console.core import commands, instants
from console.core.client import Answer, CoreClient
from console.core.identifiers import new_id
from console.core.instants import HOUR, MINUTE, Instant
from console.core.messages import Account, Check, encode
from console.core.problems import CoreProblem, read_problem
from console.desk import deciding, tickets
from console.desk.credentials import Credentials
from console.paths import Home
from console.sandbox.run import Sandbox
from console.watch import service
from store import reviews
from store.automatic import ACTED, CLAIMED, SHADOW, SKIPPED, Want
from store.life import State
from tests.applicants import CHECKS
from tests.watch.attacked import SERVICE, Scene

names = itertools.count()


@pytest.fixture
def core() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
async def scene(core: Sandbox, tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield Scene(core, tmp_path, stack)


async def test_a_critical_alert_is_answered_under_the_services_subject_and_its_case_given_back(scene: Scene) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch(token=SERVICE)
    await one.settle()
    hold = scene.core.bank.account(account).holds[0]
    act, case = one.act(account), scene.core.bank.register.find("case", f"case.{account}")
    assert (hold.scope, hold.placed_by, hold.reason_code) == ("debit_only", "desk.bot", "account_takeover")
    assert (hold.hold_id, act.result, act.state) == (act.command_id, ACTED, State.CONFIRMED)
    assert {entry.created_by for entry in one.journal.recent(10)} == {"desk.bot"}
    assert case is None or case.status == "open"
    assert {entry.type: entry.state for entry in one.journal.recent(10)} == {
        "case.claim": State.CONFIRMED, "account.freeze": State.CONFIRMED, "case.release": State.CONFIRMED,
    }  # fmt: skip
    assert act.policy_version.endswith("/normal")
    assert one.journal.verify_audit() is None
    await one.settle()
    assert scene.holds == {account: 1}


async def test_in_shadow_it_is_only_told(scene: Scene) -> None:
    scene.attack(3)
    one = await scene.watch(budget=2, shadow=True)
    await one.settle()
    assert one.results == {SHADOW: 2, "budget_count": 1}
    assert not scene.holds
    assert one.journal.recent(10) == []
    policy(one.journal, 2, exposure=1000 * LIMIT)
    await one.settle()
    assert one.results == {"CONFIRMED": 2, "budget_count": 1}


async def test_two_watchers_of_one_subject_answer_no_account_twice_and_keep_the_budget(scene: Scene) -> None:
    accounts = scene.attack(12)
    one, two = await scene.watch("one", budget=7), await scene.watch("two", budget=7)
    for _ in range(8):
        await one.step()
        await two.step()
    await one.settle()
    await two.settle()
    assert sum(scene.holds.values()) == 7
    assert set(scene.holds) < set(accounts)
    assert set(scene.holds.values()) == {1}
    assert one.results["CONFIRMED"] + two.results["CONFIRMED"] == 7


async def test_what_a_person_works_on_is_left_to_them_until_they_give_it_back(scene: Scene) -> None:
    (account,) = scene.attack(1)
    await scene.claim(account)
    one = await scene.watch()
    await one.settle()
    assert (one.act(account).result, one.act(account).why) == (SKIPPED, "claimed")
    assert one.journal.recent(10) == []
    await scene.claim(account, what="release")
    await one.settle()
    assert scene.holds == {account: 1}


async def test_what_changed_between_the_claim_and_the_command_is_seen(scene: Scene) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch()
    await one.step()
    assert one.act(account).result == CLAIMED
    async with CoreClient(scene.core.origin, lambda: "sandbox-operator-2") as person:
        now = instants.now()
        body = encode(commands.request(commands.freeze(account, "mule"), Instant(now + MINUTE)))
        await commands.submit(person, new_id(now), body, None)
    await one.settle()
    assert (one.act(account).result, one.act(account).why) == (SKIPPED, "held")
    assert scene.holds == {account: 1}
    assert scene.core.bank.account(account).holds[0].placed_by == "li.na"


async def test_what_the_operator_decides_while_the_account_is_read_comes_first(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch()
    await one.step()
    assert one.act(account).result == CLAIMED
    read = CoreClient.account

    async def meanwhile(client: CoreClient, account_id: str) -> Account:
        found = await read(client, account_id)
        meta = one.watcher._meta
        assert meta is not None
        deciding.decide(one.journal, meta, commands.verdict(account_id, "legit", []), core_now=instants.now())
        return found

    monkeypatch.setattr(CoreClient, "account", meanwhile)
    await one.follow()
    await one.watcher.automatic.step()
    assert (one.act(account).result, one.act(account).why) == (SKIPPED, "pending")
    assert "account.freeze" not in {entry.type for entry in one.journal.recent(10)}


async def test_a_clock_that_was_set_back_keeps_nothing_waiting(scene: Scene) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch()
    await one.follow()
    one.watcher.automatic._considered_at = instants.now() + HOUR
    await one.watcher.automatic.step()
    assert one.act(account).result == CLAIMED


async def test_a_claim_that_can_not_be_made_keeps_nothing_else_waiting(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = scene.attack(2)
    one = await scene.watch()
    written = tickets.written

    def long(want: Want) -> str:
        return written(want) + "x" * 2000 * (want.account_id == first)

    monkeypatch.setattr(tickets, "written", long)
    await one.settle()
    assert (one.act(first).result, one.act(first).why) == (SKIPPED, "invalid")
    assert scene.holds == {second: 1}


async def test_a_claim_that_the_core_refuses_is_not_made_again_and_again(scene: Scene) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch(token="sandbox-viewer")
    await one.settle()
    assert (one.act(account).result, one.act(account).why) == (SKIPPED, "claim_failed")
    assert [entry.type for entry in one.journal.recent(10)] == ["case.claim"]


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_an_account_that_the_core_does_not_show_takes_no_more_than_one_claim(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    first, second = scene.attack(2)
    one = await scene.watch()
    read = CoreClient.account

    async def closed(client: CoreClient, account_id: str) -> Account:
        if account_id == first:
            raise CoreProblem(read_problem(status, b""))
        return await read(client, account_id)

    monkeypatch.setattr(CoreClient, "account", closed)
    await one.settle()
    assert (one.act(first).result, one.act(first).why) == (SKIPPED, "gone")
    assert scene.holds == {second: 1}
    claims = [entry.account_id for entry in one.journal.recent(20) if entry.type == "case.claim"]
    assert sorted(claims) == sorted([first, second])


@pytest.mark.parametrize("body", [b"{", b"{}", b"another"])
async def test_an_account_whose_answer_can_not_be_read_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    first, second = scene.attack(2)
    one = await scene.watch()
    read = CoreClient.read

    async def spoilt(client: CoreClient, path: str, *args: Any, **more: Any) -> Answer:
        if path == f"/accounts/{first}" and body == b"another":
            return await read(client, f"/accounts/{second}")
        answer = await read(client, path, *args, **more)
        return replace(answer, body=body) if path == f"/accounts/{first}" else answer

    monkeypatch.setattr(CoreClient, "read", spoilt)
    await one.settle()
    assert (one.act(first).result, one.act(first).why) == (SKIPPED, "unreadable")
    assert scene.holds == {second: 1}
    claims = [entry.account_id for entry in one.journal.recent(20) if entry.type == "case.claim"]
    assert sorted(claims) == sorted([first, second])


async def test_a_watcher_that_died_after_its_claim_goes_on_with_it(scene: Scene) -> None:
    scene.attack(2)
    one = await scene.watch()
    await one.step()
    assert len(one.acts.claiming()) == 2
    await one.watcher.close()
    again = await scene.watch()
    await again.settle()
    assert again.results == {"CONFIRMED": 2}
    assert set(scene.holds.values()) == {1}
    claims = [entry for entry in again.journal.recent(20) if entry.type == "case.claim"]
    assert len(claims) == 2


async def test_a_stop_holds_until_it_is_resumed(scene: Scene) -> None:
    scene.attack(2)
    one = await scene.watch()
    one.acts.stop(instants.now(), "maria.k", "person")
    await one.settle()
    assert (one.watcher.automatic.health.state, one.results, one.journal.recent(5)) == ("stopped", {}, [])
    one.acts.resume(instants.now(), "maria.k", "looked")
    await one.settle()
    assert one.results == {"CONFIRMED": 2}


async def test_a_claim_that_a_stop_took_back_is_made_again_when_it_is_resumed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    (account,) = scene.attack(1)
    one = await scene.watch()

    async def later() -> None:
        """Nothing is sent yet."""

    with monkeypatch.context() as held:
        held.setattr(one.watcher.automatic, "_dispatch", later)
        await one.follow()
        await one.watcher.automatic.step()
    one.acts.stop(instants.now(), "maria.k", "person")
    await one.step()
    assert [entry.state for entry in one.journal.recent(5)] == [State.CANCELLED]
    one.acts.resume(instants.now(), "maria.k", "looked")
    await one.settle()
    assert scene.holds == {account: 1}


async def test_what_was_on_its_way_is_not_sent_once_more_while_stopped(scene: Scene) -> None:
    scene.attack(1)
    one = await scene.watch()

    async def later() -> None:
        """Nothing is sent yet."""

    one.watcher.automatic._dispatch = later
    await one.follow()
    await one.watcher.automatic.step()
    (claim,) = one.journal.unresolved()
    one.journal.begin_attempt(claim.command_id, instants.now())
    one.acts.stop(instants.now(), "maria.k", "person")
    dispatcher = one.watcher.dispatcher
    await dispatcher.run_due()
    await dispatcher.drain()
    (entry,) = one.journal.unresolved()
    assert (entry.state, entry.attempts, entry.waits_for) == (State.UNKNOWN, 1, "stop")
    one.acts.resume(instants.now(), "maria.k", "looked")
    dispatcher._pauses.end(claim.command_id)
    await dispatcher.run_due()
    await dispatcher.drain()
    sent = one.journal.get(claim.command_id)
    assert sent is not None and (sent.state, sent.attempts) == (State.CONFIRMED, 2)


async def test_beyond_the_ceiling_everything_stops_and_nothing_is_done(scene: Scene) -> None:
    scene.attack(4)
    one = await scene.watch(ceiling=3)
    await one.settle()
    stop = one.acts.stopped()
    assert stop is not None
    assert (stop.by, stop.why) == ("watcher", "ceiling")
    assert not scene.holds


async def test_the_cores_bulk_rule_is_not_run_into(scene: Scene) -> None:
    scene.attack(24)
    one = await scene.watch(token=SERVICE)
    await one.settle()
    assert one.results == {"CONFIRMED": 20, "quota": 4}


async def test_the_operators_own_credential_is_refused(scene: Scene, tmp_path: Path) -> None:
    scene.attack(1)
    one = await scene.watch(token="sandbox-operator")
    await one.settle()
    assert (one.watcher.automatic.health.state, one.journal.recent(5)) == ("same_subject", [])

    def tokens(**more: str) -> Credentials:
        return Credentials(Home(tmp_path / f"h{next(names)}"), more)

    refused: list[tuple[Credentials, str]] = [
        (tokens(RISKDESK_TOKEN="sandbox-operator"), "RISKDESK_SERVICE_TOKEN"),
        (tokens(RISKDESK_TOKEN="sandbox-operator", RISKDESK_SERVICE_TOKEN="sandbox-operator"), "the operator's"),
        (tokens(RISKDESK_SERVICE_TOKEN="sandbox-operator"), "maria.k"),
        (tokens(RISKDESK_TOKEN="sandbox-operator", RISKDESK_SERVICE_TOKEN="sandbox-viewer"), "vera.v"),
    ]
    for credentials, words in refused:
        with pytest.raises(ValueError, match=words):
            await service.check(scene.core.origin, credentials)
    await service.check(scene.core.origin, tokens(RISKDESK_TOKEN="sandbox-operator", RISKDESK_SERVICE_TOKEN=SERVICE))


async def test_what_an_acting_watcher_left_is_never_sent_as_the_operator(scene: Scene) -> None:
    scene.attack(1)
    one = await scene.watch()
    await one.follow()

    async def later() -> None:
        return None

    one.watcher.automatic._dispatch = later
    await one.watcher.automatic.step()
    waiting = one.journal.unresolved()
    assert [entry.type for entry in waiting] == ["case.claim"]
    one.watcher.service.acting = False
    await one.watcher.dispatcher.run_due()
    await one.watcher.dispatcher.drain()
    (entry,) = one.journal.unresolved()
    assert (entry.attempts, entry.waits_for) == (0, "credential")


async def test_clear_applications_are_decided_once_and_the_others_left(scene: Scene) -> None:
    fails = [Check(name=name, outcome="fail" if name == "identity" else "pass") for name in CHECKS]
    scene.apply(1)
    scene.apply(2, checks=fails)
    scene.apply(3, checks=[Check(name=name, outcome="unavailable") for name in CHECKS])
    one, two = await scene.watch("one"), await scene.watch("two")
    for _ in range(6):
        await one.step()
        await two.step()
    await one.settle()
    await two.settle()
    told = [scene.core.bank.register.find("application", f"app_{number}") for number in (1, 2, 3)]
    assert [paper.status for paper in told] == ["booked", "declined", "in_review"]
    decisions = [
        entry for desk in (one, two) for entry in desk.journal.recent(50) if entry.type == "application.decide"
    ]
    assert sorted(entry.target_id for entry in decisions) == ["app_1", "app_2"]
    assert {(entry.created_by, entry.state) for entry in decisions} == {("jonas.p", State.CONFIRMED)}
    kept = [found for desk in (one, two) for found in reviews.about(desk.journal, "application", "app_1")]
    assert [(found.choice, found.decided_by, found.recommended) for found in kept] == [
        ("approve", "jonas.p", "approve")
    ]
    assert {act.cause for act in one.acts.recent(10)} <= {"app_1", "app_2"}
