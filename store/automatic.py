"""Automatic measures as the journal keeps them: what called for one, what became of it, and the stop that ends them.

An alert's opening is answered once: the transaction that stores a command for it also writes the command's id into its
row, so that neither a crash nor a second look can answer it twice. The same transaction asks whether all is stopped
and, for a claim, whether the budget holds it. What became of a measure is what became of its command.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from store import audit, files
from store.journal import WATCHER, Entry, Intent, Journal, JournalError
from store.life import State

WANTED, SHADOW, SKIPPED, CLAIMED, ACTED = "WANTED", "SHADOW", "SKIPPED", "CLAIMED", "ACTED"
"""Results: waits for its turn; would have been done; left to a person, with why; its case is being claimed; done."""
NOTHING_CAME = (State.REJECTED, State.EXPIRED, State.CANCELLED)
"""States of a claim that has reserved nothing."""


class Stopped(JournalError):
    """Somebody, or a limit, has stopped the automatic measures."""


class Answered(JournalError):
    """This opening of the alert has its command, or another claim, already."""


@dataclass(frozen=True)
class Want:
    """What calls for a measure: an opening of an alert, or an application (its `opening` is 0).

    `exposure_minor` is what can still be spent, `policy_version` the policy and stance by which it is judged.
    """

    cause: str
    opening: int
    account_id: str
    measure: str
    score: float
    rules: tuple[str, ...]
    currency: str | None
    exposure_minor: int | None
    policy_version: str


@dataclass(frozen=True)
class Act(Want):
    """A want as the journal has it. `state` is that of its command, None without one. Times are µs of wall time."""

    number: int
    wanted_at: int
    result: str
    why: str | None
    at: int
    claim_id: str | None
    command_id: str | None
    release_id: str | None
    state: str | None


@dataclass(frozen=True)
class Stop:
    """From when, by whom and why nothing is done automatically; `resumed_at` None while it holds."""

    at: int
    by: str
    why: str
    resumed_at: int | None = None
    resumed_by: str | None = None
    reason: str | None = None


class Reserved(NamedTuple):
    """A claim that reserved budget: when it was decided (µs), and its note, which tells the cost."""

    command_id: str
    at: int
    note: str


_WANT = tuple(field.name for field in fields(Want))
_AS_TOLD = ", ".join(f"{name} = ?" for name in _WANT)
_ACT = ", ".join(f"c.{f.name}" if f.name == "state" else f"a.{f.name}" for f in fields(Act))
_ACTS = f"SELECT {_ACT} FROM automatic_act a LEFT JOIN command c ON c.command_id = a.command_id"  # noqa: S608
_RESERVED = """
SELECT command_id, created_at, coalesce(note, '') FROM command
WHERE type = 'case.claim' AND created_by = ? AND created_at > ? AND state NOT IN ('REJECTED', 'EXPIRED', 'CANCELLED')
"""


class Automatic:
    """The automatic measures behind one journal handle."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    # ------------------------------------------------------------ stopping

    def stopped(self) -> Stop | None:
        """The stop that holds, None when there is none."""
        return next(iter(self.stops(1, "WHERE resumed_at IS NULL")), None)

    def stops(self, most: int, clause: str = "") -> list[Stop]:
        """The newest stops first."""
        rows = self._journal.rows(
            f"SELECT at, by, why, resumed_at, resumed_by, reason FROM automatic_stop {clause} ORDER BY number DESC LIMIT ?",  # noqa: S608, E501
            (most,),
        )
        return [Stop(*row) for row in rows]

    def stop(self, at: int, by: str, why: str) -> bool:
        """Stop everything from now on, and in the same transaction take back what is not on its way yet.

        False when it was stopped already.
        """
        with self._journal.transaction() as connection:
            if self.stopped() is not None:
                return False
            connection.execute("INSERT INTO automatic_stop (at, by, why) VALUES (?, ?, ?)", (at, by, why))
            audit.append(connection, at, by, "automatic.stopped", {"why": why})
            subjects = self.subjects()
            for entry in self._journal.in_state(State.QUEUED):
                if entry.created_by in subjects:
                    self._journal.take_back(connection, entry.command_id, at, by)
        return True

    def resume(self, at: int, by: str, reason: str) -> None:
        """Let them go on. Raises JournalError when nothing is stopped or no reason is given."""
        if not reason.strip():
            raise JournalError("resuming needs a reason")
        with self._journal.transaction() as connection:
            changed = connection.execute(
                "UPDATE automatic_stop SET resumed_at = ?, resumed_by = ?, reason = ? WHERE resumed_at IS NULL",
                (at, by, reason),
            ).rowcount
            if not changed:
                raise JournalError("the automatic measures are not stopped")
            audit.append(connection, at, by, "automatic.resumed", {"reason": reason})

    # ------------------------------------------------------------ the subject that acts

    def serve(self, subject: str, at: int) -> None:
        """Remember under which subject this desk acts by itself."""
        if subject in self.subjects():
            return
        with self._journal.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO automatic_service VALUES (?, ?)", (subject, at))
            audit.append(connection, at, WATCHER, "automatic.serves", {"subject": subject})

    def subjects(self) -> frozenset[str]:
        """The subjects whose commands were made by the machine."""
        return frozenset(subject for (subject,) in self._journal.rows("SELECT subject FROM automatic_service"))

    # ------------------------------------------------------------ the watcher's part

    def want(self, wants: Sequence[Want], at: int) -> None:
        """Note what calls for a measure; what is known already stays as it is."""
        known = {(act.cause, act.opening) for act in self.about(want.cause for want in wants)}
        new = [want for want in wants if (want.cause, want.opening) not in known]
        if not new:
            return
        marks = ", ".join("?" * (len(_WANT) + 3))
        with self._journal.transaction() as connection:
            connection.executemany(
                f"INSERT OR IGNORE INTO automatic_act ({', '.join(_WANT)}, wanted_at, result, at) VALUES ({marks})",  # noqa: S608
                [(*_row(want), at, WANTED, at) for want in new],
            )

    def leave(self, acts: Iterable[tuple[Act, str, str | None]], at: int) -> None:
        """Note results without a command, (act, SKIPPED or SHADOW or WANTED, why) each; unchanged ones are not
        written. What was done already stays."""
        changed = [(act, result, why) for act, result, why in acts if (act.result, act.why) != (result, why)]
        if not changed:
            return
        with self._journal.transaction() as connection:
            for act, result, why in changed:
                connection.execute(
                    "UPDATE automatic_act SET result = ?, why = ?, at = ? WHERE number = ? AND command_id IS NULL",
                    (result, why, at, act.number),
                )
                if result != WANTED:
                    event = "automatic.would" if result == SHADOW else "automatic.left"
                    audit.append(connection, at, WATCHER, event, _told(act) | {"why": why})

    def claim(self, act: Act, intent: Intent, at: int, beyond: Callable[[], str | None]) -> str | None:
        """Store the claim that reserves budget for an act, unless `beyond`, asked in the same transaction, names a
        limit: then nothing is stored and the limit returned. Raises Stopped and Answered."""

        def also(connection: sqlite3.Connection) -> None:
            self._check()
            if limit := beyond():
                raise _Beyond(limit)
            changed = connection.execute(
                f"UPDATE automatic_act SET result = ?, why = NULL, at = ?, claim_id = ?, release_id = NULL, {_AS_TOLD}"  # noqa: S608
                " WHERE number = ? AND command_id IS NULL AND claim_id IS ? AND result <> ?",
                (CLAIMED, at, intent.command_id, *_row(act), act.number, act.claim_id, CLAIMED),
            ).rowcount
            if changed != 1:
                raise Answered(f"{act.cause} is answered already")

        try:
            self._journal.intend(intent, at, also=also)
        except _Beyond as limit:
            return str(limit)
        return None

    def act(self, act: Act, intent: Intent, at: int) -> Entry:
        """Store the command that answers an act whose claim is ours. Raises Stopped and Answered."""

        return self._journal.intend(intent, at, also=lambda connection: self.answer(connection, act, intent, at))

    def answer(self, connection: sqlite3.Connection, act: Act, intent: Intent, at: int) -> None:
        """The same inside the transaction that stores the command."""
        self._check()
        changed = connection.execute(
            "UPDATE automatic_act SET result = ?, why = NULL, at = ?, command_id = ?"
            " WHERE number = ? AND command_id IS NULL AND claim_id IS ? AND result = ?",
            (ACTED, at, intent.command_id, act.number, act.claim_id, CLAIMED),
        ).rowcount
        if changed != 1:
            raise Answered(f"{act.cause} is answered already")
        audit.append(connection, at, intent.created_by, "automatic.acted", _told(act))

    def give_back(self, act: Act, intent: Intent, at: int) -> None:
        """Store the release of an act's claim."""

        def also(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE automatic_act SET release_id = ? WHERE number = ? AND release_id IS NULL",
                (intent.command_id, act.number),
            )

        self._journal.intend(intent, at, also=also)

    def _check(self) -> None:
        if (stop := self.stopped()) is not None:
            raise Stopped(f"stopped by {stop.by}: {stop.why}")

    # ------------------------------------------------------------ reading

    def about(self, causes: Iterable[str]) -> list[Act]:
        """The acts about these alerts and applications."""
        return self._acts("WHERE a.cause IN (SELECT value FROM json_each(?))", json.dumps(sorted(set(causes))))

    def claiming(self) -> list[Act]:
        """The acts whose case is being claimed, the oldest first."""
        return self._acts("WHERE a.result = ? ORDER BY a.number", CLAIMED)

    def holding(self, since: int) -> list[Act]:
        """The acts that are through with a claim of theirs since an instant and have not given it back."""
        return self._acts(
            "WHERE a.result <> ? AND a.at > ? AND a.claim_id IS NOT NULL AND a.release_id IS NULL", CLAIMED, since
        )

    def reserved(self, subject: str, since: int) -> list[Reserved]:
        """The claims of a subject since an instant that may have reserved budget."""
        return [Reserved(*row) for row in self._journal.rows(_RESERVED, (subject, since))]

    def shadowed(self, since: int) -> list[Act]:
        """What would have been done since an instant."""
        return self._acts("WHERE a.result = ? AND a.at > ?", SHADOW, since)

    def wanted(self, since: int) -> int:
        """How many alerts and applications have called for a measure since an instant."""
        found = self._journal.rows("SELECT count(*) FROM automatic_act WHERE wanted_at > ?", (since,))
        return int(found[0][0])

    def recent(self, most: int) -> list[Act]:
        """The newest acts first, by what last became of them."""
        return self._acts("ORDER BY coalesce(c.settled_at, a.at) DESC, a.number DESC LIMIT ?", most)

    def results(self, since: int = 0) -> dict[tuple[str, str], int]:
        """How many acts have each (result, why) since an instant; a command's state stands for ACTED."""
        rows = self._journal.rows(
            "SELECT coalesce(c.state, a.result), coalesce(a.why, ''), count(*) FROM automatic_act a"
            " LEFT JOIN command c ON c.command_id = a.command_id WHERE a.at > ? GROUP BY 1, 2",
            (since,),
        )
        return {(result, why): count for result, why, count in rows}

    def made(self, command_ids: Sequence[str]) -> set[str]:
        """Which of these commands the machine made."""
        found = (
            "SELECT command_id FROM command WHERE command_id IN (SELECT value FROM json_each(?))"
            " AND created_by IN (SELECT subject FROM automatic_service)"
        )
        return {command_id for (command_id,) in self._journal.rows(found, (json.dumps(list(command_ids)),))}

    def carried_out(self, since: int) -> list[Act]:
        """The acts since an instant whose command is confirmed."""
        return self._acts("WHERE c.state = 'CONFIRMED' AND a.at > ?", since)

    def _acts(self, clause: str, *values: object) -> list[Act]:
        names = [field.name for field in fields(Act)]
        rows = self._journal.rows(f"{_ACTS} {clause}", values)
        return [_act(dict(zip(names, row, strict=True))) for row in rows]


def seen(path: Path) -> tuple[Stop | None, list[str]]:
    """The stop that holds and the subjects that act, from a journal that is only read and may be an older version's."""
    with closing(files.reader(path).conn) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'automatic_stop'").fetchone():
            return None, []
        stop = connection.execute("SELECT at, by, why FROM automatic_stop WHERE resumed_at IS NULL").fetchone()
        subjects = connection.execute("SELECT subject FROM automatic_service ORDER BY subject").fetchall()
    return Stop(*stop) if stop else None, [subject for (subject,) in subjects]


class _Beyond(Exception):
    """A limit of the budget would be passed; its text is the limit's name."""


def _act(row: dict[str, Any]) -> Act:
    row["rules"] = tuple(json.loads(row["rules"]))
    return Act(**row)


def _row(want: Want) -> tuple[object, ...]:
    values = {name: getattr(want, name) for name in _WANT} | {"rules": json.dumps(want.rules)}
    return tuple(values.values())


def _told(act: Act) -> dict[str, Any]:
    """An act as the audit tells of it."""
    return {
        "cause": act.cause,
        "opening": act.opening,
        "account_id": act.account_id,
        "measure": act.measure,
        "score": act.score,
        "rules": list(act.rules),
        "policy_version": act.policy_version,
    }
