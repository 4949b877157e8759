"""The book as credit sees it: scores of applications, accounts that are late, every account with who owes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from store.reader import Reader

SCORES = """
SELECT doc ->> '$.score' FROM resource
WHERE type = 'application' AND deleted = 0 AND doc ->> '$.score' IS NOT NULL AND doc ->> '$.submitted_at' >= ?
"""
LATE = """
SELECT account_id, version, doc ->> '$.days_past_due', coalesce(currency, ''), credit_limit_minor, available_minor
FROM account
WHERE deleted = 0 AND available_minor > 0 AND doc ->> '$.days_past_due' > 0 AND status IN ('active', 'frozen')
"""

BOOK = """
SELECT a.account, a.account_id, a.currency, a.doc, c.doc,
    (SELECT p.doc FROM resource p INDEXED BY resource_by_account
     WHERE p.account = a.account AND p.account >= 0 AND p.type = 'application' AND p.deleted = 0 LIMIT 1)
FROM account a LEFT JOIN resource c ON c.type = 'customer' AND c.id = a.customer_id AND c.deleted = 0
WHERE a.deleted = 0 AND a.account > ? ORDER BY a.account LIMIT ?
"""
AT_ONCE = 1_000


class Owed(NamedTuple):
    """An account with the JSON of its own, of its customer and of its application; None where one is not mirrored."""

    account_id: str
    currency: str | None
    account: str
    customer: str | None
    application: str | None


class Late(NamedTuple):
    """An account that is late so many days, and what can still be spent on it (minor units)."""

    account_id: str
    version: int
    days: int
    currency: str
    limit_minor: int
    available_minor: int


def application_scores(mirror: Reader, since: str) -> list[float]:
    """The core's scores of the applications submitted at or after an instant (the contract's text)."""
    return [float(score) for (score,) in mirror.rows(SCORES, (since,))]


def late(mirror: Reader) -> list[Late]:
    """The accounts that are late and have something left to spend."""
    return [Late(*row) for row in mirror.rows(LATE)]


def book(mirror: Reader) -> Iterator[Owed]:
    """Every account, by its number, read a thousand at a time."""
    last = -1
    while rows := mirror.rows(BOOK, (last, AT_ONCE)):
        last = rows[-1][0]
        yield from (Owed(*row) for _, *row in rows)
