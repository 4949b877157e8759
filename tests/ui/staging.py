"""The steps from the watch screen of a furnished desk (`furnish`) to what is to be seen."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.widgets import Input

from console.core import commands
from console.core.instants import HOUR, MINUTE
from console.desk import holds
from console.desk.holds import Ending
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.screens.backtest import BacktestScreen
from console.ui.screens.tuning import TuningScreen
from store.journal import Journal
from store.life import State
from store.plans import Order, Plans, PlanState, Target
from tests import applicants
from tests.ui.automatic_builder import build_automatic, build_book
from tests.ui.mirror_builder import (
    HOSTILE,
    NOW,
    build_journal,
    build_log,
    build_models,
    build_plans,
    build_ring,
    build_travel,
    build_verdicts,
    build_waiting,
)
from tests.ui.policy_builder import build_policies
from tests.ui.screens import frame, until
from tests.ui.test_again import decided
from tests.ui.test_backtest import found
from tests.ui.test_tuning import front

Steps = Callable[[RiskDesk], Awaitable[None]]


def furnish(home: Home) -> None:
    """Put everything that any of the screens shows into a home that has a mirror."""
    build_journal(home.journal)
    build_models(home.journal)
    build_travel(home.mirror)
    build_log(home.log)
    build_ring(home.mirror)
    build_verdicts(home.mirror)


async def stay(app: RiskDesk) -> None:
    app.screen.table.place(2)


async def account(app: RiskDesk) -> None:
    app.open_account("acc_000003")
    await until(lambda: getattr(app.screen, "stands", False) and app.screen.account() is not None, "the account")


async def marks(app: RiskDesk) -> None:
    for number in (0, 1, 3):
        app.screen.table.place(number)
        app.screen.table.do_mark("")


async def plans(app: RiskDesk) -> None:
    build_plans(app.sight.home.journal)
    app.look()
    await screen("plans")(app)
    await until(lambda: app.screen.table.total() == 2, "the plans")


async def plan(app: RiskDesk) -> None:
    await plans(app)
    app.perform("look")
    await until(lambda: app.screen.NAME == "plan" and app.screen.stands and app.screen.table.total() == 6, "the plan")


def screen(name: str) -> Steps:
    async def show(app: RiskDesk) -> None:
        app.perform(name)
        await until(lambda: getattr(app.screen, "NAME", "") == name and app.screen.stands, name)

    return show


async def rules(app: RiskDesk) -> None:
    await screen("rules")(app)
    await until(lambda: any(one.record for one in app.screen.table.rules), "the records")


async def rule(app: RiskDesk) -> None:
    await rules(app)
    app.perform("look")
    await until(lambda: app.screen.NAME == "rule" and app.screen.stands, "the rule")


async def again(app: RiskDesk) -> None:
    """Two commands that came to nothing stand above the others, the account of the first has changed since."""
    wish = commands.freeze("acc_000001", "account_takeover", scope="debit_only")
    decided(app.sight.home, wish, State.EXPIRED, "c1", NOW - HOUR)
    lower = commands.set_limit("acc_000002", 500_000, "CNY", "credit_risk")
    decided(app.sight.home, lower, State.REVIEW, "c2", NOW - HOUR)
    with sqlite3.connect(app.sight.home.mirror) as writer:
        writer.execute("UPDATE account SET doc = json_set(doc, '$.status', 'frozen') WHERE account = 1")
    await screen("commands")(app)
    app.look()
    app.screen.list.place(app.screen.list.entries[1].position)


async def ending(app: RiskDesk) -> None:
    """Two holds end while their case is open: notices, the list's first lines, and the account."""
    core = app.sight.situation.core_now
    told = [Ending("acc_000003", "hold_3", "full", core + 40 * MINUTE), Ending("acc_000150", "h", "login", core - HOUR)]
    with sqlite3.connect(app.sight.home.mirror) as writer:
        writer.execute("INSERT INTO note VALUES (?, ?)", (holds.NOTE, holds.told(holds.judged(told, core))))
    await until(lambda: app.screen.table.order[:2].tolist() == [150, 3], "the order")
    app.screen.table.place(3)


async def ending_account(app: RiskDesk) -> None:
    await ending(app)
    await account(app)


def prompt(text: str, *, enter: bool = False) -> Steps:
    """The prompt with a filter typed, and entered."""

    async def show(app: RiskDesk) -> None:
        app.screen.do_filter("")
        field = app.screen.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
        if enter:
            await field.action_submit()

    return show


async def find(app: RiskDesk) -> None:
    with sqlite3.connect(app.sight.home.mirror) as writer:
        writer.executemany(
            "INSERT INTO entity VALUES (?, ?, ?)",
            [("customer", 0, "cus_3"), ("device", 0, "dev_3"), ("device", 1, HOSTILE), ("merchant", 0, "mer_3")],
        )
    app.command("find _3")
    await until(lambda: app.screen.NAME == "find" and app.screen.stands, "the search")
    await until(lambda: app.screen.table.sighting is not None and app.screen.table.sighting.share == 1, "its end")
    app.screen._go_down()


async def alerts(app: RiskDesk) -> None:
    await screen("alerts")(app)
    await until(lambda: app.screen.table.total() > 0, "the queue in order")
    app.screen.table.place(app.screen.table.key_at(1))


async def runbook(app: RiskDesk) -> None:
    await account(app)
    app.perform("runbook")
    await until(lambda: app.screen.NAME == "runbook" and app.screen.stands, "the runbook")


async def backtest(app: RiskDesk) -> None:
    app.push_screen(BacktestScreen(Path("draft.toml"), 31, found))
    await until(lambda: getattr(app.screen, "outcome", None) is not None and app.screen.stands, "the figures")


async def tuning(app: RiskDesk) -> None:
    app.push_screen(TuningScreen("30", front))
    await until(lambda: getattr(app.screen, "report", None) is not None and app.screen.stands, "the front")


async def behind(app: RiskDesk) -> None:
    await backtest(app)
    app.perform("look")
    await until(lambda: app.screen.NAME == "behind" and app.screen.stands, "the accounts")


async def _stream(app: RiskDesk, name: str, of: str, row: int) -> None:
    """A stream's screen with the cursor on a row."""
    app.command(f"{name} {of}")
    await until(lambda: name == app.screen.NAME and app.screen.stands, f"the {name}")
    app.screen.table.place(app.screen.table.key_at(row))


async def transactions(app: RiskDesk) -> None:
    await _stream(app, "transactions", "all", 4)


async def logins(app: RiskDesk) -> None:
    await _stream(app, "logins", "acc_000004", 0)


async def audit(app: RiskDesk) -> None:
    await _stream(app, "audit", "account:acc_000002", 0)


async def links(app: RiskDesk) -> None:
    app.command("links acc_000030")
    await until(lambda: app.screen.NAME == "links" and app.screen.stands, "the links")
    await until(lambda: app.screen.table.ring is not None and app.screen.table.ring.done, "the search's end")
    app.screen.table.place(33)


async def pulse(app: RiskDesk) -> None:
    await screen("pulse")(app)
    await until(lambda: app.screen.told is not None, "the figures")


async def book(app: RiskDesk) -> None:
    """The portfolio by limit in the place of the pulse's plots."""
    build_book(app.sight.home)
    app.look()
    await pulse(app)
    for _ in range(3):
        app.perform("segments")


async def automatic(app: RiskDesk) -> None:
    build_automatic(app.sight.home)
    app.look()
    await screen("automatic")(app)
    await until(lambda: app.screen.table.total() > 0, "what was done")
    app.screen.table.place(app.screen.table.key_at(0))


async def policy(app: RiskDesk) -> None:
    build_policies(app.sight.home)
    app.look()
    await screen("policy")(app)
    await until(lambda: app.screen.table.total() > 0, "the versions")


async def policy_text(app: RiskDesk) -> None:
    await policy(app)
    app.screen.table.place(app.screen.table.total() - 1)
    app.perform("compare")
    await until(lambda: app.screen.NAME == "policy_text" and app.screen.stands, "the differences")


async def halted(app: RiskDesk) -> None:
    await automatic(app)
    app.perform("halt")
    app.screen.unsay()


async def log(app: RiskDesk) -> None:
    await screen("log")(app)
    app.screen.table.place(2)


async def approvals(app: RiskDesk) -> None:
    build_waiting(app.sight.home.mirror)
    app.look()
    await screen("approvals")(app)
    await until(lambda: app.screen.table.total() > 0, "what waits")
    app.screen.table.move(1)
    await until(lambda: "123.00" in frame(app), "the account that the request is about")


async def draft(app: RiskDesk) -> None:
    """A plan that a limit review made, opened."""
    journal = Journal(app.sight.home.journal)
    own = {"currency": "CNY", "from_minor": 500_000, "value_minor": 780_000, "why": "earned"}
    targets = [Target(f"acc_{number:06d}", 3, 900_000 - number, "CNY", own) for number in range(4)]
    order = Order("account.set_limit", {"limit": "credit"}, "ability_verified", "limit review")
    Plans(journal).make(order, targets, NOW - HOUR, "watcher", state=PlanState.DRAFT)
    journal.close()
    app.look()
    await screen("plans")(app)
    await until(lambda: app.screen.table.total() == 1, "the draft")
    app.perform("look")
    await until(lambda: app.screen.NAME == "plan" and app.screen.stands and app.screen.table.total() == 4, "the draft")


async def reviews(app: RiskDesk) -> None:
    applicants.furnish(app.sight.home.mirror, NOW, 200, "acc_000152", HOSTILE)
    applicants.govern(app.sight.open_journal(), NOW)
    app.sight.forget_journal_version()
    app.look()
    await screen("reviews")(app)
    await until(lambda: app.screen.table.total() == 5, "what waits")


async def review(app: RiskDesk) -> None:
    await reviews(app)
    app.screen.table.move(2)
    app.perform("look")
    await until(lambda: app.screen.NAME == "review" and app.screen.stands, "the application")


async def help_(app: RiskDesk) -> None:
    app.perform("help")
    await until(lambda: getattr(app.screen, "NAME", "") == "help" and app.screen.stands, "the help")
