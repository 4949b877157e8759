"""Decisions about applications and limit requests, each with all that it was made on, so that it can be told again.

A decision is stored in the transaction that stores its command, and in the audit chain with the digests of what it was
made on. Texts of policies and scorecards are kept once, by their digest. Instants are microseconds since 1970 (UTC).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, fields
from typing import Any

from store import audit
from store.journal import Journal


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A decision and its grounds. `choice` is what the person decided, `recommended` what was proposed to them.

    `basis` is the JSON of the inputs, `policy` and `card` the texts that they were judged by. `limit_minor` is the
    limit approved, `offered_minor` the one proposed, None where nothing was. `reasons` may be told to the person
    concerned. `command_id` is None for a case that stays open without any command to the core.
    """

    command_id: str | None
    target_type: str
    target_id: str
    target_version: int
    account_id: str | None
    choice: str
    limit_minor: int | None
    currency: str
    reason_code: str | None
    note: str | None
    recommended: str
    offered_minor: int | None
    points: int
    pd: float
    reasons: tuple[str, ...]
    policy_version: str
    stance: str
    policy: str
    card: str
    basis: str
    decided_by: str


@dataclass(frozen=True, kw_only=True)
class Kept(Judged):
    """A decision as the journal has it."""

    number: int
    decided_at: int


_SOURCES = ("policy", "card")
PLAIN = [field.name for field in fields(Judged) if field.name not in (*_SOURCES, "reasons")]
"""The columns of a decision that are plain values."""
_SELECT = f"""SELECT {", ".join(f"r.{name}" for name in PLAIN)}, r.reasons, p.body, c.body, r.number, r.decided_at
FROM review r JOIN review_source p ON p.digest = r.policy JOIN review_source c ON c.digest = r.card"""  # noqa: S608


def store(connection: sqlite3.Connection, made: Judged, at: int) -> int:
    """Store a decision inside the transaction that is open; returns its number."""
    values: dict[str, Any] = {name: getattr(made, name) for name in PLAIN}
    for name in _SOURCES:
        values[name] = keep_source(connection, name, getattr(made, name))
    values |= {"reasons": json.dumps(made.reasons), "decided_at": at}
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    added = connection.execute(f"INSERT INTO review ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    number = int(added.lastrowid or 0)
    audit.append(connection, at, made.decided_by, "review.decided", {"review": number, **audit_payload(made)})
    return number


def keep_source(connection: sqlite3.Connection, kind: str, body: str) -> str:
    """Keep a text that decisions are made by, once, inside the transaction that is open; returns its digest."""
    known = digest(body)
    connection.execute("INSERT OR IGNORE INTO review_source VALUES (?, ?, ?)", (known, kind, body))
    return known


def audit_payload(made: Judged) -> dict[str, Any]:
    """What the audit chain says of a decision: its figures, and the digests of what it was made on."""
    plain = {name: getattr(made, name) for name in PLAIN if name != "basis"}
    digests = {name: digest(getattr(made, name)) for name in ("basis", *_SOURCES)}
    return plain | {"reasons": list(made.reasons)} | digests


def keep(journal: Journal, made: Judged, at: int) -> int:
    """Store a decision that no command goes with; returns its number."""
    with journal.transaction() as connection:
        return store(connection, made, at)


def of_command(journal: Journal, command_id: str) -> Kept | None:
    """The decision that a command carries out."""
    return next(iter(_kept(journal, "WHERE r.command_id = ?", command_id)), None)


def numbered(journal: Journal, number: int) -> Kept | None:
    return next(iter(_kept(journal, "WHERE r.number = ?", number)), None)


def about(journal: Journal, target_type: str, target_id: str) -> list[Kept]:
    """The decisions about an application or a limit request, the newest first."""
    clause = "WHERE r.target_type = ? AND r.target_id = ? ORDER BY r.number DESC"
    return _kept(journal, clause, target_type, target_id)


def newest(journal: Journal) -> dict[tuple[str, str], tuple[str, int]]:
    """By type and id of what was reviewed: the newest decision's choice and when."""
    rows = journal.rows("SELECT target_type, target_id, choice, decided_at FROM review ORDER BY number")
    return {(type_, id_): (choice, at) for type_, id_, choice, at in rows}


def audited(journal: Journal, number: int) -> dict[str, Any] | None:
    """What the audit chain says of a decision, None when it knows none of that number."""
    rows = journal.rows(
        "SELECT payload FROM audit WHERE event = 'review.decided' AND payload ->> '$.review' = ?", (number,)
    )
    return json.loads(rows[0][0]) if rows else None


def digest(text: str) -> str:
    """The SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(journal: Journal, clause: str, *values: object) -> list[Kept]:
    found = []
    for row in journal.rows(f"{_SELECT} {clause}", values):
        plain = dict(zip(PLAIN, row, strict=False))
        reasons, policy, card, number, decided_at = row[len(PLAIN) :]
        told = {"reasons": tuple(json.loads(reasons)), "policy": policy, "card": card}
        found.append(Kept(**plain, **told, number=number, decided_at=decided_at))
    return found
