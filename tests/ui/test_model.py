"""The model screen: rules carry it until there is a model; the way back asks for a reason and an armed desk."""

from __future__ import annotations

import json
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.paths import Home
from console.ui.formats import HEIGHTS
from console.ui.models import sparkline
from store.journal import Journal
from store.models import Models
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import EPOCH, build_models
from tests.ui.screens import ready, shown, until


async def test_without_a_model_it_says_who_carries_it_and_how_many_labels_there_are(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("model")
        await shown(app, "No model yet: the rules carry it.")
        await shown(app, "7 of 50 labelled frauds known")


async def test_going_back_needs_an_armed_desk_and_a_reason_and_is_audited(desk: Desk, home: Home) -> None:
    build_models(home.journal)
    app = desk()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app)
        app.perform("model")
        await shown(app, "m-005 counts")
        await pilot.press("Z")
        await shown(app, "read-only; :write arms the desk")
        app.perform("write", "10")
        await pilot.press("j")
        await pilot.press("Z")
        await shown(app, ": rollback m-004")
        await pilot.press(*"too many", "enter")
        await shown(app, "m-004 counts again")
        await until(lambda: app.screen.table.versions[1].standing == "champion", "the version in force")
    journal = Journal(home.journal)
    assert Models(journal).in_force(EPOCH) == "m-004"
    (payload,) = (
        json.loads(text) for event, text in journal.rows("SELECT event, payload FROM v_audit")
        if event == "model.rolled_back"
    )  # fmt: skip
    assert (payload["to"], payload["reason"]) == ("m-004", "too many")
    journal.close()


async def test_a_journal_that_is_locked_is_told_and_nothing_goes_back(
    desk: Desk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> str:
        raise sqlite3.OperationalError("database is locked")

    build_models(home.journal)
    monkeypatch.setattr(Models, "roll_back", locked)
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.perform("write", "10")
        app.perform("model")
        await shown(app, "m-005 counts")
        app.command("rollback m-004 too many")
        await shown(app, "locked")
        await shown(app, "m-005 counts")


async def test_going_back_to_nothing_is_told(desk: Desk, home: Home) -> None:
    build_models(home.journal)
    app = desk()
    async with app.run_test(size=(100, 30)):
        await ready(app)
        app.perform("model")
        app.perform("write", "10")
        await shown(app, "m-005 counts")
        app.command("rollback m-003 it was refused")
        await shown(app, "Nothing was changed")


@given(st.lists(st.floats(0, 1), max_size=60))
def test_a_sparkline_has_a_bar_for_each_of_the_last_values(values: list[float]) -> None:
    line = sparkline(values, 40)
    assert len(line) == min(len(values), 40)
    assert set(line) <= set(HEIGHTS)
