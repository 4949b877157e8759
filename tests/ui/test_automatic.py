"""The automatic screen: one key stops everything, unarmed and without a core; going on needs arming and a reason."""

from __future__ import annotations

from contextlib import closing

import pytest

from console.paths import Home
from store.automatic import Automatic, Stop
from store.journal import Journal
from tests.ui.automatic_builder import build_automatic
from tests.ui.conftest import Desk
from tests.ui.screens import frame, ready, refuse_writing, shown, until


@pytest.fixture(autouse=True)
def acted(home: Home) -> None:
    build_automatic(home)


def stopped(home: Home) -> Stop | None:
    with closing(Journal(home.journal)) as journal:
        return Automatic(journal).stopped()


async def test_one_key_stops_it_all_and_going_on_needs_arming_and_a_reason(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("exclamation_mark")
        await until(lambda: stopped(home) is not None, "the stop")
        stop = stopped(home)
        assert stop is not None
        assert (stop.by, stop.why) == ("maria.k", "person")
        await shown(app, "Everything automatic is stopped by maria.k: by hand")
        app.perform("automatic")
        await shown(app, "desk.bot" if stopped(home) is None else "by hand")
        await pilot.press("r")
        await shown(app, "read-only; :write arms the desk")
        app.perform("write", "10")
        app.command("go_on")
        assert stopped(home) is not None
        app.command("go_on looked at all of them")
        await until(lambda: stopped(home) is None, "its going on")
        await shown(app, "What is done by itself goes on.")


async def test_what_was_not_done_can_not_be_taken_back_and_an_account_is_opened(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.perform("automatic")
        await shown(app, "somebody works on it")
        app.perform("write", "10")
        left = next(act for act in app.screen.table.acts if act.command_id is None)
        app.screen.table.place(left.number)
        await pilot.press("U")
        await shown(app, "Nothing was done about this one.")
        await pilot.press("enter")
        await until(lambda: app.screen.NAME == "account", "the account")
        assert left.account_id in frame(app)


async def test_a_journal_that_takes_nothing_is_told_of_in_words(
    home: Home, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        refuse_writing(monkeypatch)
        await pilot.press("exclamation_mark")
        await pilot.pause()
        assert stopped(home) is None
        assert "Everything automatic is stopped" not in frame(app)
