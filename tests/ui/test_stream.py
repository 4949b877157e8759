"""Lists of events: read page by page, still under a working cursor, and bounded in memory."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass

from console.paths import Home
from console.ui.screens.transactions import TransactionsScreen
from console.ui.widgets.stream import KEPT, PAGE, Stream
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW, build_travel
from tests.ui.screens import ready, shown, until


def arrive(home: Home, seq: int) -> None:
    """One more transaction of account 3, as the watcher would write it."""
    with closing(sqlite3.connect(home.mirror)) as connection, connection:
        before = connection.execute("SELECT last_transaction FROM account_risk WHERE account = 3").fetchone()[0]
        connection.execute(
            "INSERT INTO txn VALUES (?, ?, 1, 0, 3, ?, ?, ?, 100, 'CNY', 'mer_0', 'purchase', 'posted', .5, 2, 'm1',"
            " NULL, ?)",
            (seq, f"txn_new_{seq}", before, NOW, NOW, json.dumps({"merchant": {"name": "NEW"}})),
        )
        connection.execute("UPDATE account_risk SET last_transaction = ? WHERE account = 3", (seq,))


async def opened(app, name: str) -> None:
    await until(lambda: name == app.screen.NAME and app.screen.stands, name)


async def test_the_account_in_sight_is_shown_and_new_events_come_on_top(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.open_account("acc_000003")
        await opened(app, "account")
        await pilot.press("t")
        await opened(app, "transactions")
        assert app.screen.table.total() == 12
        assert app.screen.account().account_id == "acc_000003"
        arrive(home, 900_001)
        app.look()
        await shown(app, "NEW")
        app.screen.table.place(app.screen.table.key_at(3))
        under = app.screen.table.cursor
        arrive(home, 900_003)
        app.look()
        await shown(app, "newer ones (r)")
        assert (app.screen.table.total(), app.screen.table.cursor) == (13, under)
        await pilot.press("r")
        assert (app.screen.table.total(), app.screen.table.cursor) == (14, under)
        await pilot.press("enter")
        await opened(app, "account")
        await pilot.press("escape")
        await opened(app, "transactions")


async def test_all_are_read_page_by_page(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.command("transactions all")
        await opened(app, "transactions")
        table = app.screen.table
        assert (table.total(), table.more) == (PAGE, True)
        for _ in range(60):
            await pilot.press("G")
            if not table.more:
                break
        assert table.cursor == 1
        assert table.total() <= KEPT
        assert table.newer
        await pilot.press("r")
        assert table.cursor == table.key_at(0)


async def test_a_mirror_begun_anew_drops_what_was_read(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.push_screen(TransactionsScreen("acc_000003"))
        await opened(app, "transactions")
        app.screen.table.place(app.screen.table.key_at(0))
        with closing(sqlite3.connect(home.mirror)) as connection, connection:
            connection.execute("INSERT INTO note VALUES ('generation', '1')")
            connection.execute("UPDATE account_risk SET last_transaction = 0 WHERE account = 3")
        app.look()
        await until(lambda: app.screen.table.total() == 0, "an empty list")
        assert app.screen.table.cursor is None
        assert app.screen.account().account_id == "acc_000003"


async def test_the_way_between_logins_is_told(home: Home, desk: Desk) -> None:
    build_travel(home.mirror)
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.command("logins acc_000004")
        await opened(app, "logins")
        app.screen.table.place(app.screen.table.key_at(0))
        await shown(app, "16,9")
        await shown(app, "Nobody travels that fast")


@dataclass(frozen=True)
class Row:
    seq: int


def test_a_row_is_found_by_its_seq() -> None:
    stream: Stream[Row] = Stream()
    stream.shown = [Row(seq) for seq in (90, 71, 12, 5)]
    assert [stream.index_of(seq) for seq in (90, 12, 5, 13, 1, 99)] == [0, 2, 3, None, None, None]
