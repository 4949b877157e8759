"""The account screen: everything in it can be reached on a small terminal, and its account is one by id."""

from __future__ import annotations

from console.paths import Home
from console.ui.screens.account import AccountScreen
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import begin_anew
from tests.ui.screens import frame, ready, shown, until


async def test_what_does_not_fit_is_hinted_at_and_reached(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.open_account("acc_000003")
        await shown(app, "more: tab")
        assert "cash limit" in frame(app)
        assert "its normal" in frame(app)
        assert "trust 655" not in frame(app)
        await pilot.press("tab", *["down"] * 12)
        await shown(app, "trust 655")


async def test_it_shows_the_same_account_after_the_mirror_is_begun_anew(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.open_account("acc_000003")
        await until(lambda: isinstance(app.screen, AccountScreen) and app.facts().account is not None, "the account")
        before = [event.event_id for event in app.screen.timeline.events]
        begin_anew(home.mirror)
        app.look()
        await until(lambda: app.facts().account.account == 196, "its new number")
        assert app.facts().account.account_id == "acc_000003"
        assert [event.event_id for event in app.screen.timeline.events] == before
        begin_anew(home.mirror, kept=lambda number: number != 196)
        app.look()
        assert app.facts().account is None
