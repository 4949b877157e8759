"""Undoing and deciding again: the dialog of the decision, filled in, about the account as it is now."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from console.core import commands
from console.core.commands import Wish
from console.core.instants import HOUR, MINUTE, SECOND, Instant
from console.core.messages import Account, decoder, encode
from console.language import catalogue, tr
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.dialogs.base import DecisionDialog
from console.ui.dialogs.freeze import FreezeDialog
from console.ui.dialogs.holds import UnfreezeDialog
from console.ui.dialogs.limit import LimitDialog
from console.ui.drafts import Draft
from console.watch import ballots, dispatch
from store.journal import Intent, Journal, Move
from store.life import State
from store.reader import Reader
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW
from tests.ui.screens import frame, ready, shown, until


def decided(
    home: Home, wish: Wish, state: State, command_id: str, at: int, seen: Account | None = None, why: str | None = None
) -> None:
    """Put a command into the journal that came to a state; what the operator saw is `seen`, else the mirror's."""
    mirror = Reader(home.mirror)
    detail = mirror.account(wish.account_id)
    mirror.close()
    told = encode(seen).decode() if seen else detail.doc
    journal = Journal(home.journal)
    body = encode(commands.request(wish, Instant(at + 2 * MINUTE)))
    journal.intend(
        Intent(
            command_id=command_id, type=wish.type, target_type="account", target_id=wish.account_id,
            account_id=wish.account_id, body=body, if_match=3, not_after=at + 2 * MINUTE, created_by="maria.k",
            reason_code=wish.reason_code, note=wish.note, seen=told,
        ),
        at,
    )  # fmt: skip
    if state is not State.QUEUED:
        journal.begin_attempt(command_id, at)
        journal.settle(command_id, Move(to=state, effect="applied", why=why), at + SECOND)
    journal.close()


def account(home: Home, account_id: str) -> Account:
    mirror = Reader(home.mirror)
    detail = mirror.account(account_id)
    mirror.close()
    return decoder(Account).decode(detail.doc)


async def commands_screen(app: RiskDesk) -> None:
    await ready(app)
    app.perform("write", "10")
    app.perform("commands")
    await until(lambda: getattr(app.screen, "NAME", "") == "commands" and app.screen.stands, "the commands")
    app.look()


async def dialog(app: RiskDesk) -> DecisionDialog:
    await until(lambda: isinstance(app.screen, DecisionDialog) and bool(app.screen.focused), "the dialog")
    return app.screen


async def test_a_freeze_is_undone_by_releasing_exactly_its_hold(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    wish = commands.freeze("acc_000003", "account_takeover")
    decided(home, wish, State.CONFIRMED, "hold_3", NOW - HOUR)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        app.perform("write", "10")
        app.open_account("acc_000003")
        await until(lambda: getattr(app.screen, "NAME", "") == "account" and app.screen.account() is not None, "it")
        await pilot.press("U")
        opened = await dialog(app)
        assert isinstance(opened, UnfreezeDialog)
        assert opened.marks.chosen == {"hold_3"}
        await shown(app, "undoes: freeze of 11-20 20:14:10 by maria.k")
        assert opened.missing() is not None
        await pilot.press("1", "n", *"called", "enter", "A", "B", "C", "y")
        await until(lambda: len(drafts) == 1, "the decision")
        (draft,) = drafts
        assert (draft.wish.params, draft.follows) == ({"hold_ids": ["hold_3"]}, "hold_3")
        assert len(draft.checklist) == 3


async def test_a_lowered_limit_goes_back_and_says_who_must_approve(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    before = account(home, "acc_000000")
    wish = commands.set_limit("acc_000000", 1_000_000, "CNY", "credit_risk")
    decided(home, wish, State.CONFIRMED, "c1", NOW - HOUR)
    with sqlite3.connect(home.mirror) as writer:
        limit = "json_set(doc, '$.limits.credit_limit_minor', 1000000)"
        writer.execute(f"UPDATE account SET doc = {limit} WHERE account = 0")
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await commands_screen(app)
        await pilot.press("j", "U")
        opened = await dialog(app)
        assert isinstance(opened, LimitDialog)
        assert opened.wanted() == before.limits.credit_limit_minor
        await pilot.press("1")
        await shown(app, "It raises the limit: a second person must approve it.")


async def test_what_can_not_be_undone_says_why(home: Home, desk: Desk) -> None:
    decided(home, commands.close("acc_000001", "account_takeover"), State.CONFIRMED, "c1", NOW - HOUR)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await commands_screen(app)
        await pilot.press("j", "U")
        await shown(app, "A close has no way back.")


async def test_expired_commands_stand_first_and_are_decided_again_one_by_one(
    home: Home, desk: Desk, drafts: list[Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    until_then = Instant(NOW + 3 * HOUR)
    first = commands.freeze("acc_000001", "account_takeover", "seen twice", scope="debit_only", expires_at=until_then)
    second = commands.set_limit("acc_000002", 500_000, "CNY", "credit_risk")
    decided(home, first, State.EXPIRED, "c1", NOW - HOUR)
    decided(home, second, State.REVIEW, "c2", NOW - HOUR + SECOND)
    decided(home, commands.freeze("acc_000004", "account_takeover"), State.CONFIRMED, "c3", NOW - MINUTE)
    with sqlite3.connect(home.mirror) as writer:
        writer.execute("UPDATE account SET doc = json_set(doc, '$.status', 'frozen') WHERE account = 1")
    app = desk()
    monkeypatch.setattr(app, "submit", following(home, drafts))
    async with app.run_test(size=(80, 24)) as pilot:
        await commands_screen(app)
        await shown(app, "2 to decide again: D")
        assert [entry.command_id for entry in app.screen.list.entries[:3]] == ["c2", "c1", "c3"]
        await pilot.press("j", "j")
        await shown(app, "since then: active → frozen")
        app.perform("redecide", "all")
        opened = await dialog(app)
        assert isinstance(opened, LimitDialog)
        assert opened.missing() is None
        await shown(app, "again: set limit of 11-20 20:14:11 by maria.k")
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, FreezeDialog) and bool(app.screen.focused), "the next dialog")
        await shown(app, "since then: active → frozen")
        await pilot.press("y")
        await until(lambda: len(drafts) == 2, "both decisions")
        assert [draft.follows for draft in drafts] == ["c2", "c1"]
        assert drafts[1].wish == first
        await shown(app, "decided and on its way")
        await shown(app, "↻ followed up")
        app.perform("redecide", "all")
        await shown(app, tr("ui.again.none"))


def following(home: Home, drafts: list[Draft]):
    """Journals a draft as the desk would, as far as what it follows is concerned."""

    def submit(draft: Draft) -> str:
        drafts.append(draft)
        journal = Journal(home.journal)
        journal.intend(
            Intent(
                command_id=f"n{len(drafts)}", type="case.note", target_type="account", target_id="a", account_id="a",
                body=b"{}", if_match=None, not_after=NOW, created_by="maria.k", follows=draft.follows,
            ),
            NOW,
        )  # fmt: skip
        journal.close()
        return f"n{len(drafts)}"

    return submit


async def test_leaving_a_dialog_ends_the_round_with_nothing_sent(home: Home, desk: Desk, drafts: list[Draft]) -> None:
    for place in (1, 2):
        wish = commands.freeze(f"acc_00000{place}", "account_takeover")
        decided(home, wish, State.EXPIRED, f"c{place}", NOW - HOUR)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await commands_screen(app)
        app.perform("redecide", "all")
        await dialog(app)
        await pilot.press("escape")
        await until(lambda: getattr(app.screen, "NAME", "") == "commands", "the commands")
        assert drafts == []
        assert "2 to decide again" in frame(app)


def test_whatever_goes_to_a_person_says_why() -> None:
    sources = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (dispatch, ballots))
    codes = set(re.findall(r'State[.]REVIEW, why="(\w+)"', sources))
    assert len(codes) > 5
    for language in ("en", "zh"):
        assert {f"ui.because.{code}" for code in codes} <= set(catalogue(language))


async def test_the_commands_screen_says_why_a_command_needs_a_look(home: Home, desk: Desk) -> None:
    decided(home, commands.freeze("acc_000000", "account_takeover"), State.REVIEW, "lost", NOW - HOUR, why="no_proof")
    app = desk()
    async with app.run_test(size=(120, 40)):
        await commands_screen(app)
        app.screen.list.move(1)
        await shown(app, "The core does not prove that it had no effect")
