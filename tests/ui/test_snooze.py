"""An account is snoozed from the console, and what was muted or blocked is told where its alert is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from console.core.instants import HOUR
from console.desk import lists
from console.paths import Home
from console.ui.rules import BLOCKED
from store.journal import Journal
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW
from tests.ui.screens import ready, shown


async def test_a_snooze_asks_for_its_reason_and_is_an_entry_of_the_list(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app)
        await pilot.press("j", "z")
        await shown(app, ": snooze 8h")
        await pilot.press(*"called", "enter")
        await shown(app, "acc_000000 is snoozed until")
        app.command("snooze sometime soon")
        await shown(app, "sometime is neither a time")
    journal = Journal(home.journal)
    [entry] = lists.entries(journal)
    journal.close()
    assert (entry.list, entry.subject, entry.reason, entry.created_by) == ("snooze", "acc_000000", "called", "maria.k")
    assert abs((entry.expires_at or 0) - NOW - 8 * HOUR) <= HOUR


async def test_the_alert_says_what_was_muted_and_that_something_is_blocked(desk: Desk, home: Home) -> None:
    app = desk()
    _mute(home.mirror)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        await shown(app, "block list")
        await pilot.press("j", "enter")
        await shown(app, "muted")
        await shown(app, "snoozed")
        await shown(app, "On this desk's block list")


def _mute(mirror: Path) -> None:
    with closing(sqlite3.connect(mirror)) as connection, connection:
        connection.execute(
            "UPDATE alert SET muted = 2, muted_until = ?, rule_ids = ?, evidence = '[]' WHERE account = 0",
            (NOW + HOUR, f'["{BLOCKED}"]'),
        )
