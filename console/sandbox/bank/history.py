"""The history of one account, newest first: its transactions, its logins."""

from __future__ import annotations

from typing import NamedTuple

from console.sandbox.bank import cursors
from console.sandbox.bank.log import CODES, LOGINS, LOGINS_OF_CUSTOMER, TRANSACTIONS, Log
from console.sandbox.problems import Refusal

END_OF_TIME = 2**62


class Window(NamedTuple):
    """Business time, from inclusive, to exclusive; `next` continues an earlier page."""

    occurred_from: int = -END_OF_TIME
    occurred_to: int = END_OF_TIME
    next: str | None = None
    limit: int = 1000


class HistoryPage(NamedTuple):
    bodies: list[bytes]
    next: str | None


def transactions(log: Log, account_id: str, window: Window) -> HistoryPage:
    """Transactions of the account."""
    return _page(log, "transaction", window, (TRANSACTIONS, account_id), (TRANSACTIONS, account_id))


def logins(log: Log, account_id: str, customer_id: str, window: Window) -> HistoryPage:
    """Logins of the account, and of its customer where no account was named."""
    return _page(log, "login", window, (LOGINS, account_id), (LOGINS_OF_CUSTOMER, customer_id))


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
