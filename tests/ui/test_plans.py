"""The screens of plans: progress, results and reasons; stopping needs nothing, resuming an armed desk."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from console.desk.bulk import Progress
from console.paths import Home
from console.ui import plans as told
from console.ui.plans import PlanSight
from console.ui.screens.account import AccountScreen
from store.journal import Journal
from store.plans import Plans, PlanState, Results
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW, build_plans
from tests.ui.screens import frame, ready, refuse_writing, shown, until


@pytest.fixture(autouse=True)
def kept(home: Home) -> None:
    build_plans(home.journal)


def state(home: Home, number: int) -> PlanState:
    with closing(Journal(home.journal)) as journal:
        return Plans(journal).need(number).state


async def test_plans_are_listed_stopped_and_resumed(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await shown(app, "plan 2: freeze 3/6")
        await pilot.press("8")
        await shown(app, "running")
        assert "✓ 1  ◍ 1  – 1" in frame(app)
        await pilot.press("S")
        await until(lambda: state(home, 2) is PlanState.STOPPED, "the stop")
        await shown(app, "plan 2 is stopped")
        await pilot.press("r")
        await shown(app, "read-only; :write arms the desk")
        assert state(home, 2) is PlanState.STOPPED
        app.perform("write", "10")
        await pilot.press("r")
        await until(lambda: state(home, 2) is PlanState.RUNNING, "its going on")
        await pilot.press("j", "S")
        await shown(app, "plan 1 is DONE")


async def test_a_journal_that_takes_nothing_is_told_of_and_the_screen_stands(
    home: Home, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        await pilot.press("8")
        await shown(app, "running")
        refuse_writing(monkeypatch)
        await pilot.press("S")
        await shown(app, "can't be written")
        assert app.screen.NAME == "plans"


async def test_a_plan_opens_with_the_reason_of_every_item(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("8", "enter")
        await shown(app, "is so already")
        seen = frame(app)
        for words in ("Plan 2: freeze", "awaits approval", "confirmed", "skipped", "waiting", "3/6"):
            assert words in seen
        await pilot.press("G", "k", "enter")
        await until(lambda: isinstance(app.screen, AccountScreen), "the account")
        account = app.screen.account()
        assert account is not None
        assert account.account_id == "acc_000004"


async def test_a_plan_that_a_restored_journal_does_not_have_closes_no_console(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("8", "enter")
        await shown(app, "is so already")
        with closing(sqlite3.connect(home.journal)) as journal, journal:
            journal.execute("DELETE FROM plan")
        app.look()
        await shown(app, "there is no plan 2")


async def test_a_plans_end_is_said_and_its_items_are_not(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        await shown(app, "plan 2: freeze 3/6")
        with closing(Journal(home.journal)) as journal:
            plans = Plans(journal)
            plans.stop(2, NOW, "maria.k")
        await shown(app, "plan 2 stopped: confirmed 1  awaits approval 1  skipped 1")


def test_pace_and_time_to_go_in_words(home: Home) -> None:
    assert told.pace(Progress(Results())) == ""
    assert told.pace_and_end(Progress(Results(), 752.4, 47)) == "752/min, 47s to go"
    assert [told.span(seconds) for seconds in (0, 59, 60, 200, 3600, 7500)] == [
        "0s", "59s", "1m 00s", "3m 20s", "1h 00m", "2h 05m",
    ]  # fmt: skip
    with closing(Journal(home.journal)) as journal:
        sight = PlanSight()
        sight.look(journal, NOW)
        assert not sight.wait_for_credential
        Plans(journal).wait(2, "credential")
        sight.look(journal, NOW)
        assert sight.wait_for_credential
        assert told.notice(sight.running[0]) == "plan 2: freeze 3/6 · waits for your credential"
