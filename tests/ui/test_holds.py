"""A hold that ends while its case is open stands first, in the notices, in its line and on its account."""

from __future__ import annotations

import sqlite3

import numpy as np

from console.core.instants import DAY, HOUR, MINUTE
from console.desk import holds
from console.desk.holds import Ending
from console.paths import Home
from console.ui.survey import pressing_first
from store.reader import Reader
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW
from tests.ui.screens import frame, ready, shown, until

CORE = NOW + 4_000_000
"""The core's clock as the built mirror tells it at NOW."""


def tell(home: Home, *endings: Ending) -> None:
    """Leave the watcher's note about holds."""
    note = holds.told(holds.judged(endings, CORE))
    with sqlite3.connect(home.mirror) as writer:
        writer.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (holds.NOTE, note))


async def test_it_stands_first_in_the_list_and_says_why(home: Home, desk: Desk) -> None:
    tell(
        home,
        Ending("acc_000020", "h1", "full", CORE + 3 * HOUR),
        Ending("acc_000150", "h2", "login", CORE - 20 * MINUTE),
        Ending("acc_000007", "h3", "full", CORE + 2 * DAY),
    )
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        await shown(app, "acc_000150: hold ended 20m ago and its case is open · 1 more")
        await until(lambda: app.screen.table.order[:3].tolist() == [150, 20, 0], "the order")
        assert "◷ 2" in frame(app)
        await shown(app, "◷ 3h left")
        await shown(app, "◷ 20m over")
        app.perform("alerts")
        await until(lambda: app.screen.NAME == "alerts" and app.screen.stands, "the queue")
        await until(lambda: app.screen.table.total() > 0, "the order of the queue")
        assert app.screen.table.order[:2].tolist() == [150, 20]
        app.open_account("acc_000150")
        await shown(app, "sign-in: hold ended 20m ago, and the case is open")


async def test_it_grows_pressing_without_a_watcher(home: Home, desk: Desk) -> None:
    tell(home, Ending("acc_000020", "h1", "full", CORE + 2 * DAY))
    now = [int(NOW)]
    app = desk(clock=lambda: now[0])
    async with app.run_test(size=(80, 24)):
        await ready(app)
        assert app.sight.situation.ends == ()
        later = (DAY, "hold ends in 24h"), (2 * DAY - MINUTE, "ends in 1m"), (2 * DAY + HOUR, "ended 1h")
        for passed, words in later:
            now[0] = NOW + passed
            app.look()
            await shown(app, words)


def test_without_pressing_holds_the_order_is_the_same(home: Home) -> None:
    reader = Reader(home.mirror)
    order = reader.order()
    assert pressing_first(reader, order) is order
    tell(home, Ending("acc_000005", "h", "full", CORE + HOUR), Ending("acc_gone", "g", "full", CORE + HOUR))
    moved = pressing_first(reader, order)
    reader.close()
    assert moved[0] == 5
    assert np.array_equal(np.sort(moved), np.sort(order))
