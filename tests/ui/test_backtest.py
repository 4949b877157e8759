"""A backtest from the console: progress, figures, the accounts behind them, an end at any time, no draft at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from console.paths import Home
from console.ui import backtesting
from console.ui.app import RiskDesk
from console.ui.backtesting import BacktestFailed, Outcome, draft_named
from console.ui.screens.backtest import BacktestScreen
from tests.ui.conftest import Desk
from tests.ui.screens import ready, shown, until

SHARE = {"hits": 3, "of": 10, "value": 0.3, "low": 0.108, "high": 0.603}
SIDE = {
    "alerts": 12, "alerts_per_day": 0.4, "minutes_per_day": 2.6, "fraud": 3, "unknown": 2, "precision": SHARE,
    "fraud_minor": {"CNY": 123_400}, "reached_minor": {"CNY": 61_700},
}  # fmt: skip
REPORT = {
    "events": 1_000_000, "seconds": 12.5, "from": "2026-10-20T00:00:00.000000Z", "to": "2026-11-20T00:00:00.000000Z",
    "days": 31.0, "warm_up_days": 60.0, "new": 2, "lost": 1, "kept": 10, "precision": 0.3, "new_precision": SHARE,
    "lost_precision": None, "live": SIDE, "draft": SIDE | {"alerts": 13, "reached_minor": {}},
    "rules": [
        {"rule_id": "ATO-1", "state": "live", "hits": 40, "live_hits": 31, "accounts": 9, "alerts": 10,
         "precision": SHARE},
        {"rule_id": "X[/]\x1b", "state": "shadow", "hits": 4, "live_hits": None, "accounts": 1, "alerts": 4,
         "precision": None},
    ],
}  # fmt: skip
SEEN = {"hits": 2, "score": 0.83, "reached_minor": 0, "rules": ["ATO-1"]}
UNSEEN = {"hits": 0, "score": 0.0, "reached_minor": 0, "rules": []}
NEW = {
    "alert": "new", "account_id": "acc_000003", "opened_at": "2026-11-01T10:00:00.000000Z", "known": "fraud",
    "currency": "CNY", "fraud_minor": 9_000, "live": UNSEEN, "draft": SEEN,
}  # fmt: skip
FOUND = Outcome(REPORT, {"new": [NEW, NEW | {"account_id": "acc_[/b]\x1b"}], "ATO-1": [
    {"rule": "ATO-1", "account_id": "acc_000004", "hits": 7}]})  # fmt: skip


async def found(home: Home, pack: Path, days: float | None, progress: Callable[[float], None]) -> Outcome:
    """A backtest that is done at once."""
    progress(0.5)
    return FOUND


async def test_the_figures_stand_side_by_side_and_lead_to_the_accounts(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.push_screen(BacktestScreen(Path("draft.toml"), 31, found))
        await shown(app, "1,000,000 events in 12.5 s")
        await shown(app, "30% (11–60)")
        app.screen.table.place(0)
        app.perform("look")
        await shown(app, "acc_000003")
        await shown(app, "2 lines")
        app.perform("look")
        await until(lambda: app.screen.NAME == "account" and app.screen.stands, "the account")


async def test_a_line_without_accounts_says_so(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.push_screen(BacktestScreen(Path("draft.toml"), None, found))
        await shown(app, "in 12.5 s")
        app.screen.table.place(4)
        app.perform("look")
        await shown(app, "No account stands behind this line.")


async def test_it_can_be_ended(desk: Desk) -> None:
    ended = asyncio.Event()

    async def endless(home: Home, pack: Path, days: float | None, progress: Callable[[float], None]) -> Outcome:
        progress(0.25)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return FOUND

    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.push_screen(BacktestScreen(Path("draft.toml"), None, endless))
        await shown(app, "25%")
        app.perform("cancel")
        await shown(app, "Ended before it was done.")
        assert ended.is_set()
        app.perform("cancel")
        await shown(app, "Nothing runs here any more.")


async def test_the_real_process_says_why_it_can_not(desk: Desk, home: Home, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('[[rule]]\nid = "UN-1"\n')
    with pytest.raises(BacktestFailed, match="typology is missing"):
        await backtesting.backtest(home, draft, None, lambda share: None)


async def test_cancelling_ends_the_real_process(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    make = asyncio.create_subprocess_exec

    async def remember(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        started.append(await make("sleep", "60", **options))
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remember)
    run = asyncio.create_task(backtesting.backtest(home, tmp_path, None, lambda share: None))
    await until(lambda: bool(started), "the process")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert started[0].returncode is not None


def test_a_draft_is_named_with_or_without_days() -> None:
    assert draft_named("a b.toml 30") == (Path("a b.toml"), 30.0)
    assert draft_named("a b.toml") == (Path("a b.toml"), None)
    assert draft_named("30") == (Path("30"), None)


async def test_the_key_asks_for_a_file(desk: Desk, home: Home) -> None:
    (home.folder / "mine.toml").write_text("")
    app: RiskDesk = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("backtest")
        await shown(app, ": backtest")
        app.command(f"backtest {home.folder / 'mine.toml'}")
        await shown(app, "holds no facts to replay")
