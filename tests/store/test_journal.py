"""The journal: what is decided stays decided, moves only as the table allows, and every move is in the audit."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.journal import AttemptEnd, Blocked, IllegalMove, Intent, Journal, JournalError, Move
from store.life import BLOCKING, MOVES, SETTLED, UNRESOLVED, State

T0 = 1_795_000_000_000_000


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def intent(number: int, type_: str = "account.freeze", account: str = "a1") -> Intent:
    return Intent(
        command_id=f"id-{number}",
        type=type_,
        target_type="account",
        target_id=account,
        account_id=account,
        body=b'{"type":"%s"}' % type_.encode(),
        if_match=41,
        not_after=T0 + 120_000_000,
        created_by="maria.k",
        reason_code="other",
        note="why\nso",
    )


def at_unknown(journal: Journal, number: int, type_: str = "account.freeze") -> None:
    journal.intend(intent(number, type_), T0)
    attempt = journal.begin_attempt(f"id-{number}", T0)
    journal.settle(f"id-{number}", Move(to=State.UNKNOWN), T0, attempt=AttemptEnd(attempt, None, "unknown"))


def test_a_decision_is_stored_as_it_will_travel(journal: Journal) -> None:
    wanted = intent(1)
    entry = journal.intend(wanted, T0)
    assert {name: getattr(entry, name) for name in wanted.__dict__} == wanted.__dict__
    assert (entry.state, entry.attempts, entry.doubtful) == (State.QUEUED, 0, False)


def test_one_unresolved_state_changing_command_per_account(journal: Journal) -> None:
    journal.intend(intent(1, "account.set_limit"), T0)
    with pytest.raises(Blocked) as refused:
        journal.intend(intent(2, "account.close"), T0)
    assert refused.value.by.command_id == "id-1"
    journal.intend(intent(3, "account.close", account="a2"), T0)
    journal.intend(intent(4, "case.claim"), T0)
    journal.intend(intent(5, "account.freeze"), T0)
    assert [entry.command_id for entry in journal.unresolved()] == ["id-1", "id-3", "id-4", "id-5"]


def test_what_waits_for_approval_blocks_nothing(journal: Journal) -> None:
    at_unknown(journal, 1, "account.close")
    journal.settle("id-1", Move(to=State.AWAITING_APPROVAL), T0)
    assert journal.intend(intent(2, "account.set_limit"), T0).state is State.QUEUED


def test_withdrawing_works_only_before_the_first_attempt(journal: Journal) -> None:
    journal.intend(intent(1), T0)
    journal.intend(intent(2), T0)
    journal.withdraw("id-1", T0, "maria.k")
    assert journal.get("id-1").state is State.CANCELLED
    journal.begin_attempt("id-2", T0)
    with pytest.raises(IllegalMove):
        journal.withdraw("id-2", T0, "maria.k")
    with pytest.raises(IllegalMove):
        journal.begin_attempt("id-1", T0)


def test_after_a_crash_what_was_being_sent_is_unknown_and_doubtful(journal: Journal) -> None:
    journal.intend(intent(1), T0)
    journal.intend(intent(2), T0)
    journal.begin_attempt("id-1", T0)
    journal.begin_attempt("id-2", T0)
    assert journal.recover(T0, frozenset({"id-2"})) == ["id-1"]
    assert journal.get("id-1").doubtful
    assert [journal.get(f"id-{n}").state for n in (1, 2)] == [State.UNKNOWN, State.SENDING]


def test_an_answer_that_comes_after_the_feed_only_ends_its_attempt(journal: Journal) -> None:
    journal.intend(intent(1), T0)
    attempt = journal.begin_attempt("id-1", T0)
    journal.settle("id-1", Move(to=State.CONFIRMED), T0)
    after = journal.settle("id-1", Move(to=State.UNKNOWN), T0, attempt=AttemptEnd(attempt, None, "unknown"))
    assert after.state is State.CONFIRMED


def test_an_unknown_command_is_named(journal: Journal) -> None:
    with pytest.raises(JournalError, match="id-9"):
        journal.begin_attempt("id-9", T0)


def test_every_move_is_in_the_audit_and_the_chain_holds(journal: Journal, tmp_path: Path) -> None:
    at_unknown(journal, 1)
    problem = json.dumps({"code": "forbidden", "detail": "\x1b]0;owned\x07"})
    journal.settle("id-1", Move(to=State.REJECTED, why="forbidden", problem=problem), T0)
    rows = sqlite3.connect(tmp_path / "journal.db").execute("SELECT actor, event, payload FROM v_audit").fetchall()
    assert [(actor, event) for actor, event, _ in rows] == [
        ("maria.k", "command.decided"),
        ("watcher", "command.attempt"),
        ("watcher", "command.outcome"),
        ("watcher", "command.outcome"),
    ]
    assert [json.loads(payload)["to"] for *_, payload in rows] == ["QUEUED", "SENDING", "UNKNOWN", "REJECTED"]
    assert journal.verify_audit() is None


def test_the_read_views_are_as_documented(journal: Journal, tmp_path: Path) -> None:
    journal.intend(intent(1), T0)
    reader = sqlite3.connect(tmp_path / "journal.db")
    reader.row_factory = sqlite3.Row
    row = dict(reader.execute("SELECT * FROM v_command").fetchone())
    assert row == {
        "command_id": "id-1",
        "type": "account.freeze",
        "target_id": "a1",
        "state": "QUEUED",
        "attempts": 0,
        "created_at": "2026-11-18T11:06:40.000000Z",
        "created_by": "maria.k",
        "reason_code": "other",
        "not_after": "2026-11-18T11:08:40.000000Z",
        "confirmed_at": None,
        "problem": None,
        "policy_version": None,
    }
    columns = [column[0] for column in reader.execute("SELECT * FROM v_audit").description]
    assert columns == ["seq", "at", "actor", "event", "payload", "prev_hash", "hash"]


def test_the_file_is_private_and_synchronous(journal: Journal, tmp_path: Path) -> None:
    assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0
    assert journal._connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_settled_states_are_those_the_desk_is_done_with() -> None:
    assert set(MOVES) == set(State) == SETTLED | set(UNRESOLVED)
    assert set(BLOCKING) < set(UNRESOLVED)
    assert all(MOVES[state] & SETTLED for state in UNRESOLVED)
    assert not any(MOVES[state] - SETTLED for state in SETTLED)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from(State), max_size=8))
def test_a_command_moves_only_as_the_table_says(tmp_path_factory, moves: list[State]) -> None:
    journal = Journal(tmp_path_factory.mktemp("moves") / "journal.db")
    journal.intend(intent(1), T0)
    for to in moves:
        before = journal.get("id-1").state
        if to is before or to in MOVES[before]:
            assert journal.settle("id-1", Move(to=to), T0).state is to
        else:
            with pytest.raises(IllegalMove):
                journal.settle("id-1", Move(to=to), T0)
            assert journal.get("id-1").state is before
    assert journal.verify_audit() is None
    journal.close()


WRITER = """
import sys
import time
from pathlib import Path
from store.journal import Intent, Journal
journal = Journal(Path(sys.argv[1]))
for number in range(10_000):
    name = f"{sys.argv[2]}-{number}"
    journal.intend(Intent(command_id=name, type="account.freeze", target_type="account", target_id=name,
        account_id=name, body=b"{}", if_match=None, not_after=1, created_by="m"), 1)
    print(name, flush=True)
    time.sleep(0.005)  # as a person would: SQLite's lock is not fair to who waits for one that never pauses
"""


def start_writer(path: Path, name: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_writers_share_a_new_journal_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    writers = [start_writer(path, name) for name in ("one", "two", "three")]
    told = []
    for writer in writers:
        told += [writer.stdout.readline().strip() for _ in range(30)]
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        told += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.wait()
    journal = Journal(path)
    stored = {entry.command_id for entry in journal.unresolved()}
    assert len(told) >= 90
    assert set(told) <= stored
    assert journal.verify_audit() is None
    journal.close()
