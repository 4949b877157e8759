"""Two mirrors held against each other, and what the read views say of one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from store import engine_state

VOLATILE = {"health", "note", "known_id", "known_to"}
"""Tables that speak of the process and its clock, not of the stream; the index of ids is filled when there is time."""
ASKED_AT = {"feed": "watermark"}
"""Columns that move on while the core stands still: they tell when it was asked."""
PAGED = {"engine_page": ("facts",), "rule_page": ("hits",), "training_page": ("seqs", "ats", "fired", "features")}
"""Tables with a row a page, and their columns: the same stream in pages of another size is the same."""


def transaction_figures(path: Path) -> tuple[int, int, int]:
    """(transactions, transactions with a score, average bytes of their JSON) of a mirror."""
    with closing(sqlite3.connect(path)) as database:
        total, scored = database.execute("SELECT count(*), count(score) FROM v_transaction").fetchone()
        size = database.execute("SELECT avg(length(doc)) FROM (SELECT doc FROM txn LIMIT 10000)").fetchone()[0]
    return total, scored, int(size or 0)


def scored_by(path: Path) -> dict[str | None, int]:
    """How many transactions each model version scored; rules alone are a version too, None stands for unscored."""
    with closing(sqlite3.connect(path)) as database:
        models = database.execute("SELECT model_version, count(*) FROM v_transaction GROUP BY 1 ORDER BY 1")
        return dict(models.fetchall())


def transaction_scores(path: Path) -> dict[str, float]:
    """Each scored transaction's score as it arrived."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT transaction_id, score FROM v_transaction WHERE score IS NOT NULL")
        return dict(rows.fetchall())


def opened_accounts(path: Path) -> dict[str, int]:
    """When each account opened (µs), by its id."""
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute("SELECT account_id, opened_at FROM account WHERE opened_at IS NOT NULL"))


def alert_hits(path: Path, level: int) -> list[tuple[str, int]]:
    """(account id, recorded at in µs) of every transaction and login that scored at that level or above."""
    query = "SELECT account_id, recorded_at FROM {} JOIN account USING (account) WHERE level >= ?"
    with closing(sqlite3.connect(path)) as database:
        return [row for events in ("txn", "login") for row in database.execute(query.format(events), (level,))]


def differences(one: Path, other: Path) -> list[str]:
    """What is not the same in both mirrors: tables by name, and `engine_state` beside them. Raises Torn or OSError."""
    with closing(sqlite3.connect(one)) as first, closing(sqlite3.connect(other)) as second:
        unequal = [table for table in _tables(first) if any(_unequal(first, second, table))]
    return unequal if _state(one) == _state(other) else [*unequal, "engine_state"]


def _state(mirror: Path) -> tuple[int, dict[str, bytes]] | None:
    stored = engine_state.read(engine_state.beside(mirror))
    return (stored.to_seq, stored.parts) if stored else None


def _tables(database: sqlite3.Connection) -> list[str]:
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'")
    return sorted({name for (name,) in rows} - VOLATILE)


def _unequal(first: sqlite3.Connection, second: sqlite3.Connection, table: str) -> Iterator[bool]:
    """True for each pair of rows that differ, and once when one table is longer."""
    for column in PAGED.get(table, ()):
        yield _joined(first, table, column) != _joined(second, table, column)
    if table in PAGED:
        return
    names = [row[1] for row in first.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(f'"{name}"' for name in names if name != ASKED_AT.get(table))
    query = f"SELECT {columns} FROM {table} ORDER BY 1, 2"  # noqa: S608 - names the file itself gave
    one, other = first.execute(query), second.execute(query)
    for ours in one:
        if ours != other.fetchone():
            yield True
    if other.fetchone() is not None:
        yield True


def _joined(database: sqlite3.Connection, table: str, column: str) -> str:
    """A digest of a column's pages, one after another."""
    whole = blake2b()
    for (page,) in database.execute(f"SELECT {column} FROM {table} ORDER BY to_seq"):  # noqa: S608 - names of PAGED
        whole.update(page)
    return whole.hexdigest()
