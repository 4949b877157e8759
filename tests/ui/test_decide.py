"""Deciding in one step: verdict, reason and what is done; what is sent, what is not, and what comes next."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from contextlib import closing
from math import inf
from pathlib import Path

import msgspec
import pytest
from textual.events import Key
from textual.widgets import Static

from console.core.instants import HOUR, wire
from console.paths import Home
from console.sandbox.policy import REASON_CODES
from console.settings import Console, Settings
from console.ui.app import RiskDesk
from console.ui.dialogs.decide import DecideDialog
from console.ui.drafts import Draft
from store.journal import Journal
from store.life import State
from store.overrides import Lists
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import META, NOW
from tests.ui.screens import frame, ready, shown, until

FROZEN = 3
"""An account of the mirror with a hold that maria.k has set."""


@pytest.fixture
def core_lists(home: Home) -> None:
    """The core lists the sandbox's reasons, for verdicts too."""
    told(home.mirror, {"reason_codes": json.loads(msgspec.json.encode(REASON_CODES))})


def told(mirror: Path, changes: dict[str, object]) -> None:
    with closing(sqlite3.connect(mirror)) as connection, connection:
        meta = json.loads(connection.execute("SELECT value FROM note WHERE key = 'meta'").fetchone()[0])
        connection.execute("UPDATE note SET value = ? WHERE key = 'meta'", (json.dumps(meta | changes),))


def changed(mirror: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(mirror)) as connection, connection:
        connection.execute(sql, values)


async def on_account(app: RiskDesk, number: int) -> None:
    await ready(app)
    app.perform("write", "60")
    app.open_account(f"acc_{number:06d}")
    await until(lambda: app.screen.NAME == "account" and app.screen.stands, "the account")


async def in_queue(app: RiskDesk) -> None:
    await ready(app)
    app.perform("write", "60")
    app.perform("alerts")
    await until(lambda: app.screen.NAME == "alerts" and app.screen.stands and app.screen.table.total() > 0, "the queue")


def showing(app: RiskDesk) -> str:
    """The account that the account screen shows; empty where there is none."""
    row = app.screen.account() if app.screen.NAME == "account" else None
    return row.account_id if row is not None else ""


@pytest.mark.usefixtures("core_lists")
async def test_from_the_queue_to_the_next_alert_in_six_keys(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_queue(app)
        keys = ["j", "enter", "d", "1", "y"]
        await pilot.press(*keys[:2])
        await until(lambda: app.screen.NAME == "account" and app.screen.account() is not None, "the account")
        seen = showing(app)
        await pilot.press(*keys[2:])
        await until(lambda: len(drafts) == 1, "the decision")
        (draft,) = drafts
        (verdict,) = draft.also
        assert (draft.wish.type, draft.wish.account_id, draft.wish.params) == (
            "account.freeze",
            seen,
            {"scope": "full"},
        )
        assert (verdict.type, verdict.account_id, verdict.params["verdict"]) == ("case.verdict", seen, "fraud")
        assert verdict.params["transaction_ids"]
        assert draft.wish.reason_code == verdict.reason_code
        assert app.screen.NAME == "account"
        assert showing(app) not in ("", seen)
        assert len(keys) <= 6


@pytest.mark.usefixtures("core_lists")
async def test_the_rules_that_fired_suggest_the_reason_and_it_can_be_changed(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "1")
        await shown(app, "Used in two distant places at once  suggested")
        await pilot.press("r", "y")
        await shown(app, "Choose a reason by its number.")
        assert drafts == []
        await pilot.press("3")
        await shown(app, "reason     Card testing")
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert [wish.reason_code for wish in (drafts[0].wish, *drafts[0].also)] == ["card_testing"] * 2


async def test_a_core_without_reasons_for_verdicts_gets_the_reason_with_the_freeze(
    desk: Desk, drafts: list[Draft]
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 0)
        await pilot.press("d", "1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert [wish.reason_code for wish in (drafts[0].wish, *drafts[0].also)] == ["account_takeover", None]


@pytest.mark.usefixtures("core_lists")
async def test_legit_releases_our_holds_and_no_other_once_the_checks_are_answered(
    home: Home, desk: Desk, drafts: list[Draft]
) -> None:
    theirs = {
        "hold_id": "hold_x", "scope": "login", "reason_code": "mule", "source": "system", "placed_at": wire(NOW),
        "placed_by": "core", "releasable_by": "operator",
    }  # fmt: skip
    changed(
        home.mirror, "UPDATE account SET doc = json_insert(doc, '$.holds[#]', json(?)) WHERE account = ?",
        json.dumps(theirs), FROZEN,
    )  # fmt: skip
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, FROZEN)
        await pilot.press("d", "3")
        await shown(app, "Choose a reason by its number.")
        await pilot.press("1", "y")
        await shown(app, "Answer every check by its letter")
        assert drafts == []
        await pilot.press("A", "B", "C", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        (draft,) = drafts
        assert (draft.wish.type, draft.wish.params) == ("account.unfreeze", {"hold_ids": [f"hold_{FROZEN}"]})
        assert [wish.params["verdict"] for wish in draft.also] == ["legit"]
        assert [answer["answer"] for answer in draft.checklist] == ["yes"] * 3


@pytest.mark.usefixtures("core_lists")
async def test_legit_without_holds_to_release_is_the_verdict_alone(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 0)
        await pilot.press("d", "3", "2", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert (drafts[0].wish.type, drafts[0].also) == ("case.verdict", [])


@pytest.mark.parametrize("key", ["enter", "escape"])
@pytest.mark.parametrize("before", ["", "1", "1r", "2", "3", "4", "1s"])
async def test_enter_and_escape_never_send(desk: Desk, drafts: list[Draft], before: str, key: str) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", *before, key)
        await until(lambda: not isinstance(app.screen, DecideDialog), "the dialog's end")
        assert drafts == []


async def test_y_before_a_choice_sends_nothing(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "y", "5", "y")
        await shown(app, "Choose by number what it was.")
        assert drafts == []


async def test_what_another_works_on_is_left_to_them(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    told(home.mirror, {"you": META["you"] | {"subject": "li.na"}})
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 2)
        await pilot.press("d", "1", "y")
        await shown(app, "maria.k works on it until")
        assert drafts == []


async def test_marks_are_not_decided_one_by_one(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await in_queue(app)
        await pilot.press("j", "space", "d")
        await shown(app, "accounts are marked")
        assert drafts == []


async def test_a_typed_end_opens_its_field(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 0)
        await pilot.press("f", "1", *"eeee", *"8h", "enter", "y")
        await until(lambda: len(drafts) == 1, "the decision")
    assert drafts[0].wish.params["expires_at"] == app.sight.situation.core_now + 8 * HOUR


async def test_the_queue_says_what_is_at_stake_who_has_it_and_what_haste_is_left(home: Home, desk: Desk) -> None:
    changed(home.mirror, "UPDATE alert SET state = 'closed' WHERE account <> 2")
    changed(home.mirror, "UPDATE alert SET last_hit_at = last_hit_at - ? WHERE account = 2", 3 * HOUR)
    changed(home.mirror, "UPDATE account SET available_minor = 1000000, credit_limit_minor = 2000000 WHERE account = 2")
    app = desk()
    async with app.run_test(size=(80, 24)):
        await in_queue(app)
        await until(lambda: "acc_000002" in frame(app), "the account")
        line = next(line for line in frame(app).splitlines() if "acc_000002" in line)
    assert re.search(r"critical +10,142\.32 +50% acc_000002 +@maria\.k +20m ", line), line


# ---------------------------------------------------------------- what is journaled


def console(home: Home, **settings: bool) -> RiskDesk:
    """A console whose decisions go into its journal."""
    return RiskDesk(home, clock=lambda: NOW, watcher_pid=lambda: 4242, settings=Settings(console=Console(**settings)))


@pytest.mark.usefixtures("core_lists", "foreseen")
async def test_freeze_and_verdict_are_journaled_together_each_with_a_life_of_its_own(home: Home) -> None:
    app = console(home)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "1", "y")
        await until(lambda: len(app.sight.commands) == 2, "both commands")
        verdict, freeze = app.sight.commands
        assert (freeze.type, verdict.type) == ("account.freeze", "case.verdict")
        assert freeze.account_id == verdict.account_id == "acc_000003"
        assert freeze.command_id != verdict.command_id
        assert {freeze.state, verdict.state} == {State.QUEUED}


@pytest.mark.usefixtures("core_lists", "foreseen")
async def test_inconclusive_leaves_the_queue_for_a_shift_in_the_same_breath(home: Home) -> None:
    app = console(home)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "4", "y")
        await until(lambda: len(app.sight.commands) == 1, "the verdict")
        (entry,) = Lists(app.sight.open_journal()).entries()
        assert (entry.list, entry.subject, entry.created_by) == ("snooze", "acc_000003", "maria.k")
        assert entry.expires_at == app.sight.situation.stream_now + 8 * HOUR


@pytest.mark.usefixtures("core_lists", "foreseen")
async def test_what_is_blocked_is_refused_as_a_whole_and_the_alert_stays(home: Home) -> None:
    app = console(home)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, FROZEN)
        await pilot.press("l", "t", *"100", "enter", "1", "y")
        await until(lambda: len(app.sight.commands) == 1, "a limit that is on its way")
        await pilot.press("d", "3", "1", "A", "B", "C", "y")
        await shown(app, "set limit is still queued")
        assert [entry.type for entry in Journal(home.journal).recent(9)] == ["account.set_limit"]
        assert showing(app) == f"acc_{FROZEN:06d}"


# ---------------------------------------------------------------- what comes next


@pytest.mark.usefixtures("core_lists", "foreseen")
async def test_the_next_alert_comes_by_itself_unless_that_is_set_off(home: Home) -> None:
    app = console(home, auto_advance=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "1", "y")
        await until(lambda: len(app.sight.commands) == 2, "the decision")
        assert showing(app) == "acc_000003"


async def test_an_account_that_was_only_looked_up_stays(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 150)
        await pilot.press("d", "2", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert showing(app) == "acc_000150"


async def test_what_others_work_on_is_seen_and_passed_over_and_what_is_passed_comes_again(
    home: Home, desk: Desk
) -> None:
    changed(home.mirror, "UPDATE desk_case SET claimed_by = 'li.na'")
    changed(home.mirror, "UPDATE alert SET state = 'closed' WHERE account > 12")
    app = desk()
    async with app.run_test(size=(60, 16)):
        await in_queue(app)
        queue = [f"acc_{number:06d}" for number in app.screen.table.order]
        came = []
        for _ in queue:
            came.append(await pressed(app, "N"))
    free = [account_id for account_id in queue if account_id not in ("acc_000002", "acc_000011")]
    assert came == [*free, *free[: len(queue) - len(free)]]


async def pressed(app: RiskDesk, key: str) -> str:
    """Press the key that brings another account; returns that one, once it was painted."""
    before = showing(app)
    app.post_message(Key(key, key))
    await until(lambda: app.screen.NAME == "account" and showing(app) not in ("", before), "another account")
    await until(lambda: app.screen.seen_since < inf, "the account painted")
    return showing(app)


async def test_the_next_one_is_read_ahead_while_one_looks_at_this(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(60, 16)):
        await in_queue(app)
        first = await pressed(app, "N")
        for _ in range(3):
            await until(lambda: app.worklist.ahead is not None, "what comes next")
            ahead = app.worklist.ahead
            assert ahead.account_id != first
            assert ahead.normal is not None
            assert (first := await pressed(app, "N")) == ahead.account_id


@pytest.mark.usefixtures("core_lists")
async def test_a_key_typed_before_the_next_account_stood_decides_nothing_on_it(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_account(app, 3)
        await pilot.press("d", "1")
        early = [Key(key, key) for key in ("y", "d")]
        for event in early:
            app.post_message(event)
        await shown(app, "another account has come since that key")
        assert app.screen.NAME == "account"
        assert [draft.wish.account_id for draft in drafts] == ["acc_000003"]
        await pilot.press("d", "1", "y")
        await until(lambda: len(drafts) == 2, "the next decision, by keys that were meant")


@pytest.mark.usefixtures("core_lists")
async def test_a_hundred_alerts_are_worked_while_the_order_changes_and_none_is_the_wrong_one(
    home: Home, desk: Desk, drafts: list[Draft]
) -> None:
    """Before every key the scores are dealt anew; what a decision is about is what stood on the screen at its `y`."""
    chance = random.Random(11)
    with closing(sqlite3.connect(home.mirror)) as writer, writer:
        alert = writer.execute("SELECT * FROM alert WHERE account = 1").fetchone()
        names = [column[1] for column in writer.execute("PRAGMA table_info(alert)")]
        for number in range(66, 110):
            copy = dict(zip(names, alert, strict=True)) | {"account": number, "alert_id": f"alr_{number}"}
            marks = ", ".join("?" * len(copy))
            writer.execute(f"INSERT INTO alert VALUES ({marks})", tuple(copy.values()))
        writer.execute("DELETE FROM desk_case")
    app = desk()
    meant: list[str] = []
    async with app.run_test(size=(80, 24)):
        await in_queue(app)
        writer = sqlite3.connect(home.mirror)

        def deal_anew() -> None:
            with writer:
                writer.execute(
                    "UPDATE alert SET score = abs(random() % 1000) / 1000.0, level = 1 + abs(random() % 4)"
                    " WHERE account % 3 = ?",
                    (chance.randrange(3),),
                )
            app.look()

        await pressed(app, "N")
        for _ in range(100):
            deal_anew()
            app.post_message(Key("d", "d"))
            await until(lambda: isinstance(app.screen, DecideDialog) and bool(app.screen.focused), "the dialog")
            deal_anew()
            app.screen.take(Key(way := chance.choice("12"), way))
            meant.append(str(app.screen.query_one("#form", Static).render()).split()[0])
            deal_anew()
            app.post_message(Key("y", "y"))
            await until(lambda: len(drafts) == len(meant) and app.screen.NAME == "account", "the decision")
            await until(lambda: app.screen.seen_since < inf, "the next one painted")
        writer.close()
    assert [draft.wish.account_id for draft in drafts] == meant
    assert len(set(meant)) == 100
    assert all(wish.account_id == draft.wish.account_id for draft in drafts for wish in draft.also)
