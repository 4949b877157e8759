"""Tuning from the console: progress, the front with what is in force, a draft of a point, an end at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from console.desk.tuned import DRAFT
from console.paths import Home
from console.risk.policy_text import read_policy
from console.ui.backtesting import BacktestFailed
from console.ui.screens.tuning import TuningScreen, tune
from tests.ui.conftest import Desk
from tests.ui.screens import ready, shown


def point(number: int, alert: float, freeze: float | None, *rates: float) -> dict[str, Any]:
    held = dict(zip(("disturbance", "coverage", "loss", "minutes"), rates, strict=True))
    return {"point": number, "alert": alert, "freeze": freeze, "searched": held, "held": held}


REPORT = {
    "policy": "64782b50df48/normal", "events": 200_000, "seconds": 20.0, "picked": 2, "dominated": 0, "dominating": 1,
    "front": [
        point(1, 0.9, None, 0.002, 0.55, 0.8, 30), point(2, 0.42, 0.91, 0.015, 0.97, 0.35, 90),
        point(3, 0.2, 0.5, 0.06, 0.99, 0.12, 170),
    ],
    "default": point(0, 0.5, 0.97, 0.012, 0.96, 0.4, 87),
}  # fmt: skip


async def front(home: Home, days: float | None, progress: Callable[[float], None]) -> Mapping[str, Any]:
    """A search that is done at once."""
    progress(0.5)
    return REPORT


async def test_the_front_is_a_plot_and_a_table_and_a_point_becomes_a_draft(desk: Desk, home: Home) -> None:
    app = desk()
    async with app.run_test(size=(100, 34)):
        await ready(app)
        app.push_screen(TuningScreen("30", front))
        await shown(app, "1 beat it")
        await shown(app, "97.0%")
        await shown(app, "in force")
        app.screen.table.place(2)
        app.perform("draft_point")
        await shown(app, DRAFT)
        policy = read_policy(DRAFT, (home.folder / DRAFT).read_text(encoding="utf-8"))
        levels = policy.stances["normal"].levels
        assert levels is not None
        assert (levels.medium, policy.stances["normal"].automatic.least_score) == (0.2, 0.5)


async def test_a_draft_that_is_there_is_never_written_over(desk: Desk, home: Home) -> None:
    (home.folder / DRAFT).write_text("edited by hand", encoding="utf-8")
    app = desk()
    async with app.run_test(size=(100, 34)):
        await ready(app)
        app.push_screen(TuningScreen("30", front))
        await shown(app, "1 beat it")
        for number, place, alert in ((2, 0, 0.9), (3, 2, 0.2)):
            app.screen.table.place(place)
            app.perform("draft_point")
            await shown(app, f"tuned-policy-{number}.toml")
            text = (home.folder / f"tuned-policy-{number}.toml").read_text(encoding="utf-8")
            levels = read_policy(DRAFT, text).stances["normal"].levels
            assert levels is not None and levels.medium == alert
    assert (home.folder / DRAFT).read_text(encoding="utf-8") == "edited by hand"


async def test_it_can_be_ended_and_wrong_days_are_said(desk: Desk) -> None:
    ended = asyncio.Event()

    async def endless(home: Home, days: float | None, progress: Callable[[float], None]) -> Mapping[str, Any]:
        progress(0.25)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return REPORT

    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.push_screen(TuningScreen("", endless))
        await shown(app, "25%")
        app.perform("cancel")
        await shown(app, "Ended before it was done.")
        assert ended.is_set()
        app.command("tune soon")
        await shown(app, "DAYS is a number of days")


async def test_the_real_process_says_why_it_can_not(home: Home) -> None:
    with pytest.raises(BacktestFailed, match="no facts to replay yet"):
        await tune(home, 3.0, lambda share: None)
