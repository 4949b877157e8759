"""An alert handled from end to end on an armed desk, over real processes: key by key, counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from console.sandbox.run import Sandbox
from console.ui.app import RiskDesk
from console.ui.dialogs.decide import DecideDialog
from store.life import State
from tests.processes import Riskdesk, rows, wait_until
from tests.ui.screens import until

MOST_KEYS = 6


async def _caught(app: RiskDesk) -> None:
    await until(lambda: app.sight.situation.may_command is True, "the core's word on who this is")
    app.perform("write", "60")
    app.perform("alerts")
    await until(lambda: app.screen.NAME == "alerts" and app.screen.stands and app.screen.table.total() > 1, "the queue")


def test_an_alert_is_seen_decided_frozen_confirmed_and_the_next_there_in_six_keys(
    world: Sandbox, desk: Callable[..., Riskdesk]
) -> None:
    one = desk(world.origin)
    watcher = one.start("watch")
    wait_until(lambda: len(rows(one, "SELECT 1 FROM v_alert WHERE state = 'open'")) > 1, "two alerts")

    async def work() -> tuple[str, list[str]]:
        app = RiskDesk(one.home, core=world.origin, watcher_pid=lambda: watcher.pid)
        pressed: list[str] = []
        async with app.run_test(size=(80, 24)) as pilot:
            await _caught(app)

            async def press(key: str) -> None:
                pressed.append(key)
                await pilot.press(key)

            await press("N")
            await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the alert")
            decided = app.screen.account().account_id
            await press("d")
            await until(lambda: isinstance(app.screen, DecideDialog), "the dialog")
            await press("1")
            await press("enter")
            assert app.sight.open_journal().recent(5) == []
            del pressed[-3:]
            await press("d")
            await press("1")
            await press("y")
            await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the next alert")
            assert app.screen.account().account_id != decided
            journal = app.sight.open_journal()
            for _ in range(1500):
                entries = journal.for_account(decided)
                if len(entries) == 2 and all(entry.state is State.CONFIRMED for entry in entries):
                    break
                await asyncio.sleep(0.02)
            assert {(entry.type, entry.state) for entry in journal.for_account(decided)} == {
                ("account.freeze", State.CONFIRMED),
                ("case.verdict", State.CONFIRMED),
            }
            assert journal.verify_audit() is None
        return decided, pressed

    decided, pressed = asyncio.run(work())
    assert len(pressed) <= MOST_KEYS, pressed
    told = httpx.get(f"{world.origin}/core/v1/accounts/{decided}").json()
    assert (told["status"], len(told["holds"])) == ("frozen", 1)
