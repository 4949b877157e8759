"""Decisions: nothing is sent by enter, nothing without what the core requires, and always about the account shown."""

from __future__ import annotations

import json
import sqlite3
from threading import Event

import pytest
from rich.style import Style
from textual.events import Key

from console.core.instants import DAY, HOUR
from console.core.messages import ReasonCode
from console.paths import Home
from console.ui.dialogs import foresight
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.fields import Reasons
from console.ui.dialogs.foresight import Foreseen
from console.ui.drafts import Draft
from console.ui.screens.commands import CommandsScreen
from console.ui.themes import Palette
from tests.ui import rehearsing
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW, begin_anew
from tests.ui.screens import frame, ready, shown, until
from tests.ui.staging_dialogs import opened


async def test_six_keys_from_the_list_to_a_freeze(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        await pilot.press("j", "f")
        await shown(app, "read-only; :write arms the desk")
        await pilot.press("colon", *"write", "enter")
        await shown(app, "ARMED 10m")
        await pilot.press("f", "1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        (draft,) = drafts
        assert (draft.wish.type, draft.wish.account_id) == ("account.freeze", "acc_000000")
        assert (draft.wish.reason_code, draft.wish.params) == ("account_takeover", {"scope": "full"})
        assert draft.account is not None
        assert (draft.account.version, draft.decided_on.rule_ids) == (3, ["ATO-1"])
        await shown(app, "freeze of acc_000000 is decided")


async def test_keys_typed_faster_than_screens_open_go_where_they_were_meant(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        for key in ("j", ":", *"write 7", "\r", "f", "1", "y"):
            name = {":": "colon", "\r": "enter", " ": "space"}.get(key, key)
            app.post_message(Key(name, None if key == "\r" else key))
        await until(lambda: len(drafts) == 1, "the decision")
        assert (drafts[0].wish.type, drafts[0].wish.account_id) == ("account.freeze", "acc_000000")
        app.post_message(Key("colon", ":"))
        for key in "commands":
            app.post_message(Key(key, key))
        app.post_message(Key("enter", None))
        await until(lambda: isinstance(app.screen, CommandsScreen), "the screen of commands")


async def test_enter_and_escape_never_send(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("enter", "escape"):
            await opened(app, "freeze", 0)
            await pilot.press("1", key)
            await until(lambda: not isinstance(app.screen, DecisionDialog), "the dialog's end")
        assert drafts == []


async def test_y_sends_nothing_while_something_is_missing(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "freeze", 0)
        dialog.send()
        assert "Choose a reason" in str(dialog.missing())
        await pilot.press("2")
        dialog.send()
        assert "needs a note" in str(dialog.missing())
        await pilot.press("n", *"y on it", "enter", "s", "e", "e")
        assert app.screen is dialog
        assert drafts == []
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        wish = drafts[0].wish
        assert (wish.note, wish.params) == ("y on it", {"scope": "debit_only", "expires_at": NOW + 4_000_000 + DAY})


async def test_a_dialog_tells_when_its_account_has_changed(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await opened(app, "freeze", 0)
        with sqlite3.connect(home.mirror) as writer:
            doc = "json_set(doc, '$.status', 'frozen')"
            writer.execute(f"UPDATE account SET status = 'frozen', doc = {doc} WHERE account = 0")
        await shown(app, "Changed since this dialog was opened: active → frozen")


async def test_what_does_not_count_is_shown_and_the_decision_stands_on_it(
    home: Home, desk: Desk, drafts: list[Draft]
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "limit", 0)
        with sqlite3.connect(home.mirror) as writer:
            doc = "json_set(doc, '$.version', 99, '$.limits.balance_minor', 12345)"
            writer.execute(f"UPDATE account SET version = 99, balance_minor = 12345, doc = {doc} WHERE account = 0")
        await shown(app, "owes 123.45 CNY")
        await pilot.press("t", *"100", "enter", "1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].account.version == 99


async def test_a_hold_in_the_place_of_another_counts(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "freeze", 3)
        with sqlite3.connect(home.mirror) as writer:
            doc = "json_set(doc, '$.version', 99, '$.holds[0].hold_id', 'another')"
            writer.execute(f"UPDATE account SET version = 99, doc = {doc} WHERE account = 3")
        await shown(app, "Changed since this dialog was opened")
        await pilot.press("1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].account.version != 99


async def test_the_account_stays_the_one_of_the_key_whatever_the_list_does(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "freeze", 5)
        table = app.screen_stack[1].table
        table.replace(table.order[::-1].copy())
        await pilot.press("1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.account_id == "acc_000005"


async def test_unfreeze_names_its_holds(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "unfreeze", 3)
        await shown(app, "everything · Suspected account takeover · maria.k")
        await pilot.press("a")
        assert "Choose the holds" in str(dialog.missing())
        await pilot.press("a", "1", "n", *"called", "enter", "y")
        assert "Answer every check" in str(dialog.missing())
        await pilot.press("A", "B", "C", "C", "enter")
        assert "Answer every check" in str(dialog.missing())
        await pilot.press("C", "C", *"no device on file", "enter")
        assert drafts == []
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert [(one["id"], one["answer"], one.get("note")) for one in drafts[0].checklist] == [
            ("identity", "yes", None),
            ("reached", "yes", None),
            ("device", "not_applicable", "no device on file"),
        ]
        assert (drafts[0].wish.params, drafts[0].wish.reason_code) == ({"hold_ids": ["hold_3"]}, "other")


async def test_a_raised_limit_says_that_a_second_person_is_asked(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "limit", 0)
        await pilot.press("t", *"12.345", "enter", "1")
        assert "no amount of CNY" in str(dialog.missing())
        await pilot.press("t", *["backspace"] * 6, *"99,000", "enter")
        await shown(app, "It raises the limit: a second person must approve it.")
        assert "from 25,000.00 to 99,000.00" in frame(app)
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.params == {"limit": "credit", "value_minor": 9_900_000, "currency": "CNY"}


async def test_a_dialog_stays_with_its_account_id_when_the_mirror_is_begun_anew(
    home: Home, desk: Desk, drafts: list[Draft]
) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "freeze", 3)
        begin_anew(home.mirror)
        await pilot.press("1", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.account_id == "acc_000003"

        dialog = await opened(app, "freeze", 199)
        await pilot.press("1")
        begin_anew(home.mirror, kept=lambda number: number != 199)
        dialog.send()
        await shown(app, "The mirror has no such account now")
        assert (app.screen, len(drafts)) == (dialog, 1)


async def test_an_amount_typed_in_one_burst_is_the_amount_shown_and_sent(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("write", "10")
        app.screen.table.place(0)
        for key in ("l", "1", "t", *"3000", "backspace", "5", "\r"):
            name = {"\r": "enter"}.get(key, key)
            app.post_message(Key(name, key if len(key) == 1 and key != "\r" else None))
        await shown(app, "y sends: the new limit is 3,005.00 CNY")
        app.post_message(Key("y", "y"))
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.params["value_minor"] == 300_500


async def test_keys_wait_for_a_dialog_that_does_not_stand_yet(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        app.perform("write", "10")
        app.screen.table.place(0)
        app.perform("limit")
        dialog = app.screen
        assert isinstance(dialog, DecisionDialog)
        for key in ("1", "t", *"30000"):
            assert dialog.take(Key(key, key))
        await until(lambda: dialog.wanted() == 3_000_000, "the amount")


async def test_a_limit_below_what_is_taken_is_warned_of(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "limit", 0)
        limits = dialog.resource.limits
        assert "pending 123.00" in frame(app)
        await pilot.press("t", *str((limits.balance_minor + limits.pending_minor) // 100 + 1))
        assert dialog.warnings() == []
        await pilot.press("backspace")
        await shown(app, "Below what is owed and pending")


async def test_a_hold_ends_when_it_was_typed_to_and_nonsense_is_not_sent(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "freeze", 0)
        await pilot.press("1", "t", *"yesterday", "enter")
        assert "That is no time" in str(dialog.missing())
        await pilot.press("y", "t", *["backspace"] * 9, *"36h", "enter")
        await shown(app, "until 2026-11-22 09:14")
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.params["expires_at"] == NOW + 4_000_000 + 36 * HOUR


async def test_while_one_types_the_send_key_is_said_to_be_text(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "freeze", 0)
        await pilot.press("1", "n", *"may")
        await shown(app, "only then y sends")
        assert not dialog.query_one("#send").has_class("-ready")
        await pilot.press("enter")
        await shown(app, "y sends it")
        assert dialog.query_one("#send").has_class("-ready")
        assert drafts == []


async def test_a_share_goes_out_as_the_value_that_was_shown(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "limit", 0)
        await pilot.press("1", "t", *"50%", "enter")
        await shown(app, "from 25,000.00 to 12,500.00")
        await pilot.press("o")
        owed = dialog.resource.limits.balance_minor
        await shown(app, f"to {owed // 2 / 100:,.2f}")
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.params["value_minor"] == owed // 2


async def test_a_close_says_what_is_still_open(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        dialog = await opened(app, "close", 3)
        (said,) = dialog.warnings()
        assert all(word in said for word in ("Owes 6,977.43", "123.00 pending", "holds that stand: 1", "alert is open"))


async def test_a_dialog_shows_the_cores_word_and_asks_anew_when_the_decision_changes(
    desk: Desk, foreseen: list[tuple[bytes, int | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desk()
    asked: list[bytes] = []

    def foresee(home: Home, meta: object, request: bytes, if_match: int | None, now: int) -> Foreseen:
        asked.append(request)
        return rehearsing.foresee(home, meta, request, if_match, now)

    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "freeze", 0)
        await pilot.press("1")
        await shown(app, "No preview: no watcher answers.")
        assert foreseen[0][1] == 3
        monkeypatch.setattr(foresight, "foresee", foresee)
        await pilot.press("s")
        await shown(app, "active → frozen")
        await shown(app, "17 of 20 accounts left for 10 min")
        assert [json.loads(request)["params"]["scope"] for request in asked] == ["debit_only"]


async def test_a_preview_never_holds_a_decision_up(
    desk: Desk, drafts: list[Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = desk()
    told = Event()

    def silent(*_: object) -> Foreseen:
        told.wait(5)
        return Foreseen(None, "core", None)

    monkeypatch.setattr(foresight, "foresee", silent)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, "freeze", 0)
        await pilot.press("1")
        await shown(app, "Asking the core what this would do")
        await pilot.press("y")
        await until(lambda: len(drafts) == 1, "the decision")
        told.set()


def test_a_chosen_reason_folds_the_others_away_where_room_is_scarce() -> None:
    codes = [ReasonCode(code=f"r{place}", title=f"Reason {place}", commands=[]) for place in range(1, 12)]
    field = Reasons(codes, most=4, folding=True)
    plain = Style()
    levels, glow = (plain,) * 5, (plain,) * 3
    colours = Palette(*(plain,) * 8, levels, plain, glow)
    assert len(field.lines(68, colours)) == 5
    assert field.press("2")
    assert len(field.lines(68, colours)) == 1
    assert field.press("3")
    assert field.chosen is codes[2]
    assert field.press("0")
    assert (field.chosen, len(field.lines(68, colours))) == (None, 5)


async def test_closing_needs_the_id_typed(desk: Desk, drafts: list[Draft]) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(app, "close", 0)
        await pilot.press("1", "t", *"acc_000001", "enter")
        assert "Type the account's id" in str(dialog.missing())
        await pilot.press("t", "backspace", "0", "enter", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        assert drafts[0].wish.type == "account.close"


def test_more_than_nine_reasons_are_turned_by_zero() -> None:
    codes = [ReasonCode(code=f"r{place}", title=f"Reason {place}", commands=[]) for place in range(1, 12)]
    field = Reasons(codes)
    assert field.press("9")
    assert field.chosen is codes[8]
    assert field.press("0")
    assert not field.press("3")
    assert field.press("2")
    assert field.chosen is codes[10]
    assert field.press("0")
    assert field.page == codes[:9]
    assert not field.press("٣")
