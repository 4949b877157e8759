"""The history of one account, newest first: its transactions, its logins.

An index that follows the log in slices, and only when somebody asks: publication never waits for it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import Struct

from console.core import instants
from console.sandbox.bank import cursors
from console.sandbox.bank.log import CODES, KINDS, Log
from console.sandbox.problems import Refusal

END_OF_TIME = 2**62
TRANSACTIONS, LOGINS, LOGINS_OF_CUSTOMER = 0, 1, 2
"""Lanes of the history table."""


class _Owned(Struct, frozen=True, gc=False):
    """What of a transaction or login says where it belongs."""

    id: str
    occurred_at: str
    account_id: str | None = None
    customer_id: str | None = None


class Window(NamedTuple):
    """Business time, from inclusive, to exclusive; `next` continues an earlier page."""

    occurred_from: int = -END_OF_TIME
    occurred_to: int = END_OF_TIME
    next: str | None = None
    limit: int = 1000


class HistoryPage(NamedTuple):
    bodies: list[bytes]
    next: str | None


class Histories:
    """Call `follow` until it says True, then read."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._decode = msgspec.json.Decoder(_Owned).decode

    def follow(self, limit: int) -> bool:
        """Take in at most `limit` more changes; True once the head is reached."""
        database = self._log.database
        after = int(database.fact("indexed") or 0)
        if after < self._log.head:
            rows = sorted(
                self._place(*entry[1:]) for entry in self._log.entries(after, limit, ("transaction", "login"))
            )
            after = min(after + limit, self._log.head)
            with database.transaction() as connection:
                connection.executemany("INSERT OR IGNORE INTO history VALUES (?, ?, ?, ?)", rows)
                database.remember("indexed", str(after))
        return after >= self._log.head

    def _place(self, code: int, start: int, body: bytes) -> tuple[int, str, int, str]:
        owned = self._decode(memoryview(body)[start:-1])
        lane, owner = LOGINS_OF_CUSTOMER, owned.customer_id
        if owned.account_id is not None:
            lane, owner = (TRANSACTIONS if KINDS[code] == "transaction" else LOGINS), owned.account_id
        return lane, owner or "", int(instants.parse(owned.occurred_at)), owned.id

    def transactions(self, account_id: str, window: Window) -> HistoryPage:
        """Transactions of the account."""
        return _page(self._log, "transaction", window, (TRANSACTIONS, account_id), (TRANSACTIONS, account_id))

    def logins(self, account_id: str, customer_id: str, window: Window) -> HistoryPage:
        """Logins of the account, and of its customer where no account was named."""
        return _page(self._log, "login", window, (LOGINS, account_id), (LOGINS_OF_CUSTOMER, customer_id))


def _page(log: Log, kind: str, window: Window, one: tuple[int, str], other: tuple[int, str]) -> HistoryPage:
    before, before_id = _bookmark(window)
    with log.database.lock:
        found = log.database.connection.execute(
            """
            SELECT h.occurred_at, h.id, substr(l.body, l.start + 1, length(l.body) - l.start - 1)
            FROM history h JOIN resource r ON r.kind = :kind AND r.id = h.id JOIN log l USING (seq)
            WHERE (h.lane, h.owner) IN ((:lane, :owner), (:lane2, :owner2)) AND l.start > 0
              AND h.occurred_at >= :since AND h.occurred_at <= :before AND (h.occurred_at, h.id) < (:before, :before_id)
            ORDER BY h.occurred_at DESC, h.id DESC LIMIT :limit
            """,
            {
                "kind": CODES[kind],
                "lane": one[0],
                "owner": one[1],
                "lane2": other[0],
                "owner2": other[1],
                "since": window.occurred_from,
                "before": before,
                "before_id": before_id,
                "limit": window.limit + 1,
            },
        ).fetchall()
    rows = found[: window.limit]
    more = len(found) > window.limit
    return HistoryPage([row[2] for row in rows], cursors.pack(rows[-1][0], rows[-1][1]) if more else None)


def _bookmark(window: Window) -> tuple[int, str]:
    """The place before which the page begins: (occurred_at, id), both exclusive."""
    if window.next is None:
        return window.occurred_to, ""
    try:
        before, before_id = cursors.unpack(window.next, 2)
        place = int(before), before_id
    except ValueError as error:
        raise Refusal("validation", f"next: {error}") from error
    return min(place, (window.occurred_to, ""))
