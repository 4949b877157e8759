"""The executor of plans: fresh accounts, few at a time, behind single decisions, patient, and never twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.core import commands, instants
from console.core.client import CoreClient
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import CoreMeta, decoder
from console.core.problems import CoreProblem
from console.desk import deciding
from console.watch import plans as executor
from console.watch.dispatch import Dispatcher
from console.watch.plans import AT_ONCE
from store.plans import Order, PlanState
from tests.watch.planned import META, START, Desk

PATIENCE_S = 20


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    with closing(made.journal):
        yield made


async def test_every_account_is_frozen_once_the_greatest_exposure_first(desk: Desk) -> None:
    desk.make()
    await desk.finish()
    assert desk.outcomes() == dict.fromkeys(desk.core.accounts, "CONFIRMED")
    assert [len(account["holds"]) for account in desk.core.accounts.values()] == [1] * 6
    assert list(dict.fromkeys(desk.core.asked)) == [f"a{number}" for number in range(6)]
    assert desk.plans.need(1).state is PlanState.DONE


async def test_few_are_under_way_at_a_time(desk: Desk) -> None:
    desk.make()
    desk.core.limited = 99
    await desk.look()
    assert desk.plans.traffic().planned == AT_ONCE
    await desk.look(0.01)
    assert len(desk.journal.recent(99)) == AT_ONCE
    desk.core.limited = 0
    await desk.finish()
    assert set(desk.outcomes().values()) == {"CONFIRMED"}


async def test_while_the_core_asks_for_patience_nothing_new_is_begun(desk: Desk) -> None:
    desk.make()
    desk.core.limited = 1
    await desk.look()
    assert (desk.plans.traffic().planned, desk.plans.traffic().put_off) == (1, True)
    await desk.look(0.01)
    assert len(desk.journal.recent(99)) == AT_ONCE
    await desk.finish()
    assert set(desk.outcomes().values()) == {"CONFIRMED"}


async def test_a_single_decision_goes_before_the_plans_next_item(desk: Desk) -> None:
    desk.make()
    meta: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
    desk.core.accounts["mine"] = desk.core.account("mine")
    mine = deciding.decide(
        desk.journal, meta, commands.freeze("mine", "account_takeover"), core_now=desk.core.now
    ).command_id
    await desk.runner.step(desk.plans.need(1))
    assert [entry.command_id for entry in desk.journal.recent(9)] == [mine]
    await desk.look()
    await desk.finish()
    assert len(desk.core.accounts["mine"]["holds"]) == 1


async def test_what_no_longer_applies_is_skipped_with_its_reason(desk: Desk) -> None:
    desk.make(count=6, version=None)
    desk.core.accounts["a0"]["status"] = "closed"
    hold = {
        "hold_id": "h", "scope": "full", "reason_code": "x", "source": "operator", "placed_by": "li.na",
        "placed_at": instants.wire(START), "releasable_by": "operator",
    }  # fmt: skip
    desk.core.accounts["a1"]["holds"] = [hold]
    del desk.core.accounts["a2"]
    desk.core.accounts["a3"]["limits"] = "?"
    await desk.finish()
    told = [(item.target.account_id, item.result, item.why) for item in desk.plans.items(1)[:5]]
    assert told == [
        ("a0", "SKIPPED", "closed"), ("a1", "SKIPPED", "already"), ("a2", "SKIPPED", "not_found"),
        ("a3", "SKIPPED", "unreadable"), ("a4", "CONFIRMED", "read_back"),
    ]  # fmt: skip


@pytest.mark.parametrize("status", [403, 404])
async def test_a_page_of_something_on_the_way_ends_no_item(desk: Desk, status: int) -> None:
    desk.make()
    real, page = desk.core.handle, httpx.Response(status, html="<h1>no such page</h1>")
    desk.client = CoreClient(
        "http://127.0.0.1:1",
        lambda: "t",
        httpx.MockTransport(lambda asked: page if "accounts" in asked.url.path else real(asked)),
    )
    with pytest.raises(CoreProblem):
        await desk.look()
    assert set(desk.outcomes().values()) == {"WAITING"}


async def test_a_plan_leaves_room_for_single_decisions_of_every_kind(desk: Desk) -> None:
    desk.make(Order("case.claim", {"minutes": 30}), version=None)
    begun: list[str] = []
    leave = asyncio.Event()

    async def slow(asked: httpx.Request) -> httpx.Response:
        if asked.method == "POST":
            begun.append(json.loads(asked.content)["target"]["id"])
            await leave.wait()
        return desk.core.handle(asked)

    desk.client = CoreClient("http://127.0.0.1:1", lambda: "t", httpx.MockTransport(slow))
    desk.core.accounts["mine"] = desk.core.account("mine")
    await desk.runner.step(desk.plans.need(1))
    meta: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
    deciding.decide(desk.journal, meta, commands.claim("mine", 30), core_now=desk.core.now)
    await desk.dispatcher.run_due()
    for _ in range(200):
        await asyncio.sleep(0)
    assert begun == ["a0", "a1", "a2", "a3", "mine"]
    leave.set()
    await desk.dispatcher.drain()


async def test_the_clock_set_back_does_not_keep_an_old_word_on_who_we_are(desk: Desk) -> None:
    desk.make()
    await desk.look()
    desk.core.now, desk.core.subject = Instant(desk.core.now - HOUR), "li.na"
    await desk.look()
    assert desk.plans.need(1).why == "another_person"


async def test_a_plan_is_never_laid_over_a_newer_decision(desk: Desk) -> None:
    desk.make()
    desk.core.accounts["a3"]["version"] = 2
    await desk.finish()
    item = desk.plans.items(1)[3]
    assert (item.result, item.why) == ("REVIEW", "version_mismatch")
    assert desk.core.accounts["a3"]["holds"] == []
    assert Counter(desk.outcomes().values()) == {"CONFIRMED": 5, "REVIEW": 1}


async def test_an_account_with_a_command_under_way_is_skipped_except_for_a_freeze(desk: Desk) -> None:
    order = Order("account.set_limit", {"limit": "credit", "value_minor": 100, "currency": "CNY"}, "credit_risk")
    meta: CoreMeta = decoder(CoreMeta).decode(json.dumps(META))
    desk.core.limited = 1
    deciding.decide(desk.journal, meta, commands.freeze("a0", "account_takeover"), core_now=desk.core.now)
    await desk.dispatcher.run_due()
    await desk.dispatcher.drain()
    desk.make(order, count=1)
    desk.journal.begin_attempt(desk.journal.recent(1)[0].command_id, desk.core.now)
    desk.dispatcher = Dispatcher(desk.journal, lambda: None, lambda: None, lambda: desk.core.now)
    await desk.dispatcher.run_due()
    await desk.dispatcher.drain()
    await desk.runner.step(desk.plans.need(1))
    (item,) = desk.plans.items(1)
    assert (item.result, item.why) == ("SKIPPED", "blocked")


async def test_without_a_credential_it_waits_and_goes_on_when_there_is_one(desk: Desk) -> None:
    desk.make()
    client, desk.client = desk.client, None
    assert not await desk.look()
    assert desk.runner.waits_for_credential
    desk.client = client
    await desk.finish()
    assert set(desk.outcomes().values()) == {"CONFIRMED"}
    assert desk.plans.need(1).waits_for is None


async def test_a_core_that_is_away_holds_the_plan_up_and_nothing_is_decided(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "PATIENCE_S", 0.0)
    monkeypatch.setattr("console.core.client.READ_ATTEMPTS", 1)
    desk.make()
    desk.core.away = True
    desk.runner.run_due()
    async with asyncio.timeout(PATIENCE_S):
        while desk.plans.need(1).waits_for != "core":
            await asyncio.sleep(0.01)
        assert desk.journal.recent(9) == []
        desk.core.away = False
        while desk.plans.running():
            await desk.dispatcher.run_due()
            await asyncio.sleep(0.01)
    await desk.runner.close()
    assert set(desk.outcomes().values()) == {"CONFIRMED"}


async def test_another_persons_credential_stops_the_plan(desk: Desk) -> None:
    desk.make(by="maria.k")
    await desk.look()
    plan = desk.plans.need(1)
    assert (plan.state, plan.why) == (PlanState.STOPPED, "another_person")
    assert desk.journal.recent(9) == []


async def test_beyond_an_operators_quota_there_is_time_for_a_second_person(tmp_path: Path) -> None:
    desk = Desk(tmp_path, accounts=24)
    desk.core.roles = ["operator"]
    desk.make(count=24)
    await desk.finish()
    spans = [entry.not_after - entry.created_at for entry in reversed(desk.journal.recent(99))]
    quota = META["limits"]["bulk_accounts"]
    assert max(spans[:quota]) <= 15 * MINUTE
    assert min(spans[quota:]) >= HOUR
    desk.journal.close()


async def test_stopped_means_stopped_over_a_restart_too(desk: Desk) -> None:
    desk.make()
    await desk.look()
    desk.plans.stop(1, desk.core.now, "jonas.p")
    begun = len(desk.journal.recent(99))
    desk.journal.close()
    desk.begin_anew()
    desk.runner.run_due()
    await desk.look()
    assert len(desk.journal.recent(99)) == begun
    desk.plans.resume(1, desk.core.now, "jonas.p")
    await desk.finish()
    assert [len(account["holds"]) for account in desk.core.accounts.values()] == [1] * 6


CHANCES = st.lists(
    st.sampled_from(["go on", "go on", "crash", "crash in flight", "stop", "resume", "limit", "lose an answer"]),
    max_size=14,
)


@given(CHANCES)
@settings(max_examples=20, deadline=None)
def test_whatever_happens_on_the_way_every_account_is_frozen_once(
    tmp_path_factory: pytest.TempPathFactory, chances: list[str]
) -> None:
    asyncio.run(_through(Desk(tmp_path_factory.mktemp("desk")), chances))


async def _through(desk: Desk, chances: list[str]) -> None:
    desk.make()
    for place, chance in enumerate(chances):
        if chance == "crash in flight":
            desk.core.now = Instant(desk.core.now + SECOND)
            plan = desk.runner._foremost()
            if plan:
                await desk.runner.step(plan)
            for task in desk.dispatcher._running.copy().values():
                task.cancel()
        if chance.startswith("crash"):
            desk.journal.close()
            desk.begin_anew()
        elif chance == "stop" and desk.plans.running():
            desk.plans.stop(1, desk.core.now, "jonas.p")
        elif chance == "resume" and desk.plans.need(1).state is PlanState.STOPPED:
            desk.plans.resume(1, desk.core.now, "jonas.p")
        elif chance == "limit":
            desk.core.limited += 3
        elif chance == "lose an answer":
            desk.core.silent = {f"a{place % 6}"}
        await desk.look()
        desk.core.silent = set()
    if desk.plans.need(1).state is PlanState.STOPPED:
        desk.plans.resume(1, desk.core.now, "jonas.p")
    desk.core.limited = 0
    await desk.finish()
    assert desk.outcomes() == dict.fromkeys(desk.core.accounts, "CONFIRMED")
    assert [len(account["holds"]) for account in desk.core.accounts.values()] == [1] * 6
    assert len(desk.core.records) == len(desk.journal.recent(99)) == 6
    desk.journal.close()
