"""Transactions and logins as lists, newest first: of one account along its chain, or of all as they came.

A list is read page by page, and each page tells where the next begins, so that none costs more than its own rows. A
`place` is the `seq` of the first event that a page may hold, 0 where a list is over. Deleted events are left out.

With a filter a page looks through a bounded stretch: it may hold fewer rows, or none, and there may be more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.query import Selection, together
from store.reader import Reader

STRETCH = 4_000
"""Events that one statement looks through."""
STRETCHES = 5
"""Statements to one page."""


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A line of the list of transactions. `account_id` is None for one that the mirror does not hold."""

    seq: int
    account_id: str | None
    transaction_id: str
    occurred_at: int
    amount_minor: int
    currency: str
    kind: str
    status: str
    score: float | None
    level: int
    rule_ids: str | None
    doc: str


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A line of the list of logins, with when and where the account's login before it was, where that is known."""

    seq: int
    account_id: str | None
    login_id: str
    occurred_at: int
    outcome: str
    device_id: str | None
    ip: str | None
    lat: float | None
    lon: float | None
    score: float | None
    level: int
    rule_ids: str | None
    doc: str
    before_at: int | None
    before_lat: float | None
    before_lon: float | None


ALL = "SELECT seq AS at FROM {table} WHERE seq <= ? ORDER BY seq DESC LIMIT ?"
CHAIN = """
WITH RECURSIVE chain (at, depth) AS (
    SELECT ?, 1 UNION ALL
    SELECT e.previous, depth + 1 FROM chain JOIN {table} e ON e.seq = chain.at WHERE e.previous > 0 AND depth < ?)
SELECT at FROM chain"""

TRANSACTIONS = """
SELECT e.previous, e.seq, a.account_id, e.transaction_id, e.occurred_at, e.amount_minor, e.currency, e.kind,
    e.status, e.score, e.level, e.rule_ids, e.doc
FROM ({places}) p JOIN txn e ON e.seq = p.at LEFT JOIN account a ON a.account = e.account
WHERE {kept} ORDER BY e.seq DESC LIMIT ?
"""
LOGINS = """
SELECT e.previous, e.seq, a.account_id, e.login_id, e.occurred_at, e.outcome, e.device_id, e.ip, e.lat,
    e.lon, e.score, e.level, e.rule_ids, e.doc, b.occurred_at, b.lat, b.lon
FROM ({places}) p JOIN login e ON e.seq = p.at LEFT JOIN account a ON a.account = e.account
    LEFT JOIN login b ON b.seq = e.previous
WHERE {kept} ORDER BY e.seq DESC LIMIT ?
"""
END = "SELECT e.previous, min(e.seq), count(*) FROM ({places}) p JOIN {table} e ON e.seq = p.at"
"""Where a stretch ends: beside a `min` SQLite reads the other columns of that very row."""


def newest_transaction(mirror: Reader, account: int | None) -> int:
    """The place of the newest transaction, of an account (by number) or of all."""
    return _newest(mirror, "txn", "last_transaction", account)


def newest_login(mirror: Reader, account: int | None) -> int:
    """The place of the newest login, of an account (by number) or of all."""
    return _newest(mirror, "login", "last_login", account)


def transactions(
    mirror: Reader, place: int, most: int, one_account: bool, kept: Sequence[Selection] = ()
) -> tuple[list[TransactionRow], int]:
    """A page of up to `most` transactions from a place on, and the next page's place.

    With `one_account` the place is one of its own, and the list goes back along its chain.
    """
    rows, rest = _page(mirror, TRANSACTIONS, "txn", place, most, one_account, kept)
    return [TransactionRow(*row) for row in rows], rest


def logins(
    mirror: Reader, place: int, most: int, one_account: bool, kept: Sequence[Selection] = ()
) -> tuple[list[LoginRow], int]:
    """A page of up to `most` logins from a place on, and the next page's place."""
    rows, rest = _page(mirror, LOGINS, "login", place, most, one_account, kept)
    return [LoginRow(*row) for row in rows], rest


def _newest(mirror: Reader, table: str, head: str, account: int | None) -> int:
    if account is None:
        found = mirror.rows(f"SELECT max(seq) FROM {table}")  # noqa: S608 - names of this module only
    else:
        found = mirror.rows(f"SELECT {head} FROM account_risk WHERE account = ?", (account,))  # noqa: S608
    return int(found[0][0] or 0) if found else 0


def _page(
    mirror: Reader, sql: str, table: str, place: int, most: int, one_account: bool, kept: Sequence[Selection]
) -> tuple[list[tuple[Any, ...]], int]:
    places = (CHAIN if one_account else ALL).format(table=table)
    condition, values = together(kept, "e.deleted = 0")
    statement, stretch = sql.format(places=places, kept=condition), STRETCH if kept else most
    found: list[tuple[Any, ...]] = []
    for _ in range(STRETCHES if kept else 1):
        left = most - len(found)
        if not place or not left:
            break
        rows = mirror.rows(statement, (place, stretch, *values, left))
        found += [row[1:] for row in rows]
        if len(rows) == left:
            place = rows[-1][0] if one_account else rows[-1][1] - 1
        else:
            place = _after(mirror, places, table, place, stretch, one_account)
    return found, place


def _after(mirror: Reader, places: str, table: str, place: int, stretch: int, one_account: bool) -> int:
    """The place behind a stretch, 0 where nothing is."""
    previous, seq, looked = mirror.rows(END.format(places=places, table=table), (place, stretch))[0]
    if looked < stretch:
        return 0
    return int(previous) if one_account else int(seq) - 1
