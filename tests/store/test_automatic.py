"""Automatic measures in the journal: answered once, within the budget asked in the same transaction, and stopped."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from store import audit
from store.automatic import ACTED, CLAIMED, SHADOW, SKIPPED, WANTED, Act, Answered, Automatic, Stop, Stopped, Want, seen
from store.journal import Intent, Journal, JournalError, Move
from store.life import State

AT = 1_700_000_000_000_000
ids = (f"00000000-0000-4000-8000-{number:012d}" for number in itertools.count())


def want(number: int = 1, opening: int = 0) -> Want:
    return Want(f"alr_{number}", opening, f"a{number}", "freeze", 0.97, ("ATO-1",), "CNY", 500, "3fa9/tight")


def intent(type_: str, account: str = "a1", by: str = "desk.bot") -> Intent:
    return Intent(
        command_id=next(ids), type=type_, target_type="account", target_id=account, account_id=account, body=b"{}",
        if_match=None, not_after=AT + 10**9, created_by=by, note="riskdesk automatic",
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


@pytest.fixture
def acts(journal: Journal) -> Automatic:
    found = Automatic(journal)
    found.serve("desk.bot", AT)
    found.want([want()], AT)
    return found


def only(acts: Automatic, cause: str = "alr_1") -> Act:
    (act,) = acts.about([cause])
    return act


def fits() -> str | None:
    return None


def answered(acts: Automatic) -> Act:
    assert acts.claim(only(acts), intent("case.claim"), AT, fits) is None
    acts.act(only(acts), intent("account.freeze"), AT)
    return only(acts)


def test_an_opening_is_wanted_once_and_answered_once(acts: Automatic, journal: Journal) -> None:
    acts.want([want(), want(opening=1)], AT + 1)
    assert [act.wanted_at for act in acts.about(["alr_1"])] == [AT, AT + 1]
    first = acts.about(["alr_1"])[0]
    assert acts.claim(first, intent("case.claim"), AT, fits) is None
    with pytest.raises(Answered):
        acts.claim(first, intent("case.claim"), AT, fits)
    claimed = acts.about(["alr_1"])[0]
    assert claimed.result == CLAIMED
    acts.act(claimed, intent("account.freeze"), AT)
    before = len(journal.recent(100))
    with pytest.raises(Answered):
        acts.act(claimed, intent("account.freeze"), AT)
    with pytest.raises(Answered):
        acts.claim(acts.about(["alr_1"])[0], intent("case.claim"), AT, fits)
    assert len(journal.recent(100)) == before
    assert journal.verify_audit() is None


def test_a_limit_that_is_named_in_the_transaction_stores_nothing(acts: Automatic, journal: Journal) -> None:
    assert acts.claim(only(acts), intent("case.claim"), AT, lambda: "rule") == "rule"
    assert journal.recent(10) == []
    assert only(acts).result == WANTED


def test_what_was_reserved_counts_until_it_is_known_to_have_come_to_nothing(acts: Automatic, journal: Journal) -> None:
    claim = intent("case.claim")
    acts.claim(only(acts), claim, AT, fits)
    assert [one.command_id for one in acts.reserved("desk.bot", AT - 1)] == [claim.command_id]
    assert acts.reserved("desk.bot", AT) == []
    assert acts.reserved("maria.k", AT - 1) == []
    journal.begin_attempt(claim.command_id, AT)
    journal.settle(claim.command_id, Move(to=State.REJECTED, why="already_claimed"), AT)
    assert acts.reserved("desk.bot", AT - 1) == []


def test_a_stop_keeps_everything_from_being_done_and_takes_back_what_is_not_under_way(
    acts: Automatic, journal: Journal
) -> None:
    waiting, ours = answered(acts), intent("account.freeze", "a9", "maria.k")
    journal.intend(ours, AT)
    acts.want([want(2), want(3)], AT)
    acts.claim(only(acts, "alr_2"), intent("case.claim", "a2"), AT, fits)
    assert acts.stop(AT + 1, "maria.k", "person")
    assert not acts.stop(AT + 2, "li.na", "person")
    with pytest.raises(Stopped):
        acts.claim(only(acts, "alr_3"), intent("case.claim", "a3"), AT + 2, fits)
    with pytest.raises(Stopped):
        acts.act(only(acts, "alr_2"), intent("account.freeze", "a2"), AT + 2)
    states = {entry.command_id: entry.state for entry in journal.recent(100)}
    assert states.pop(ours.command_id) is State.QUEUED
    assert set(states.values()) == {State.CANCELLED}
    assert waiting.command_id in states
    with pytest.raises(JournalError):
        acts.resume(AT + 3, "maria.k", " ")
    acts.resume(AT + 3, "maria.k", "looked at all of them")
    with pytest.raises(JournalError):
        acts.resume(AT + 4, "maria.k", "again")
    assert acts.stopped() is None
    assert acts.claim(only(acts, "alr_3"), intent("case.claim", "a3"), AT + 5, fits) is None
    assert [(stop.by, stop.resumed_by, stop.reason) for stop in acts.stops(5)] == [
        ("maria.k", "maria.k", "looked at all of them")
    ]


def test_a_stop_that_dies_before_all_is_taken_back_has_not_stopped(
    acts: Automatic, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(acts)
    append = audit.append

    def dies(connection: sqlite3.Connection, at: int, actor: str, event: str, payload: dict[str, Any]) -> None:
        if event == "command.outcome":
            raise KeyboardInterrupt
        append(connection, at, actor, event, payload)

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(audit, "append", dies)
        acts.stop(AT + 1, "maria.k", "person")
    assert acts.stopped() is None
    assert acts.stop(AT + 2, "maria.k", "person")
    assert journal.in_state(State.QUEUED) == []
    assert journal.verify_audit() is None


def test_results_are_noted_when_they_change_and_never_over_a_command(acts: Automatic, journal: Journal) -> None:
    seen = only(acts)
    acts.leave([(seen, SKIPPED, "claimed")], AT + 1)
    acts.leave([(only(acts), SKIPPED, "claimed")], AT + 2)
    assert (only(acts).at, only(acts).why) == (AT + 1, "claimed")
    acts.leave([(only(acts), SHADOW, None)], AT + 3)
    assert [act.cause for act in acts.shadowed(AT)] == ["alr_1"]
    done = answered(acts)
    acts.leave([(replace(done, result=SHADOW), SKIPPED, "late")], AT + 4)
    assert only(acts).result == ACTED
    assert acts.results() == {("QUEUED", ""): 1}
    assert acts.made([done.command_id or "", "another"]) == {done.command_id}


def test_a_claim_is_given_back_once(acts: Automatic) -> None:
    done = answered(acts)
    assert [act.number for act in acts.holding(AT - 1)] == [done.number]
    acts.give_back(done, intent("case.release"), AT)
    assert acts.holding(AT - 1) == []


def test_other_tools_read_what_became_of_it(acts: Automatic, tmp_path: Path) -> None:
    answered(acts)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as database:
        read: Callable[[str], list[tuple]] = lambda query: database.execute(query).fetchall()  # noqa: E731
        row = read("SELECT cause, opening, account_id, measure, result, why, wanted_at FROM v_automatic")
    assert row == [("alr_1", 0, "a1", "freeze", "QUEUED", None, "2023-11-14T22:13:20.000000Z")]


def test_a_doctor_sees_the_stop_without_touching_the_journal(acts: Automatic, tmp_path: Path) -> None:
    assert seen(tmp_path / "journal.db") == (None, ["desk.bot"])
    acts.stop(AT, "watcher", "ceiling")
    assert seen(tmp_path / "journal.db") == (Stop(AT, "watcher", "ceiling"), ["desk.bot"])
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, old:
        old.execute("CREATE TABLE command (x)")
    assert seen(tmp_path / "old.db") == (None, [])
