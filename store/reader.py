"""The console's eyes on the mirror: the order of accounts, pages of rows by account number, and one account in full.

One connection, one thread. Every method fetches all it returns, so no read transaction stays open and the writer's
checkpoints are never held up. Times are integer microseconds, money integer minor units, JSON text as it was stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store import files
from store.amounts import summed
from store.mirror_schema import LEVELS
from store.query import Selection
from store.shown import FEEDS, PAGE, AccountDetail, AccountRow, AlertRow, CaseRow, CriticalAlert, FeedRow, SetAside

__all__ = [
    "AccountDetail",
    "AccountRow",
    "AlertRow",
    "CaseRow",
    "CriticalAlert",
    "FeedRow",
    "Numbers",
    "Reader",
    "SetAside",
]

Numbers = NDArray[np.int32]
"""Account numbers: dense integers in order of first appearance."""


PART = 50_000
"""Letters of a long list of numbers that are read at once: a millisecond."""

SUSPICIOUS = """
SELECT account FROM account_risk WHERE risk_level > 0 ORDER BY risk_score DESC, account LIMIT ?
"""


OPEN_ALERTS = """
SELECT t.account, t.score, t.level, t.last_hit_at, t.pace, t.recent_minor,
    CASE WHEN a.status IN ('frozen', 'closing', 'closed') THEN 0 ELSE a.available_minor END, a.credit_limit_minor
FROM alert t JOIN account a USING (account)
WHERE t.state = 'open' AND t.muted_until <= (SELECT coalesce(max(watermark), 0) FROM feed)
"""


class Reader:
    """The mirror, read-only. Raises store.files.StoreError when the file is missing or no database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection = files.reader(path).conn
        self._connection.isolation_level = None
        self._inode = path.stat().st_ino
        self._generation = self._told_generation()

    def close(self) -> None:
        self._connection.close()

    def interrupt(self) -> None:
        """Stop the statement that another thread runs on this connection; it raises sqlite3.OperationalError.

        That thread may have closed the connection meanwhile: then there is nothing to stop.
        """
        with suppress(sqlite3.ProgrammingError):
            self._connection.interrupt()

    def define(self, name: str, arguments: int, function: Callable[..., bool]) -> None:
        """Let statements on this connection call a function of the same result for the same arguments."""
        self._connection.create_function(name, arguments, function, deterministic=True)

    @property
    def identity(self) -> tuple[int, int | None]:
        """Within which account numbers mean the same: the file, and how often its content was begun anew."""
        return self._inode, self._generation

    def replaced(self) -> bool:
        """Whether the file is gone, is another one, or was begun anew: then this object must be closed.

        Account numbers read through it mean other accounts by then.
        """
        try:
            return self.path.stat().st_ino != self._inode or self._told_generation() != self._generation
        except FileNotFoundError:
            return True

    def data_version(self) -> int:
        """Changes whenever another process has committed."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def ready(self) -> bool:
        """Whether the tables are there: the watcher creates the file a moment before its tables."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'staged'"))

    def _told_generation(self) -> int | None:
        """How often the writer has emptied this file, None before it has made its tables."""
        if not self.ready():
            return None
        told = self.rows("SELECT value FROM note WHERE key = 'generation'")
        return int(told[0][0]) if told else 0

    # ------------------------------------------------------------ the order

    def size(self) -> int:
        """The number of accounts ever seen."""
        return int(self.rows("SELECT coalesce(max(account) + 1, 0) FROM account")[0][0])

    def order(self, most: int | None = None) -> Numbers:
        """Every account: the suspicious by falling score, then the others in order of first appearance.

        With `most`, only that many of the suspicious stand in front: the first screen's order, in a few milliseconds.
        """
        suspicious, everyone = self.foremost(most or -1), self.everyone()
        ordinary = np.ones(len(everyone), dtype=bool)
        ordinary[suspicious - everyone[:1]] = False
        return np.concatenate((suspicious, everyone[ordinary]))

    def everyone(self) -> Numbers:
        """Every account in order of first appearance."""
        first = int(self.rows("SELECT coalesce(min(account), 0) FROM account")[0][0])
        return np.arange(first, max(first, self.size()), dtype=np.int32)

    def foremost(self, most: int) -> Numbers:
        """The most suspicious accounts by falling score, so many at most."""
        return self.numbers(SUSPICIOUS, (most,))

    def matching(self, selections: Sequence[Selection], order: Numbers) -> Numbers:
        """The accounts of an order that all selections keep, in that order."""
        if not len(order):
            return order
        kept = np.ones(len(order), dtype=bool)
        for one in selections:
            chosen = np.zeros(int(order.max()) + 1, dtype=bool)
            found = self.numbers(one.sql, one.parameters)
            chosen[found[found < len(chosen)]] = True
            kept &= chosen[order] != one.inverse
        return order[kept]

    def alerts_by_level(self) -> dict[str, int]:
        """Open alerts, counted by level."""
        rows = self.rows("SELECT level, count(*) FROM alert WHERE state = 'open' GROUP BY level")
        return {LEVELS[level]: count for level, count in rows if 0 <= level < len(LEVELS)}

    def critical_alerts(self) -> list[CriticalAlert]:
        """The open alerts of the highest level that are not snoozed, the highest score first."""
        rows = self.rows(
            "SELECT t.alert_id, t.resurfaced, a.account_id, t.score, t.rule_ids FROM alert t"
            " JOIN account a USING (account) WHERE t.state = 'open' AND t.level = ? AND t.muted_until <= ?"
            " ORDER BY t.score DESC",
            (len(LEVELS) - 1, self.watermark()),
        )
        return [CriticalAlert(*row) for row in rows]

    def critical_marks(self) -> NDArray[np.int64]:
        """The same alerts, each as one number that is another once it comes back: cheap for many of them."""
        marks = (
            "SELECT account << 20 | min(resurfaced, 1048575) AS account FROM alert"
            " WHERE state = 'open' AND level = ? AND muted_until <= ?"
        )
        return self._integers(marks, (len(LEVELS) - 1, self.watermark()))

    def open_alerts(self) -> NDArray[np.float64]:
        """What the queue's order is made of, a row of `OPEN_ALERTS` columns each; NaN where nothing is known.

        Snoozed alerts are left out until the stream's time has reached the end of their snooze.
        """
        return np.array(self.rows(OPEN_ALERTS), np.float64).reshape(-1, 8)

    def watermark(self) -> int:
        """The stream's time (µs): nothing earlier will come any more; 0 for a new mirror."""
        return int(self.rows("SELECT coalesce(max(watermark), 0) FROM feed")[0][0])

    # ------------------------------------------------------------ rows

    def page(self, accounts: Iterable[int]) -> dict[int, AccountRow]:
        """The rows of some tens of accounts, by number."""
        wanted = "[" + ",".join(str(int(account)) for account in accounts) + "]"
        return {row[0]: AccountRow(*row) for row in self.rows(PAGE, (wanted,))}

    def number(self, account_id: str) -> int | None:
        """The number of an account by its id, None when it is not mirrored."""
        rows = self.rows("SELECT account FROM account WHERE account_id = ?", (account_id,))
        return int(rows[0][0]) if rows else None

    def account_ids(self, accounts: Iterable[int]) -> dict[int, str]:
        """The ids of accounts, by number and in the order given."""
        wanted = "[" + ",".join(str(int(account)) for account in accounts) + "]"
        return dict(
            self.rows(
                "SELECT account, account_id FROM json_each(?) JOIN account ON account = value ORDER BY key", (wanted,)
            )
        )

    def exposure(self, accounts: Iterable[int]) -> dict[str, int]:
        """What can still be spent on the accounts together, in minor units by currency."""
        wanted = "[" + ",".join(str(int(account)) for account in accounts) + "]"
        asked = (
            f"SELECT currency, {summed('max(available_minor, 0)')} FROM account"  # noqa: S608 - a column of this module
            " WHERE account IN (SELECT value FROM json_each(?)) AND available_minor IS NOT NULL GROUP BY currency"
        )
        return dict(self.rows(asked, (wanted,)))

    def account(self, account_id: str) -> AccountDetail | None:
        """One account in full by its id, None when it is not mirrored or was numbered anew between two statements."""
        number = self.number(account_id)
        found = self.detail(number) if number is not None else None
        return found if found is not None and found.row.account_id == account_id else None

    def detail(self, account: int) -> AccountDetail | None:
        """One account in full, None when it is not mirrored."""
        row = self.page([account]).get(account)
        if row is None:
            return None
        doc = self.rows("SELECT doc FROM account WHERE account = ?", (account,))
        alert = self.rows(
            "SELECT alert_id, opened_at, updated_at, level, score, rule_ids, state, verdict, hits, resurfaced,"
            " rebuilt <> 0, evidence, muted, muted_until FROM alert WHERE account = ?",
            (account,),
        )
        case = self.rows(
            "SELECT case_id, status, claimed_by, claim_expires_at, verdict, note_count, updated_at"
            " FROM desk_case WHERE account = ?",
            (account,),
        )
        return AccountDetail(
            row,
            doc[0][0] if doc else None,
            self.customer(row.customer_id) if row.customer_id else None,
            AlertRow(*alert[0]) if alert else None,
            CaseRow(*case[0]) if case else None,
        )

    def transactions_of(self, seqs: Iterable[int]) -> list[str]:
        """The ids of the transactions at those places of the feed, in their order; other places are left out."""
        wanted = "[" + ",".join(str(int(seq)) for seq in seqs) + "]"
        found = self.rows(
            "SELECT transaction_id FROM txn WHERE seq IN (SELECT value FROM json_each(?)) AND deleted = 0 ORDER BY seq",
            (wanted,),
        )
        return [transaction_id for (transaction_id,) in found]

    def customer(self, customer_id: str) -> str | None:
        """The JSON text of a customer, None when it is not mirrored."""
        rows = self.rows("SELECT doc FROM resource WHERE type = 'customer' AND id = ? AND deleted = 0", (customer_id,))
        return rows[0][0] if rows else None

    # ------------------------------------------------------------ the desk's surroundings

    def feeds(self) -> list[FeedRow]:
        """Every poller, by name."""
        return [FeedRow(*row) for row in self.rows(FEEDS)]

    def notes(self) -> dict[str, str]:
        """What the watcher wrote down for the console, JSON texts by key."""
        return dict(self.rows("SELECT key, value FROM note"))

    def quarantined(self) -> int:
        """Changes that could not be understood and were set aside."""
        return int(self.rows("SELECT count(*) FROM quarantine")[0][0])

    def set_aside(self, limit: int) -> list[SetAside]:
        """The newest of those changes."""
        query = "SELECT seq, type, id, reason FROM quarantine ORDER BY number DESC LIMIT ?"
        return [SetAside(*row) for row in self.rows(query, (limit,))]

    # ------------------------------------------------------------ plumbing

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        """All rows of one statement of this room."""
        return self._connection.execute(sql, parameters).fetchall()

    def numbers(self, sql: str, parameters: Sequence[object] = ()) -> Numbers:
        """A column of account numbers."""
        return self._integers(sql, parameters).astype(np.int32)

    def _integers(self, sql: str, parameters: Sequence[object] = ()) -> NDArray[np.int64]:
        """The column `account`, gathered inside SQLite, which leaves the other threads free meanwhile.

        It is read part by part: the reading of one holds them up.
        """
        text = self.rows(f"SELECT group_concat(account) FROM ({sql})", parameters)[0][0] or ""  # noqa: S608 - own
        parts, begin = [np.empty(0, np.int64)], 0
        while begin < len(text):
            end = text.find(",", begin + PART)
            end = len(text) if end < 0 else end
            parts.append(np.fromstring(text[begin:end], np.int64, sep=","))
            begin = end + 1
        return np.concatenate(parts)
