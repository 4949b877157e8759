"""The desk's own memory of its decisions: commands, attempts and the audit chain, in journal.db.

Console, command line and watcher each open it; every change is one short immediate transaction, on disk before the call
returns. Instants are integer microseconds since 1970 (UTC).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from store import audit, files, times
from store.entries import INTENT, POLICY_NOW, AttemptEnd, AttemptOutcome, Entry, Intent, Move, outcome, select, step
from store.journal_schema import MIGRATIONS
from store.life import BLOCKING, FREEZE, MOVES, SETTLED, UNRESOLVED, State, changes_state, is_ballot

__all__ = [
    "AttemptEnd", "AttemptOutcome", "Blocked", "Entry", "IllegalMove", "Intent", "Journal", "JournalError", "Move",
]  # fmt: skip

WATCHER = "watcher"
"""The audit's name for what the machine does by itself."""

OPENINGS = 5
"""Tries to open a new journal that another process is creating at the same moment."""


class JournalError(Exception):
    """The journal refuses; the message says why."""


class Blocked(JournalError):
    """Another command of the account, or another ballot on the command, is not resolved yet. `by` is its entry."""

    def __init__(self, by: Entry) -> None:
        super().__init__(f"{by.type} {by.command_id} on {by.account_id} is still {by.state}")
        self.by = by


class IllegalMove(JournalError):
    """The command's state does not allow this. `state` is where it stands."""

    def __init__(self, command_id: str, state: State, to: State) -> None:
        super().__init__(f"command {command_id} is {state} and can't become {to}")
        self.state = state


def _any_of(states: tuple[State, ...]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


class Journal:
    """One process's (and one thread's) handle on journal.db."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises store.files.StoreError when that can't be done."""
        self._database = _open(path)
        self._connection: sqlite3.Connection = self._database.conn
        self._place = files.Place(path)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk at its end: for what else of this room lives in the journal.

        Raises files.Lost when the file was deleted or replaced: nothing is written to where nobody will find it.
        """
        self._place.check()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    # ------------------------------------------------------------ deciding

    def intend(
        self,
        intent: Intent,
        at: int,
        checklist: Sequence[Mapping[str, str]] = (),
        also: Callable[[sqlite3.Connection], None] = lambda connection: None,
        together: Sequence[Intent] = (),
    ) -> Entry:
        """Store a decision as QUEUED; it is on disk when this returns, with the entry as stored.

        `checklist` is what the operator answered before deciding; it goes into the audit with the decision. `together`
        are decided in the same breath and stored after it, each with a life of its own; `also` stores what else belongs
        to it. All of it is one transaction: nothing is stored when any of it can't be.

        Raises Blocked while another state-changing command of the account is unresolved. One that waits for approval
        does not block, and a freeze is blocked by nothing. A ballot is blocked by another one on the same command.
        """
        with self.transaction() as connection:
            self._store(connection, intent, at, checklist)
            for other in together:
                self._store(connection, other, at)
            also(connection)
        return self._need(intent.command_id)

    def _store(
        self, connection: sqlite3.Connection, intent: Intent, at: int, checklist: Sequence[Mapping[str, str]] = ()
    ) -> None:
        """One decision and its row of the audit. Raises Blocked."""
        blocker = self._blocker(intent)
        if blocker:
            raise Blocked(blocker)
        values = [getattr(intent, name) for name in INTENT]
        marks = ", ".join("?" * (len(INTENT) + 2))
        connection.execute(
            f"INSERT INTO command ({', '.join(INTENT)}, created_at, state, policy_version)"  # noqa: S608
            f" VALUES ({marks}, {POLICY_NOW})",
            (*values, at, State.QUEUED),
        )
        payload: dict[str, Any] = {
            "command_id": intent.command_id,
            "body": intent.body.decode(),
            "if_match": intent.if_match,
            "to": State.QUEUED,
        }
        if intent.follows:
            payload["follows"] = intent.follows
        policy = self._need(intent.command_id).policy_version
        if policy:
            payload["policy_version"] = policy
        if checklist:
            payload["checklist"] = [dict(answer) for answer in checklist]
        if is_ballot(intent.type):
            payload |= {"type": intent.type, "about": intent.target_id}
        audit.append(connection, at, intent.created_by, step(intent, "decided"), payload)

    def _blocker(self, intent: Intent) -> Entry | None:
        if is_ballot(intent.type):
            before = self.ballot_on(intent.target_id)
            return before if before and before.state in UNRESOLVED else None
        if intent.type == FREEZE or not changes_state(intent.type):
            return None
        busy = self._entries(f"WHERE account_id = ? AND state IN {_any_of(BLOCKING)}", intent.account_id)
        return next((entry for entry in busy if changes_state(entry.type)), None)

    def withdraw(self, command_id: str, at: int, actor: str) -> None:
        """Cancel a command that is still QUEUED. Raises IllegalMove when it is on its way already."""
        with self.transaction() as connection:
            self.take_back(connection, command_id, at, actor)

    def take_back(self, connection: sqlite3.Connection, command_id: str, at: int, actor: str) -> None:
        """The same inside a transaction."""
        entry = self._need(command_id)
        if entry.state is not State.QUEUED:
            raise IllegalMove(command_id, entry.state, State.CANCELLED)
        self._apply(connection, entry, Move(to=State.CANCELLED, why="withdrawn"), at, actor, None)

    # ------------------------------------------------------------ sending

    def begin_attempt(self, command_id: str, at: int) -> int:
        """Store that an attempt begins, before its first byte goes out; returns its number, from 1.

        Raises IllegalMove unless the command is QUEUED or UNKNOWN.
        """
        with self.transaction() as connection:
            entry = self._need(command_id)
            if State.SENDING not in MOVES[entry.state]:
                raise IllegalMove(command_id, entry.state, State.SENDING)
            number = entry.attempts + 1
            connection.execute(
                "INSERT INTO attempt (command_id, number, started_at) VALUES (?, ?, ?)", (command_id, number, at)
            )
            connection.execute(
                "UPDATE command SET state = ?, attempts = ?, waits_for = NULL WHERE command_id = ?",
                (State.SENDING, number, command_id),
            )
            payload = {"command_id": command_id, "from": entry.state, "to": State.SENDING, "attempt": number}
            audit.append(connection, at, WATCHER, step(entry, "attempt"), payload)
        return number

    def settle(
        self, command_id: str, move: Move, at: int, *, actor: str = WATCHER, attempt: AttemptEnd | None = None
    ) -> Entry:
        """Store what an answer, a read or the feed said; returns the command as it stands then.

        When the feed was faster than the answer to an attempt, only the attempt's end is stored. Raises IllegalMove
        for any other move that the table of moves does not have.
        """
        with self.transaction() as connection:
            if attempt:
                connection.execute(
                    "UPDATE attempt SET ended_at = ?, status = ?, outcome = ? WHERE command_id = ? AND number = ?",
                    (at, attempt.status, attempt.outcome, command_id, attempt.number),
                )
            entry = self._need(command_id)
            legal = move.to == entry.state or move.to in MOVES[entry.state]
            if not legal and not attempt:
                raise IllegalMove(command_id, entry.state, move.to)
            self._apply(connection, entry, move if legal else Move(to=entry.state), at, actor, attempt)
            return self._need(command_id)

    def _apply(
        self,
        connection: sqlite3.Connection,
        entry: Entry,
        move: Move,
        at: int,
        actor: str,
        attempt: AttemptEnd | None,
    ) -> None:
        new: dict[str, Any] = {
            field.name: value
            for field in fields(Move)
            if field.name != "to" and (value := getattr(move, field.name)) is not None
        }
        new |= {"state": move.to, "waits_for": move.waits_for}
        if move.to in (State.ACKED, State.AWAITING_APPROVAL, State.CONFIRMED) and entry.acked_at is None:
            new["acked_at"] = at
        if move.to is State.CONFIRMED and entry.confirmed_at is None:
            new["confirmed_at"] = at
        if move.to in SETTLED and move.to is not entry.state:
            new["settled_at"] = at
        columns = ", ".join(f"{name} = ?" for name in new)
        connection.execute(
            f"UPDATE command SET {columns} WHERE command_id = ?",  # noqa: S608 - names of this module's fields
            (*new.values(), entry.command_id),
        )
        if attempt or move.to is not entry.state:
            audit.append(connection, at, actor, step(entry, "outcome"), outcome(entry, move, attempt))

    def recover(self, at: int, in_flight: frozenset[str] = frozenset()) -> list[str]:
        """Make every SENDING command UNKNOWN that nobody is sending any more; returns their ids.

        Only the watcher may call this: it alone sends, so it knows which are `in_flight`.
        """
        with self.transaction() as connection:
            lost = [e for e in self._entries("WHERE state = ?", State.SENDING) if e.command_id not in in_flight]
            for entry in lost:
                connection.execute(
                    "UPDATE attempt SET ended_at = ?, outcome = 'unknown' WHERE command_id = ? AND ended_at IS NULL",
                    (at, entry.command_id),
                )
                self._apply(connection, entry, Move(to=State.UNKNOWN, why="interrupted"), at, WATCHER, None)
        return [entry.command_id for entry in lost]

    # ------------------------------------------------------------ reading

    def get(self, command_id: str) -> Entry | None:
        return next(iter(self._entries("WHERE command_id = ?", command_id)), None)

    def ballot_on(self, command_id: str) -> Entry | None:
        """The newest decision of this desk about a command that waits, or waited, for a second person."""
        clause = "WHERE target_type = 'command' AND target_id = ? ORDER BY position DESC LIMIT 1"
        return next(iter(self._entries(clause, command_id)), None)

    def followers(self, command_id: str) -> list[Entry]:
        """The commands that undo or repeat one."""
        return self._entries("WHERE follows = ? ORDER BY position", command_id)

    def unresolved(self) -> list[Entry]:
        """What the desk still has to do or to learn, in the order of decision."""
        return self._entries(f"WHERE state IN {_any_of(UNRESOLVED)} ORDER BY position")

    def in_state(self, state: State) -> list[Entry]:
        """The commands that stand in a state, in the order of decision."""
        return self._entries("WHERE state = ? ORDER BY position", state)

    def for_account(self, account_id: str) -> list[Entry]:
        """All commands of an account, newest first."""
        return self._entries("WHERE account_id = ? ORDER BY position DESC", account_id)

    def recent(self, limit: int) -> list[Entry]:
        """The newest commands first."""
        return self._entries("ORDER BY position DESC LIMIT ?", limit)

    def counts(self) -> dict[State, int]:
        """Commands by state; states without commands are left out."""
        rows = self._connection.execute("SELECT state, count(*) FROM command GROUP BY state")
        return {State(state): count for state, count in rows}

    def define(self, name: str, arguments: int, function: Callable[..., bool]) -> None:
        """Let statements of this connection call a function of the same result for the same arguments."""
        self._connection.create_function(name, arguments, function, deterministic=True)

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement of this room."""
        return self._connection.execute(sql, values).fetchall()

    def data_version(self) -> int:
        """A number that changes when another connection changed the journal."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    # ------------------------------------------------------------ the audit chain

    def record(self, event: str, payload: dict[str, Any], at: int, actor: str = WATCHER) -> None:
        """Put something that is no command's into the audit, such as a change of the rules."""
        with self.transaction() as connection:
            audit.append(connection, at, actor, event, payload)

    def latest(self, event: str) -> dict[str, Any] | None:
        """The payload of the audit's last row of that event, None when there is none."""
        return audit.latest(self._connection, event)

    def checkpoint(self, at: int) -> audit.Checkpoint:
        """The chain's last row as of now, to be kept elsewhere; seq 0 for an empty chain."""
        return audit.Checkpoint(*audit.head(self._connection), times.text(at))

    def knows(self, point: audit.Checkpoint) -> bool:
        """Whether the chain still has the row that a checkpoint tells of."""
        return audit.knows(self._connection, point)

    def verify_audit(self) -> audit.Fault | None:
        """The first fault of the audit chain, or None when it is whole."""
        return audit.verify(audit.rows(self._connection))

    def _entries(self, clause: str, *values: object) -> list[Entry]:
        return select(self._connection, clause, *values)

    def _need(self, command_id: str) -> Entry:
        entry = self.get(command_id)
        if entry is None:
            raise JournalError(f"no command {command_id} in the journal")
        return entry


def _open(path: Path) -> Database:
    """Open for writing; two processes may create the same new journal at once, and then one of them tries again."""
    for left in reversed(range(OPENINGS)):
        try:
            return files.writer(path, MIGRATIONS, "FULL", keep_before=True)
        except files.StoreError as error:
            if not left or not isinstance(error.__cause__, sqlite3.OperationalError):
                raise
            time.sleep(0.05)
    raise AssertionError("unreachable")
