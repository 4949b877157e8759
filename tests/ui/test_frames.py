"""Golden frames: what every screen looks like, as text, at two sizes and in both languages, with hostile and CJK data.

RISKDESK_FRAMES=write writes them anew; look at what changed before committing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.events import Key

from console import language
from console.core import commands
from console.core.instants import HOUR, MINUTE
from console.desk import holds
from console.desk.holds import Ending
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.dialogs import foresight
from console.ui.dialogs.approval import BallotDialog
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.bulk import BulkDialog
from console.ui.dialogs.fields import Question, Words
from console.ui.screens.backtest import BacktestScreen
from store.life import State
from tests.ui import rehearsing
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import (
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
from tests.ui.screens import frame, ready, until
from tests.ui.test_again import decided
from tests.ui.test_backtest import found

FRAMES = Path(__file__).parent / "frames"
SIZES = ((80, 24), (120, 40))

Steps = Callable[[RiskDesk], Awaitable[None]]


async def stay(app: RiskDesk) -> None:
    app.screen.table.place(2)


async def account(app: RiskDesk) -> None:
    app.open_account("acc_000003")
    await until(lambda: getattr(app.screen, "stands", False) and app.screen.account() is not None, "the account")


def dialog(name: str, account: int, keys: str, typed: dict[str, str] | None = None) -> Steps:
    """A dialog with keys pressed and texts typed, once the core's word on it is there."""

    async def show(app: RiskDesk) -> None:
        app.perform("write", "10")
        app.screen.table.place(account)
        app.perform(name)
        await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")
        for part in app.screen.fields:
            if isinstance(part, Words | Question) and part.key in (typed or {}):
                part.value = typed[part.key]
        for key in keys:
            app.screen.take(Key(key, key))
        app.screen.show()
        assert app.screen.missing() is None
        await until(lambda: app.screen._foresight.seen is not None, "the core's word")

    return show


async def marks(app: RiskDesk) -> None:
    for number in (0, 1, 3):
        app.screen.table.place(number)
        app.screen.table.do_mark("")


async def bulk_freeze(app: RiskDesk) -> None:
    await marks(app)
    app.perform("write", "10")
    app.perform("freeze")
    await until(lambda: isinstance(app.screen, BulkDialog) and bool(app.screen.focused), "the dialog")
    app.screen.fields[1].press("1")
    app.screen.show()


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


async def redecide(app: RiskDesk) -> None:
    app.perform("write", "10")
    await again(app)
    app.perform("redecide")
    await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")
    await until(lambda: app.screen._foresight.seen is not None, "the core's word")


async def undo(app: RiskDesk) -> None:
    app.perform("write", "10")
    wish = commands.freeze("acc_000003", "account_takeover")
    decided(app.sight.home, wish, State.CONFIRMED, "hold_3", NOW - HOUR)
    await screen("commands")(app)
    app.look()
    app.screen.list.place(app.screen.list.entries[0].position)
    app.perform("undo")
    await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")


async def alerts(app: RiskDesk) -> None:
    await screen("alerts")(app)
    await until(lambda: app.screen.table.total() > 0, "the queue in order")
    app.screen.table.place(app.screen.table.key_at(1))


async def backtest(app: RiskDesk) -> None:
    app.push_screen(BacktestScreen(Path("draft.toml"), 31, found))
    await until(lambda: getattr(app.screen, "outcome", None) is not None and app.screen.stands, "the figures")


async def behind(app: RiskDesk) -> None:
    await backtest(app)
    app.perform("look")
    await until(lambda: app.screen.NAME == "behind" and app.screen.stands, "the accounts")


async def transactions(app: RiskDesk) -> None:
    app.command("transactions all")
    await until(lambda: app.screen.NAME == "transactions" and app.screen.stands, "the transactions")
    app.screen.table.place(app.screen.table.key_at(4))


async def logins(app: RiskDesk) -> None:
    app.command("logins acc_000004")
    await until(lambda: app.screen.NAME == "logins" and app.screen.stands, "the logins")
    app.screen.table.place(app.screen.table.key_at(0))


async def audit(app: RiskDesk) -> None:
    app.command("audit account:acc_000002")
    await until(lambda: app.screen.NAME == "audit" and app.screen.stands, "the audit")
    app.screen.table.place(app.screen.table.key_at(0))


async def links(app: RiskDesk) -> None:
    app.command("links acc_000030")
    await until(lambda: app.screen.NAME == "links" and app.screen.stands, "the links")
    await until(lambda: app.screen.table.ring is not None and app.screen.table.ring.done, "the search's end")
    app.screen.table.place(33)


async def pulse(app: RiskDesk) -> None:
    await screen("pulse")(app)
    await until(lambda: app.screen.told is not None, "the figures")


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


async def approve(app: RiskDesk) -> None:
    await approvals(app)
    app.perform("write", "10")
    app.perform("approve")
    await until(lambda: isinstance(app.screen, BallotDialog) and bool(app.screen.focused), "the dialog")


SHOWN: list[tuple[str, str, Steps]] = [
    *((name, code, steps) for name, steps in (
        ("watch", stay), ("marks", marks), ("bulk_freeze", bulk_freeze), ("plans", plans), ("plan", plan),
        ("account", account), ("alerts", alerts), ("freeze", dialog("freeze", 12, "1")),
        ("freeze_until", dialog("freeze", 1, "s1e", {"t": ""})), ("limit", dialog("limit", 0, "1o", {"t": "50%"})),
        ("unfreeze", dialog("unfreeze", 3, "1ABC", {"n": "called back"})),
        ("again", again), ("redecide", redecide), ("undo", undo),
        ("ending", ending), ("ending_account", ending_account),
        ("close", dialog("close", 3, "1", {"t": "acc_000003"})), ("rules", rules), ("rule", rule),
        ("backtest", backtest), ("behind", behind), ("model", screen("model")),
        ("transactions", transactions), ("logins", logins), ("audit", audit), ("log", log),
        ("links", links), ("pulse", pulse),
        ("approvals", approvals), ("approve", approve),
    )
      for code in language.LANGUAGES),
    *((name, "en", screen(name)) for name in ("commands", "feeds", "help")),
]  # fmt: skip


DIALOGS = {
    "freeze", "freeze_until", "limit", "unfreeze", "again", "redecide", "undo", "close", "approve", "bulk_freeze",
}  # fmt: skip
"""In a dialog no `:` can be typed."""


NARROW = {"freeze_until", "limit", "unfreeze", "close", "redecide", "undo", "ending_account"}
"""Shown on the small terminal only: a larger one has the same box with more room around it."""

CASES = [
    pytest.param(name, code, steps, size, id=f"{name}-{code}-{size[0]}x{size[1]}")
    for name, code, steps in SHOWN
    for size in SIZES
    if size == SIZES[0] or name not in NARROW
]


async def seen_on(app: RiskDesk, size: tuple[int, int], *steps: Steps) -> str:
    """What stands on the screen after some steps."""
    async with app.run_test(size=size) as pilot:
        await ready(app)
        for step in steps:
            await step(app)
            await pilot.pause()
        app.look()
        await pilot.pause()
        await pilot.pause()
        return frame(app)


@pytest.fixture
def furnished(home: Home, foreseen: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that any of the screens shows, and the core's word on what is asked, in the place of `foreseen`."""
    monkeypatch.setattr(foresight, "foresee", rehearsing.foresee)
    build_journal(home.journal)
    build_models(home.journal)
    build_travel(home.mirror)
    build_log(home.log)
    build_ring(home.mirror)
    build_verdicts(home.mirror)


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("name", "code", "steps", "size"), CASES)
async def test_screen(name: str, code: str, steps: Steps, size: tuple[int, int], desk: Desk) -> None:
    language.use(code)
    seen = await seen_on(desk(), size, steps)
    assert all(cell_len(line) <= size[0] for line in seen.splitlines())
    golden = FRAMES / f"{name}.{code}.{size[0]}x{size[1]}.txt"
    if os.environ.get("RISKDESK_FRAMES") == "write":
        golden.write_text(seen, encoding="utf-8")
    assert seen == golden.read_text(encoding="utf-8")


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(
    ("name", "steps"),
    [(name, steps) for name, code, steps in SHOWN if code == "zh" and name not in DIALOGS],
    ids=lambda part: part if isinstance(part, str) else "",
)
async def test_a_language_chosen_live_is_that_of_the_whole_screen(name: str, steps: Steps, desk: Desk) -> None:
    async def switch(app: RiskDesk) -> None:
        app.command("language zh")

    seen = await seen_on(desk(), (80, 24), steps, switch)
    assert seen == (FRAMES / f"{name}.zh.80x24.txt").read_text(encoding="utf-8")


def test_every_golden_frame_is_one_that_a_test_reads() -> None:
    read = {f"{name}.{code}.{'x'.join(map(str, size))}.txt" for name, code, _, size in (case.values for case in CASES)}
    assert {path.name for path in FRAMES.iterdir()} == read
