"""The rules and alerts screens: the pack in order, a record that can't be read is told, the queue in its own order."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from console.paths import Home, fixtures
from console.risk.queue import Standing, order
from console.ui import rules
from console.ui.screens.rules import known
from store.reader import Reader
from tests.ui.conftest import Desk
from tests.ui.screens import ready, shown, until


def test_rules_stand_by_hits_then_by_number_and_those_that_are_off_come_last() -> None:
    names = [one.rule_id for one in known([], rules.rules())]
    assert names.index("CO-2") < names.index("CO-10")
    assert len(names) == len(rules.rules())


async def test_a_rule_opens_in_full(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.perform("rules")
        await shown(app, "70% (40–89)")
        app.perform("look")
        await shown(app, "failed_logins_15m >= failures")
        app.perform("back")
        await until(lambda: app.screen.NAME == "rules", "the list again")


async def test_records_that_cant_be_read_are_told_and_the_rules_stand(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        with sqlite3.connect(home.mirror) as writer:
            writer.execute("UPDATE rule_page SET hits = x'00'")
        app.perform("rules")
        await shown(app, "can't be read")
        assert app.screen.table.total() == len(rules.rules())


async def test_the_rules_are_those_of_the_packs_that_the_watcher_runs_with(
    desk: Desk, home: Home, tmp_path: Path
) -> None:
    shipped = (fixtures() / "packs" / "geography.toml").read_text(encoding="utf-8")
    (tmp_path / "own").mkdir()
    for name, text in (("policy.toml", None), ("geography.toml", shipped.replace('"GEO-1"', '"OWN-1"'))):
        (tmp_path / "own" / name).write_text(text or (fixtures() / "packs" / name).read_text(encoding="utf-8"))
    assert "OWN-1" not in rules.rules()
    with sqlite3.connect(home.mirror) as writer:
        (note,) = writer.execute("SELECT value FROM note WHERE key = 'watcher'").fetchone()
        told = json.dumps({**json.loads(note), "packs": str(tmp_path / "own")})
        writer.execute("UPDATE note SET value = ? WHERE key = 'watcher'", (told,))
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        assert "OWN-1" in rules.rules()
        assert "ATO-1" not in rules.rules()


async def test_the_queue_is_in_its_own_order_and_a_filter_keeps_it(desk: Desk, home: Home) -> None:
    mirror = Reader(home.mirror)
    wanted = order(Standing.of(mirror.open_alerts()), mirror.watermark()).tolist()
    mirror.close()
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.perform("alerts")
        await until(lambda: app.screen.NAME == "alerts" and app.screen.stands, "the queue")
        await until(lambda: app.screen.table.total() == len(wanted), "the queue in order")
        assert app.screen.table.order.tolist() == wanted
        app.screen.apply_filter("level:critical")
        await until(lambda: 0 < app.screen.table.total() < len(wanted), "the filtered queue")
        shown_now = app.screen.table.order.tolist()
        assert shown_now == [account for account in wanted if account in shown_now]
        app.perform("watch")
        await until(lambda: app.screen.NAME == "watch" and app.screen.table.total() == 200, "everybody again")
        assert app.screen.table.key_at(0) == 0


async def test_back_leaves_the_queue(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("alerts")
        await until(lambda: app.screen.NAME == "alerts" and app.screen.stands, "the queue")
        app.perform("back")
        await until(lambda: app.screen.NAME == "watch", "the watch screen")
