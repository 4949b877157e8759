"""The approvals screen: what waits is told, one's own is never approved, nothing is sent unseen or by enter."""

from __future__ import annotations

import json

import pytest

from console.core.instants import MINUTE
from console.paths import Home
from console.ui.app import RiskDesk
from console.ui.dialogs.approval import BallotDialog, TakeBackDialog
from console.ui.screens.approvals import SEEN_AFTER
from console.ui.screens.commands import CommandList
from store.journal import Entry, Intent, Journal, Move
from store.life import State, is_ballot
from tests.ui.conftest import Desk
from tests.ui.mirror_builder import NOW, build_journal, build_waiting, command_id, decide_waiting
from tests.ui.screens import frame, ready, refuse_writing, shown, until

CLOSE, LIMIT, RELEASE, OWN, STRANGE = (command_id(place) for place in range(5))
SHOWN = [OWN, CLOSE, RELEASE, LIMIT, STRANGE]
"""In the order of their deadlines."""


class Clock:
    def __init__(self) -> None:
        self.now: int = NOW

    def __call__(self) -> int:
        return self.now


async def opened(app: RiskDesk, armed: bool = True) -> None:
    """The approvals screen, on a mirror in which five commands wait."""
    await ready(app)
    build_waiting(app.sight.home.mirror)
    app.look()
    if armed:
        app.perform("write", "10")
    app.perform("approvals")
    await until(lambda: app.screen.NAME == "approvals" and app.screen.stands, "the approvals screen")
    assert [item.command.id for item in app.screen.table.items] == SHOWN


def put_cursor_on(app: RiskDesk, wanted: str) -> None:
    table = app.screen.table
    table.place(table.key_at(SHOWN.index(wanted)))


async def look_at(app: RiskDesk, clock: Clock, *wanted: str) -> None:
    """Let the cursor rest on each of them."""
    for one in wanted:
        put_cursor_on(app, one)
        app.look()
        clock.now += SEEN_AFTER
        app.look()


async def asked(app: RiskDesk, action: str) -> BallotDialog:
    app.perform(action)
    await until(lambda: isinstance(app.screen, BallotDialog) and bool(app.screen.focused), "the dialog")
    assert isinstance(app.screen, BallotDialog)
    return app.screen


def ballots(home: Home) -> list[Entry]:
    journal = Journal(home.journal)
    found = [entry for entry in reversed(journal.recent(100)) if is_ballot(entry.type)]
    journal.close()
    return found


async def test_how_many_wait_is_said_on_every_screen_to_those_who_may_decide(home: Home, desk: Desk) -> None:
    for subject, scopes, told in (("vera.v", (), 0), ("maria.k", ("core:approve",), 3), ("x", ("core:approve",), 5)):
        app = desk()
        async with app.run_test(size=(80, 24)):
            await ready(app)
            build_waiting(home.mirror, subject, scopes)
            app.look()
            assert (app.sight.situation.to_approve, len(app.sight.waiting)) == (told, 5)
            app.screen.looked(True, True)
            assert (f"{told} to approve" in frame(app)) == bool(told)


async def test_y_approves_and_enter_does_not(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        put_cursor_on(app, LIMIT)
        await asked(app, "approve")
        assert "credit limit 30,000.00 → 90,000.00 CNY" in frame(app)
        await pilot.press("enter")
        assert ballots(home) == []
        await asked(app, "approve")
        await pilot.press("n", *"ok", "enter", "y")
        await until(lambda: bool(ballots(home)), "the ballot")
    (entry,) = ballots(home)
    assert (entry.type, entry.target_id, entry.state) == ("ballot.approve", LIMIT, State.QUEUED)
    assert (json.loads(entry.body), entry.created_by) == ({"decision": "approve", "note": "ok"}, "jonas.p")


async def test_a_decline_says_why(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        put_cursor_on(app, CLOSE)
        await asked(app, "decline")
        await pilot.press("y")
        await shown(app, "Say why (n).")
        assert ballots(home) == []
        await pilot.press("n", *"not her", "enter", "y")
        await until(lambda: bool(ballots(home)), "the ballot")
    assert json.loads(ballots(home)[0].body) == {"decision": "reject", "note": "not her"}


async def test_ones_own_is_never_decided_but_withdrawn(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        for action in ("approve", "decline", "pick"):
            put_cursor_on(app, OWN)
            app.perform(action)
            await shown(app, "own command needs another person")
            app.screen.unsay()
        put_cursor_on(app, CLOSE)
        app.perform("withdraw")
        await shown(app, "only its creator, maria.k")
        put_cursor_on(app, OWN)
        await asked(app, "withdraw")
        await pilot.press("y")
        await until(lambda: bool(ballots(home)), "the ballot")
    (entry,) = ballots(home)
    assert (entry.type, entry.target_id, entry.body) == ("ballot.cancel", OWN, b"")


async def test_several_are_decided_together_only_when_each_was_seen(home: Home, desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        await look_at(app, clock, CLOSE)
        put_cursor_on(app, CLOSE)
        await pilot.press("space", "space", "space")
        assert app.screen.table.marked == {CLOSE, RELEASE, LIMIT}
        app.perform("approve")
        await shown(app, "2 of the 3 marked were not seen")
        await look_at(app, clock, RELEASE, LIMIT)
        await asked(app, "approve")
        await pilot.press("y")
        await until(lambda: len(ballots(home)) == 3, "three ballots")
        assert {entry.target_id for entry in ballots(home)} == {CLOSE, RELEASE, LIMIT}
        await until(lambda: app.screen.NAME == "approvals" and not app.screen.table.marked, "no marks left")


async def test_scrolling_past_is_no_look(desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    async with app.run_test(size=(80, 24)):
        await opened(app)
        for one in SHOWN:
            put_cursor_on(app, one)
            app.look()
            clock.now += SEEN_AFTER - 1
        app.look()
        assert not app.screen.table.seen & set(SHOWN[:-1])


async def test_what_somebody_decided_meanwhile_is_said_and_not_sent(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        put_cursor_on(app, CLOSE)
        await asked(app, "approve")
        decide_waiting(home.mirror, 0, "rejected", "reject", "wei.z")
        app.look()
        await shown(app, "acc_000000: declined by wei.z. Nothing is left to decide.")
        await pilot.press("y")
        assert ballots(home) == []


async def test_the_cursor_stands_on_no_other_command_when_its_own_is_gone(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        put_cursor_on(app, CLOSE)
        decide_waiting(home.mirror, 0, "rejected", "reject", "wei.z")
        app.look()
        await until(lambda: len(app.screen.table.items) == len(SHOWN) - 1, "four commands")
        assert app.screen.table.current is None
        app.perform("approve")
        await shown(app, "j puts the cursor on a command")
        await pilot.press("y")
        assert ballots(home) == []
        await pilot.press("j")
        assert app.screen.table.current is not None


async def test_what_became_of_a_decision_stays_in_sight(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app)
        put_cursor_on(app, CLOSE)
        await asked(app, "approve")
        await pilot.press("y")
        await until(lambda: bool(ballots(home)), "the ballot")
        journal = Journal(home.journal)
        entry = ballots(home)[0]
        journal.begin_attempt(entry.command_id, NOW)
        journal.settle(entry.command_id, Move(to=State.REJECTED, why="decided_by_other"), NOW)
        journal.close()
        decide_waiting(home.mirror, 0, "rejected", "reject", "wei.z")
        app.look()
        await until(lambda: app.screen.NAME == "approvals", "the screen")
        assert [item.command.id for item in app.screen.table.items] == [OWN, RELEASE, LIMIT, STRANGE, CLOSE]
        await shown(app, "declined by wei.z")


async def test_it_is_gone_when_its_time_is_over(desk: Desk) -> None:
    clock = Clock()
    app = desk(clock=clock)
    async with app.run_test(size=(80, 24)):
        await opened(app)
        last = app.sight.waiting[0].not_after
        clock.now += last - NOW + SEEN_AFTER
        app.look()
        assert OWN not in [item.command.id for item in app.screen.table.items]


async def test_who_may_not_decide_is_told(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)):
        await ready(app)
        build_waiting(home.mirror, "vera.v", ("core:command",))
        app.look()
        app.perform("write", "10")
        app.perform("approvals")
        await until(lambda: app.screen.NAME == "approvals" and app.screen.stands, "the approvals screen")
        app.perform("approve")
        await shown(app, "that takes a supervisor")


async def test_enter_opens_the_account(desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, armed=False)
        put_cursor_on(app, LIMIT)
        await pilot.press("enter")
        await until(lambda: app.screen.NAME == "account" and app.screen.stands, "the account")
        assert app.screen.account().account_id == "acc_000001"
        await pilot.press("escape")
        assert LIMIT in app.screen.table.seen


async def test_a_command_is_withdrawn_where_it_stands(home: Home, desk: Desk) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(app)
        build_waiting(home.mirror, "maria.k")
        app.look()
        app.perform("write", "10")
        app.perform("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "the commands")
        states = [entry.state for entry in app.sight.commands]
        for state, told in ((State.CONFIRMED, "too late to withdraw"), (State.AWAITING_APPROVAL, "not brought it yet")):
            table = app.screen.query_one(CommandList)
            table.place(table.key_at(states.index(state)))
            app.perform("withdraw")
            await shown(app, told)
        table.place(table.key_at(states.index(State.QUEUED)))
        app.perform("withdraw")
        await until(lambda: isinstance(app.screen, TakeBackDialog) and bool(app.screen.focused), "the dialog")
        await pilot.press("y")
        await until(lambda: app.screen.NAME == "commands", "the commands")
        journal = Journal(home.journal)
        assert journal.get("command-0").state is State.CANCELLED
        journal.close()


async def test_what_the_journal_can_not_take_back_is_told_and_stays(
    home: Home, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_journal(home.journal)
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(app)
        app.perform("write", "10")
        app.perform("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "the commands")
        table = app.screen.query_one(CommandList)
        table.place(table.key_at([entry.state for entry in app.sight.commands].index(State.QUEUED)))
        app.perform("withdraw")
        await until(lambda: isinstance(app.screen, TakeBackDialog) and bool(app.screen.focused), "the dialog")
        refuse_writing(monkeypatch)
        await pilot.press("y")
        await shown(app, "can't be written")
        assert app.screen.NAME == "commands"


async def test_whoever_asked_is_told_who_said_no_and_why(home: Home, desk: Desk) -> None:
    build_waiting(home.mirror, "maria.k")
    journal = Journal(home.journal)
    journal.intend(
        Intent(
            command_id=CLOSE, type="account.close", target_type="account", target_id="acc_000000",
            account_id="acc_000000", body=b"{}", if_match=2, not_after=NOW + MINUTE, created_by="maria.k",
        ),
        NOW,
    )  # fmt: skip
    journal.begin_attempt(CLOSE, NOW)
    journal.settle(CLOSE, Move(to=State.AWAITING_APPROVAL), NOW)
    app = desk()
    async with app.run_test(size=(120, 40)):
        await ready(app)
        decide_waiting(home.mirror, 0, "rejected", "reject", "jonas.p", "no phone on file")
        journal.settle(CLOSE, Move(to=State.REJECTED, core_status="rejected"), NOW)
        app.look()
        await shown(app, "close of acc_000000: refused. declined by jonas.p: no phone on file")
        app.perform("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "the commands")
        table = app.screen.query_one(CommandList)
        table.place(table.key_at(0))
        app.screen.unsay()
        await shown(app, "declined by jonas.p: no phone on file")
    journal.close()


async def test_a_decision_of_ours_says_on_the_commands_screen_what_it_was_about(home: Home, desk: Desk) -> None:
    app = desk()
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app)
        put_cursor_on(app, LIMIT)
        await asked(app, "approve")
        await pilot.press("y")
        await until(lambda: bool(ballots(home)), "the ballot")
        decide_waiting(home.mirror, 1, "succeeded", "approve", "jonas.p")
        app.perform("commands")
        await until(lambda: app.screen.NAME == "commands" and app.screen.stands, "the commands")
        app.screen.query_one(CommandList).move(1)
        await shown(app, "→ 90,000.00 CNY · approved by jonas.p")
