"""The rows that one page adds to the mirror or changes there, and how they are written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

Row = tuple[Any, ...]

ROWS = 64
"""Rows in one INSERT."""

sqlite3.register_adapter(type(None), lambda nothing: nothing)  # found sooner than that there is no adapter for it


class Columns:
    """Rows that are given as columns of one length; they are written without a tuple being made of each."""

    def __init__(self, *columns: Sequence[Any]) -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns[0]) if self._columns else 0

    def __iter__(self) -> Iterator[Row]:
        return zip(*self._columns, strict=True)

    def flat(self) -> list[Any]:
        """The rows' values, one row after another. Raises ValueError when a column is longer or shorter."""
        width = len(self._columns)
        values: list[Any] = [None] * (width * len(self))
        for place, column in enumerate(self._columns):
            values[place::width] = column
        return values


Rows: TypeAlias = Sequence[Row] | Columns


@dataclass
class Batch:
    """Rows that one page adds or changes, each in the order of its table's statement in `STATEMENTS`."""

    accounts: list[Row] = field(default_factory=list)
    owners: list[Row] = field(default_factory=list)
    new_transactions: Rows = field(default_factory=list)
    changed_transactions: list[Row] = field(default_factory=list)
    deleted_transactions: list[Row] = field(default_factory=list)
    new_logins: Rows = field(default_factory=list)
    changed_logins: list[Row] = field(default_factory=list)
    deleted_logins: list[Row] = field(default_factory=list)
    resources: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    risks: Rows = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    indicators: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)


STATEMENTS = {
    "accounts": """
        UPDATE account SET version = ?, deleted = ?, status = ?, currency = ?, credit_limit_minor = ?,
            available_minor = ?, balance_minor = ?, opened_at = ?, doc = ? WHERE account = ?""",
    "owners": "UPDATE account SET customer_id = ? WHERE account = ?",
    "new_transactions": """
        INSERT INTO txn (seq, transaction_id, version, account, previous, occurred_at, recorded_at, amount_minor,
            currency, merchant_id, kind, status, doc, score, level, model_version, rule_ids)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    "changed_transactions": """
        UPDATE txn SET version = ?, deleted = ?, occurred_at = ?, amount_minor = ?, status = ?, doc = ?
        WHERE transaction_id = ?""",
    "deleted_transactions": "UPDATE txn SET version = ?, deleted = 1, doc = '{}' WHERE transaction_id = ?",
    "new_logins": """
        INSERT INTO login (seq, login_id, version, account, previous, customer_id, occurred_at, recorded_at, outcome,
            device_id, ip, lat, lon, doc, score, level, rule_ids)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    "changed_logins": "UPDATE login SET version = ?, deleted = ?, outcome = ?, doc = ? WHERE login_id = ?",
    "deleted_logins": "UPDATE login SET version = ?, deleted = 1, doc = '{}' WHERE login_id = ?",
    "resources": """
        INSERT INTO resource (type, id, version, deleted, account, seq, doc) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (type, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
            account = excluded.account, seq = excluded.seq, doc = excluded.doc""",
    "cases": """
        INSERT OR REPLACE INTO desk_case (account, case_id, version, status, claimed_by, claim_expires_at, verdict,
            note_count, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    "risks": """
        INSERT INTO account_risk (account, last_transaction, last_login, last_activity_at, risk_score, risk_level,
            open_alerts) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (account) DO UPDATE SET last_transaction = excluded.last_transaction,
            last_login = excluded.last_login, last_activity_at = excluded.last_activity_at,
            risk_score = excluded.risk_score, risk_level = excluded.risk_level, open_alerts = excluded.open_alerts""",
    "alerts": """
        INSERT INTO alert (alert_id, account, opened_at, updated_at, level, score, rule_ids, state, verdict, hits,
            resurfaced, rebuilt, evidence, muted, muted_until, last_hit_at, pace, recent_minor, policy_version)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (account) DO UPDATE SET alert_id = excluded.alert_id, opened_at = excluded.opened_at,
            updated_at = excluded.updated_at, level = excluded.level, score = excluded.score,
            rule_ids = excluded.rule_ids, state = excluded.state, verdict = excluded.verdict, hits = excluded.hits,
            resurfaced = excluded.resurfaced, rebuilt = excluded.rebuilt, evidence = excluded.evidence,
            muted = excluded.muted, muted_until = excluded.muted_until, last_hit_at = excluded.last_hit_at,
            pace = excluded.pace, recent_minor = excluded.recent_minor, policy_version = excluded.policy_version""",
    "indicators": """
        INSERT OR REPLACE INTO indicator (id, recorded_at, seq, as_of, value, unit, scope)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
    "quarantined": "INSERT INTO quarantine (seq, type, id, reason, body) VALUES (?, ?, ?, ?, ?)",
}


def run(connection: sqlite3.Connection, statement: str, rows: Rows) -> None:
    """Run a statement for each row; rows that are inserted go `ROWS` at a time, which costs less each."""
    wide = _several(statement)
    if not wide or len(rows) < ROWS:
        connection.executemany(statement, rows)
        return
    values = rows.flat() if isinstance(rows, Columns) else list(chain.from_iterable(rows))
    width, together = len(values) // len(rows), len(rows) - len(rows) % ROWS
    for start in range(0, width * together, width * ROWS):
        connection.execute(wide, values[start : start + width * ROWS])
    rest = range(width * together, len(values), width)
    connection.executemany(statement, [values[start : start + width] for start in rest])


@cache
def _several(statement: str) -> str | None:
    """The statement for `ROWS` rows at once, None for one that inserts none."""
    values = re.search(r"VALUES (\([?, ]+\))", statement)
    return values and f"{statement[: values.end()]}{f', {values[1]}' * (ROWS - 1)}{statement[values.end() :]}"
