"""The watch screen: the cursor is on an account, not on a line; the order holds still under a hand; changes show."""

from __future__ import annotations

import sqlite3

import numpy as np
from textual import events

from console.core.instants import SECOND
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.screens.watch import WatchScreen
from console.ui.survey import Question, Survey
from store.reader import Reader
from tests.ui import mirror_builder
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW, build_journal
from tests.ui.screens import frame, ready, shown, until


def change(home: Home, sql: str, *values: object) -> None:
    with sqlite3.connect(home.mirror) as writer:
        writer.execute(sql, values)


def watch(app: RiskDesk) -> WatchScreen:
    assert isinstance(app.screen, WatchScreen)
    return app.screen


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = int(NOW)

    def __call__(self) -> int:
        return self.now


async def test_the_order_follows_the_risk_until_a_hand_is_on_it(home: Home, desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    async with app.run_test(size=(80, 24)):
        await ready(app)
        table = watch(app).table
        change(home, "UPDATE account_risk SET risk_score = 0.999, risk_level = 4 WHERE account = 40")
        await until(lambda: table.key_at(0) == 40, "the risen account on top")

        table.move(0)
        table.move(2)
        held = table.cursor
        change(home, "UPDATE account_risk SET risk_score = 0.9999, risk_level = 4 WHERE account = 150")
        await shown(app, "1 newer above")
        assert (table.key_at(0), table.cursor, table.cursor_index) == (40, held, 2)

        app.perform("refresh")
        assert (table.key_at(0), table.cursor, table.cursor_index) == (150, held, 3)
        await until(lambda: "newer above" not in frame(app), "the hint's end")

        table.do_top("")
        clock.now += 6 * SECOND
        change(home, "UPDATE account_risk SET risk_score = 0.99999 WHERE account = 41")
        await until(lambda: table.key_at(0) == 41, "the order following again")
        assert table.cursor == 150


async def test_no_order_of_the_world_moves_the_cursor_to_another_account(desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    chance = np.random.default_rng(5)
    async with app.run_test(size=(80, 24)):
        await ready(app)
        table = watch(app).table
        for _ in range(60):
            table.move(int(chance.integers(-30, 30)))
            before = table.cursor
            order = chance.permutation(200).astype(np.int32)
            if chance.random() < 0.3:
                clock.now += 10 * SECOND
            table.offer(order)
            if chance.random() < 0.3:
                table.do_refresh("")
            assert table.cursor in (before, None)
            assert table.cursor is None or table.key_at(table.cursor_index or 0) == table.cursor


async def test_an_account_that_disappears_takes_the_cursor_with_it(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        table = watch(app).table
        table.move(0)
        table.replace(np.arange(10, 20, dtype=np.int32))
        assert table.cursor is None
        app.perform("open")
        await shown(app, "choose an account first")


async def test_only_changed_rows_glow_and_the_light_fades(home: Home, desk: Desk, monkeypatch) -> None:
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "full")
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        table = watch(app).table
        change(home, "UPDATE account SET status = 'frozen' WHERE account = 4")
        await until(lambda: table.shade(4) is not None, "the changed row's light")
        assert [index for index in table.in_view() if table.shade(index)] == [4]
        await until(lambda: table.shade(4) is None, "the light's end")


async def test_without_motion_nothing_glows(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        change(home, "UPDATE account SET status = 'closing' WHERE account = 4")
        await until(lambda: "closing" in frame(app).splitlines()[7], "the changed row")
        assert watch(app).table.shade(4) is None


async def test_a_filter_shows_only_what_it_selects_and_escape_drops_it(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("slash", *"level:critical", "enter")
        await shown(app, "9 accounts  /level:critical")
        await pilot.press("escape")
        await shown(app, "200 accounts")
        app.screen.apply_filter("risk>0.8 statuss:x")
        await shown(app, "There is no field statuss, did you mean status?: risk>0.8 ▸statuss:x")


async def test_it_waits_for_a_mirror_and_takes_up_another(home: Home, desk: Desk) -> None:
    copy = home.mirror.read_bytes()
    home.mirror.unlink()
    app = desk()
    async with app.run_test(size=(80, 24)):
        await shown(app, "Waiting for the watcher")
        home.mirror.write_bytes(copy)
        await ready(app)
        home.mirror.unlink()
        await shown(app, "Waiting for the watcher")
        mirror_builder.build(home.mirror, accounts=50)
        await ready(app, accounts=50)


async def test_a_mirror_begun_anew_in_its_file_leaves_the_cursor_on_its_account_or_nowhere(
    home: Home, desk: Desk
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        table = watch(app).table
        table.move(0)
        table.move(3)
        assert table.chosen().account_id == "acc_000003"
        mirror_builder.begin_anew(home.mirror)
        assert app.facts().account is None or app.facts().account.account_id == "acc_000003"
        app.look()
        await ready(app)
        await until(lambda: table.cursor == 196, "the cursor back on its account")
        assert app.facts().account.account_id == "acc_000003"
        await until(lambda: "acc_000000" in frame(app).splitlines()[3], "the rows under their new numbers")

        mirror_builder.begin_anew(home.mirror, kept=lambda number: number != 196)
        app.look()
        await ready(app)
        assert (table.cursor, app.facts().account) == (None, None)


async def test_an_order_counted_in_another_mirror_is_not_shown(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        late = Survey(app.sight.mirror.identity, Question(), np.array([7, 8], dtype=np.int32), {})
        mirror_builder.begin_anew(home.mirror)
        app.on_risk_desk_surveyed(RiskDesk.Surveyed(late))
        app.look()
        app.on_risk_desk_surveyed(RiskDesk.Surveyed(late))
        assert watch(app).table.total() == 200


async def test_a_filter_that_matches_nothing_shows_nothing_and_a_good_one_takes_an_old_fault_away(
    home: Home, desk: Desk
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.screen.apply_filter("statuss:x")
        await shown(app, "There is no field statuss")
        await pilot.press("slash", *"zzz", "enter")
        await shown(app, "Nothing matches /zzz")
        assert "There is no field" not in frame(app)
        change(home, "UPDATE account SET available_minor = 7 WHERE account = 4")
        app.look()
        assert watch(app).table.total() == 0


async def test_a_filter_opened_again_is_replaced_by_what_is_typed(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("slash", *"level:critical", "enter")
        await shown(app, "9 accounts  /level:critical")
        await pilot.press("slash", *"cus_99", "enter")
        await shown(app, "2 accounts  /cus_99")


async def test_a_watcher_that_is_gone_is_told_and_another_started_now_and_then(desk: Desk) -> None:
    clock, here, starts = Clock(), [True], []
    app = desk(clock=clock, watcher_pid=lambda: 4242 if here[0] else None, start_watcher=lambda: starts.append(1))
    async with app.run_test(size=(80, 24)):
        await ready(app)
        clock.now += 11 * SECOND
        app.look()
        assert starts == []
        here[0] = False
        app.look()
        await shown(app, "is gone since")
        await shown(app, "one was started")
        clock.now += 9 * SECOND
        app.look()
        assert len(starts) == 1
        clock.now += 2 * SECOND
        app.look()
        assert len(starts) == 2


async def test_a_watcher_that_said_that_it_stopped_is_gone_although_another_holds_the_lock(
    home: Home, desk: Desk
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        change(home, "UPDATE note SET value = json_set(value, '$.state', 'stopped') WHERE key = 'watcher'")
        await shown(app, "is gone since")


async def test_any_fault_of_the_surveyor_is_told_and_it_goes_on(desk: Desk, monkeypatch) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        with monkeypatch.context() as broken:
            broken.setattr(Reader, "matching", lambda *_: {}["nothing"])
            app.screen.apply_filter("level:critical")
            await shown(app, "The filter failed")
        app.screen.apply_filter("level:critical")
        await shown(app, "9 accounts  /level:critical")


async def test_a_paste_outside_the_prompt_does_nothing(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.pause()
        before = frame(app)
        app.screen.post_message(events.Paste("jjfqX:quit\n"))
        await pilot.pause()
        assert (frame(app), app.is_running) == (before, True)


async def test_a_terminal_too_small_is_told(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(50, 14)):
        await shown(app, "too small")


async def test_a_crash_report_holds_no_values(desk: Desk, capsys) -> None:
    app = desk()
    secret = f"tok_{7 * 13}"

    def fail(token: str) -> None:
        raise RuntimeError("a fault of the console")

    try:
        async with app.run_test(size=(80, 24)):
            await ready(app)
            app.call_later(fail, secret)
            await until(lambda: not app.is_running, "the end")
    except RuntimeError:
        pass
    told = capsys.readouterr()
    assert "a fault of its own" in told.err
    assert "in fail" in told.err
    assert secret not in told.out + told.err


async def test_a_damaged_journal_is_told_and_the_console_goes_on(home: Home, desk: Desk) -> None:
    home.journal.write_bytes(b"no database" * 1000)
    home.journal.chmod(0o600)
    app = desk()
    async with app.run_test(size=(120, 40)):
        await ready(app)
        await shown(app, "The journal can't be used")
        home.journal.unlink()
        build_journal(home.journal)
        await until(lambda: bool(app.sight.commands), "the journal put back")
        await until(lambda: "The journal can't be used" not in frame(app), "the notice to go")
