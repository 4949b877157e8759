"""The audit's hash chain: appending to it and proving it.

A row's `hash` is the hex SHA-256 of the UTF-8 lines `prev_hash, seq, at, actor, event, payload`, joined by newlines;
the first `prev_hash` is 64 zeros. Rows cut off at the end, and a chain computed anew from some row on, are intact
chains by themselves: only a checkpoint, a copy of a later hash that is kept elsewhere, shows them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from store import times

GENESIS = "0" * 64


class Row(NamedTuple):
    """One line of the chain, as in the view `v_audit`. `at` is RFC 3339 text."""

    seq: int
    at: str
    actor: str
    event: str
    payload: str
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Checkpoint:
    """What the chain was at a moment: its last row's place and hash, and when it was looked at (RFC 3339)."""

    seq: int
    hash: str
    at: str


@dataclass(frozen=True)
class Fault:
    """The first row at which the chain breaks, and how; `to` is the last one of several.

    'cut': rows that a checkpoint knows are gone from the end. 'rewritten': the chain holds by itself, but one or more
    of these rows are not what a checkpoint knows.
    """

    seq: int
    kind: Literal["changed", "removed", "inserted", "reordered", "cut", "rewritten"]
    to: int | None = None


def digest(prev_hash: str, seq: int, at: str, actor: str, event: str, payload: str) -> str:
    """The hash of one row (64 hex digits)."""
    lines = "\n".join((prev_hash, str(seq), at, actor, event, payload))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def append(connection: sqlite3.Connection, at: int, actor: str, event: str, payload: Mapping[str, Any]) -> None:
    """Add a row. The caller holds an immediate transaction, so that two writers can't fork the chain."""
    last_seq, prev_hash = head(connection)
    seq = last_seq + 1
    stamp, who = times.text(at), " ".join(actor.split()) or "-"
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    connection.execute(
        "INSERT INTO audit (seq, at, actor, event, payload, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, stamp, who, event, body, prev_hash, digest(prev_hash, seq, stamp, who, event, body)),
    )


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """(seq, hash) of the last row; (0, GENESIS) of an empty chain."""
    row = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, GENESIS)


def knows(connection: sqlite3.Connection, point: Checkpoint) -> bool:
    """Whether the chain still has the row that a checkpoint tells of, with that hash; says nothing of the others."""
    row = connection.execute("SELECT hash FROM audit WHERE seq = ?", (point.seq,)).fetchone()
    return point.seq == 0 or (row is not None and row[0] == point.hash)


def latest(connection: sqlite3.Connection, event: str) -> dict[str, Any] | None:
    """The payload of the last row of an event, None when there is none."""
    row = connection.execute("SELECT payload FROM audit WHERE event = ? ORDER BY seq DESC LIMIT 1", (event,)).fetchone()
    return dict(json.loads(row[0])) if row else None


def rows(connection: sqlite3.Connection) -> Iterable[Row]:
    """The chain in stored order. Text that is no UTF-8 comes with surrogates, and so with another hash."""
    texts = ", ".join(f"CAST({name} AS BLOB)" for name in Row._fields[1:])
    query = f"SELECT seq, {texts} FROM audit ORDER BY seq"  # noqa: S608 - names of this module only
    return (
        Row(seq, *(text.decode("utf-8", "surrogateescape") for text in columns))
        for seq, *columns in connection.execute(query)
    )


def verify(chain: Iterable[Row], checkpoints: Iterable[Checkpoint] = ()) -> Fault | None:
    """The first fault of a chain given in stored order, or None when it is whole and is what the checkpoints know.

    Without checkpoints it can't see rows cut off at the end or a chain computed anew.
    """
    known: dict[int, set[str]] = {}
    for point in checkpoints:
        known.setdefault(point.seq, set()).add(point.hash)
    known.pop(0, None)
    before = last = Row(0, "", "", "", "", "", GENESIS)
    proved = 0
    remaining = iter(chain)
    for row in remaining:
        if row.seq != last.seq + 1 or row.prev_hash != last.hash or row.hash != _digest_at(row, row.seq):
            return _name(row, last, before, list(remaining))
        if row.seq in known:
            if known[row.seq] != {row.hash}:
                return Fault(proved + 1, "rewritten", row.seq)
            proved = row.seq
        before, last = last, row
    end = max(known, default=0)
    return Fault(last.seq + 1, "cut", end) if end > last.seq else None


def _name(row: Row, last: Row, before: Row, rest: Sequence[Row]) -> Fault:
    """What happened where `row` does not follow `last`; `rest` are the rows after it."""
    expected = last.seq + 1
    if row.seq != expected:
        moved = row.seq < expected or any(other.seq == expected for other in rest)
        return Fault(min(row.seq, expected), "reordered" if moved else "removed")
    if row.prev_hash == last.hash:
        return Fault(row.seq, "changed")
    if last.seq and row.prev_hash == before.hash:
        return Fault(last.seq, "inserted")
    if any(other.hash == row.prev_hash for other in rest):
        return Fault(row.seq, "reordered")
    renumbered = row.hash == _digest_at(row, row.seq + 1)
    return Fault(row.seq, "removed" if renumbered else "changed")


def _digest_at(row: Row, seq: int) -> str:
    return digest(row.prev_hash, seq, row.at, row.actor, row.event, row.payload)
