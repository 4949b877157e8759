"""What the journal keeps of a decision: its intent, the entry it became, what moved it, and how attempts ended."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from typing import Any, Literal

from store.life import State, is_ballot

AttemptOutcome = Literal["none", "unknown", "recorded"]
"""What an attempt is known to have done at the core: nothing, perhaps something, or been recorded."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A decision with everything that will travel, fixed: id, body bytes, If-Match and deadline.

    `seen` is the JSON of the account as the operator saw it, `follows` the command that this one undoes or repeats.
    """

    command_id: str
    type: str
    target_type: str
    target_id: str
    account_id: str
    body: bytes
    if_match: int | None
    not_after: int
    created_by: str
    reason_code: str | None = None
    note: str | None = None
    seen: str | None = None
    follows: str | None = None


@dataclass(frozen=True, kw_only=True)
class Entry(Intent):
    """A command as the journal knows it.

    `doubtful`: an attempt may have been recorded without our knowing. `waits_for` is 'credential', 'core', 'stop' (the
    automatic measures are stopped) or None.
    `settles_as`: what it becomes once the fence proves that no doubtful attempt had an effect. `why` is a short code.
    `policy_version` is the policy and stance in force when it was decided.
    """

    position: int
    state: State
    created_at: int
    attempts: int
    doubtful: bool
    waits_for: str | None
    settles_as: State | None
    core_status: str | None
    acked_at: int | None
    confirmed_at: int | None
    settled_at: int | None
    why: str | None
    problem: str | None
    effect: str | None
    resulting_version: int | None
    effect_seq: int | None
    policy_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """What was learned about a command. None keeps what the journal has, except for `waits_for`, which is replaced."""

    to: State
    why: str | None = None
    waits_for: str | None = None
    settles_as: State | None = None
    core_status: str | None = None
    problem: str | None = None
    effect: str | None = None
    resulting_version: int | None = None
    effect_seq: int | None = None


@dataclass(frozen=True)
class AttemptEnd:
    """How one attempt ended: its HTTP status, None without an answer, and what it did."""

    number: int
    status: int | None
    outcome: AttemptOutcome


_DOUBT = """EXISTS (SELECT 1 FROM attempt t WHERE t.command_id = c.command_id
    AND (t.outcome = 'unknown' OR t.outcome IS NULL)) AS doubtful"""
_SELECT = f"SELECT {', '.join(f.name if f.name != 'doubtful' else _DOUBT for f in fields(Entry))} FROM command c"  # noqa: S608
POLICY_NOW = "(SELECT version || '/' || stance FROM policy_move ORDER BY position DESC LIMIT 1)"
"""SQL of the policy that is in force, as decisions are stamped with it; NULL before the first."""
INTENT = tuple(field.name for field in fields(Intent))
"""The columns of a decision."""


def select(connection: sqlite3.Connection, clause: str, *values: object) -> list[Entry]:
    """The entries that a clause of SQL on `command c` selects."""
    names = [field.name for field in fields(Entry)]
    rows = connection.execute(_SELECT + " " + clause, values)
    return [_entry(dict(zip(names, row, strict=True))) for row in rows]


def _entry(row: dict[str, Any]) -> Entry:
    row["state"] = State(row["state"])
    row["settles_as"] = State(row["settles_as"]) if row["settles_as"] else None
    row["doubtful"] = bool(row["doubtful"])
    return Entry(**row)


def step(intent: Intent, what: str) -> str:
    """The audit's name for a step of a command's life, or of a ballot's."""
    return f"{'ballot' if is_ballot(intent.type) else 'command'}.{what}"


def outcome(entry: Entry, move: Move, attempt: AttemptEnd | None) -> dict[str, Any]:
    """The audit's payload of a move: ids and codes; the core's own words stay in the command's row."""
    payload: dict[str, Any] = {"command_id": entry.command_id, "from": entry.state, "to": move.to}
    if attempt:
        payload |= {"attempt": attempt.number, "status": attempt.status, "outcome": attempt.outcome}
    if move.why:
        payload["why"] = move.why
    if move.problem:
        payload["problem"] = _code(move.problem)
    if move.effect:
        payload |= {"effect": move.effect, "resulting_version": move.resulting_version, "effect_seq": move.effect_seq}
    return payload


def _code(problem: str) -> str | None:
    """A problem's code; None when what the core put into it is nested without end."""
    try:
        code: str | None = json.loads(problem).get("code")
    except RecursionError:
        return None
    return code
