"""The way back and forth through screens and accounts, and where one is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.ui.trail import MOST, History
from console.ui.visit import Visit
from tests.ui.conftest import Desk
from tests.ui.screens import frame, ready, shown, until


@given(st.lists(st.one_of(st.integers(0, 5).map(lambda n: Visit("account", str(n))), st.sampled_from([-1, 1]))))
def test_steps_lead_through_the_visits_and_never_beyond(steps: list[Visit | int]) -> None:
    history, here = History(), None
    for step in steps:
        if isinstance(step, Visit):
            history.visit(step)
            here = step
        else:
            here = history.step(step) or here
        assert not history.places or history.step(0) == here
    assert len(history.places) <= MOST
    assert all(one != other for one, other in zip(history.places, history.places[1:], strict=False))


async def test_brackets_walk_through_the_accounts_visited(desk: Desk) -> None:
    app = desk()

    def account() -> str:
        row = app.screen.account() if app.screen.NAME == "account" and app.screen.stands else None
        return row.account_id if row else ""

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        for number in (3, 7):
            app.open_account(f"acc_00000{number}")
            await until(lambda wanted=f"acc_00000{number}": account() == wanted, "the account")
        await pilot.press("t")
        await until(lambda: app.screen.NAME == "transactions" and app.screen.stands, "its transactions")
        await shown(app, "watch › acc_000003 › acc_000007 › transactions")
        await pilot.press("[", "[")
        await until(lambda: account() == "acc_000003", "the first account")
        await pilot.press("[")
        await until(lambda: app.screen.NAME == "watch", "the beginning")
        await pilot.press("[")
        await shown(app, "Nothing was visited before")
        await pilot.press("]", "]")
        await until(lambda: account() == "acc_000007", "the second account")
        await pilot.press("]")
        await until(lambda: app.screen.NAME == "transactions" and app.screen.one_account, "its transactions")
        assert len(app.screen_stack) == 3
        app.command("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "the commands")
        await pilot.press("]")
        await shown(app, "Nothing was visited after")


async def test_the_way_is_the_first_to_go_where_there_is_no_room(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(70, 24)):
        await ready(app)
        app.open_account("acc_000003")
        app.open_account("acc_000007")
        await until(lambda: getattr(app.screen, "stands", False) and app.screen.NAME == "account", "the account")
        await shown(app, "◆9")
        top = frame(app).splitlines()[0]
        assert "›" not in top
        assert app.crumbs() == "watch › acc_000003 › acc_000007"
