"""The shared desk on screen: who works on what until when, handing over, and what was noted."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.core.instants import MINUTE, wire
from console.paths import Home
from console.ui import claims
from console.ui.app import RiskDesk
from console.ui.dialogs.base import DecisionDialog
from console.ui.drafts import Draft
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import HOSTILE, NOW, build_waiting
from tests.ui.screens import frame, ready, shown, until

CLAIMED, FREE = 2, 3
"""Accounts of the mirror: maria.k works on the first for 20 minutes more."""


class Clock:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


async def at_account(app: RiskDesk, number: int) -> None:
    await ready(app)
    app.perform("write", "60")
    app.open_account(f"acc_{number:06d}")
    await until(lambda: app.screen.NAME == "account" and app.screen.stands, "the account")


async def asked(app: RiskDesk, action: str) -> DecisionDialog:
    app.perform(action)
    await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")
    assert isinstance(app.screen, DecisionDialog)
    return app.screen


def sign_in(home: Home, subject: str, *scopes: str) -> None:
    build_waiting(home.mirror, subject, ("core:command", *scopes))


async def test_a_claim_counts_down_and_is_open_past_its_time(desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    async with app.run_test(size=(120, 40)):
        await at_account(app, CLAIMED)
        await shown(app, "claimed · maria.k, 19m left")
        clock.now += 19 * MINUTE + MINUTE // 2
        app.look()
        await until(lambda: re.search(r"maria.k, \d\ds left", frame(app)) is not None, "the last seconds")
        clock.now += MINUTE
        app.look()
        await until(lambda: "maria.k, " not in frame(app), "the claim is over")
        app.perform("release")
        await shown(app, "nobody has claimed the case")


@pytest.mark.parametrize("action", ["claim", "verdict", "release", "hand_over"])
async def test_what_another_works_on_is_left_to_them(home: Home, desk: Desk, drafts: list[Draft], action: str) -> None:
    sign_in(home, "li.na")
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_account(app, CLAIMED)
        await asked(app, action)
        await shown(app, "maria.k works on it until 21:34 (19m left).")
        await pilot.press("y")
        assert drafts == []


async def test_a_supervisor_is_told_and_may_all_the_same(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    sign_in(home, "jonas.p", "core:approve")
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_account(app, CLAIMED)
        await asked(app, "release")
        await shown(app, "maria.k works on it until 21:34")
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the release")


async def test_handing_over_is_a_note_and_then_the_release(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_account(app, CLAIMED)
        await asked(app, "hand_over")
        await pilot.press("y")
        assert drafts == []
        await pilot.press("n", *"bank calls back", "enter", "y")
        await until(lambda: len(drafts) == 1, "both")
    (draft,) = drafts
    assert [(wish.type, wish.params) for wish in (draft.wish, *draft.also)] == [
        ("case.note", {"text": "bank calls back"}),
        ("case.release", {}),
    ]


async def test_nobodys_case_can_not_be_handed_over_but_judged_in_one_step(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_account(app, FREE)
        app.perform("hand_over")
        await shown(app, "nobody has claimed the case")
        await asked(app, "verdict")
        await pilot.press("s", "s", "y")
        await until(lambda: len(drafts) == 1, "the verdict")
    assert drafts[0].wish.type == "case.verdict"


async def test_the_newest_notes_of_everybody_stand_on_the_account(home: Home, desk: Desk) -> None:
    with closing(sqlite3.connect(home.mirror)) as connection, connection:
        for number, text in enumerate(("alpha", "beta", HOSTILE, "called her, she is fine")):
            doc = {
                "id": f"01a218be-0000-7000-8001-{number:012d}", "version": 1, "type": "case.note",
                "target": {"type": "account", "id": "acc_000003"}, "params": {"text": text}, "status": "succeeded",
                "created_at": wire(NOW - (9 - number) * MINUTE), "created_by": "li.na", "not_after": wire(NOW),
            }  # fmt: skip
            connection.execute(
                "INSERT INTO resource VALUES ('command', ?, 1, 0, ?, ?, ?)",
                (doc["id"], FREE, number, json.dumps(doc, separators=(",", ":"))),
            )
    app = desk()
    async with app.run_test(size=(120, 40)):
        await at_account(app, FREE)
        await shown(app, "li.na 6m  called her, she is fine")
        assert ("beta" in frame(app), "alpha" in frame(app)) == (True, False)


@settings(max_examples=40)
@given(st.one_of(st.none(), st.text(), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)))
def test_whatever_a_problem_holds_it_says_who_or_nothing(problem: str | None) -> None:
    assert claims.told_by(problem, NOW) == ""
