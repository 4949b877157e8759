"""The audit screen: filters, the account behind a row, and the proof with its progress."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from console.paths import Home
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import build_journal
from tests.ui.screens import ready, shown, until


async def listed(app, rows: int) -> None:
    """Wait for the audit screen with so many rows."""
    await until(
        lambda: app.screen.NAME == "audit" and app.screen.stands and app.screen.table.total() == rows, f"{rows} rows"
    )


async def test_of_the_account_in_sight_then_of_all_then_back(home: Home, desk: Desk) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.open_account("acc_000002")
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the account")
        app.command("audit")
        await shown(app, "/account:acc_000002")
        await listed(app, 3)
        await pilot.press("j", "enter")
        await until(lambda: app.screen.NAME == "account", "the account again")
        await pilot.press("escape", "escape")
        await until(
            lambda: app.screen.NAME == "audit" and app.screen.stands and app.screen.table.total() == 13, "all rows"
        )
        await pilot.press("escape")
        await until(lambda: app.screen.NAME == "account", "the account behind")


async def test_what_is_new_comes_on_top(home: Home, desk: Desk) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.command("audit all")
        await until(
            lambda: app.screen.NAME == "audit" and app.screen.stands and app.screen.table.total() == 13, "all rows"
        )
        app.sight.open_journal().record("list.added", {"subject": "dev_9"}, 1)
        app.sight.forget_journal_version()
        app.look()
        await shown(app, "subject dev_9")


async def test_the_proof_says_that_the_chain_holds_or_where_it_breaks(home: Home, desk: Desk) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        app.command("audit all")
        await until(lambda: app.screen.NAME == "audit" and app.screen.stands, "the audit")
        await pilot.press("p")
        await shown(app, "the chain holds, 13 rows")
        with closing(sqlite3.connect(home.journal)) as connection, connection:
            connection.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 7")
        await pilot.press("p")
        await shown(app, "✗")
        await shown(app, "7")
