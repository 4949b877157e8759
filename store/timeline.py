"""An account's history in the mirror: walks back along the chains of its transactions and logins, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from store.reader import AccountRow, Reader


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk goes on: the `seq` of the next older transaction and login, 0 where a chain is over."""

    transaction: int
    login: int

    @property
    def over(self) -> bool:
        return not (self.transaction or self.login)


@dataclass(frozen=True, slots=True)
class Event:
    """A transaction or a login. `what` is the kind or the outcome; `doc` the resource as JSON text."""

    seq: int
    is_login: bool
    event_id: str
    occurred_at: int
    recorded_at: int
    what: str
    status: str
    amount_minor: int | None
    currency: str | None
    score: float | None
    level: int
    rule_ids: str | None
    deleted: bool
    doc: str


TRANSACTIONS = """
WITH RECURSIVE chain (at, depth) AS (
    SELECT ?, 1 UNION ALL
    SELECT t.previous, depth + 1 FROM chain JOIN txn t ON t.seq = chain.at WHERE t.previous > 0 AND depth <= ?)
SELECT t.seq, 0, t.transaction_id, t.occurred_at, t.recorded_at, t.kind, t.status, t.amount_minor, t.currency, t.score,
    t.level, t.rule_ids, t.deleted <> 0, t.doc
FROM chain JOIN txn t ON t.seq = chain.at ORDER BY t.seq DESC
"""

LOGINS = """
WITH RECURSIVE chain (at, depth) AS (
    SELECT ?, 1 UNION ALL
    SELECT t.previous, depth + 1 FROM chain JOIN login t ON t.seq = chain.at WHERE t.previous > 0 AND depth <= ?)
SELECT t.seq, 1, t.login_id, t.occurred_at, t.recorded_at, t.outcome, '', NULL, NULL, t.score, t.level, t.rule_ids,
    t.deleted <> 0, t.doc
FROM chain JOIN login t ON t.seq = chain.at ORDER BY t.seq DESC
"""


def newest(row: AccountRow) -> Place:
    """Where an account's history begins."""
    return Place(row.last_transaction, row.last_login)


def walk(mirror: Reader, place: Place, most: int) -> tuple[list[Event], Place]:
    """Up to `most` events from a place on, newest first in feed order, and the place of the next older one.

    A chain ends where its events were dropped by age. Deleted events count but are left out.
    """
    transactions = _events(mirror, TRANSACTIONS, place.transaction, most)
    logins = _events(mirror, LOGINS, place.login, most)
    merged = sorted(transactions + logins, key=lambda event: -event.seq)
    taken, left = merged[:most], merged[most:]
    return [event for event in taken if not event.deleted], Place(
        next((event.seq for event in left if not event.is_login), 0),
        next((event.seq for event in left if event.is_login), 0),
    )


def _events(mirror: Reader, sql: str, start: int, most: int) -> list[Event]:
    if not start:
        return []
    return [Event(*row) for row in mirror.rows(sql, (start, most))]
